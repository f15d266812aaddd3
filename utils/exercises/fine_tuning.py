"""Exercises of 07_CNNFineTuning: schedule, split, frozen statistics, augmentation."""

import numpy as np
from sklearn.metrics import (  # noqa: F401  mistakes use them
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
)
from sklearn.model_selection import train_test_split

from utils.exercises import Exercise, Wrong, named


def learning_rate(rate, decay, step):
    return rate / (1 + decay * step)


schedule = Exercise(
    learning_rate,
    cases=lambda rng: [
        (0.01, 1e-4, 1000), (0.01, 0.9, 79), (0.2, 0.05, 7), (0.5, 0.0, 12),
        (0.3, 0.25, 1), (0.4, 0.5, 0), (0.1, 0.5, np.array([0, 1, 10, 100])),
        (0.2, 0.01, rng.integers(2, 99, (2, 3))),
    ],
    parts="the rate is divided by 1 plus a product",
    mistakes={
        "rate / (1 + decay) ** step": "that is divided by (1 + decay) once a step; the "
        "formula multiplies decay and step",
        "decay * step → decay + step": "decay and step are added; they must be "
        "multiplied",
        "rate * (1 - decay * step)": "that falls along a straight line, and below zero "
        "later",
        "rate - decay * step": "that falls along a straight line, and below zero "
        "later; divide instead",
        "rate * np.exp(-decay * step)": "that is an exponential; the old formula is a "
        "fraction",
        "rate * (1 + decay * step)": "the rate grows; divide instead",
        "decay * step → rate * step": "decay does not enter; the rate stands in its "
        "place",
        "decay / (1 + rate * step)": "rate and decay have changed places, the "
        "original's mistake",
        "rate * decay**step": "that multiplies by decay at each step: with 0.0001 "
        "nothing is left",
        "rate * (1 - decay) ** step": "that multiplies by 1 - decay at each step; the "
        "formula is a fraction",
        "(1 + decay * step) → (decay * step)": "the 1 in the denominator is missing",
        "rate": "the rate does not fall at all",
        "decay * step → step": "decay does not enter",
        "decay * step → decay": "the step does not enter",
        "rate / → 1 /": "that is the share of the rate that is left; multiply it by "
        "the rate",
        "(1 + decay * step) → 1 + decay * step": "brackets are missing around the "
        "denominator: `/` comes before `+`",
        "(1 + decay * step) → (1 + decay) * step": "(1 + decay) is multiplied by the "
        "step; multiply first, then add 1",
        "decay * step → decay * (step + 1)": "the step is counted from 1; at step 0 "
        "the whole rate must come out",
        "decay * step → decay * np.max(step)": "single steps are right, an array of "
        "steps is not: one number came back",
        "decay * step → decay * float(step)": "single steps are right, an array of "
        "steps is not; `float` takes one number",
    },
    hints=(
        "At step 0 the whole rate must come out.",
        "The denominator is 1 plus a product.",
        "`rate / (1 + decay * step)`; it works for arrays of steps as it stands.",
    ),
    lesson="At decay · step = 1 half of the rate is left. Swapped, 0.9 · 79 leaves a "
    "seventieth.",
)  # fmt: skip


def split(labels):
    train, validation = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    return train, validation


def _labels(rng):
    def cells(n, *shares):
        return rng.permutation(
            np.repeat(np.arange(len(shares)), np.multiply(n, shares).astype(int))
        )

    return [
        named("2,000 cells, three in ten of class 1", cells(2000, 0.7, 0.3)),
        named(
            "1,000 cells in the order of their labels", np.sort(cells(1000, 0.9, 0.1))
        ),
        named("3,000 cells, half of each class", cells(3000, 0.5, 0.5)),
        named("910 cells of three classes", cells(910, 0.5, 0.3, 0.2)),
    ]


