"""Exercises of 07_CNNFineTuning: a script, frozen statistics, augmentation, a split."""

import keras
import numpy as np
from keras import layers
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

from utils.exercises import Exercise, Wrong, named


def learning_rate(rate, decay, step):
    return rate / (1 + decay * step)


schedule = Exercise(
    learning_rate,
    cases=lambda rng: [
        (0.01, 1e-4, 1000), (0.01, 0.9, 79), (0.2, 0.05, 7), (0.5, 0.0, 12),
        (0.3, 0.25, 1), (0.4, 0.5, 0), (0.1, 0.5, np.array([0, 1, 10, 100])),
        (9.5, 0.75, 3), (0.2, 0.01, rng.integers(2, 99, (2, 3))),
    ],
    parts="the rate is divided by 1 plus a product",
    mistakes={
        "rate / (1 + decay) ** step": "that divides by 1 + decay once a step",
        "decay * step → decay + step": "decay and step are added; multiply them",
        "rate * (1 - decay * step)": "that is a straight line, and falls below zero",
        "rate * np.exp(-decay * step)": "that is an exponential; a fraction is asked",
        "rate * (1 + decay * step)": "the rate grows; divide instead",
        "decay / (1 + rate * step)": "rate and decay have changed places",
        "rate * decay**step": "that multiplies by decay a step: nothing is left",
        "(1 + decay * step) → (decay * step)": "the 1 in the denominator is missing",
        "rate": "the rate does not fall at all",
        "(1 + decay * step) → 1 + decay * step": "`/` comes before `+`: use brackets",
        "rate // (1 + decay * step)": "`//` rounds down; divide with `/`",
        "decay * step → decay * np.max(step)": "of an array of steps, only one is used",
    },
    hints=("At step 0 the whole rate must come out.",
           "The denominator is 1 plus a product.",
           "`rate / (1 + decay * step)`; it works for arrays of steps as it is."),
    lesson="At decay · step = 1 half of the rate is left. Swapped, 0.9 · 79 leaves a "
    "seventieth.",
)  # fmt: skip


def split(labels):
    train, validation = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    return train, validation


