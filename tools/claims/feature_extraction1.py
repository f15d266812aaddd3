"""Claims of 04_FeatureExtraction1: frozen features of solar cells."""

from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from claims import Row, alone, needs, one_at_a_time, paired
from claims.measuring import (
    cells,
    classifier,
    folds,
    modules,
    over_modules,
    remembered,
    said,
    scores,
    table,
)
from utils.evaluation import fold_scores, stratified_folds

NOTEBOOK = "04_FeatureExtraction1"
PAIR = "block11 + block15"


@needs(gigabytes=1.5)
def inner_layer():
    """The classifier, with its penalty, C or k chosen inside the folds for both layers;
    which inner layer; the measure; the seed of the folds; the size of the input; whole
    modules held out, so that no held-out cell has sisters that train. Level means that
    the interval has zero inside."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "logistic regression", "SVM", "k-NN"),
        layer=("block15", "block11", "block16"),
        measure=("balanced accuracy", "accuracy", "AUC"),
        seed=(0, 1),
        side=(224, 160),
        held_out=("cells", "modules"),
    ):
        yield name, partial(_inner_against_last, **settings)


def _inner_against_last(layer, side, **settings):
    inner, last, lead = _compared((layer, side), ("avg_pool", side), **settings)
    return Row(f"{layer} {inner:.3f}, last layer {last:.3f}: {lead}", lead.level)


@needs(gigabytes=1.5)
def frozen_features():
    """The classifier, tuned for both sides; how small the pixels are; the layer; the
    measure; the seed of the folds; whole modules held out."""
    for name, settings in one_at_a_time(
        classifier=("k-NN", "ridge", "SVM"),
        pixels_a_side=(32, 16, 24),
        layer=("avg_pool", "block8"),
        measure=("balanced accuracy", "accuracy", "AUC"),
        seed=(0, 1),
        held_out=("cells", "modules"),
    ):
        yield name, partial(_features_against_pixels, **settings)


def _features_against_pixels(layer, pixels_a_side, **settings):
    network, raw, lead = _compared((layer, 224), ("pixels", pixels_a_side), **settings)
    return Row(f"features {network:.3f}, pixels {raw:.3f}: {lead}", lead.above)


@needs(gigabytes=1.5)
def new_modules():
    """The classifier; the layers; the measure; how the files are cut into modules; the
    seed; and whether it is only the mixture: modules hold other shares of classes and
    kinds than random folds do, so random folds get the very shares of the modules. The
    interval is over modules. Several points are three or more."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "k-NN", "SVM"),
        layers=(PAIR, "block8"),
        measure=("balanced accuracy", "accuracy"),
        cut=("likely", 30, 120),
        seed=(0, 1, 2),
        against=("cells", "cells in the modules' shares"),
    ):
        yield name, partial(_known_against_new, **settings)


def _known_against_new(classifier, layers, measure, cut, seed, against):
    answers = (
        said(layers, classifier, held_out=held_out, seed=seed, cut=cut)
        for held_out in (against, "modules")
    )
    known, new, lead = over_modules(*answers, measure, cut)
    words = f"cells held out {known:.3f}, modules {new:.3f}: {lead}"
    return Row(words, lead.above and lead.mean >= 0.03)


@needs(gigabytes=1.5)
def raw_input():
    """The classifier, tuned for both sides; the layer; the size of the input; another
    600 cells; the measure. In the mean of two deals."""
    for name, settings in one_at_a_time(
        classifier=("k-NN", "ridge"),
        layer=("avg_pool", "block15"),
        side=(224, 160),
        cells=("the same 600", "another 600"),
        measure=("balanced accuracy", "accuracy"),
    ):
        yield name, partial(_raw_against_own, **settings)


