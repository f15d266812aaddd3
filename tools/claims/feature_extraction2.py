"""Claims of 05_FeatureExtraction2: components, leaks, borders, thresholds."""

from functools import partial

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC

from claims import Row, needs, one_at_a_time, paired
from claims.measuring import (
    PENALTIES,
    cells,
    folds,
    modules,
    over_modules,
    remembered,
    said,
    table,
)
from utils.evaluation import fold_scores, stratified_folds

NOTEBOOK = "05_FeatureExtraction2"
PRICES = {"rbf": (1, 4, 16), "linear": (1, 4, 16, 64)}  # C, on the scale of the rows
WIDTHS = (0.5, 1, 2)  # of the RBF kernel, in units of its usual γ
RIVALS = {"two components": 2, "eight components of a byte": 8}  # in eight bytes


@needs(gigabytes=1.5)
def components_matter_little():
    """What 96 components are compared with; the classifier, with its penalty or its C
    and γ chosen inside the folds; the scaling; the deal of the modules. The interval is
    over modules."""
    for name, settings in one_at_a_time(
        against=("256 components", "all features"),
        classifier=("ridge", "SVM"),
        scaling=("standardized", "none"),
        seed=(0, 1, 2),
    ):
        yield name, partial(_few_components, **settings)


def _few_components(against, classifier, scaling, seed):
    more = {"256 components": 256, "all features": None}[against]
    if classifier == "ridge":
        answers = [_ridge(scaling, k, "modules", seed) for k in (96, more)]
    else:
        answers = [_svm(scaling, k, seed=seed)["said"] for k in (96, more)]
    few, many, lead = over_modules(*answers)
    words = f"96 components {few:.3f}, {against} {many:.3f}: {lead}"
    return Row(words, bool(abs(lead.mean) < 0.03))


@needs(gigabytes=1.5)
def new_modules():
    """The classifier; the layer; the measure; the deal of the modules; and whether it
    is only the mixture: random folds with the very shares of classes and kinds that the
    modules have. Several points are three or more; the interval is over modules."""
    for name, settings in one_at_a_time(
        classifier=("SVM", "ridge"),
        layer=("avg_pool", "block15"),
        measure=("balanced accuracy", "accuracy"),
        seed=(0, 1),
        against=("cells", "cells in the modules' shares"),
    ):
        yield name, partial(_known_against_new, **settings)


def _known_against_new(classifier, layer, measure, seed, against):
    answers = (
        said(layer, classifier, held_out=held_out, seed=seed)
        for held_out in (against, "modules")
    )
    known, new, lead = over_modules(*answers, measure)
    words = f"cells held out {known:.3f}, modules {new:.3f}: {lead}"
    return Row(words, lead.above and lead.mean >= 0.03)


@needs(gigabytes=1.5)
def pca_leak():
    """Real labels or shuffled ones (the mean of three shuffles); the number of
    components; the seed of the folds; whitened components."""
    for name, settings in one_at_a_time(
        labels=("real", "shuffled"),
        components=(256, 64),
        seed=(0, 1),
        whitened=(False, True),
    ):
        yield name, partial(_pca_before, **settings)


def _pca_before(labels, components, seed, whitened):
    rows, real = table("avg_pool", 224), cells()[0]
    truths = [real]
    if labels == "shuffled":
        truths = [np.random.default_rng(s).permutation(real) for s in range(3)]
    recipe = make_pipeline(
        StandardScaler(),
        PCA(components, whiten=whitened, svd_solver="covariance_eigh"),
    )
    everything, steps = recipe.fit_transform(rows), []
    penalties = PENALTIES * (1e-2 if whitened else 1)
    judge = RidgeClassifierCV(penalties, class_weight="balanced")
    for train, test in folds("cells", seed):
        inside = recipe.fit_transform(rows[train])
        sides = (
            (everything[train], everything[test]),
            (inside, recipe.transform(rows[test])),
        )
        for truth in truths:
            leaky, honest = (
                balanced_accuracy_score(
                    truth[test], judge.fit(a, truth[train]).predict(b)
                )
                for a, b in sides
            )
            steps.append(100 * (leaky - honest))
    words = f"the leak adds {np.mean(steps):+.1f} points"
    return Row(words, bool(abs(np.mean(steps)) < 2))


def selection_leak():
    """How many columns are kept; the rule; the judge; the layer; how many cells. Means
    over 20 draws of shuffled labels."""
    for name, settings in one_at_a_time(
        kept=(32, 8, 128),
        rule=("distance of the means", "F", "distance as it is", "information"),
        judge=("ridge", "SVM", "k-NN"),
        layer=("avg_pool", "block15"),
        size=(60, 100),
    ):
        yield name, partial(_selected_before, **settings)


