"""Solar cells as tables, ways to hold some out, classifiers tuned inside the folds."""

from functools import wraps
from hashlib import sha256
from pathlib import Path

import joblib
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC

import claims
from claims import Paired, alone
from utils.evaluation import stratified_folds
from utils.files import cache_folder

FOLDS = 5
MEASURES = ("accuracy", "balanced accuracy", "AUC")

PENALTIES = np.logspace(0, 5, 11)
GRIDS = {
    "logistic regression": {"logisticregression__C": np.logspace(-4, -1, 4)},
    "SVM": {"svc__C": (1, 4, 16)},
    "k-NN": {"kneighborsclassifier__n_neighbors": (1, 3, 9)},
}

# Another text of this file, or another scikit-learn, begins with nothing.
_made_by = Path(__file__).read_text("utf-8") + sklearn.__version__
_memory = joblib.Memory(
    cache_folder() / "claims" / sha256(_made_by.encode()).hexdigest()[:8], verbose=0
)


def remembered(function):
    """What it returned is kept on disk, and what it took counts each time.

    Variations share sides, another sentence needs no other numbers, and TensorFlow is
    loaded for new features alone.
    """
    kept = _memory.cache(function)

    @wraps(function)
    def recalled(*args, **settings):
        known = kept.check_call_in_cache(*args, **settings)
        found = kept.call_and_shelve(*args, **settings)
        if known:
            claims.recalled += found.metadata.get("duration", 0)
        return found.get()

    return recalled


def cells():
    """Class, kind and likely module of all solar cells.

    Returns:
        Three int arrays `(2624,)`: 1 for a defective cell, 1 for a polycrystalline one,
        the module from 0 to 43.
    """
    with alone():
        return _cells()


@remembered
def _cells():
    from utils import datasets

    data = datasets.load("solar_cells")
    poly = (data.groups == "poly").astype(int)
    return data.labels, poly, data.details["likely_module"]


def modules(cut="likely"):
    """A guess of the module of each cell.

    Args:
        cut: `"likely"`, that of the data set, or how many files in a row are one.

    Returns:
        int array `(2624,)`.
    """
    likely = cells()[2]
    return likely if cut == "likely" else np.arange(len(likely)) // cut


def table(name, side):
    """All solar cells as rows of numbers.

    Args:
        name: a layer of EfficientNet-Lite0, several joined by `" + "`, or `"pixels"`.
        side: pixels, to which each cell is resized.

    Returns:
        float32 array `(2624, columns)`.
    """
    with alone():
        return _table(name, side)


@remembered
def _table(name, side):
    from utils import backbones, datasets
    from utils.features import extract, resize

    images = datasets.load("solar_cells").images
    if name == "pixels":
        gray = resize(images, side).mean(axis=-1)
        return gray.reshape(len(gray), -1).astype(np.float32) / 255
    layers = name.split(" + ")
    found = extract(backbones.load("EfficientNetLite0", side), images, layers)
    return np.hstack([found[layer] for layer in layers])


