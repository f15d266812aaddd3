"""Claims of 04_FeatureExtraction1: frozen features of solar cells."""

from functools import partial

import numpy as np

from claims import Row, needs, one_at_a_time, paired
from claims.measuring import (
    cells,
    cells_held_out,
    features,
    pixels,
    runs_held_out,
    scores,
    shuffled_within,
)

NOTEBOOK = "04_FeatureExtraction1"
CLASSIFIERS = ("logistic regression", "SVM", "k-NN")


@needs(gigabytes=1.5)
def inner_layer():
    """The classifier, with its penalty, C or k chosen inside the folds for both layers;
    which inner layer; the measure; the seed of the folds; the size of the input; whole
    runs of files held out, so that no held-out cell has sisters that train."""
    for name, settings in one_at_a_time(
        classifier=("ridge", *CLASSIFIERS),
        layer=("block15", "block11", "block16"),
        measure=("balanced accuracy", "accuracy", "AUC"),
        seed=(0, 1),
        side=(224, 160),
        held_out=("cells", "runs of files"),
    ):
        yield name, partial(_inner_against_last, **settings)


def _inner_against_last(classifier, layer, measure, seed, side, held_out):
    inner, last = (
        scores(features(name, side), _folds(held_out, seed), classifier)[measure]
        for name in (layer, "avg_pool")
    )
    lead = paired(inner, last)
    result = f"{layer} {inner.mean():.3f}, last layer {last.mean():.3f}: {lead}"
    return Row(result, lead.above)


@needs(gigabytes=1.5)
def frozen_features():
    """The classifier, tuned for both sides; how small the pixels are; the layer; the
    measure; the seed of the folds; whole runs of files held out. A wide margin is five
    points, and the interval is above zero."""
    for name, settings in one_at_a_time(
        classifier=("k-NN", "ridge", "SVM"),
        pixels_a_side=(32, 16, 64),
        layer=("avg_pool", "block8"),
        measure=("balanced accuracy", "accuracy", "AUC"),
        seed=(0, 1),
        held_out=("cells", "runs of files"),
    ):
        yield name, partial(_features_against_pixels, **settings)


def _features_against_pixels(classifier, pixels_a_side, layer, measure, seed, held_out):
    network, raw = (
        scores(table, _folds(held_out, seed), classifier)[measure]
        for table in (features(layer), pixels(pixels_a_side))
    )
    lead = paired(network, raw)
    result = f"features {network.mean():.3f}, pixels {raw.mean():.3f}: {lead}"
    return Row(result, lead.above and lead.mean >= 0.05)


@needs(gigabytes=1.5)
def new_modules():
    """The classifier; the layers; the measure; how long a run is; the seed; and whether
    it is only the mixture: runs hold other shares of classes and kinds than random
    folds, so the random folds get the very same shares."""
    for name, settings in one_at_a_time(
        classifier=("SVM", "ridge", "k-NN"),
        layers=("block11 + block15", "block8", "avg_pool"),
        measure=("balanced accuracy", "accuracy", "AUC"),
        run_of_files=(60, 30, 120),
        seed=(0, 1),
        random_folds=("stratified", "with the shares of the runs"),
    ):
        yield name, partial(_known_against_new, **settings)


def _known_against_new(classifier, layers, measure, run_of_files, seed, random_folds):
    table = np.hstack([features(layer) for layer in layers.split(" + ")])
    runs = list(runs_held_out(seed, run_of_files))
    if random_folds == "stratified":
        random = cells_held_out(seed)
    else:
        kinds = np.unique(cells().groups, return_inverse=True)[1]
        random = shuffled_within(runs, 2 * kinds + cells().labels)
    known, new = (scores(table, folds, classifier)[measure] for folds in (random, runs))
    lead = paired(known, new)
    result = f"cells held out {known.mean():.3f}, runs {new.mean():.3f}: {lead}"
    return Row(result, lead.above)


def _folds(held_out, seed):
    return cells_held_out(seed) if held_out == "cells" else runs_held_out(seed)
