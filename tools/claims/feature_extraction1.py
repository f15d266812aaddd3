"""Claims of 04_FeatureExtraction1: frozen features of solar cells."""

from functools import partial

from claims import Row, needs, one_at_a_time, paired
from claims.measuring import over_modules, said, scores

NOTEBOOK = "04_FeatureExtraction1"


@needs(gigabytes=1.5)
def inner_layer():
    """The classifier, with its penalty, C or k chosen inside the folds for both layers;
    which inner layer; the measure; the seed of the folds; the size of the input; whole
    modules held out, so that no held-out cell has sisters that train. Level means
    that the interval has zero inside."""
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
    measure; the seed of the folds; whole modules held out. By a wide margin means
    five points, with an interval above zero."""
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
    words = f"features {network:.3f}, pixels {raw:.3f}: {lead}"
    return Row(words, lead.above and lead.mean >= 0.05)


@needs(gigabytes=1.5)
def new_modules():
    """The classifier; the layers; the measure; how the files are cut into modules; the
    seed; and whether it is only the mixture: modules hold other shares of classes and
    kinds than random folds do, so random folds get the very shares of the modules. The
    interval is over modules. Several points are three or more."""
    for name, settings in one_at_a_time(
        classifier=("SVM", "ridge", "k-NN"),
        layers=("block11 + block15", "block8", "avg_pool"),
        measure=("balanced accuracy", "accuracy"),
        cut=("likely", 30, 120),
        seed=(0, 1, 2, 3),
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
