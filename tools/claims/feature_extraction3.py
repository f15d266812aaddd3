"""Claims of 06_FeatureExtraction3: layers of one network compared, fused and chosen."""

from functools import partial

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score
from sklearn.metrics.pairwise import euclidean_distances, linear_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from claims import Row, alone, needs, one_at_a_time, paired
from claims.measuring import (
    PENALTIES,
    cells,
    classifier,
    modules,
    over_modules,
    remembered,
)
from utils.evaluation import fold_scores, stratified_folds

NOTEBOOK = "06_FeatureExtraction3"

LAYERS = ("stem", *[f"block{i}" for i in range(1, 17)], "head")
NEEDED = {5: 2.78, 10: 2.26, 20: 2.09}  # t at 5 % for so many folds
LATE = [f"block{i}" for i in range(8, 17)]
WIDE = [f"block{i}" for i in range(5, 17)]
SIDES = (224, 160)
RECIPES = {
    "two layers": [(224, "block11"), (224, "block15")],
    "late layers": [(224, name) for name in LATE],
    "no maxima": [(224, name) for name in WIDE],
    "with maxima": [(224, n) for name in WIDE for n in (name, f"{name}_max")],
    "two sizes, maxima": [
        (side, n) for side in SIDES for name in WIDE for n in (name, f"{name}_max")
    ],
}


def _tables(side):
    """{layer: float32 array (2624, channels)}, means and maxima of every map."""
    with alone():
        return _extracted(side)


@remembered
def _extracted(side, kept=None):
    """Those of the solar cells, or of the `kept` ones as maps, unpooled."""
    import dataclasses

    import keras

    from utils import backbones, datasets
    from utils.features import extract

    images = datasets.load("solar_cells").images
    backbone = backbones.load("EfficientNetLite0", side)
    if kept:
        return extract(backbone, images[list(kept)], "block16", pooling=None)
    maps = [name for name, shape in backbone.shapes().items() if len(shape) == 3]
    outputs = [backbone.model.output]
    for name in maps:
        pool = keras.layers.GlobalMaxPooling2D(name=f"{name}_max")
        outputs.append(pool(backbone.model.get_layer(name).output))
    model = keras.Model(backbone.model.input, outputs)
    names = (*maps, *[f"{name}_max" for name in maps])
    return extract(
        dataclasses.replace(backbone, model=model, layers=names), images, names
    )


def _groups(held_out):
    return modules() if held_out == "modules" else None


def _linear(name):
    """A linear classifier that chooses its penalty on what it is fitted to."""
    if name == "ridge":
        return classifier("ridge")
    if name == "ridge, plain":
        last = RidgeClassifierCV(PENALTIES)
    elif name == "one C":
        last = SVC(kernel=linear_kernel, C=0.01, class_weight="balanced")
    else:
        model = LogisticRegression(class_weight="balanced", max_iter=300, tol=1e-3)
        last = GridSearchCV(model, {"C": (1e-4, 1e-3, 1e-2, 1e-1)}, cv=3)
    return make_pipeline(StandardScaler(), last)


@remembered
def _layer(name, side=224, classifier="ridge", folds=5, held_out="cells", seed=0):
    """Accuracy, balanced accuracy and what was said, on each fold."""
    rows = _tables(side)[name]
    scores = fold_scores(
        _linear(classifier), rows, cells()[0], folds, seed, _groups(held_out)
    )
    return {
        "accuracy": scores.accuracy,
        "balanced accuracy": scores.balanced_accuracy,
        "said": scores.predictions,
    }


@needs(gigabytes=2)
def first_layers():
    """The classifier, with its own penalty for each layer; the measure; the seed of the
    folds; the size of the input. Behind means three points or more, with an interval
    above zero. (With modules held out the gap is smaller, and the interval over modules
    has zero inside.)"""
    for name, settings in one_at_a_time(
        classifier=("ridge", "ridge, plain", "one C"),
        measure=("balanced accuracy", "accuracy"),
        seed=(0, 1),
        side=(224, 160),
    ):
        yield name, partial(_first_against_last, **settings)


def _first_against_last(measure, **settings):
    last = _layer("head", **settings)
    found = [_layer(name, **settings) for name in ("stem", "block1")]
    leads = [paired(last[measure], f[measure]) for f in found]
    words = "; ".join(f"{n}: {d}" for n, d in zip(("stem", "block1"), leads))
    return Row(
        f"last layer minus {words}", all(d.above and d.mean > 0.03 for d in leads)
    )