def folds(held_out="cells", seed=0, cut="likely"):
    """Five folds, each held out once.

    Args:
        held_out: `"cells"`, stratified by class; `"modules"`, whole ones; `"cells in
            the modules' shares"`, random cells, in each fold as many of each class and
            kind as the modules have.
        seed: int that fixes which cell or module lands in which fold.
        cut: see `modules`.

    Returns:
        A list of pairs `(train, test)` of positions.
    """
    defective, poly, _ = cells()
    if held_out == "cells":
        return stratified_folds(defective, FOLDS, seed)
    whole = stratified_folds(defective, FOLDS, seed, modules(cut))
    if held_out == "modules":
        return whole
    part = np.empty(len(defective), int)
    for number, (_, test) in enumerate(whole):
        part[test] = number
    part = shuffled_within(part, 2 * poly + defective)
    return [
        (np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(FOLDS)
    ]


def shuffled_within(part, strata):
    """Another assignment to folds, with as many images of each stratum in each fold.

    Args:
        part: int array `(n,)`, the fold in which each image is held out.
        strata: int array `(n,)`, such as class and kind of each image.

    Returns:
        int array `(n,)`.

    Example:

    >>> shuffled_within(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]))
    array([0, 0, 1, 1])
    """
    rng, shuffled = np.random.default_rng(0), np.array(part)
    for stratum in np.unique(strata):
        shuffled[strata == stratum] = rng.permutation(shuffled[strata == stratum])
    return shuffled


def classifier(name):
    """An unfitted pipeline that chooses its penalty, C or k on what it is fitted to.

    Args:
        name: `"ridge"`, `"logistic regression"`, `"SVM"` or `"k-NN"`.

    Example:

    >>> classifier("k-NN").estimator.steps[0][1]
    Normalizer()
    """
    if name == "ridge":  # leaves out one image after the other, in closed form
        ridge = RidgeClassifierCV(PENALTIES, class_weight="balanced")
        return make_pipeline(StandardScaler(), ridge)
    if name == "k-NN":
        pipeline = make_pipeline(Normalizer(), KNeighborsClassifier())
    elif name == "SVM":  # γ is one over the number of columns; this kernel is quick
        pipeline = make_pipeline(
            StandardScaler(), SVC(kernel=rbf_kernel, class_weight="balanced")
        )
    else:
        logistic = LogisticRegression(class_weight="balanced", max_iter=1000)
        pipeline = make_pipeline(StandardScaler(), logistic)
    inner = StratifiedKFold(3, shuffle=True, random_state=0)
    return GridSearchCV(pipeline, GRIDS[name], scoring="balanced_accuracy", cv=inner)


@remembered
def scores(name, classes_by, side=224, held_out="cells", seed=0, cut="likely"):
    """Each fold's scores of a classifier that was fitted to the other folds.

    Args:
        name, side: see `table`.
        classes_by: name of the classifier, see `classifier`.
        held_out, seed, cut: see `folds`.

    Returns:
        `{measure: float array (5,)}` for each of `MEASURES`.
    """
    rows, truth, found = table(name, side), cells()[0], []
    for train, test in folds(held_out, seed, cut):
        fitted = classifier(classes_by).fit(rows[train], truth[train])
        said = fitted.predict(rows[test])
        if hasattr(fitted, "decision_function"):
            sure = fitted.decision_function(rows[test])
        else:
            sure = fitted.predict_proba(rows[test])[:, 1]
        accuracy = accuracy_score(truth[test], said)
        balanced = balanced_accuracy_score(truth[test], said)
        found.append((accuracy, balanced, roc_auc_score(truth[test], sure)))
    return dict(zip(MEASURES, np.transpose(found)))


@remembered
def said(name, classes_by, side=224, held_out="cells", seed=0, cut="likely"):
    """The class that a classifier gave to each cell while that was held out.

    Args:
        name, classes_by, side, held_out, seed, cut: see `scores`.

    Returns:
        int array `(2624,)`.
    """
    rows, truth, found = table(name, side), cells()[0], np.full(len(cells()[0]), -1)
    for train, test in folds(held_out, seed, cut):
        fitted = classifier(classes_by).fit(rows[train], truth[train])
        found[test] = fitted.predict(rows[test])
    return found


def over_modules(first, second, measure="balanced accuracy", cut="likely"):
    """The difference of two scores on all cells, with its interval over modules.

    A module's cells are alike, so whole modules are drawn again, with replacement: the
    bootstrap's interval says what other modules might have given.

    Args:
        first, second: what each side `said`.
        measure: `"accuracy"` or `"balanced accuracy"`.
        cut: see `modules`.

    Returns:
        (the first score, the second score, `Paired`).
    """
    truth, number = cells()[0], modules(cut)
    count = number.max() + 1
    drawn = np.random.default_rng(0).integers(count, size=(2000, count))
    times = np.array([np.bincount(row, minlength=count) for row in drawn])
    weights = np.vstack([np.ones(len(truth)), times[:, number]])  # first: as they are
    classes = [truth == 0, truth == 1]
    groups = classes if measure == "balanced accuracy" else [truth >= 0]

    def score(answers):
        right = [
            weights[:, g] @ (answers == truth)[g] / weights[:, g].sum(1) for g in groups
        ]
        return np.mean(right, axis=0)

    one, other = score(first), score(second)
    low, high = np.percentile((one - other)[1:], (2.5, 97.5))
    return one[0], other[0], Paired(one[0] - other[0], low, high)
