"""Exercises of 07_CNNFineTuning: schedule, split, frozen statistics, augmentation, the best epoch."""

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from utils.exercises.old import Exercise, Wrong, array, call, number


def _verify_schedule(function):
    cases = [
        (0.01, 1e-4, 1000),
        (0.01, 0.9, 79),
        (0.2, 0.05, 7),
        (0.5, 0.0, 12),
        (0.3, 0.25, 1),
    ]
    for rate, decay, step in cases:
        value = number(call(function, rate, decay, step), "the rate")
        right = rate / (1 + decay * step)
        slips = (
            (rate / (1 + decay) ** step, "that is divided by (1 + decay) once a step; the formula "
             "multiplies decay and step"),
            (rate / (1 + decay + step), "decay and step are added; they must be multiplied"),
            (rate * (1 - decay * step), "that falls along a straight line, and below zero later"),
            (rate * np.exp(-decay * step), "that is an exponential; the old formula is a fraction"),
            (rate * (1 + decay * step), "the rate grows; divide instead"),
            (rate / (1 + rate * step), "decay does not enter; the rate stands in its place"),
            (decay / (1 + rate * step), "rate and decay have changed places, the original's mistake"),
            (rate * decay**step, "that multiplies by decay at each step: with 0.0001 nothing is left"),
            (rate / (decay * step) if decay else rate, "the 1 in the denominator is missing"),
            (rate, "the rate does not fall at all"),
        )  # fmt: skip
        if not np.isclose(value, right, rtol=1e-6):
            for slip, reason in slips:
                if np.isclose(value, slip, rtol=1e-6):
                    raise Wrong(
                        f"rate {rate:g}, decay {decay:g}, step {step}: {value:.4g} instead of "
                        f"{right:.4g}; {reason}."
                    )
            raise Wrong(
                f"rate {rate:g}, decay {decay:g}, step {step}: {value:.4g} instead of {right:.4g}."
            )
    steps = np.array([0, 1, 10, 100])
    values = array(
        call(function, 0.1, 0.5, steps), "for an array of steps, the result", (4,)
    )
    if not np.allclose(values, 0.1 / (1 + 0.5 * steps)):
        raise Wrong("single steps are right, an array of steps is not.")
    return "At decay · step = 1 half of the rate is left. Swapped, 0.9 · 79 leaves a seventieth."


schedule = Exercise(
    _verify_schedule,
    hints=(
        "At step 0 the whole rate must come out.",
        "The denominator is 1 plus a product.",
        "`rate / (1 + decay * step)`; it works for arrays of steps as it stands.",
    ),
    wrong_answers={
        "def learning_rate(rate, decay, step):\n    return rate / (1 + decay) ** step": "once a step",
        "def learning_rate(rate, decay, step):\n    return rate / (1 + decay + step)": "added",
        "def learning_rate(rate, decay, step):\n    return rate * (1 - decay * step)": "straight line",
        "def learning_rate(rate, decay, step):\n    return rate * np.exp(-decay * step)": "exponential",
        "def learning_rate(rate, decay, step):\n    return rate * (1 + decay * step)": "grows",
        "def learning_rate(rate, decay, step):\n    return decay / (1 + rate * step)": "changed places",
        "def learning_rate(rate, decay, step):\n    return rate * decay ** step": "nothing is left",
        "def learning_rate(rate, decay, step):\n"
        "    return rate / (decay * step) if decay else rate": "1 in the denominator",
        "def learning_rate(rate, decay, step):\n    return rate": "does not fall",
        "def learning_rate(rate, decay, step):\n"
        "    return rate / (1 + decay * float(np.max(step)))": "array of steps",
    },
)


def _as_indices(part, name, n):
    values = np.asarray(part)
    if values.dtype == bool:
        raise Wrong(f"the {name} part is a mask of booleans; positions are needed.")
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise Wrong(f"the {name} part must be a list of positions; it has shape {values.shape}, "
                    f"{values.dtype}.")  # fmt: skip
    if len(values) and (values.min() < 0 or values.max() >= n):
        raise Wrong(f"the {name} part holds positions outside 0 to {n - 1}.")
    return values