@needs(gigabytes=2)
def winning_layer():
    """The number of folds; how cells are held out; the seed of the folds; the size of
    the input; the measure. Each layer has its own penalty."""
    for name, settings in one_at_a_time(
        folds=(5, 10),
        held_out=("cells", "modules"),
        seed=(0, 1),
        side=(224, 160),
        measure=("balanced accuracy", "accuracy"),
    ):
        yield name, partial(_winner_against_last, **settings)


def _winner_against_last(measure, folds, **settings):
    means = {}
    for name in LAYERS:
        means[name] = _layer(name, folds=folds, **settings)[measure]
    top = max(LAYERS, key=lambda name: means[name].mean())
    lead = paired(means[top], means["head"], 1 / folds)
    return Row(f"{top} minus last layer: {lead}", not lead.above)


def complement():
    """The classifier; how noisy the copies are; the draw; how many examples."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "RBF SVM", "k-NN"),
        noise=(0.5, 0.25, 1.0),
        seed=(0, 1, 2),
        examples=(600, 300, 2000),
    ):
        yield name, partial(_toy_fusions, **settings)


def _toy(noise, seed, examples):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(examples, 2))
    one, two = (
        hidden[:, [i]] @ rng.normal(size=(1, 8))
        + noise * rng.normal(size=(examples, 8))
        for i in (0, 1)
    )
    return (hidden.sum(axis=1) > 0).astype(int), one, two, rng.normal(size=one.shape)


def _judge(name):
    if name == "ridge":
        return classifier("ridge")
    last = SVC() if name == "RBF SVM" else KNeighborsClassifier(9)
    return make_pipeline(StandardScaler(), last)


def _toy_fusions(classifier, noise, seed, examples):
    truth, one, two, nothing = _toy(noise, seed, examples)
    average = one.mean(axis=1, keepdims=True)
    found = {
        name: fold_scores(_judge(classifier), np.hstack([one, *x]), truth).accuracy
        for name, x in {
            "alone": [], "second": [two], "average": [average], "noise": [nothing]
        }.items()
    }  # fmt: skip
    gains = {n: found[n].mean() - found["alone"].mean() for n in list(found)[1:]}
    words = ", ".join(f"{name} {100 * gain:+.1f}" for name, gain in gains.items())
    holds = gains["second"] > 0.05 and max(gains["average"], gains["noise"]) < 0.03
    return Row(f"points of accuracy: {words}", holds)


def loud_block():
    """The classifier; how loud the block is; how noisy the copies are; the draw; the
    other block made loud. Drowned means five points or more."""
    for name, settings in one_at_a_time(
        classifier=("RBF SVM", "k-NN", "RBF SVM, C chosen inside"),
        factor=(100, 20, 1000),
        noise=(0.5, 1.0),
        seed=(0, 1, 2),
        loud=("first", "second"),
    ):
        yield name, partial(_loudness, **settings)


def _loudness(classifier, factor, noise, seed, loud):
    truth, one, two, _ = _toy(noise, seed, 600)
    model = {
        "RBF SVM": SVC(),
        "k-NN": KNeighborsClassifier(9),
        "RBF SVM, C chosen inside": GridSearchCV(SVC(), {"C": (0.1, 1, 10, 100)}, cv=3),
    }[classifier]
    quiet = np.hstack([one, two])
    spoiled = quiet * np.repeat([factor, 1] if loud == "first" else [1, factor], 8)
    even, uneven = (fold_scores(model, x, truth).accuracy for x in (quiet, spoiled))
    mended = fold_scores(
        make_pipeline(StandardScaler(), model), spoiled, truth
    ).accuracy
    words = f"equal units {even.mean():.3f}, loud {uneven.mean():.3f}"
    holds = min(even.mean(), mended.mean()) - uneven.mean() > 0.05
    return Row(f"{words}, scaled {mended.mean():.3f}", holds)


def chosen_by_judge():
    """The number of candidates; of examples; of folds; whether the candidates are loud;
    the draw. Means over twenty shufflings; near chance means within four points."""
    for name, settings in one_at_a_time(
        candidates=(40, 10, 100),
        examples=(120, 300),
        folds=(5, 3),
        loud=(100, 1),
        seed=(0, 1),
    ):
        yield name, partial(_on_shuffled_labels, **settings)


def _on_shuffled_labels(candidates, examples, folds, loud, seed):
    from utils.exercises.feature_extraction3 import mended, rate

    rng = np.random.default_rng(seed)
    labels = rng.permutation(examples) % 2
    first = rng.normal(1.2 * labels[:, None], 1, (examples, 4))
    others = [rng.normal(0, loud, (examples, 4)) for _ in range(candidates)]
    fused = [np.hstack([first, x]) for x in others]
    outside, inside = [], []
    for shuffling in range(20):
        shuffled = np.random.default_rng(shuffling).permutation(labels)
        cut = stratified_folds(shuffled, folds)
        rated = [np.mean([rate(x, shuffled, *fold) for fold in cut]) for x in fused]
        outside.append(max(rated))
        inside.append(mended.solution(first, others, shuffled, cut))
    gap = np.mean(outside) - np.mean(inside)
    holds = gap > 0.05 and abs(np.mean(inside) - 0.5) < 0.04
    words = f"judging folds choose: {np.mean(outside):.3f}"
    return Row(f"{words}; chosen inside: {np.mean(inside):.3f}", holds)


@remembered
def _margins(recipe, held_out="cells", seed=0, prices=(3, 10, 30), weights="balanced"):
    """Each cell's decision value while it was held out, C chosen inside."""
    labels, kept = cells()[0], [(side, name) for side, name in RECIPES[recipe]]
    found = {side: _tables(side) for side in {side for side, _ in kept}}
    x = np.hstack([found[side][name] for side, name in kept])
    groups, margins = _groups(held_out), np.zeros(len(labels))
    certain = _certainty() if weights == "certainty" else None

    def fitted(similar, rows, C):
        machine = SVC(
            C=C,
            kernel="precomputed",
            class_weight=None if weights == "none" else "balanced",
        )
        own = None if certain is None else certain[rows]
        return machine.fit(similar, labels[rows], own)

    for train, test in stratified_folds(labels, seed=seed, groups=groups):
        z = StandardScaler().fit(x[train]).transform(x)
        similar = np.exp(-euclidean_distances(z, z[train], squared=True) / x.shape[1])
        own, rated = similar[train], {}
        within = None if groups is None else groups[train]
        splits = stratified_folds(labels[train], 3, groups=within)
        for C in prices if len(prices) > 1 else ():
            rated[C] = np.mean([
                fitted(own[np.ix_(i, i)], train[i], C).score(
                    own[np.ix_(o, i)], labels[train[o]]
                )
                for i, o in splits
            ])  # fmt: skip
        best = max(rated, key=rated.get) if rated else prices[0]
        margins[test] = fitted(own, train, best).decision_function(similar[test])
    return margins