def _labels(rng):
    yield named("2,000 cells, three in ten of class 1", rng.permutation(2000) % 10 // 7)
    yield named("1,000 cells in their labels' order", np.repeat([0, 1], [900, 100]))
    yield named("3,000 cells, half of each class", rng.permutation(3000) % 2)
    yield named("910 cells of three classes", rng.permutation(910) % 9 // 4)


def _split_facts(parts, labels):
    n, shares = len(labels), np.bincount(labels) / len(labels)
    for name, part in zip(("training", "validation"), parts):
        if len(part) > 9 and part.dtype != bool and set(part.flat) <= set(labels):
            raise Wrong("labels came back instead of positions: cut `np.arange(…)`")
        if part.ndim > 1 or part.dtype == bool or not np.isin(part, np.arange(n)).all():
            raise Wrong(f"the {name} part must list positions, 0 to {n - 1}; no mask")
    validation = parts[1].astype(int)
    times, size = np.bincount(np.append(*parts).astype(int)), len(validation)
    got = np.bincount(labels[validation], minlength=len(shares)) / max(1, size)
    chosen = [np.isin(np.flatnonzero(labels == c), validation) for c in set(labels)]
    gaps = [np.bincount(np.diff(np.flatnonzero(places))) for places in chosen]
    return {
        "cells that train *and* validate (overlap)": len(np.intersect1d(*parts)),
        "cells drawn more than once": np.sum(times > 1),
        "cells in neither part": n - np.sum(times > 0),
        "the share that validates (a fifth is asked for)":
        0.2 if abs(size - n / 5) <= 2 else round(size / n, 3),
        "the classes' shares in the validation part, if it is not stratified":
        shares if (abs(got - shares) * size <= 1.5).all() else np.round(got, 3),
        "cells in a row or a grid, unshuffled (neighbors in a file are alike)":
        any(gap.sum() > 6 and gap.max() > 0.7 * gap.sum() for gap in gaps),
    }  # fmt: skip


_RETURN = "return train, validation → return"
split = Exercise(
    split, cases=_labels, view=_split_facts, repeatable=True,
    parts=("the training positions", "the validation positions"),
    mistakes={
        f"{_RETURN} validation, train": "the wrong way: most cells should train",
        f"{_RETURN} np.arange(len(labels)), validation": "all cells train, those too",
        "test_size=0.2 → test_size=0.25": "a quarter validates: is `test_size` given?",
        "stratify=labels, →": "the split is not stratified",
        "np.split(np.arange(len(labels)), [len(labels) * 4 // 5])":
        "the last fifth was cut off: neither shuffled nor stratified",
    },
    hints=("`train_test_split` cuts any array; cut `np.arange(len(labels))`.",
           "Its argument `stratify` wants the labels; `test_size` is the fifth.",
           "`random_state=0` makes it repeatable."),
    lesson="No cell in both parts, none lost, every class in its proportion, the same "
    "every time.",
)  # fmt: skip


def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _signals(rng):
    for eps, *shape in (0.02, 4, 6, 6, 3), (0.05, 5, 3), (0.01, 1, 4), (0.1, 3, 4, 2):
        x, c = rng.normal(4, 3, shape), shape[-1]
        gamma, beta, mean = rng.normal((1.2, 0, 1), (0.4, 1, 1), (c, 3)).T
        variance = rng.uniform(0.05, 4, c) * (np.arange(c) < c - 1)  # one is dead
        name = f"x of shape {x.shape} and epsilon = {eps}"
        yield named(name, x, gamma, beta, mean, variance, eps)


_AXES = "axis=tuple(range(x.ndim - 1))"
_MEAN, _VARIANCE = f"x.mean({_AXES})", f"x.var({_AXES})"
_ROOT = "np.sqrt(variance + epsilon)"
batch_norm = Exercise(
    frozen_batch_norm, cases=_signals,
    parts="subtract the stored mean, divide by the root, then scale and shift",
    mistakes={
        (f"x - mean → x - {_MEAN}", f"variance + → {_VARIANCE} +"):
        "the batch's own mean and variance are used: training mode is left on",
        f"x - mean → x - {_MEAN}": "the mean is the batch's, not the stored one",
        (f"x - mean → x - 0.99 * mean - 0.01 * {_MEAN}",
         f"variance + → 0.99 * variance + 0.01 * {_VARIANCE} +"):
        "the stored statistics moved towards the batch first; frozen ones stay",
        "variance + epsilon → variance": "epsilon is missing",
        f"{_ROOT} → (np.sqrt(variance) + epsilon)": "epsilon belongs under the root",
        f"{_ROOT} → (variance + epsilon)": "the square root is missing",
        f"(x - mean) / {_ROOT}": "gamma and beta are missing",
        " + beta →": "beta is missing", "gamma * →": "gamma is missing",
        f"beta * (x - mean) / {_ROOT} + gamma": "gamma and beta are swapped",
        f"gamma * ((x - mean) / {_ROOT} + beta)": "beta is scaled too; add it last",
    },
    hints=("Nothing of x is averaged: take the stored mean and variance as they are.",
           "Subtract the mean, divide by the square root of variance + epsilon.",
           "`gamma * (x - mean) / np.sqrt(variance + epsilon) + beta`, and no axis."),
    lesson="One image or a thousand, the answer for an image is the same: that is what "
    "frozen means.",
)  # fmt: skip


def prepare(train, train_labels, test):
    images = np.concatenate([train, train[:, :, ::-1]])
    return images, np.concatenate([train_labels, train_labels]), test


def _photographs(rng):
    for n, tests, *shape in (6, 4, 4, 5), (9, 5, 5, 3), (2, 1, 3, 6), (7, 3, 2, 8):
        train, test = (rng.integers(0, 256, (m, *shape), "uint8") for m in (n, tests))
        name = f"{n} training images of shape {tuple(shape)}"
        yield named(name, train, rng.permutation(np.arange(n) % 3), test)


def _prepared(result, train, train_labels, test):
    images, labels, held_out = result
    facts = {"the test images (leave them)": held_out, "training images": len(images),
             "labels": len(labels)}  # fmt: skip
    if len(images) != len(labels):
        return facts
    order = np.lexsort((labels, *images.reshape(len(images), -1).T[::-1]))
    facts["originals and copies mirrored left to right, sorted"] = images[order]
    facts["the labels, sorted (each copy takes its label along)"] = np.sort(labels)
    facts["the labels of the sorted images"] = labels[order]
    return facts


_MIRRORED, _LABELS = "train[:, :, ::-1]", "np.concatenate([train_labels, train_labels])"
_PAIR = f"[train, {_MIRRORED}] →"
prepare = Exercise(
    prepare, cases=_photographs, view=_prepared,
    parts=("training images", "their labels", "test images"),
    mistakes={
        "]), test → ]), np.concatenate([test, test[:, :, ::-1]])":
        "the test set is augmented. It must stay what it is",
        "]), test → ]), test[:, :, ::-1]": "the test images are mirrored; leave them",
        f"{_LABELS} → train_labels": "each copy takes its label along",
        f"{_LABELS} → np.repeat(train_labels, 2)":
        "the images are right, but some carry another image's label: the orders differ",
        f"{_PAIR} [train, train[::-1]]": "none mirrored: the *last* axis has columns",
        f"{_PAIR} [train, train[:, ::-1]]": "copies stand upside down: axis 1, rows",
        f"{_PAIR} [train, train[:, ::-1, ::-1]]": "copies are turned by half a turn",
        (f"images = np.concatenate([train, {_MIRRORED}]) → images = {_MIRRORED}",
         f"{_LABELS} → train_labels"): "the originals or the mirrored ones are gone",
    },
    hints=("Axis 0 counts images, 1 rows, 2 columns; `[:, :, ::-1]` reverses these.",
           "`np.concatenate` puts originals and copies one after the other.",
           "`np.concatenate([labels, labels])` has the same order; `test` stays."),
    lesson="Twice the training images, each with its own label; the test images "
    "untouched.",
)  # fmt: skip


def best_epoch(truth, said):
    return np.argmax([balanced_accuracy_score(truth, one) for one in said])


def _epochs(rng):
    sizes = (300, 0.2), (200, 0.9), (400, 0.1), (200, 0.7), (100, 0.4), (150, 0.85)
    for n, share in sizes:
        truth = (rng.random(n) < share).astype(int)
        recalls = rng.uniform(0.3, 1, (6, 2))[:, truth]
        said = np.where(rng.random((6, n)) < recalls, truth, 1 - truth)
        best, lazy = best_epoch.solution(truth, said), np.full(n, int(share > 0.5))
        name = f"{n} cells, {share:.0%} of class 1, 8 epochs"
        yield named(name, truth, np.array([*said, said[best], lazy]))


def _told_epoch(value, truth, said):
    if value.ndim or value not in range(-len(said), len(said)):
        raise Wrong(f"one number is asked, a position from 0 to {len(said) - 1}")
    score = balanced_accuracy_score(truth, said[int(value)])
    return f"epoch {value:.0f} (balanced accuracy {score:.3f})"


_SCORE = "balanced_accuracy_score(truth, one)"
_ALL = f"[{_SCORE} for one in said]"
best_epoch = Exercise(
    best_epoch, cases=_epochs, view=_told_epoch,
    parts="the first epoch of the highest balanced accuracy is asked",
    mistakes={
        f"{_SCORE} → np.sum(one * truth) / np.sum(one + truth)": "F1 forgets class 0",
        f"{_SCORE} → np.mean(one == truth)":
        "plain accuracy was used: it forgives what is overlooked in the rarer class",
        f"np.argmax({_ALL}) + 1": "counted from 1; positions begin at 0",
        f"len(said) - 1 - np.argmax({_ALL}[::-1])": "of equal epochs, the first one",
        "len(said) - 1": "that is the last epoch, whatever it did",
        "argmax → argmin": "that is the worst epoch; balanced accuracy should be high",
        f"{_SCORE} → np.mean(one[truth == 1])": "only class 1 was looked at",
        f"{_SCORE} → balanced_accuracy_score(one, truth)": "the truth comes first",
        "np.argmax → np.max": "that is a score; return its position, `np.argmax`",
    },
    hints=("One score an epoch: go through the rows of `said`.",
           "The classes are unequal: which score gives each class the same weight?",
           "`np.argmax` of the balanced accuracies returns the first of the best."),
    lesson="Early stopping is this line, with the validation cells as the judge.",
)  # fmt: skip


def mended(body, images, labels):
    keras.utils.set_random_seed(0)
    body.trainable = False
    image = keras.Input(images.shape[1:])
    turned = layers.RandomTranslation(0.1, 0.1)(image)
    net = keras.Model(image, layers.Dense(2, activation="softmax")(body(turned)))
    net.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    net.fit(images, labels, epochs=10, verbose=0)
    body.trainable = True
    for number, layer in enumerate(body.layers):
        if number < 3 or isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    net.compile(keras.optimizers.Adam(0.0001), "sparse_categorical_crossentropy")
    net.fit(images, labels, epochs=2, verbose=0)
    return net


def _body():
    """Two convolutions, each with its batch normalization, that see slanted lines."""
    body = keras.Sequential(
        [keras.Input((12, 12, 1)), *(layer for filters in (4, 8) for layer in (
            layers.Conv2D(filters, 3, use_bias=False), layers.BatchNormalization(),
            layers.ReLU())), layers.GlobalAveragePooling2D()])  # fmt: skip
    rng = np.random.default_rng(1)
    for weight in body.weights:
        if "kernel" in weight.path:
            weight.assign(rng.normal(0, 0.5, weight.shape))
    rising = np.eye(3)[::-1] - 1 / 3
    first = [rising, rising.T[::-1], rising, rising.T[::-1]]
    body.layers[0].set_weights([np.stack(first, -1)[:, :, None]])
    return body


def _scratches(n, seed):
    """Images `(n, 12, 12, 1)` of one slanted line each; 1 where it falls."""
    rng = np.random.default_rng(seed)
    labels, shift = np.arange(n) % 2, rng.integers(-3, 4, n)
    lines = [np.eye(12, k=k)[:, :: 1 if y else -1] for k, y in zip(shift, labels)]
    return np.array(lines)[..., None] + rng.normal(0, 0.1, (n, 12, 12, 1)), labels


def _tuned_facts(net, body, images, labels):
    """What counts of a network: what moved, what stayed, and what it reads."""
    if not isinstance(net, keras.Model) or net.output_shape != (None, 2):
        raise Wrong("the network with its two outputs must come back")
    was = body.get_weights()
    now = net.get_weights()[: len(was)]
    if [w.shape for w in now] != [w.shape for w in was]:
        raise Wrong("the layers of `body` must all be in the network, first to last")
    step = [float(np.abs(a - b).max()) for a, b in zip(now, was)]
    held, truth = _scratches(200, 9)
    said = np.asarray(net(held, training=False))
    return {
        "batch statistics that drifted": sum(s > 0 for s in step[3:5] + step[8:]),
        "weights that moved in the first layers": sum(s > 0 for s in step[:3]),
        "the upper convolution moved": step[5] > 0,
        "its largest step is small": step[5] < 0.01,
        "the outputs of an image add up to 1": bool(np.allclose(said.sum(1), 1, 0.01)),
        "new scratches that it reads": "3 in 4 or more"
        if np.mean(said.argmax(1) == truth) > 0.75 else "fewer",
    }  # fmt: skip


_LOW = 'net.compile(keras.optimizers.Adam(0.0001), "sparse_categorical_crossentropy")'
_FLIP = 'RandomTranslation(0.1, 0.1) → RandomFlip("horizontal")'
_LOOSE = " or isinstance(layer, layers.BatchNormalization) →"
mended = Exercise(
    mended,
    cases=lambda rng: [named("64 scratches", _body(), *_scratches(64, 0))],
    view=_tuned_facts,
    mistakes={
        (_FLIP, _LOOSE, f"{_LOW} → pass"):
        "that is the script as it was: three repairs are due",
        (_FLIP, _LOOSE): "mirrored, a rising scratch falls, and keeps its label; and "
        "the batch statistics drift",
        _FLIP: "mirrored, a rising scratch falls, and keeps its label: move the images "
        "a little, or leave them alone",
        _LOOSE: "the upper normalization must be frozen, too: its statistics drift",
        f"{_LOW} → pass": "a change of `trainable` counts from the next `compile` on",
        "0.0001 → 0.05": "the second training needs a rate of 0.0001: this destroys",
        "number < 3 → number >= 3": "the *first* layers should stay",
        "number < 3 or →": "all convolutions train, the first one, too",
        "body.trainable = False → pass": "freeze the body before the first `compile`",
        ', activation="softmax" →': "the softmax of the output is gone",
    },
    parts="the first layers and all batch statistics stay; the upper convolution moves "
    "a little; the labels stay true",
    hints=(
        "What does `RandomFlip` make of a scratch that rises?",
        "A layer whose `trainable` is False keeps its statistics, also while others "
        "train: ask `isinstance(layer, layers.BatchNormalization)`.",
        "After the loop: `net.compile(keras.optimizers.Adam(0.0001), …)`.",
    ),
    lesson="Freeze, fit, unfreeze, compile again, fit slowly; and look what the "
    "augmentation does to a label.",
)  # fmt: skip