def _verify_split(function):
    for seed, n, share in ((0, 400, 0.3), (1, 1000, 0.1), (2, 300, 0.5)):
        labels = np.random.default_rng(seed).permutation(
            (np.arange(n) < share * n).astype(int)
        )
        if seed == 1:
            labels = np.sort(labels)  # as in a folder: one class after the other
        result = call(function, labels)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Wrong(
                "two arrays are needed: the positions of training and of validation cells."
            )
        first = np.asarray(result[0])
        if first.dtype != bool and np.array_equal(np.unique(first), [0, 1]):
            raise Wrong("labels came back instead of positions.")
        train, validation = (
            _as_indices(p, m, n) for p, m in zip(result, ("training", "validation"))
        )
        both = np.intersect1d(train, validation)
        if len(both):
            raise Wrong(f"{len(both)} cells train *and* validate: the parts overlap.")
        if len(np.unique(train)) < len(train) or len(np.unique(validation)) < len(
            validation
        ):
            raise Wrong(
                "some cells are drawn more than once; draw without replacement."
            )
        if len(train) + len(validation) < n:
            raise Wrong(
                f"{n - len(train) - len(validation)} of {n} cells are in neither part."
            )
        if abs(len(train) - 0.2 * n) <= 2:
            raise Wrong(
                f"{len(train)} cells train and {len(validation)} validate: the wrong way."
            )
        if abs(len(validation) - 0.2 * n) > 2:
            raise Wrong(
                f"{len(validation)} of {n} cells validate; a fifth is asked for."
            )
        found = labels[validation].mean()
        if abs(found - share) > 1.5 / len(validation):
            raise Wrong(f"the validation part has {found:.1%} of class 1, all cells have {share:.1%}: "
                        "the split is not stratified.")  # fmt: skip
        again = call(function, labels)
        if not np.array_equal(again[1], result[1]):
            raise Wrong(
                "a second call split differently: without a seed no score can be repeated."
            )
        if np.array_equal(np.sort(validation), _ends(labels)):
            raise Wrong(
                "each class gives its last fifth, unshuffled: neighbors in a file are alike."
            )
    return "No cell in both parts, none lost, every class in its proportion, the same every time."


def _ends(labels):
    parts = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    return np.sort(np.concatenate([p[-round(0.2 * len(p)) :] for p in parts]))


split = Exercise(
    _verify_split,
    hints=(
        "scikit-learn's `train_test_split` cuts any array; cut the positions `np.arange(len(labels))`.",
        "Its argument `stratify` wants the labels; `test_size` is the fifth.",
        "`random_state=0` makes it repeatable.",
    ),
    wrong_answers={
        "def split(labels):\n"
        "    order = np.random.default_rng(0).permutation(len(labels))\n"
        "    cut = len(labels) // 5\n"
        "    return order[cut:], order[:cut]": "not stratified",
        "def split(labels):\n"
        "    cut = len(labels) * 4 // 5\n"
        "    return np.arange(cut), np.arange(cut, len(labels))": "not stratified",
        "def split(labels):\n"
        "    _, validation = train_test_split(\n"
        "        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)\n"
        "    return np.arange(len(labels)), validation": "overlap",
        "def split(labels):\n"
        "    rng = np.random.default_rng(0)\n"
        "    n = len(labels)\n"
        "    return rng.choice(n, n * 4 // 5, replace=False), rng.choice(n, n // 5)": "overlap",
        "def split(labels):\n"
        "    train, validation = train_test_split(\n"
        "        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)\n"
        "    return validation, train": "wrong way",
        "def split(labels):\n"
        "    return train_test_split(labels, test_size=0.2, stratify=labels, random_state=0)": "labels came back",
        "def split(labels):\n"
        "    return train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels)": "without a seed",
        "def split(labels):\n"
        "    return train_test_split(\n"
        "        np.arange(len(labels)), test_size=0.25, stratify=labels, random_state=0)": "a fifth is asked",
        "def split(labels):\n"
        "    parts = [np.flatnonzero(labels == c) for c in np.unique(labels)]\n"
        "    cut = [round(0.2 * len(p)) for p in parts]\n"
        "    return (np.concatenate([p[:-c] for p, c in zip(parts, cut)]),\n"
        "            np.concatenate([p[-c:] for p, c in zip(parts, cut)]))": "unshuffled",
        "def split(labels):\n"
        "    return train_test_split(np.arange(len(labels)), train_size=0.6, test_size=0.2,\n"
        "                            stratify=labels, random_state=0)": "in neither part",
        "def split(labels):\n"
        "    chosen = np.random.default_rng(0).random(len(labels)) < 0.2\n"
        "    return ~chosen, chosen": "mask",
    },
)