def _certainty():
    """How sure the experts were of each cell: 1, 1/3, 2/3 or 1."""
    from utils import datasets

    with alone():
        doubt = datasets.load("solar_cells").details["defect_probability"]
    return np.where(doubt == 0, 1, doubt)


def _measured(margins, measure):
    truth = cells()[0]
    if measure == "AUC":
        return roc_auc_score(truth, margins)
    score = accuracy_score if measure == "accuracy" else balanced_accuracy_score
    return score(truth, margins > 0)


@needs(gigabytes=2.5)
def fusion():
    """How cells are held out; the seed of the deal; the values that C is chosen from
    (both sides choose alike); the larger recipe; whether classes are weighed."""
    for name, settings in one_at_a_time(
        held_out=("cells", "modules"),
        seed=(0, 1, 2),
        prices=((3, 10, 30), (1, 3, 10, 30, 100)),
        recipe=("with maxima", "two sizes, maxima"),
        weights=("balanced", "none"),
    ):
        yield name, partial(_fused_against_two, **settings)


def _fused_against_two(recipe, **settings):
    many, two = (_margins(name, **settings) for name in (recipe, "two layers"))
    one, other, lead = over_modules((many > 0) * 1, (two > 0) * 1, "accuracy")
    words = f"many layers {one:.3f}, two {other:.3f}: {lead}"
    return Row(words, lead.mean > 0)


@needs(gigabytes=2.5)
def new_modules():
    """The recipe; the seed of the deal; the measure; whether classes are weighed."""
    for name, settings in one_at_a_time(
        recipe=("with maxima", "two layers"),
        seed=(0, 1, 2),
        measure=("accuracy", "balanced accuracy", "AUC"),
        weights=("balanced", "none"),
    ):
        yield name, partial(_known_against_new, **settings)