def _selected_before(kept, rule, judge, layer, size):
    rows, truth = table(layer, 224), cells()[0]
    mixed = np.random.default_rng(0).permutation(truth)
    rules = {
        "distance of the means": _relevance,
        "F": f_classif,
        "distance as it is": _distance,
        "information": partial(mutual_info_classif, random_state=0),
    }
    judges = {
        "ridge": RidgeClassifier(100, class_weight="balanced"),
        "SVM": SVC(class_weight="balanced"),
        "k-NN": KNeighborsClassifier(3),
    }
    rows = rows[:, rows.any(axis=0)]
    select = SelectKBest(rules[rule], k=kept)
    judged, steps = make_pipeline(StandardScaler(), judges[judge]), []
    for number in range(20):
        picked = np.random.default_rng(number).permutation(len(mixed))[:size]
        x, y = rows[picked], mixed[picked]
        inside = fold_scores(make_pipeline(select, judged), x, y).balanced_accuracy
        before = fold_scores(judged, select.fit_transform(x, y), y).balanced_accuracy
        steps.append((inside.mean(), before.mean()))
    inside, before = np.mean(steps, axis=0)
    words = f"inside {inside:.3f}, before the split {before:.3f}"
    return Row(words, bool(before - inside >= 0.05))


def _distance(x, y):
    return abs(x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0))


def _relevance(x, y):
    return _distance(x, y) / (x.std(axis=0) + 1e-6)


@needs(gigabytes=1.5)
def curved_border():
    """The number of components; the scaling; the deal of the modules; C and γ chosen
    inside the module-wise folds. Level means that the interval over modules has zero
    inside."""
    for name, settings in one_at_a_time(
        components=("all", 256, 96),
        scaling=("standardized", "none"),
        seed=(0, 1),
    ):
        yield name, partial(_line_against_curve, **settings)


def _line_against_curve(components, scaling, seed):
    k = None if components == "all" else components
    answers = (_svm(scaling, k, kernel, seed=seed)["said"] for kernel in PRICES)
    curve, line, lead = over_modules(*answers)
    return Row(f"RBF {curve:.3f}, line {line:.3f}: {lead}", lead.level)


@needs(gigabytes=1.5)
def scaling():
    """How cells are held out; the seed; the number of components; C and γ chosen inside
    the folds. No better means that the interval does not lie above zero."""
    for name, settings in one_at_a_time(
        held_out=("cells", "modules"),
        seed=(0, 1),
        components=("all", 96),
    ):
        yield name, partial(_scaled_or_not, **settings)


def _scaled_or_not(held_out, seed, components):
    k = None if components == "all" else components
    sides = [_svm(s, k, held_out=held_out, seed=seed) for s in ("standardized", "none")]
    if held_out == "modules":
        one, other, lead = over_modules(*(side["said"] for side in sides))
    else:
        one, other, lead = _by_fold(*(side["said"] for side in sides), seed)
    words = f"standardized {one:.3f}, as they are {other:.3f}: {lead}"
    return Row(words, not lead.above)


@needs(gigabytes=1.5)
def cost_threshold():
    """How cells are held out; the price; the kernel; the class weights; the seed."""
    for name, settings in one_at_a_time(
        held_out=("modules", "cells"),
        price=(5, 3, 10),
        kernel=("rbf", "linear"),
        weights=("balanced", "none"),
        seed=(0, 1),
    ):
        yield name, partial(_cheaper, **settings)


def _cheaper(held_out, price, kernel, weights, seed):
    side, truth = (
        _svm("standardized", None, kernel, weights, held_out, seed),
        cells()[0],
    )
    alarm = np.zeros(len(truth), bool)
    for train, test, inner, _ in side["folds"]:
        places = np.append(np.unique(inner), np.inf)
        costs = [_cost(truth[train], inner >= place, price) for place in places]
        alarm[test] = side["value"][test] >= places[np.argmin(costs)]
    own = _cost(truth, side["value"] >= 0, price)
    chosen = _cost(truth, alarm, price)
    words = f"its own border {own:,.0f}, chosen inside {chosen:,.0f}"
    return Row(words, bool(chosen < own))


def _cost(truth, alarm, price):
    return price * np.sum((truth == 1) & ~alarm) + np.sum((truth == 0) & alarm)