def _given_by_class(validation, labels):
    """How the classes' cells of a validation part were chosen, in words."""
    told = []
    for c in np.unique(labels):
        ranks = np.flatnonzero(np.isin(np.flatnonzero(labels == c), validation))
        gaps, size = np.diff(ranks), np.sum(labels == c)
        if len(gaps) < 7 or np.bincount(gaps).max() < 0.7 * len(gaps):
            told.append("a fifth drawn at random")
        elif np.bincount(gaps).argmax() > 1:
            told.append(f"every {np.bincount(gaps).argmax()}th")
        else:
            ends = {0: "its first fifth", size - len(ranks): "its last fifth"}
            told.append(ends.get(ranks[0], "a fifth of neighbors"))
    return min(told, key=lambda text: text == "a fifth drawn at random")


def _split_facts(parts, labels):
    n = len(labels)
    for name, part in zip(("training", "validation"), parts):
        if part.dtype == bool:
            raise Wrong(f"the {name} part is a mask of booleans; positions are needed "
                        "(`np.flatnonzero`)")  # fmt: skip
        if len(part) > 9 and set(part.flat) <= set(labels):
            raise Wrong("labels came back instead of positions")
        if part.ndim != 1 or not np.array_equal(part, part // 1):
            raise Wrong(f"the {name} part must be a list of positions; it has shape "
                        f"{part.shape}, {part.dtype}")  # fmt: skip
        if len(part) and (part.min() < 0 or part.max() >= n):
            raise Wrong(f"the {name} part holds positions outside 0 to {n - 1}")
    train, validation = (part.astype(int) for part in parts)
    off, share = abs(len(validation) - n / 5), np.mean(labels == 1)
    got = np.bincount(labels[validation], minlength=labels.max() + 1)
    even = abs(got - len(validation) * np.bincount(labels) / n) <= 1.5
    return {
        "cells that train *and* validate (the parts overlap)":
        len(np.intersect1d(train, validation)),
        "cells drawn more than once (draw without replacement)":
        sum(len(part) - len(np.unique(part)) for part in (train, validation)),
        "cells in neither part": n - len(np.union1d(train, validation)),
        "the share that validates (a fifth is asked for)":
        0.2 if off <= 2 else round(len(validation) / n, 3),
        "share of class 1 in the validation part (not stratified)":
        share if even[1] else np.round(got[1] / max(1, len(validation)), 3),
        "the other classes in their proportion (stratified)": bool(even.all()),
        "each class gives": _given_by_class(validation, labels),
    }  # fmt: skip


_RETURN = "return train, validation →"
_BY_CLASS = """tuple(map(np.concatenate, zip(*(
    (p[len(p) // 5 :], p[: len(p) // 5]) for p in (
        {} for c in np.unique(labels))))))"""

split = Exercise(
    split,
    cases=_labels,
    view=_split_facts,
    parts=("the training positions", "the validation positions"),
    repeatable=True,
    mistakes={
        _BY_CLASS.format("np.flatnonzero(labels == c)"): "each class gives its first "
        "fifth, unshuffled: neighbors in a file are alike",
        _BY_CLASS.format("np.flatnonzero(labels == c)[::-1]"): "each class gives its "
        "last fifth, unshuffled: neighbors in a file are alike",
        _BY_CLASS.format("np.roll(np.flatnonzero(labels == c), -9)"): "each class "
        "gives a fifth of neighbors, unshuffled; neighbors in a file are alike",
        "tuple(np.sort(np.concatenate([p[np.isin(np.arange(len(p)) % 5, k)] for p in ("
        "np.flatnonzero(labels == c) for c in np.unique(labels))])) for k in "
        "([1, 2, 3, 4], [0]))": "that is a fixed grid, not a draw: cells that stand at "
        "regular places in a file may be alike",
        f"{_RETURN} return validation, train": "the wrong way: most cells should train",
        f"{_RETURN} return np.arange(len(labels)), validation": "all cells train, "
        "those that validate as well: nothing is held out",
        f"{_RETURN} return validation, validation": "the same cells train and validate",
        "test_size=0.2 → test_size=0.25": "a quarter validates, as is scikit-learn's "
        "custom if `test_size` is missing",
        "test_size=0.2 → train_size=0.6, test_size=0.2": "the two parts are all there "
        "is; every cell belongs to one of them",
        "np.arange(len(labels)), → labels,": "cut the positions, "
        "`np.arange(len(labels))`",
        "stratify=labels, →": "the split is not stratified",
        "tuple(p.astype(int) for p in np.split(np.arange(len(labels)), "
        "[len(labels) * 4 // 5]))": "the last fifth was cut off: it is neither "
        "shuffled nor stratified",
    },
    hints=(
        "scikit-learn's `train_test_split` cuts any array; cut the positions "
        "`np.arange(len(labels))`.",
        "Its argument `stratify` wants the labels; `test_size` is the fifth.",
        "`random_state=0` makes it repeatable.",
    ),
    lesson="No cell in both parts, none lost, every class in its proportion, the same "
    "every time.",
)  # fmt: skip


def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _signals(rng):
    def case(shape, epsilon):
        gamma, beta, mean = rng.normal((1.2, 0, 1), (0.4, 1, 1), (shape[-1], 3)).T
        variance = rng.uniform(0.05, 4, shape[-1])
        variance[0] = 0.0 if len(shape) == 3 else variance[0]  # a channel that is dead
        x = rng.normal(4, 3, shape)
        name = f"x of shape {shape} and epsilon = {epsilon}"
        return named(name, x, gamma, beta, mean, variance, epsilon)

    shapes = {
        (4, 6, 6, 3): 0.02,
        (5, 3): 0.05,
        (1, 4): 0.01,
        (3, 4, 2): 0.1,
        (6, 6): 0.001,
    }
    return [case(*pair) for pair in shapes.items()]


_AXES = "axis=tuple(range(x.ndim - 1))"
_MEAN, _VARIANCE = f"x.mean({_AXES})", f"x.var({_AXES})"

batch_norm = Exercise(
    frozen_batch_norm,
    cases=_signals,
    parts="subtract the stored mean, divide by the root, then scale and shift",
    mistakes={
        (f"x - mean → x - {_MEAN}", f"variance + → {_VARIANCE} +"):
        "the batch's own mean and variance are used: training mode is left on",
        f"x - mean → x - {_MEAN}": "the mean is the batch's, not the stored one",
        f"variance + → {_VARIANCE} +": "the variance is the batch's, not the stored "
        "one",
        (f"x - mean → x - 0.99 * mean - 0.01 * {_MEAN}",
         f"variance + → 0.99 * variance + 0.01 * {_VARIANCE} +"):
        "the stored statistics moved towards the batch first; frozen ones stay",
        ("x - mean → x - x.mean()", "variance + → x.var() +"): "one mean and one "
        "variance of all x are used; each channel has its own stored ones",
        ("x - mean → x - x.mean(axis=0)", "variance + → x.var(axis=0) +"): "mean and "
        "variance of the batch are used, place by place; use the stored ones",
        "x": "x came back unchanged",
        "variance + → variance**2 +": "the variance is squared; it is a square already",
        "variance + epsilon → variance + 0.001": "0.001 is written into it; use "
        "`epsilon`",
        "variance + epsilon → variance": "epsilon is missing",
        "variance + epsilon → np.maximum(variance, epsilon)": "epsilon is a lower "
        "bound there; it is added",
        "np.sqrt(variance + epsilon) → np.maximum(np.sqrt(variance), epsilon)":
        "epsilon is a lower bound of the root; it is added under it",
        "np.sqrt(variance + epsilon) → (np.sqrt(variance) + epsilon)": "epsilon is "
        "added to the root; it belongs under it",
        "+ epsilon → - epsilon": "epsilon is subtracted; it is added, so that nothing "
        "is divided by 0",
        "np.sqrt(variance + epsilon) → (variance + epsilon)": "the square root is "
        "missing",
        "(x - mean) / np.sqrt(variance + epsilon)": "gamma and beta are missing: scale "
        "and shift stay as they were learned",
        " + beta →": "beta is missing",
        "gamma * →": "gamma is missing",
        "beta * (x - mean) / np.sqrt(variance + epsilon) + gamma": "gamma scales and "
        "beta shifts; they are swapped",
        "gamma * ((x - mean) / np.sqrt(variance + epsilon) + beta)": "beta is scaled "
        "too; add it last",
        "+ beta → - beta": "beta is subtracted; add it",
        "x - mean → x + mean": "the mean is added; subtract it",
        "x - mean → mean - x": "x is subtracted from the mean; it is the other way "
        "round",
        "(x - mean) → x": "the mean is not subtracted",
        "(x - mean) → x - mean": "brackets are missing: first subtract the mean, then "
        "scale",
        " / np.sqrt(variance + epsilon) →": "the division by the root of the variance "
        "is missing",
        "/ np.sqrt → * np.sqrt": "it is multiplied by the root of the variance; divide",
    },
    hints=(
        "Nothing of x is averaged: the stored mean and variance are used as they are.",
        "Subtract the mean, divide by the square root of variance + epsilon.",
        "`gamma * (x - mean) / np.sqrt(variance + epsilon) + beta`: the last axis fits "
        "by itself.",
    ),
    lesson="One image or a thousand, the answer for an image is the same: that is what "
    "frozen means.",
)  # fmt: skip


def prepare(train, train_labels, test):
    images = np.concatenate([train, train[:, :, ::-1]])
    return images, np.concatenate([train_labels, train_labels]), test


def _photographs(rng):
    def case(n, tests, *shape):
        train, test = (rng.integers(0, 256, (m, *shape)) for m in (n, tests))
        name = f"{n} training images of {shape[0]} × {shape[1]} pixels"
        return named(name, train, rng.permutation(np.arange(n) % 3), test)

    colors = [images.astype(np.uint8) for images in case(9, 5, 5, 3)]
    twins = np.concatenate([np.ones((2, 3, 4)), rng.random((2, 3, 4))])
    twin_case = twins, np.array([0, 1, 1, 2]), rng.random((3, 3, 4))
    return [
        case(6, 4, 4, 5),
        named("9 images of uint8", *colors),
        named("4 images, two of which are equal but for their labels", *twin_case),
        case(2, 1, 3, 6),
        case(7, 3, 2, 8),
    ]


def _times(shape):
    return " × ".join(map(str, shape))


def _prepared(result, train, train_labels, test):
    images, labels, held_out = result
    facts = {"the shape of the test images": _times(held_out.shape)}
    if held_out.shape == test.shape:
        facts["the test images"] = held_out
    facts["the shape of the training images (copies follow on axis 0)"] = _times(
        images.shape
    )
    if labels.size != len(labels):
        raise Wrong(f"labels of shape {labels.shape} came back; a list of them is "
                    "needed, one an image")  # fmt: skip
    facts["the number of labels"] = labels.size
    if images.shape != (2 * len(train), *train.shape[1:]) or labels.size != len(images):
        return facts
    table = np.column_stack([images.reshape(len(images), -1), labels.ravel()])
    right = np.column_stack([np.concatenate([train, train[:, :, ::-1]]).reshape(
        len(images), -1), np.tile(train_labels, 2)])  # fmt: skip
    pixels, wanted = (t[np.lexsort(t[:, -2::-1].T)][:, :-1] for t in (table, right))
    facts["originals and copies mirrored left to right, sorted"] = pixels
    if np.allclose(pixels, wanted):
        facts["the labels, sorted (each copy takes its label along)"] = np.sort(
            labels.ravel()
        )
        rows = [t[np.lexsort(np.round(t[:, ::-1].T, 3))] for t in (table, right)]
        facts["each image has its own label"] = np.allclose(*rows)
    return facts


_MIRRORED, _LABELS = "train[:, :, ::-1]", "np.concatenate([train_labels, train_labels])"
_GONE = "the originals or the mirrored ones are gone; both are training images"

prepare = Exercise(
    prepare,
    cases=_photographs,
    view=_prepared,
    parts=("training images", "their labels", "test images"),
    mistakes={
        "]), test → ]), np.concatenate([test, test[:, :, ::-1]])": "the test set is "
        "augmented. It must stay what it is",
        "]), test → ]), test[:, :, ::-1]": "the test images are mirrored; they must "
        "stay what they are",
        "]), test → ]), train": "the training images came back as test images; hand "
        "`test` back as it is",
        "]), test → ]), test / 255": "the test images were scaled; hand them back as "
        "they are",
        f"{_LABELS}, test → test, {_LABELS}": "labels and test images have changed "
        "places: images, labels, test images",
        f"[train, {_MIRRORED}]) → [train, {_MIRRORED}]) / 255": "the training images "
        "were scaled, and the test images were not; leave both as they are",
        f"[train, {_MIRRORED}] → [train, {_MIRRORED}, test]": "the test images were "
        "added to the training images: a leak",
        f"{_LABELS} → train_labels": "each copy takes its label along",
        f"{_LABELS} → np.repeat(train_labels, 2)": "the images are right, but some "
        "carry another image's label: the orders of images and labels differ",
        f"[train, {_MIRRORED}] → [train, train[::-1]]": "every image stands there "
        "twice, none mirrored; the first axis counts images, the last one columns",
        f"[train, {_MIRRORED}] → [train, train[:, ::-1]]": "the copies stand upside "
        "down (axis 1, rows); left-right is the last axis",
        f"[train, {_MIRRORED}] → [train, train[:, ::-1, ::-1]]": "the copies are "
        "turned by half a turn: two axes are reversed, not one",
        f"[train, {_MIRRORED}] → [{_MIRRORED}, {_MIRRORED}]": "the originals are gone: "
        "every image stands there twice, mirrored",
        f"[train, {_MIRRORED}] → [train, train[:, ::-1], {_MIRRORED}]": "there are "
        "upside-down copies as well; one mirrored copy of each is asked",
        (f"images = np.concatenate([train, {_MIRRORED}]) → images = {_MIRRORED}",
         f"{_LABELS} → train_labels"): _GONE,
    },
    hints=(
        "Axis 0 counts images, axis 1 rows, axis 2 columns; `[:, :, ::-1]` reverses "
        "the columns.",
        "`np.concatenate` puts originals and copies one after the other.",
        "`np.concatenate([labels, labels])` has the same order; return `test` as it "
        "came.",
    ),
    lesson="Twice the training images, each with its own label; the test images "
    "untouched.",
)  # fmt: skip


def best_epoch(truth, said):
    return np.argmax([balanced_accuracy_score(truth, one) for one in said])


def _epochs(rng):
    def case(n, share, *recalls):
        """Epochs that find these shares of class 1 and of class 0; the last is lazy."""
        truth = rng.permutation(
            np.repeat([1, 0], [round(n * share), round(n * (1 - share))])
        )
        epochs = []
        for shares in recalls:
            said = 1 - truth
            for label, found in zip((1, 0), shares):
                places = rng.permutation(np.flatnonzero(truth == label))
                said[places[: round(found * len(places))]] = label
            epochs.append(said)
        best = np.argmax(np.sum(recalls, axis=1))
        epochs += [epochs[best], np.full(n, int(share > 0.5))]
        name = f"{n} cells, {share:.0%} of class 1, {len(epochs)} epochs"
        return named(name, truth, np.array(epochs))

    return [
        case(
            200,
            0.1,
            (0.95, 0.7),
            (0.9, 0.85),
            (0.75, 0.9),
            (0.5, 0.95),
            (0.9, 0.6),
            (0.3, 0.6),
        ),
        case(
            400,
            0.15,
            (0.95, 0.9),
            (0.35, 0.55),
            (1, 0.65),
            (0.3, 1),
            (0.85, 0.95),
            (0.9, 0.3),
        ),
        case(
            200,
            0.9,
            (0.5, 1),
            (0.3, 0.6),
            (1, 0.25),
            (0.9, 0.6),
            (0.75, 0.95),
            (0.95, 0.45),
        ),
        case(
            200,
            0.7,
            (0.9, 0.3),
            (0.95, 0.7),
            (0.4, 1),
            (1, 0.6),
            (0.35, 0.6),
            (0.8, 0.9),
        ),
        case(
            100,
            0.2,
            (0.1, 0.1),
            (0.25, 0.75),
            (0.65, 0.9),
            (0.8, 0.8),
            (0.55, 0.95),
            (0.9, 0.5),
        ),
    ]


def _told_epoch(value, truth, said):
    if value.ndim:
        raise Wrong(f"one number is asked, the position of an epoch; an array of shape "
                    f"{value.shape} came back")  # fmt: skip
    scores = [balanced_accuracy_score(truth, one) for one in said]
    if 0 < value < 1:
        raise Wrong(f"{value:.3f} is a score; return the position of the epoch that "
                    "has it")  # fmt: skip
    if value not in range(-len(said), len(said)):
        raise Wrong(f"{value:.5g} is no position of an epoch; there are {len(said)}, "
                    "from 0 on")  # fmt: skip
    return f"epoch {value:.0f} (balanced accuracy {scores[int(value)]:.3f})"


_SCORE = "balanced_accuracy_score(truth, one)"

best_epoch = Exercise(
    best_epoch,
    cases=_epochs,
    view=_told_epoch,
    parts="the first epoch of the highest balanced accuracy is asked",
    mistakes={
        f"{_SCORE} → matthews_corrcoef(truth, one)": "that is the epoch of the best "
        "correlation (Matthews); balanced accuracy is the mean of the recalls",
        f"{_SCORE} → accuracy_score(truth, one)": "plain accuracy was used: it "
        "forgives what is overlooked in the rarer class",
        "np.argmax([balanced_accuracy_score(truth, one) for one in said]) + 1":
        "counted from 1; positions begin at 0",
        f"len(said) - 1 - np.argmax([{_SCORE} for one in said[::-1]])": "epochs are "
        "equally good; the first one trained least",
        f"np.argmax([{_SCORE} for one in said[::-1]])": "were the epochs "
        "reversed, or is 1 written into it?",
        "len(said) - 1": "that is the last epoch, whatever it did",
        "argmax → argmin": "that is the worst epoch; balanced accuracy should be high",
        "np.argmax([np.mean(one[truth == (truth.mean() < 0.5)] == (truth.mean() < "
        "0.5)) for one in said])": "only the rarer class was looked at",
        f"{_SCORE} → np.mean(one[truth == 1] == 1)": "only class 1 was looked at; both "
        "classes count",
        f"{_SCORE} → np.mean(one[truth == 0] == 0)": "only class 0 was looked at; both "
        "classes count",
        f"{_SCORE} → f1_score(truth, one)": "F1 looks at class 1 only; balanced "
        "accuracy gives both classes the same weight",
        f"{_SCORE} → f1_score(truth, one, pos_label=0)": "F1 of class 0 was used; "
        "balanced accuracy gives both classes the same weight",
        f"{_SCORE} → f1_score(truth, one, average='weighted')": "F1 was used, weighted "
        "by the classes' sizes; balanced accuracy gives both the same weight",
        f"{_SCORE} → f1_score(truth, one, average='macro')": "F1 was used, averaged "
        "over the classes; balanced accuracy is the mean of the recalls",
        f"{_SCORE} → balanced_accuracy_score(one, truth)": "truth and predictions have "
        "changed places: the truth comes first",
        "np.argmax → np.max": "return its position, `np.argmax`",
        "np.argmax([accuracy_score(truth, one) for one in said]) + 1": "plain accuracy "
        "was used, and counted from 1",
        "0": "that is the first epoch, whatever it did",
        f"[{_SCORE} for one in said]": "the largest of these is asked, and where it "
        "stands: `np.argmax`",
    },
    hints=(
        "One score an epoch: go through the rows of `said`.",
        "The classes are unequal: which score gives each class the same weight?",
        "`np.argmax` of the balanced accuracies returns the first of the best.",
    ),
    lesson="Early stopping is this line, with the validation cells as the judge.",
)  # fmt: skip