def _known_against_new(measure, **settings):
    known, new = (
        _measured(_margins(held_out=held_out, **settings), measure)
        for held_out in ("cells", "modules")
    )
    words = f"cells held out {known:.3f}, modules {new:.3f}"
    return Row(f"{words}: {100 * (known - new):+.1f} points", known - new >= 0.03)


@needs(gigabytes=2.5)
def tuned_on_one_side():
    """The seed of the folds; the C that the two layers are left with; the larger
    recipe. The lead where only the larger recipe chooses its C, and where both do."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), C=(3, 1), recipe=("with maxima", "two sizes, maxima")
    ):
        yield name, partial(_one_side, **settings)


def _one_side(seed, C, recipe):
    truth = cells()[0]
    many, both = (_margins(name, seed=seed) > 0 for name in (recipe, "two layers"))
    left = _margins("two layers", seed=seed, prices=(C,)) > 0
    alone, fair = (np.mean(many == truth) - np.mean(x == truth) for x in (left, both))
    words = f"one side tuned {100 * alone:+.1f} points, both {100 * fair:+.1f}"
    return Row(words, bool(alone > fair))


@needs(gigabytes=2.5)
def random_folds_know_the_module():
    """The recipe; the seed of the deal; how the modules are cut. The correlation of the
    share of a module's cells that are called defective with the true share."""
    for name, settings in one_at_a_time(
        recipe=("with maxima", "two layers"),
        seed=(0, 1, 2),
        cut=("likely", 30),
    ):
        yield name, partial(_shares, **settings)


def _shares(recipe, seed, cut):
    own, truth, found = modules(cut), cells()[0], {}
    sizes = np.bincount(own)
    for held_out in ("cells", "modules"):
        said = _margins(recipe, held_out, seed) > 0
        pair = np.bincount(own, said) / sizes, np.bincount(own, truth) / sizes
        found[held_out] = np.corrcoef(*pair)[0, 1]
    known, new = found.values()
    words = f"correlation, cells held out {known:.2f}, modules {new:.2f}"
    return Row(words, known > 0.9 and known - new > 0.05)


@needs(gigabytes=2.5)
def sisters_are_near():
    """The layers; the size of the input; scaled or as they are; the length of the runs
    of files. By chance the nearest neighbor is a sister for one cell in forty."""
    for name, settings in one_at_a_time(
        layer=("block12", "head", "block8"),
        side=(224, 160),
        scaled=("standardized", "as they are"),
        cut=("likely", 30),
    ):
        yield name, partial(_sisters, **settings)


def _sisters(layer, side, scaled, cut):
    x, own = _tables(side)[layer], modules(cut)
    x = StandardScaler().fit_transform(x) if scaled == "standardized" else x
    far = euclidean_distances(x)
    np.fill_diagonal(far, np.inf)
    share = np.mean(own[far.argmin(axis=1)] == own)
    return Row(f"{share:.2f} of the nearest neighbors are sisters", share > 0.4)


@needs(gigabytes=2.5)
def published():
    """The recipe; the seed of the folds; the values that C is chosen from; whether
    classes are weighed, or cells by certainty."""
    for name, settings in one_at_a_time(
        recipe=("with maxima", "two sizes, maxima", "two layers"),
        seed=(0, 1, 2),
        prices=((3, 10, 30), (1, 3, 10, 30, 100)),
        weights=("balanced", "none", "certainty"),
    ):
        yield name, partial(_against_published, **settings)


def _against_published(**settings):
    right = (_margins(**settings) > 0) == cells()[0]
    certainty, rng = _certainty(), np.random.default_rng(0)
    quarters = [rng.permutation(len(right))[:656] for _ in range(500)]
    drawn = [np.average(right[q], weights=certainty[q]) for q in quarters]
    low, high = np.percentile(drawn, (2.5, 97.5))
    ours = np.average(right, weights=certainty)
    words = f"weighted {ours:.3f}, on quarters {low:.3f} to {high:.3f}"
    return Row(words, 0.8244 < low <= 0.8842 <= high)


@needs(gigabytes=2.5)
def what_helps():
    """What was tried beside more layers, each against the same recipe without it, on
    deals of modules. Level means that the interval over modules has zero
    inside."""
    for seed in (0, 1):
        for trial in ("certainty", "no maxima", "two sizes"):
            yield f"{trial}, seed {seed}", partial(_tried, trial, seed)