def _raw_against_own(classifier, layer, side, cells, measure):
    drawn = 0 if cells == "the same 600" else 1
    own, raw = (
        _mean_score(rows[layer], classifier, drawn, measure)
        for rows in _fed(side, drawn)
    )
    return Row(f"preprocessed {own:.3f}, raw {raw:.3f}", own - raw < 0.1)


def _mean_score(rows, name, drawn, measure):
    """Over two deals of 600 cells."""
    truth = cells()[0][_some(drawn)]
    deals = [fold_scores(classifier(name), rows, truth, seed=seed) for seed in (0, 1)]
    return np.mean([getattr(deal, measure.replace(" ", "_")) for deal in deals])


def _some(seed):
    return np.random.default_rng(seed).permutation(2624)[:600]


def _fed(side, seed):
    with alone():
        return _computed_fed(side, seed)


@remembered
def _computed_fed(side, seed):
    """Features of 600 cells, preprocessed and raw: two `{layer: array}`."""
    import dataclasses

    from utils import backbones, datasets
    from utils.features import extract

    own, layers = backbones.load("EfficientNetLite0", side), ("block15", "avg_pool")
    raw = dataclasses.replace(own, preprocess=lambda x: np.asarray(x, np.float32))
    images = datasets.load("solar_cells").images[_some(seed)]
    return [extract(network, images, layers) for network in (own, raw)]


@needs(gigabytes=1.5)
def standardizing():
    """k; the layer; the seed; the size of the input; whole modules held out. No help
    means less than a point ahead, with an interval over modules that admits zero."""
    for name, settings in one_at_a_time(
        k=(3, 1, 9),
        layer=("avg_pool", "block16"),
        seed=(0, 1),
        side=(224, 160),
        held_out=("cells", "modules"),
    ):
        yield name, partial(_length_against_standard, **settings)


def _length_against_standard(k, layer, side, held_out, seed):
    answers = (
        _answers(
            layer, side, make_pipeline(scaling, KNeighborsClassifier(k)), held_out, seed
        )
        for scaling in (Normalizer(), StandardScaler())
    )
    length, standard, lead = over_modules(*answers)
    words = f"length 1 {length:.3f}, standardized {standard:.3f}: {lead}"
    return Row(words, lead.high >= 0 and lead.mean > -0.01)


@needs(gigabytes=1.5)
def large_k():
    """The scaling; the few; the layer; the seed; whole modules held out. The interval
    is over modules."""
    for name, settings in one_at_a_time(
        scaling=("length 1", "standardized", "none"),
        few=(3, 1),
        layer=("avg_pool", "block15"),
        seed=(0, 1),
        held_out=("cells", "modules"),
    ):
        yield name, partial(_few_against_many, **settings)


def _few_against_many(scaling, few, layer, seed, held_out):
    scalings = {"length 1": Normalizer(), "standardized": StandardScaler()}
    step = scalings.get(scaling, "passthrough")
    answers = (
        _answers(
            layer, 224, make_pipeline(step, KNeighborsClassifier(k)), held_out, seed
        )
        for k in (few, 31)
    )
    first, second, lead = over_modules(*answers)
    return Row(f"k = {few} {first:.3f}, k = 31 {second:.3f}: {lead}", lead.above)


@needs(gigabytes=1.5)
def sizes():
    """The smaller size; the classifier; the layer; the measure; the seed; whole modules
    held out. As well means level: the interval over modules has zero inside."""
    for name, settings in one_at_a_time(
        side=(96, 160),
        classifier=("ridge", "k-NN"),
        layer=("block15", "block11"),
        measure=("balanced accuracy", "accuracy"),
        seed=(0, 1),
        held_out=("cells", "modules"),
    ):
        yield name, partial(_small_against_large, **settings)


def _small_against_large(side, classifier, layer, measure, seed, held_out):
    answers = (
        said(layer, classifier, size, held_out=held_out, seed=seed)
        for size in (side, 224)
    )
    small, large, lead = over_modules(*answers, measure)
    return Row(f"{side} pixels {small:.3f}, 224 {large:.3f}: {lead}", lead.level)