def _verify_batch_norm(function):
    for seed, shape in ((0, (5, 3)), (1, (4, 6, 6, 3)), (2, (1, 3))):
        rng = np.random.default_rng(seed)
        x = rng.normal(4, 3, shape)
        gamma, beta = rng.uniform(0.5, 2, 3), rng.normal(size=3)
        mean, variance = rng.normal(1, 1, 3), rng.uniform(0.05, 4, 3)
        epsilon = 0.02
        axes = tuple(range(len(shape) - 1))
        result = array(
            call(function, x, gamma, beta, mean, variance, epsilon), "the result", shape
        )
        centered = x - mean
        root = np.sqrt(variance + epsilon)
        b_mean, b_variance = x.mean(axis=axes), x.var(axis=axes)
        w_mean, w_variance = (
            0.99 * mean + 0.01 * b_mean,
            0.99 * variance + 0.01 * b_variance,
        )
        right = gamma * centered / root + beta
        slips = (
            (gamma * (x - b_mean) / np.sqrt(b_variance + epsilon) + beta,
             "the batch's own mean and variance are used: training mode is left on"),
            (gamma * (x - b_mean) / root + beta, "the mean is the batch's, not the stored one"),
            (gamma * centered / np.sqrt(b_variance + epsilon) + beta,
             "the variance is the batch's, not the stored one"),
            (gamma * (x - w_mean) / np.sqrt(w_variance + epsilon) + beta,
             "the stored statistics moved towards the batch first; frozen ones stay"),
            (gamma * centered / np.sqrt(variance) + beta, "epsilon is missing"),
            (gamma * centered / (np.sqrt(variance) + epsilon) + beta,
             "epsilon is added to the root; it belongs under it"),
            (gamma * centered / (variance + epsilon) + beta, "the square root is missing"),
            (centered / root, "gamma and beta are missing: scale and shift stay as they were learned"),
            (gamma * centered / root, "beta is missing"),
            (centered / root + beta, "gamma is missing"),
            (beta * centered / root + gamma, "gamma scales and beta shifts; they are swapped"),
            (gamma * (centered / root + beta), "beta is scaled too; add it last"),
            (gamma * (x + mean) / root + beta, "the mean is added; subtract it"),
        )  # fmt: skip
        if not np.allclose(result, right):
            for slip, reason in slips:
                if np.allclose(result, slip):
                    raise Wrong(f"for x of shape {shape}: {reason}.")
            raise Wrong(f"for x of shape {shape} the largest difference is "
                        f"{np.abs(result - right).max():.3g}.")  # fmt: skip
    return "One image or a thousand, the answer for an image is the same: that is what frozen means."


batch_norm = Exercise(
    _verify_batch_norm,
    hints=(
        "Nothing of x is averaged: the stored mean and variance are used as they are.",
        "Subtract the mean, divide by the square root of variance + epsilon.",
        "`gamma * (x - mean) / np.sqrt(variance + epsilon) + beta`: the last axis fits by itself.",
    ),
    wrong_answers={
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    axes = tuple(range(x.ndim - 1))\n"
        "    m, v = x.mean(axis=axes), x.var(axis=axes)\n"
        "    return gamma * (x - m) / np.sqrt(v + epsilon) + beta": "training mode is left on",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    m = x.mean(axis=tuple(range(x.ndim - 1)))\n"
        "    return gamma * (x - m) / np.sqrt(variance + epsilon) + beta": "mean is the batch's",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    axes = tuple(range(x.ndim - 1))\n"
        "    m = 0.99 * mean + 0.01 * x.mean(axis=axes)\n"
        "    v = 0.99 * variance + 0.01 * x.var(axis=axes)\n"
        "    return gamma * (x - m) / np.sqrt(v + epsilon) + beta": "moved towards the batch",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    return gamma * (x - mean) / np.sqrt(variance) + beta": "epsilon is missing",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    return gamma * (x - mean) / (np.sqrt(variance) + epsilon) + beta": "belongs under",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    return gamma * (x - mean) / (variance + epsilon) + beta": "square root",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    return (x - mean) / np.sqrt(variance + epsilon)": "gamma and beta are missing",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    return beta * (x - mean) / np.sqrt(variance + epsilon) + gamma": "swapped",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    return gamma * ((x - mean) / np.sqrt(variance + epsilon) + beta)": "add it last",
        "def frozen_batch_norm(x, gamma, beta, mean, variance, epsilon):\n"
        "    x -= mean\n"
        "    return gamma * x / np.sqrt(variance + epsilon) + beta": "in place",
    },
)