@needs(gigabytes=1.5)
def weights_or_threshold():
    """How cells are held out; the kernel; the seed. The threshold with the best
    balanced accuracy is chosen on the values of the inner folds. Not ahead means that
    the interval does not lie above zero."""
    for name, settings in one_at_a_time(
        held_out=("modules", "cells"), kernel=("rbf", "linear"), seed=(0, 1)
    ):
        yield name, partial(_weighted_or_not, **settings)


def _weighted_or_not(held_out, kernel, seed):
    truth, answers = cells()[0], []
    for weights in ("balanced", "none"):
        side = _svm("standardized", None, kernel, weights, held_out, seed)
        alarm = np.zeros(len(truth), int)
        for train, test, inner, _ in side["folds"]:
            places, known = np.unique(inner), truth[train] == 1
            gains = [
                np.mean(inner[known] >= place) - np.mean(inner[~known] >= place)
                for place in places
            ]
            alarm[test] = side["value"][test] >= places[np.argmax(gains)]
        answers.append(alarm)
    if held_out == "modules":
        one, other, lead = over_modules(*answers)
    else:
        one, other, lead = _by_fold(*answers, seed)
    words = f"with weights {one:.3f}, without {other:.3f}: {lead}"
    return Row(words, not lead.above)


@needs(gigabytes=1.5)
def calibrated_on_modules():
    """How many groups the diagram has; the kernel; the class weights; the deal of the
    modules. Nearer is the mean gap between what was said and what is true; too much is
    said where the likeliest group is defective less often than that."""
    for name, settings in one_at_a_time(
        groups=(5, 10),
        kernel=("rbf", "linear"),
        weights=("balanced", "none"),
        seed=(0, 1),
    ):
        yield name, partial(_calibrated, **settings)


def _calibrated(groups, kernel, weights, seed):
    side, truth = (
        _svm("standardized", None, kernel, weights, "modules", seed),
        cells()[0],
    )
    found = []
    for place in (2, 3):  # values by inner folds of modules, of cells
        probability = np.empty(len(truth))
        for fold in side["folds"]:
            train, test = fold[:2]
            curve = LogisticRegression(C=1000)
            curve.fit(fold[place][:, None], truth[train])
            values = side["value"][test][:, None]
            probability[test] = curve.predict_proba(values)[:, 1]
        parts = np.array_split(np.argsort(probability), groups)
        gaps = [probability[part].mean() - truth[part].mean() for part in parts]
        found.append((np.mean(np.abs(gaps)), gaps[-1]))
    (careful, less), (naive, much) = found
    words = f"gap on modules {careful:.3f}, on cells {naive:.3f}; "
    words += f"likeliest group {less:+.3f} and {much:+.3f} too much"
    return Row(words, bool(careful < naive and less < much and much > 0))


def eight_bytes():
    """How cells are held out; the seed. Both choose the number of neighbors inside."""
    for name, settings in one_at_a_time(held_out=("modules", "cells"), seed=(0, 1)):
        yield name, partial(_more_than_two, **settings)


def _more_than_two(held_out, seed):
    words, lead = _codes_or_components(held_out, "two components", seed)
    return Row(words, lead.above)


def a_byte_a_component():
    """How cells are held out; the seed. Not ahead means that the interval does not lie
    on the components' side of zero."""
    for name, settings in one_at_a_time(held_out=("modules", "cells"), seed=(0, 1)):
        yield name, partial(_eight_not_ahead, **settings)


def _eight_not_ahead(held_out, seed):
    words, lead = _codes_or_components(held_out, "eight components of a byte", seed)
    return Row(words, bool(lead.high >= 0))


def packed_elsewhere():
    """The inner layer; the seed; the rival of the codes. Surely ahead means that the
    interval over modules lies above zero."""
    for name, settings in one_at_a_time(
        layer=("block15", "block11", "block12"), seed=(0, 1, 2), rival=tuple(RIVALS)
    ):
        yield name, partial(_not_surely_ahead, **settings)


def _not_surely_ahead(layer, seed, rival):
    words, lead = _codes_or_components("modules", rival, seed, layer)
    return Row(words, not lead.above)