@needs(gigabytes=1.5)
def borders():
    """The layer; the seed; the size of the input; whole modules held out; plain
    accuracy. The interval is over modules."""
    for name, settings in one_at_a_time(
        layer=("block15", "block11"),
        seed=(0, 1),
        side=(224, 160),
        held_out=("cells", "modules"),
        measure=("balanced accuracy", "accuracy"),
    ):
        yield name, partial(_border_against_neighbors, **settings)


def _border_against_neighbors(layer, seed, side, held_out, measure):
    answers = (
        said(layer, name, side, held_out=held_out, seed=seed)
        for name in ("SVM", "k-NN")
    )
    border, neighbors, lead = over_modules(*answers, measure)
    return Row(f"SVM {border:.3f}, k-NN {neighbors:.3f}: {lead}", lead.above)


@needs(gigabytes=1.5)
def curved_border():
    """The layer; the seed; the size of the input. The lead of the SVM over the straight
    border on new modules, beside that on new cells."""
    for name, settings in one_at_a_time(
        layer=("block15", "block11"), seed=(0, 1), side=(224, 160)
    ):
        yield name, partial(_curved_against_straight, **settings)


def _curved_against_straight(layer, seed, side):
    return _two_leads((layer, "SVM", side), (layer, "ridge", side), seed)


def _two_leads(first, second, seed, measure="balanced accuracy"):
    """Whether a lead is smaller on new modules; a side is what `said` takes first."""
    leads = {}
    for held_out in ("cells", "modules"):
        settings = {"held_out": held_out, "seed": seed}
        answers = (said(*side, **settings) for side in (first, second))
        leads[held_out] = over_modules(*answers, measure)[2]
    words = f"on new cells {leads['cells']}, on new modules {leads['modules']}"
    return Row(words, leads["modules"].mean < leads["cells"].mean)


@needs(gigabytes=1.5)
def early_layers():
    """The classifier; the late layer; the early one; the seed; the measure."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "SVM"),
        late=("block15", "block11"),
        early=("block2", "block5"),
        seed=(0, 1, 2),
        measure=("balanced accuracy", "accuracy"),
    ):
        yield name, partial(_late_against_early, **settings)


def _late_against_early(classifier, late, early, seed, measure):
    return _two_leads((late, classifier), (early, classifier), seed, measure)


@needs(gigabytes=1.5)
def doubt():
    """The classifier; the layers; the seed; whole modules held out. More often is by
    five points or more."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "SVM", "k-NN"),
        layers=(PAIR, "block8"),
        seed=(0, 1),
        held_out=("cells", "modules"),
    ):
        yield name, partial(_doubtful_against_sure, **settings)


def _doubtful_against_sure(classifier, layers, seed, held_out):
    wrong = said(layers, classifier, held_out=held_out, seed=seed) != cells()[0]
    level = _levels()
    doubtful = wrong[(level == 1) | (level == 2)].mean()
    sure = wrong[(level == 0) | (level == 3)].mean()
    words = f"wrong among the doubtful {doubtful:.0%}, among the others {sure:.0%}"
    return Row(words, doubtful - sure >= 0.05)


