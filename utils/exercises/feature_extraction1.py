"""Exercises of 04_FeatureExtraction1: balanced accuracy, memory, scaling, k-NN."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier

from utils.exercises.old import Exercise, Wrong, array, call, number


def _verify_balanced_accuracy(function):
    truth, guess = np.repeat([0, 1], [8, 2]), np.zeros(10, int)
    value = number(call(function, truth, guess), "the result")
    if np.isclose(value, 50):
        raise Wrong(
            "50 is a percentage; scores in this course are fractions from 0 to 1."
        )
    if np.isclose(value, 0.8):
        raise Wrong(
            "8 sound and 2 defective cells, all called sound, gave 0.8: that is the plain accuracy. "
            "Average the two recalls, 1.0 and 0.0, instead."
        )
    if np.isclose(value, 0.4):
        raise Wrong(
            "8 sound and 2 defective cells, all called sound, gave 0.4: the mean of the precisions. "
            "Group by the truth, not by the prediction."
        )
    if not np.isclose(value, 0.5):
        raise Wrong(
            "8 sound and 2 defective cells, all called sound, have recalls 1.0 and 0.0; their mean "
            f"is 0.5, not {value:.4g}."
        )
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    value, right = (
        number(call(function, truth, guess), "the result"),
        (balanced_accuracy_score(truth, guess)),
    )
    if np.isclose(value, balanced_accuracy_score(guess, truth)):
        raise Wrong(
            "the roles of truth and prediction are swapped: recall divides by true counts."
        )
    if not np.isclose(value, right):
        raise Wrong(
            f"two classes come out right, but three give {value:.3f} instead of {right:.3f}. "
            "Loop over `np.unique(y_true)`."
        )
    return "A classifier that calls everything sound scores 0.5, whatever the share of sound cells."


balanced_accuracy = Exercise(
    _verify_balanced_accuracy,
    hints=(
        "Recall of a class: of the cells that truly belong to it, which share was found?",
        "`y_pred[y_true == c] == c` is True where a cell of class c was found.",
        "Average `np.mean(y_pred[y_true == c] == c)` over `np.unique(y_true)`.",
    ),
    wrong_answers={
        "def balanced(y_true, y_pred):\n    return np.mean(y_true == y_pred)": "plain accuracy",
        "def balanced(y_true, y_pred):\n"
        "    return np.mean([np.mean(y_true[y_pred == c] == c) for c in np.unique(y_pred)])": (
            "gave 0.8|precision|swapped"
        ),
        "def balanced(y_true, y_pred):\n"
        "    return 100 * np.mean([np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)])": (
            "percentage"
        ),
        "def balanced(y_true, y_pred):\n"
        "    return [np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)]": (
            "one number; it is a list of 2"
        ),
        "def balanced(y_true, y_pred):\n"
        "    return np.mean([np.mean(y_pred[y_true == c] == c) for c in (0, 1)])": "three give",
        "def balanced(y_true, y_pred):\n    np.mean(y_true == y_pred)": "`return` missing",
    },
)


def _verify_memory(answer):
    value = number(answer, "my_bytes")
    images, sides, channels = 2624, 224 * 224, 3
    right = images * sides * channels * 4
    if value == right:
        return (
            f"{right / 1e9:.2f} GB for pixels; the features of all cells take 0.01 GB."
        )
    slips = {
        right / 4: "that is one byte a value, as in uint8; float32 takes four",
        right / 3: "the three color channels are missing",
        right * 2: "that is eight bytes a value, as in float64; float32 takes four",
        right / images: "that is a single image; there are 2,624",
        images
        * 300
        * 300
        * 4: "that is 300 × 300 gray pixels; the network gets 224 × 224 × 3",
        images * 300 * 300 * 3 * 4: "that is 300 × 300; the network gets 224 × 224",
    }
    for slip, reason in slips.items():
        if np.isclose(value, slip):
            raise Wrong(f"{value:,.0f} bytes: {reason}.")
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (2**30, "GiB"), (2**20, "MiB")):
        if np.isclose(value, right / unit, rtol=0.01):
            raise Wrong(f"{value:g} looks like {name}; the answer is asked in bytes.")
    raise Wrong(f"{value:,.0f} bytes is {value / right:.3g} times the true number.")


memory = Exercise(
    _verify_memory,
    hints=(
        "Multiply: images, rows, columns, channels, bytes a value.",
        "float32: four bytes.",
    ),
    wrong_answers={
        "my_bytes = 2624 * 224 * 224 * 3": "as in uint8",
        "my_bytes = 2624 * 224 * 224 * 4": "channels are missing",
        "my_bytes = 2624 * 224 * 224 * 3 * 8": "float64",
        "my_bytes = 2624 * 300 * 300 * 4": "300 × 300 gray",
        "my_bytes = 1.58": "asked in bytes",
        "my_bytes = '1.58 GB'": "must be one number; it is the str",
    },
)


def _verify_scaling(function):
    rng = np.random.default_rng(0)
    train = rng.normal((5, -3, 0), (1, 10, 0.1), size=(40, 3))
    test = rng.normal((7, -3, 0), (1, 10, 0.1), size=(10, 3))
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    result = call(function, train, test)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("return two arrays: `return scaled_train, scaled_test`.")
    scaled_train = array(result[0], "scaled_train", train.shape)
    scaled_test = array(result[1], "scaled_test", test.shape)
    both = np.vstack([train, test])
    if np.allclose(scaled_train, (train - both.mean(axis=0)) / both.std(axis=0)):
        raise Wrong(
            "mean and deviation were taken over training and test rows together: test data leaked. "
            "Measure on `train` only."
        )
    if np.allclose(scaled_train, (train - train.mean()) / train.std()):
        raise Wrong("one mean for all columns; each feature needs its own: `axis=0`.")
    if np.allclose(scaled_train, train - mean):
        raise Wrong("centered, but not divided by the standard deviation.")
    if not np.allclose(scaled_train, (train - mean) / deviation, rtol=0.05):
        raise Wrong(
            "each column of scaled_train needs mean 0 and deviation 1; received means "
            f"{np.round(scaled_train.mean(axis=0), 2).tolist()} and deviations "
            f"{np.round(scaled_train.std(axis=0), 2).tolist()}."
        )
    if np.allclose(
        scaled_test, (test - test.mean(axis=0)) / test.std(axis=0), rtol=0.05
    ):
        raise Wrong(
            "the test rows were scaled by their own mean: a cell would then be judged by which "
            "cells happen to be tested beside it. Use the training mean."
        )
    if not np.allclose(scaled_test, (test - mean) / deviation, rtol=0.05):
        raise Wrong("scaled_test must use mean and deviation of `train`.")
    train[:, 1], test[:, 1] = 4, 4
    constant = call(function, train, test)
    array(constant[0], "with a feature that never changes, scaled_train", train.shape)
    array(constant[1], "with a feature that never changes, scaled_test", test.shape)
    return "The held-out rows were measured with the training rows' yardstick, and nothing leaked."


scaling = Exercise(
    _verify_scaling,
    hints=(
        "Mean and standard deviation belong to a column: `axis=0`.",
        "Measure both on `train`, use them on both.",
        "A feature that never changes has deviation 0; divide by 1 there (`np.where`).",
    ),
    wrong_answers={
        "def scale(train, test):\n"
        "    both = np.vstack([train, test])\n"
        "    mean, deviation = both.mean(axis=0), both.std(axis=0)\n"
        "    return (train - mean) / deviation, (test - mean) / deviation": "leaked",
        "def scale(train, test):\n"
        "    standard = lambda x: (x - x.mean(axis=0)) / x.std(axis=0)\n"
        "    return standard(train), standard(test)": "by their own mean",
        "def scale(train, test):\n"
        "    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()": (
            "its own: `axis=0`"
        ),
        "def scale(train, test):\n"
        "    return (train - train.mean(axis=0)) / train.std(axis=0)": "two arrays",
        "def scale(train, test):\n"
        "    mean, deviation = train.mean(axis=0), train.std(axis=0)\n"
        "    return (train - mean) / deviation, (test - mean) / deviation": "divided by zero",
        "def scale(train, test):\n"
        "    train -= train.mean(axis=0)\n"
        "    return train / train.std(axis=0), test": "in place",
        "def scale(train, test):\n"
        "    mean = train.mean(axis=1)\n"
        "    return train - mean, test - mean": "raised ValueError",
    },
)


def _verify_nearest(function):
    rng = np.random.default_rng(1)
    train = np.vstack([rng.normal(0, 1, (30, 2)), rng.normal(2, 1, (30, 2))])
    labels, test = np.repeat([0, 1], 30), rng.normal(1, 1.5, (25, 2))
    k = 3
    guess = array(
        call(function, train, labels, test, k), "the prediction", (len(test),)
    )
    right = KNeighborsClassifier(k).fit(train, labels).predict(test)
    if not set(np.unique(guess)) <= {0, 1}:
        if np.max(guess) > 1:
            raise Wrong(
                f"labels 0 and 1 are needed; received values up to {np.max(guess):g}. Are these "
                "positions of neighbors? Look their labels up."
            )
        raise Wrong(
            f"labels 0 and 1 are needed; received {np.unique(guess)[1]:.2f}: a share of votes. "
            "Take the majority."
        )
    distances = np.linalg.norm(test[:, None] - train, axis=2)
    ranks = np.argsort(distances, axis=1)
    for slip, reason in (
        (
            ranks[:, -k:],
            "these are the farthest training cells; `np.argsort` puts the nearest first",
        ),
        (
            ranks[:, 1 : k + 1],
            "the nearest training cell was left out; it is at position 0",
        ),
        (ranks[:, :1], "only the nearest one voted; k = 3 of them should"),
        (ranks[:, : k - 1], "k - 1 cells voted; the slice `[:k]` takes k"),
    ):
        votes = (labels[slip].mean(axis=1) > 0.5).astype(int)
        if np.array_equal(guess, votes) and not np.array_equal(votes, right):
            raise Wrong(f"{reason}.")
    if not np.array_equal(guess, right):
        wrong = np.flatnonzero(guess != right)
        raise Wrong(
            f"{len(wrong)} of {len(test)} test cells got another label than scikit-learn gives; the "
            f"first is test cell {wrong[0]}."
        )
    for_more = call(function, train, labels * 2, test, 5)
    if not np.array_equal(
        for_more, KNeighborsClassifier(5).fit(train, labels * 2).predict(test)
    ):
        raise Wrong(
            "right for k = 3 and labels 0 and 1, but not for k = 5 and labels 0 and 2."
        )
    return "Six lines, no training: the features do the work. scikit-learn agrees on every cell."


nearest = Exercise(
    _verify_nearest,
    hints=(
        "For one test cell: `np.linalg.norm(train_features - row, axis=1)` gives all distances.",
        "`np.argsort(distances)[:k]` are the positions of the k nearest; look up their labels.",
        "`np.bincount(votes).argmax()` is the most frequent label.",
    ),
    wrong_answers={
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    distances = np.linalg.norm(test_features[:, None] - train_features, axis=2)\n"
        "    votes = train_labels[np.argsort(distances, axis=1)[:, -k:]]\n"
        "    return np.array([np.bincount(v).argmax() for v in votes])": "farthest",
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    distances = np.linalg.norm(test_features[:, None] - train_features, axis=2)\n"
        "    return np.argsort(distances, axis=1)[:, 0]": "positions of neighbors",
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    distances = np.linalg.norm(test_features[:, None] - train_features, axis=2)\n"
        "    votes = train_labels[np.argsort(distances, axis=1)[:, 1:k + 1]]\n"
        "    return np.array([np.bincount(v).argmax() for v in votes])": "left out",
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    distances = np.linalg.norm(test_features[:, None] - train_features, axis=2)\n"
        "    return train_labels[np.argsort(distances, axis=1)[:, :k]]": r"shape \(25, 3\)",
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    distances = np.linalg.norm(test_features[:, None] - train_features, axis=2)\n"
        "    return train_labels[np.argsort(distances, axis=1)[:, :k]].mean(axis=1)": (
            "share of votes"
        ),
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    distances = np.linalg.norm(test_features[:, None] - train_features, axis=2)\n"
        "    return train_labels[distances.argmin(axis=1)]": "only the nearest",
        "def knn_predict(train_features, train_labels, test_features, k):\n"
        "    return np.linalg.norm(test_features - train_features, axis=1)": "raised ValueError",
    },
)