def _tried(trial, seed):
    held_out = "modules"
    usual = _margins("with maxima", held_out, seed)
    if trial == "certainty":
        other = _margins("with maxima", held_out, seed, weights="certainty")
    else:
        recipe = "two sizes, maxima" if trial == "two sizes" else trial
        other = _margins(recipe, held_out, seed)
    one, two, lead = over_modules((other > 0) * 1, (usual > 0) * 1, "accuracy")
    words = f"with {trial} {one:.3f}, as in the notebook {two:.3f}: {lead}"
    return Row(words, lead.mean < 0 if trial == "no maxima" else lead.level)


@needs(gigabytes=2.5)
def own_average():
    """Which 600 cells; the seeds of the randomized PCA; C."""
    for name, settings in one_at_a_time(
        chosen=(0, 1), seeds=((0, 1), (2, 3)), C=(0.01, 1.0)
    ):
        yield name, partial(_average_or_seed, **settings)


def _average_or_seed(chosen, seeds, C):
    labels = cells()[0]
    rows = np.sort(np.random.default_rng(chosen).permutation(len(labels))[:600])
    with alone():
        maps = _extracted(160, tuple(int(row) for row in rows))["block16"]
    average, local = maps.mean(axis=(1, 2)), maps.reshape(len(maps), -1)

    def said(x, seed):
        pca = PCA(256, svd_solver="randomized", random_state=seed)
        model = make_pipeline(pca, SVC(kernel="linear", C=C))
        return fold_scores(model, x, labels[rows]).predictions

    before = said(local, seeds[0])
    fused = np.sum(said(np.hstack([local, average]), seeds[0]) != before)
    other = np.sum(said(local, seeds[1]) != before)
    words = f"of 600 verdicts the average changes {fused}, another seed {other}"
    return Row(words, bool(fused < other))


@needs(gigabytes=2)
def early_help():
    """How cells are held out; the number of components; the seed of the folds. The
    mean gain of each early block over the head alone."""
    for name, settings in one_at_a_time(
        held_out=("cells", "modules"), components=(256, 64), seed=(0, 1)
    ):
        yield name, partial(_early, **settings)


@needs(gigabytes=2)
def more_components():
    """The block beside the head; the seed of the folds; how cells are held out. Not
    worse means by less than a point. With modules held out, the row has three deals,
    and holds if one of them is for 256 components and one for 64."""
    for name, settings in one_at_a_time(
        block=(None, "block3", "block5", "block8"), seed=(0, 1)
    ):
        yield name.replace("None", "none"), partial(_fewer, **settings)
    yield "modules held out", _fewer_on_modules


@remembered
def _by_components(block, components, held_out, seed):
    """Balanced accuracy on each fold, of the head alone or with an early block."""
    labels, found, scores = cells()[0], _tables(224), []
    parts = [found["head"]]
    parts += [found[block], found[f"{block}_max"]] if block else []
    for train, test in stratified_folds(labels, seed=seed, groups=_groups(held_out)):
        scaled = [StandardScaler().fit(x[train]).transform(x) for x in parts]
        x = np.hstack([x / np.sqrt(x.shape[1]) for x in scaled])
        z = PCA(components, svd_solver="covariance_eigh").fit(x[train]).transform(x)
        ridge = classifier("ridge").fit(z[train], labels[train])
        guess = ridge.predict(z[test])
        scores.append(balanced_accuracy_score(labels[test], guess))
    return np.array(scores)


EARLY = ("block3", "block5", "block8")


def _early(components, **settings):
    head = _by_components(None, components, **settings)
    gains = {
        block: (_by_components(block, components, **settings) - head).mean()
        for block in EARLY
    }
    words = ", ".join(f"{block} {100 * gain:+.1f}" for block, gain in gains.items())
    return Row(f"points gained: {words}", max(gains.values()) < 0.03)


def _fewer(block, seed):
    gain = _gain_of_many(block, "cells", seed)
    return Row(f"256 components against 64: {100 * gain:+.1f} points", gain > -0.01)


def _fewer_on_modules():
    gains = [_gain_of_many(None, "modules", seed) for seed in range(3)]
    words = ", ".join(f"{100 * gain:+.1f}" for gain in gains)
    return Row(
        f"256 components against 64, three deals: {words} points",
        bool(min(gains) < 0 < max(gains)),
    )


def _gain_of_many(block, held_out, seed):
    many, few = (_by_components(block, n, held_out, seed) for n in (256, 64))
    return (many - few).mean()