@needs(gigabytes=1.5)
def middle_levels():
    """The classifier, told that the four levels count alike or not; the layers; the
    seed; held-out cells of known modules."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "k-NN"),
        layers=(PAIR, "block8"),
        seed=(0, 1),
        held_out=("modules", "cells"),
    ):
        yield name, partial(_recalls_of_levels, **settings)


def _recalls_of_levels(classifier, layers, seed, held_out):
    level, rows = _levels(), table(layers, 224)
    found = _held_out(rows, level, _tuned(classifier), folds(held_out, seed))
    between = (level == 1) | (level == 2)
    own, sure = (np.mean((found == level)[part]) for part in (between, ~between))
    words = f"own level given to {own:.0%} of the doubtful, {sure:.0%} of the others"
    return Row(words, own < sure - 0.1)


def _tuned(name):
    """The ridge classifier as elsewhere; k-NN with a fixed k: four levels are few."""
    if name == "ridge":
        return classifier("ridge")
    return make_pipeline(Normalizer(), KNeighborsClassifier(3))


@needs(gigabytes=1.5)
def sisters():
    """The layers; angles instead of distances; how many neighbors; the size of the
    input."""
    for name, settings in one_at_a_time(
        layers=(PAIR, "block8", "avg_pool"),
        metric=("euclidean", "cosine"),
        neighbors=(7, 3),
        side=(224, 160),
    ):
        yield name, partial(_at_home_and_abroad, **settings)


def _at_home_and_abroad(layers, metric, neighbors, side):
    truth, place = cells()[0], modules()
    index = NearestNeighbors(n_neighbors=600, metric=metric).fit(table(layers, side))
    ranked = index.kneighbors(return_distance=False)  # without the query itself
    foreign = place[ranked] != place[:, None]
    apart = np.argsort(~foreign, axis=1, kind="stable")[:, :neighbors]
    abroad = np.take_along_axis(ranked, apart, axis=1)
    own = 1 - foreign[:, :neighbors].mean()
    among = ranked[:, :neighbors], abroad
    near, far = (np.mean(truth[found] == truth[:, None]) for found in among)
    words = f"{own:.0%} from the own module; same class {near:.2f}, abroad {far:.2f}"
    return Row(words, own > 0.5 and near - far > 0.03)


@needs(gigabytes=1.5)
def one_module_twice():
    """The classifier; the layers; the measure. Two likely modules show the same cells:
    held out together or apart, in the mean over four deals."""
    for name, settings in one_at_a_time(
        classifier=("ridge", "k-NN"),
        layers=(PAIR, "block8", "avg_pool"),
        measure=("balanced accuracy", "accuracy"),
    ):
        yield name, partial(_together_or_apart, **settings)


def _together_or_apart(classifier, layers, measure):
    rows, truth, apart = table(layers, 224), cells()[0], modules()
    score = accuracy_score if measure == "accuracy" else balanced_accuracy_score
    found = []
    for group in (apart, np.where(apart == 38, 29, apart)):
        deals = [stratified_folds(truth, 5, seed, group) for seed in range(4)]
        answers = [_held_out(rows, truth, _tuned(classifier), deal) for deal in deals]
        found.append([score(truth, one) for one in answers])
    before, after = np.mean(found, axis=1)
    words = f"two groups {before:.3f}, one group {after:.3f}"
    return Row(words, abs(before - after) < 0.015)


def _levels():
    """0 to 3: the four probabilities of a defect that the experts gave."""
    with alone():
        return _computed_levels()


@remembered
def _computed_levels():
    from utils import datasets

    probability = datasets.load("solar_cells").details["defect_probability"]
    return np.round(3 * probability).astype(int)


def _answers(layer, side, model, held_out, seed):
    """The class that an estimator gave to each cell while that was held out."""
    return _held_out(table(layer, side), cells()[0], model, folds(held_out, seed))


def _held_out(rows, truth, model, deal):
    found = np.empty_like(truth)
    for train, test in deal:
        found[test] = clone(model).fit(rows[train], truth[train]).predict(rows[test])
    return found


def _compared(first, second, classifier, measure, held_out, seed):
    """Both scores and their difference; a side is a table's name and pixels."""
    settings = {"held_out": held_out, "seed": seed}
    if held_out == "modules":  # few and unlike: modules are compared, not folds
        answers = (said(n, classifier, side, **settings) for n, side in (first, second))
        return over_modules(*answers, measure)
    one, other = (
        scores(n, classifier, side, **settings)[measure] for n, side in (first, second)
    )
    return one.mean(), other.mean(), paired(one, other)
