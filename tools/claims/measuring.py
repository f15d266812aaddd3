"""Solar cells as tables, ways to hold some out, classifiers tuned inside the folds."""

from functools import cache

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC

from claims import alone
from utils.evaluation import stratified_folds

FOLDS = 5
REPEATS = 2  # of cross-validation, with neighboring seeds
RUN = 60  # files of one module, by the notebook's guess

PENALTIES = np.logspace(0, 5, 11)
GRIDS = {
    "logistic regression": {"logisticregression__C": np.logspace(-5, -1, 5)},
    "SVM": {"svc__C": (0.3, 1, 3, 10)},
    "k-NN": {"kneighborsclassifier__n_neighbors": (1, 3, 5, 9, 15)},
}


@cache
def cells():
    """All solar cells, a `datasets.Dataset`."""
    from utils import datasets  # here: it loads TensorFlow, and listing must be quick

    return datasets.load("solar_cells")


def labels():
    """1 for each defective cell, else 0: an int array `(2624,)`."""
    return cells().labels


@cache
def features(layer, side=224):
    """What one layer of EfficientNet-Lite0 says about all cells.

    Args:
        layer: its name, such as `"block15"`.
        side: pixels, to which each cell is resized.

    Returns:
        float32 array `(2624, channels)`.
    """
    from utils import backbones
    from utils.features import extract

    network = backbones.load("EfficientNetLite0", side)
    layers = [name for name in network.layers if name != "predictions"]
    with alone():
        return extract(network, cells().images, layers)[layer]


@cache
def pixels(side=32):
    """The gray pixels of all cells, shrunk to `side` × `side`: `(2624, side²)`."""
    from utils.features import resize

    shrunk = resize(cells().images, side).mean(axis=-1)
    return shrunk.reshape(len(shrunk), -1) / np.float32(255)


def cells_held_out(seed=0):
    """Repeated stratified folds: pairs `(train, test)` of positions."""
    for repeat in range(REPEATS):
        yield from stratified_folds(labels(), FOLDS, REPEATS * seed + repeat)


def runs_held_out(seed=0, length=RUN):
    """Folds of whole runs of consecutive files: pairs `(train, test)` of positions.

    Args:
        seed: int that fixes which run lands in which fold.
        length: files in a run.
    """
    run = np.arange(len(labels())) // length
    for repeat in range(REPEATS):
        rng = np.random.default_rng(REPEATS * seed + repeat)
        part = rng.permutation(run.max() + 1)[run] % FOLDS
        for fold in range(FOLDS):
            yield np.flatnonzero(part != fold), np.flatnonzero(part == fold)


def shuffled_within(folds, strata):
    """Folds with as many images of each stratum as the given ones, drawn at random.

    Args:
        folds: pairs `(train, test)`.
        strata: array `(n,)`, such as class and kind of each image.

    Yields:
        Pairs `(train, test)` of positions.

    Example:

    >>> folds = [(np.array([2, 3]), np.array([0, 1]))]
    >>> for train, test in shuffled_within(folds, np.array([0, 0, 1, 1])):
    ...     print(train, test)
    [2 3] [0 1]
    """
    rng = np.random.default_rng(0)
    for train, test in folds:
        drawn = [
            rng.choice(np.flatnonzero(strata == stratum), count, replace=False)
            for stratum, count in zip(*np.unique(strata[test], return_counts=True))
        ]
        drawn = np.sort(np.concatenate(drawn))
        yield np.setdiff1d(np.concatenate([train, test]), drawn), drawn


def classifier(name):
    """An unfitted pipeline that chooses its own penalty, C or k on what it is fitted to.

    Args:
        name: `"ridge"`, `"logistic regression"`, `"SVM"` or `"k-NN"`.

    Example:

    >>> classifier("k-NN").estimator.steps[0][1]
    Normalizer()
    """
    if name == "ridge":  # leaves out one image after the other, in closed form
        ridge = RidgeClassifierCV(
            PENALTIES, class_weight="balanced", scoring="balanced_accuracy"
        )
        return make_pipeline(StandardScaler(), ridge)
    if name == "k-NN":
        pipeline = make_pipeline(Normalizer(), KNeighborsClassifier())
    elif name == "SVM":
        pipeline = make_pipeline(StandardScaler(), SVC(class_weight="balanced"))
    else:
        logistic = LogisticRegression(class_weight="balanced", max_iter=1000)
        pipeline = make_pipeline(StandardScaler(), logistic)
    inner = StratifiedKFold(3, shuffle=True, random_state=0)
    return GridSearchCV(pipeline, GRIDS[name], scoring="balanced_accuracy", cv=inner)


def scores(table, folds, name):
    """Each fold's scores of a classifier that was fitted to the other folds.

    Args:
        table: array `(n, columns)`, a row an image.
        folds: pairs `(train, test)` of positions.
        name: of the classifier, see `classifier`.

    Returns:
        `{measure: float array (folds,)}` for accuracy, balanced accuracy and AUC.
    """
    truth, found = labels(), []
    for train, test in folds:
        fitted = classifier(name).fit(table[train], truth[train])
        said = fitted.predict(table[test])
        if hasattr(fitted, "decision_function"):
            sure = fitted.decision_function(table[test])
        else:
            sure = fitted.predict_proba(table[test])[:, 1]
        found.append(
            (
                accuracy_score(truth[test], said),
                balanced_accuracy_score(truth[test], said),
                roc_auc_score(truth[test], sure),
            )
        )
    return dict(zip(("accuracy", "balanced accuracy", "AUC"), np.transpose(found)))