def _verify_prepare(function):
    for seed, n in ((0, 6), (1, 9)):
        rng = np.random.default_rng(seed)
        train, test = rng.integers(0, 256, (n, 4, 5)), rng.integers(0, 256, (4, 4, 5))
        labels = rng.permutation(np.arange(n) % 3)
        result = call(function, train, labels, test)
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            raise Wrong(
                "three things are needed: training images, their labels, test images."
            )
        images, targets, held_out = map(np.asarray, result)
        mirrored = test[:, :, ::-1]
        if len(held_out) == 2 * len(test):
            raise Wrong(f"{len(held_out)} test images from {len(test)}: the test set is augmented. "
                        "It must stay what it is.")  # fmt: skip
        if held_out.shape == test.shape and np.array_equal(held_out, mirrored):
            raise Wrong("the test images are mirrored; they must stay what they are.")
        if not np.array_equal(held_out, test):
            raise Wrong(
                f"the test images changed (shape {held_out.shape}); hand them back as they are."
            )
        if images.shape == train.shape:
            raise Wrong(
                f"{n} training images came back: the originals or the mirrored ones are gone."
            )
        if images.shape[1:] != train.shape[1:] or len(images) != 2 * n:
            raise Wrong(
                f"training images of shape {images.shape}; {(2 * n, 4, 5)} is needed."
            )
        if len(targets) != 2 * n:
            raise Wrong(
                f"{2 * n} images and {len(targets)} labels: each copy takes its label along."
            )
        right = sorted((im.tobytes(), t) for im, t in zip(
            np.concatenate([train, train[:, :, ::-1]]), np.tile(labels, 2)))  # fmt: skip
        found = sorted((im.tobytes(), t) for im, t in zip(images, targets))
        if found != right:
            pixels, wanted = [im for im, _ in found], [im for im, _ in right]
            if pixels == wanted:
                raise Wrong("the images are right, but some carry another image's label: the orders "
                            "of images and labels differ.")  # fmt: skip
            if pixels == sorted(im.tobytes() for im in np.concatenate([train, train])):
                raise Wrong("every image stands there twice, none mirrored; the first axis counts "
                            "images, the last one columns.")  # fmt: skip
            if pixels == sorted(
                im.tobytes() for im in np.concatenate([train, train[:, ::-1]])
            ):
                raise Wrong(
                    "the copies stand upside down (axis 1, rows); left-right is the last axis."
                )
            if pixels == sorted(
                im.tobytes() for im in np.concatenate([train, train[:, ::-1, ::-1]])
            ):
                raise Wrong(
                    "the copies are turned by half a turn: two axes are reversed, not one."
                )
            raise Wrong(
                "the training images are not the originals and their mirrored copies."
            )
    return (
        "Twice the training images, each with its own label; the test images untouched."
    )


prepare = Exercise(
    _verify_prepare,
    hints=(
        "Axis 0 counts images, axis 1 rows, axis 2 columns; `[:, :, ::-1]` reverses the columns.",
        "`np.concatenate` puts originals and copies one after the other.",
        "`np.concatenate([labels, labels])` has the same order; return `test` as it came.",
    ),
    wrong_answers={
        "def prepare(train, labels, test):\n"
        "    both = lambda x: np.concatenate([x, x[:, :, ::-1]])\n"
        "    return both(train), np.tile(labels, 2), both(test)": "test set is augmented",
        "def prepare(train, labels, test):\n"
        "    return (np.concatenate([train, train[:, :, ::-1]]), np.tile(labels, 2),\n"
        "            test[:, :, ::-1])": "test images are mirrored",
        "def prepare(train, labels, test):\n"
        "    return np.concatenate([train, train[:, :, ::-1]]), labels, test": "takes its label along",
        "def prepare(train, labels, test):\n"
        "    return np.concatenate([train, train[:, :, ::-1]]), np.repeat(labels, 2), test": "another image's label",
        "def prepare(train, labels, test):\n"
        "    return np.concatenate([train, train[::-1]]), np.tile(labels, 2), test": "none mirrored",
        "def prepare(train, labels, test):\n"
        "    return np.concatenate([train, train[:, ::-1]]), np.tile(labels, 2), test": "upside down",
        "def prepare(train, labels, test):\n"
        "    return np.concatenate([train, train[:, ::-1, ::-1]]), np.tile(labels, 2), test": "half a turn",
        "def prepare(train, labels, test):\n    return train[:, :, ::-1], labels, test": "are gone",
        "def prepare(train, labels, test):\n"
        "    train[:] = train[:, :, ::-1]\n"
        "    return train, labels, test": "in place",
        "def prepare(train, labels, test):\n"
        "    return np.concatenate([train, train[:, :, ::-1]]), np.tile(labels, 2)": "three things",
    },
)