def _codes_or_components(held_out, rival, seed, layer="avg_pool"):
    rows, truth = table(layer, 224), cells()[0]
    codes, plane = np.empty(len(truth), int), np.empty(len(truth), int)
    votes = {"n_neighbors": (1, 3, 9, 25)}
    search = GridSearchCV(
        KNeighborsClassifier(), votes, scoring="balanced_accuracy", cv=3
    )
    for train, test in folds(held_out, seed):
        pieces = []
        for piece in np.split(rows[train], 8, axis=1):
            book = KMeans(256, init="random", n_init=1, max_iter=8, random_state=0)
            pieces.append(book.fit(piece).cluster_centers_[book.labels_])
        search.fit(np.hstack(pieces), truth[train])
        codes[test] = search.predict(rows[test])
        flat = PCA(RIVALS[rival], random_state=0)
        inside = flat.fit_transform(rows[train])
        if RIVALS[rival] == 8:  # of one byte
            unit = np.ptp(inside) / 255
            inside = np.round(inside / unit) * unit
        plane[test] = search.fit(inside, truth[train]).predict(
            flat.transform(rows[test])
        )
    if held_out == "modules":
        one, other, lead = over_modules(codes, plane)
    else:
        one, other, lead = _by_fold(codes, plane, seed)
    return f"codes {one:.3f}, {rival} {other:.3f}: {lead}", lead


@remembered
def _ridge(scaling, k, held_out, seed):
    """The class of each cell by ridge on k components, held out; None for all."""
    rows, truth = table("avg_pool", 224), cells()[0]
    found = np.empty(len(truth), int)
    for train, test in folds(held_out, seed):
        inside, outside = _prepared(rows[train], rows[test], scaling, k)
        judge = RidgeClassifierCV(np.logspace(-1, 5, 13), class_weight="balanced")
        found[test] = judge.fit(inside, truth[train]).predict(outside)
    return found


def _prepared(inside, outside, scaling, k):
    steps = {"standardized": [StandardScaler()], "length 1": [Normalizer()], "none": []}
    if k is not None:
        steps[scaling].append(PCA(k, svd_solver="covariance_eigh"))
    for step in steps[scaling]:
        inside, outside = step.fit_transform(inside), step.transform(outside)
    return inside, outside


@remembered
def _svm(scaling, k=None, kernel="rbf", weights="balanced", held_out="modules", seed=0):
    """A machine whose C and γ are chosen inside the folds, as the cells are held out.

    Returns:
        A dict: `value` and `said` of each cell while it was held out; `folds`, a list
        of (train, test, values of the training cells by inner folds as the outer ones,
        the same by inner folds of cells).
    """
    rows, (truth, _, _), number = table("avg_pool", 224), cells(), modules()
    value, told, kept = np.empty(len(truth)), np.empty(len(truth), int), []
    weight = "balanced" if weights == "balanced" else None
    for train, test in folds(held_out, seed):
        inside, outside = _prepared(rows[train], rows[test], scaling, k)
        y = truth[train]
        groups = number[train] if held_out == "modules" else None
        parts = stratified_folds(y, 3, 0, groups)
        best = (-1,)
        for width in WIDTHS if kernel == "rbf" else (1,):
            near, far = _kernels(kernel, inside, outside, width)
            for price in PRICES[kernel]:
                machine = SVC(C=price, kernel="precomputed", class_weight=weight)
                inner = _inner_values(machine, near, y, parts)
                score = balanced_accuracy_score(y, inner >= 0)
                if score > best[0]:
                    best = score, machine, near, far, inner
        _, machine, near, far, inner = best
        easy = _inner_values(machine, near, y, stratified_folds(y, 3, 0))
        machine.fit(near, y)
        value[test] = machine.decision_function(far)
        told[test] = machine.predict(far)
        kept.append((train, test, inner, easy))
    return {"value": value, "said": told, "folds": kept}


def _kernels(kernel, inside, outside, width):
    """Similarities of training rows with each other, and of held-out ones with them."""
    if kernel == "linear":
        scale = np.mean(np.sum(inside**2, axis=1))
        return inside @ inside.T / scale, outside @ inside.T / scale
    gamma = width / (inside.shape[1] * inside.var())
    squares = np.sum(inside**2, axis=1)
    near = squares[:, None] + squares - 2 * inside @ inside.T
    far = np.sum(outside**2, axis=1)[:, None] + squares - 2 * outside @ inside.T
    return np.exp(-gamma * near), np.exp(-gamma * far)


def _inner_values(machine, near, y, parts):
    values = np.empty(len(y))
    for a, b in parts:
        machine.fit(near[np.ix_(a, a)], y[a])
        values[b] = machine.decision_function(near[np.ix_(b, a)])
    return values


def _by_fold(first, second, seed):
    """Mean balanced accuracy a fold of both sides, and their difference."""
    truth = cells()[0]
    one, other = (
        np.array([
            balanced_accuracy_score(truth[test], said[test])
            for _, test in folds("cells", seed)
        ])
        for said in (first, second)
    )  # fmt: skip
    return one.mean(), other.mean(), paired(one, other)