def _verify_best_epoch(function):
    for seed, epochs, n, share in (
        (1, 7, 80, 0.1),
        (4, 9, 150, 0.2),
        (5, 8, 100, 0.85),
    ):
        rng = np.random.default_rng(seed)
        truth = rng.permutation((np.arange(n) < share * n).astype(int))
        rare = int(share < 0.5)
        said = np.where(rng.random((epochs, n)) < 0.3, 1 - truth, truth)
        said[0] = rare  # finds all of the rare class, and calls everything so
        said[1] = np.where((truth != rare) & (rng.random(n) < 0.1), rare, truth)
        said[3] = (
            truth  # the best by plain accuracy: it only overlooks half of the rare ones
        )
        said[3, np.flatnonzero(truth == rare)[::2]] = 1 - rare
        said[4] = 1 - truth
        said[5] = said[1]  # as good as epoch 1
        said[-1] = 1 - rare  # the lazy one: everything is of the common class
        balanced = np.array([balanced_accuracy_score(truth, one) for one in said])
        plain = np.array([accuracy_score(truth, one) for one in said])
        recall = np.array([np.mean(one[truth == rare] == rare) for one in said])
        value = number(call(function, truth, said), "the epoch")
        right = int(np.argmax(balanced))
        if value == right:
            continue
        if 0 < value < 1 and (value in balanced or value in plain):
            raise Wrong(
                f"{value:.3f} is a score; return the position of the epoch that has it."
            )
        if value not in range(epochs):
            raise Wrong(
                f"{value:.3g} is no position of an epoch; there are {epochs}, from 0 on."
            )
        slips = (
            (right + 1, "counted from 1; positions begin at 0"),
            (epochs - 1 - np.argmax(balanced[::-1]), "epochs are equally good; the first one "
             "trained least"),
            (np.argmax(plain), f"plain accuracy was used: with {max(share, 1 - share):.0%} of one "
             "class it forgives what is overlooked in the other"),
            (epochs - 1, "that is the last epoch, whatever it did"),
            (np.argmin(balanced), "that is the worst epoch; balanced accuracy should be high"),
            (np.argmax(recall), "only the rarer class was looked at"),
        )  # fmt: skip
        text = (
            f"epoch {value:.0f} has a balanced accuracy of {balanced[int(value)]:.3f}"
        )
        for slip, reason in slips:
            if value == slip:
                raise Wrong(f"{text}, {balanced[right]:.3f} can be had; {reason}.")
        raise Wrong(f"{text}; epoch {right} has {balanced[right]:.3f}.")
    return "Early stopping is this line, with the validation cells as the judge."


best_epoch = Exercise(
    _verify_best_epoch,
    hints=(
        "One score an epoch: go through the rows of `said`.",
        "The classes are unequal: which score gives each class the same weight?",
        "`np.argmax` of the balanced accuracies returns the first of the best.",
    ),
    wrong_answers={
        "def best_epoch(truth, said):\n"
        "    return np.argmax([accuracy_score(truth, one) for one in said])": "plain accuracy",
        "def best_epoch(truth, said):\n"
        "    return np.argmax(np.mean(said == truth, axis=1))": "plain accuracy",
        "def best_epoch(truth, said):\n"
        "    return np.argmax([balanced_accuracy_score(truth, one) for one in said]) + 1": "from 1",
        "def best_epoch(truth, said):\n    return len(said) - 1": "the last epoch",
        "def best_epoch(truth, said):\n"
        "    return np.max([balanced_accuracy_score(truth, one) for one in said])": "is a score",
        "def best_epoch(truth, said):\n"
        "    return np.argmin([balanced_accuracy_score(truth, one) for one in said])": "the worst",
        "def best_epoch(truth, said):\n"
        "    scores = [balanced_accuracy_score(truth, one) for one in said]\n"
        "    return max(range(len(said)), key=lambda i: (scores[i], i))": "the first one",
        "def best_epoch(truth, said):\n"
        "    return np.argmax([np.mean(one[truth == 1] == 1) for one in said])": "rarer class",
        "def best_epoch(truth, said):\n"
        "    return np.array([balanced_accuracy_score(truth, one) for one in said])": "one number",
    },
)
