"""Exercises of 04_FeatureExtraction1: balanced accuracy, memory, scaling, k-NN."""

import numpy as np

from utils.exercises import Exercise, Wrong, named
from utils.exercises.values import as_numbers


def balanced(y_true, y_pred):
    return np.mean([np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)])


def _verdicts(rng):
    def case(name, labels, counts, share):
        truth = rng.permutation(np.repeat(labels, counts))
        found = rng.random(len(truth)) < share
        return named(name, truth, np.where(found, truth, rng.permutation(truth)))

    sound, missing = np.repeat([0, 1], [8, 2]), np.array([0, 0, 2, 1, 2, 0, 2, 1, 0])
    return [
        named("8 sound and 2 defective cells, all called sound", sound, 0 * sound),
        case("60 cells of three classes", (0, 1, 2), (35, 15, 10), 0.5),
        case("90 cells of the classes 2, 5, 9, 4", (2, 5, 9, 4), (20, 9, 60, 1), 0.6),
        named("three classes of which one is never predicted", missing,
              np.where(missing == 2, 1, missing[::-1]) % 2),
        case("12 cells of two classes", (1, 0), (9, 3), 0.3),
        named("5 cells of one class, all found", np.full(5, 2), np.full(5, 2)),
    ]  # fmt: skip


_RECALL = "np.mean([np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)]) →"

balanced_accuracy = Exercise(
    balanced,
    cases=_verdicts,
    parts="average the recalls: of the cells of each true class, the share that was "
    "found",
    mistakes={
        "np.mean(y_true == y_pred)": "that is the plain accuracy. Average the recalls, "
        "one a class, instead",
        "np.mean([np.mean(y_true[y_pred == c] == c) for c in np.unique(y_pred)])":
        "that is the mean of the precisions (truth and prediction are swapped): recall "
        "divides by true counts. Group by the truth, not by the prediction",
        "np.mean([np.sum(y_true[y_pred == c] == c) / max(1, np.sum(y_pred == c)) for c "
        "in np.unique(y_true)])": "that is the mean of the precisions. Group by the "
        "truth, not by the prediction",
        "for c in np.unique(y_true) → for c in range(len(np.unique(y_true)))":
        "classes need not be called 0, 1, 2. Loop over `np.unique(y_true)`",
        "for c in np.unique(y_true) → for c in (0, 1)": "only the classes 0 and 1 were "
        "looked at. Loop over `np.unique(y_true)`",
        "for c in np.unique(y_true) → for c in np.unique(y_pred)": "a class that is "
        "never predicted counts as well. Loop over `np.unique(y_true)`",
        f"{_RECALL} [np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)]":
        "these are the recalls, one a class; take their mean",
        f"{_RECALL} np.sum([np.mean(y_pred[y_true == c] == c) for c in "
        "np.unique(y_true)])": "the recalls were added; take their mean",
        f"{_RECALL} np.sum([np.mean(y_pred[y_true == c] == c) for c in "
        "np.unique(y_true)]) / 2": "the recalls were added and divided by 2; divide by "
        "the number of classes",
        "np.mean(y_pred[y_true == 1] == 1)": "that is the recall of class 1 alone; "
        "average those of all classes",
        "np.unique(y_true)]) → np.unique(y_true)[:1]])": "that is the recall of the "
        "first class alone; does the `return` stand inside the loop?",
        f"{_RECALL} min([np.mean(y_pred[y_true == c] == c) for c in "
        "np.unique(y_true)])": "that is the lowest recall; take their mean",
        "np.mean(y_pred[y_true == c] == c) → np.sum(y_pred[y_true == c] == c)": "the "
        "hits of a class must be divided by its number of cells",
        "np.mean(y_pred[y_true == c] == c) → np.mean((y_pred == c) & (y_true == c))":
        "the hits of a class were divided by the number of all cells; divide by that "
        "of its own",
        "np.mean(y_pred[y_true == c] == c) → np.mean((y_pred == c) == (y_true == c))":
        "that is each class against the rest; recall asks only the cells that belong "
        "to the class",
    },
    hints=(
        "Recall of a class: of the cells that truly belong to it, which share was "
        "found?",
        "`y_pred[y_true == c] == c` is True where a cell of class c was found.",
        "Average `np.mean(y_pred[y_true == c] == c)` over `np.unique(y_true)`.",
    ),
    lesson="A classifier that calls everything sound scores 0.5, whatever the share "
    "of sound cells.",
)  # fmt: skip


def my_bytes():
    return 2624 * 224 * 224 * 3 * 4


def _not_in_bytes(answer):
    """Raise `Wrong` if it is roughly the right number, in bytes or another unit."""
    value = as_numbers(answer)
    if value.ndim == 0 and 1e-6 < abs(float(value) / my_bytes() - 1) < 0.02:
        raise Wrong(f"{float(value):,.0f} is close, but rounded; leave all digits")
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (2**30, "GiB"),
                       (2**20, "MiB"), (2**10, "KiB")):  # fmt: skip
        if value.ndim == 0 and np.isclose(value, my_bytes() / unit, rtol=0.02):
            told = f"{float(value):,.7g} looks like {name}"
            raise Wrong(f"{told}; the answer is asked in bytes")


memory = Exercise(
    my_bytes,
    verify=_not_in_bytes,
    parts="multiply images, rows, columns, channels, and bytes a value",
    mistakes={
        " * 4 →": "that is one byte a value, as in uint8; float32 takes four",
        " * 3 →": "the three color channels are missing",
        " * 3 * 4 →": "that is the number of pixels; each has three channels of four "
        "bytes",
        "* 4 → * 8": "that is eight bytes a value, as in float64; float32 takes four",
        "* 4 → * 32": "that is in bits: 32 a value, which are four bytes",
        "2624 * →": "that is a single image; there are 2,624",
        "224 * 224 * 3 → 300 * 300": "that is 300 × 300 gray pixels; the network gets "
        "224 × 224 × 3",
        "224 * 224 → 300 * 300": "that is 300 × 300; the network gets 224 × 224",
        "224 * 224 * 3 → 1280": "these are the features; the pixels are asked",
    },
    hints=(
        "Multiply: images, rows, columns, channels, bytes a value.",
        "float32: four bytes.",
    ),
    lesson="1.58 GB for pixels; the features of all cells take 0.01 GB.",
)


def scale(train, test):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    return (train - mean) / deviation, (test - mean) / deviation


def _tables(rng):
    def case(rows, others, means, deviations, constant=()):
        train = rng.normal(means, deviations, (rows, len(means)))
        test = rng.normal(
            np.add(means, 2), np.multiply(deviations, 3), (others, len(means))
        )
        for column in constant:
            train[:, column] = test[:, column] = 4
        told = f"{rows} training rows, {others} test rows and {len(means)} features"
        return named(told + ", some constant" * bool(constant), train, test)

    means, deviations = (5, -3, 0), (1, 10, 0.1)
    return [
        case(40, 10, means, deviations), case(12, 12, (0, 100), (0.5, 3)),
        case(30, 3, (-2, 1, 7, 3), (2, 5, 0.2, 1)), case(3, 3, means, deviations),
        case(20, 6, means, deviations, constant=[1]),
        case(9, 9, (1, 2, 0, 3), deviations + (2,), constant=[0, 3]),
    ]  # fmt: skip


def _scaled(result, train, test):
    """Means and deviations of the training rows, rounded, then all rows."""
    scaled_train, scaled_test = result
    if scaled_train.shape != train.shape or scaled_test.shape != test.shape:
        shapes = f"{scaled_train.shape} and {scaled_test.shape}"
        needed = f"{train.shape} and {test.shape}"
        raise Wrong(f"shapes {shapes} came back; {needed} are needed")
    means, deviations = (
        f(scaled_train, axis=0).round(3) + 0.0 for f in (np.mean, np.std)
    )
    return means, deviations, scaled_train, scaled_test


_OUT = "return (train - mean) / deviation, (test - mean) / deviation → return"
_TEST = ", (test - mean) / deviation →"
_MEASURED = "train.mean(axis=0), train.std(axis=0) →"
_GUARD = "np.where(deviation > 0, deviation, 1) →"
_OWN = "a cell would then be judged by which cells happen to be tested beside it"

scaling = Exercise(
    scale,
    cases=_tables,
    view=_scaled,
    parts={
        "the means of scaled_train": "each column of scaled_train needs mean 0",
        "the deviations of scaled_train": "each column of scaled_train needs "
        "deviation 1",
        "scaled_train": "subtract the mean of each column, divide by its deviation",
        "scaled_test": "scaled_test must use mean and deviation of `train`",
    },
    also=("std(axis=0) → std(axis=0, ddof=1)",),
    mistakes={
        f"{_MEASURED} np.vstack([train, test]).mean(axis=0), np.vstack([train, "
        "test]).std(axis=0)": "mean and deviation were taken over training and test "
        "rows together: test data leaked. Measure on `train` only",
        f"{_MEASURED} test.mean(axis=0), test.std(axis=0)": "mean and deviation were "
        "measured on the test rows: test data leaked. Measure on `train`",
        f"{_TEST}, (test - test.mean(axis=0)) / np.where(test.std(axis=0) > 0, "
        "test.std(axis=0), 1)": f"the test rows were scaled by their own mean and "
        f"deviation: {_OWN}. Use those of the training rows",
        f"{_TEST}, (test - test.mean(axis=0)) / deviation": "the test rows were scaled "
        f"by their own mean: {_OWN}. Use the training mean",
        f"{_TEST}, (test - mean) / np.where(test.std(axis=0) > 0, test.std(axis=0), 1)":
        f"the test rows were divided by their own deviation: {_OWN}. Use that of the "
        "training rows",
        f"{_MEASURED} train.mean(), train.std()": "one mean for all columns; each "
        "feature needs its own: `axis=0`",
        "train.std(axis=0) → train.std()": "one deviation for all columns; each "
        "feature needs its own: `axis=0`",
        f"{_MEASURED} train.mean(axis=1), train.std(axis=1)": "`axis=1` measures a "
        "cell; mean and deviation belong to a column, `axis=0`",
        f"{_OUT} train - mean, test - mean": "centered, but not divided by the "
        "standard deviation",
        f"{_OUT} train / deviation, test / deviation": "divided by the deviation, but "
        "not centered: subtract the mean",
        "train.std(axis=0) → train.var(axis=0)": "divided by the variance; the "
        "standard deviation is its root",
        f"{_GUARD} deviation": "a feature that never changes has deviation 0; divide "
        "by 1 there (`np.where`)",
        f"{_MEASURED} train.min(axis=0), np.ptp(train, axis=0)": "that scales to 0 … "
        "1, by minimum and range; mean 0 and deviation 1 are asked",
        f"{_TEST}, test": "the test rows are as they were; the classifier needs them "
        "on the scale of the training rows",
        f"{_TEST}": "return two arrays: `return scaled_train, scaled_test`",
        f"{_OUT} (test - mean) / deviation, (train - mean) / deviation": "the two are "
        "swapped: `return scaled_train, scaled_test`",
        f"{_OUT} np.vstack([(train - mean) / deviation, (test - mean) / deviation])":
        "they were stacked; return two arrays: `return scaled_train, scaled_test`",
    },
    hints=(
        "Mean and standard deviation belong to a column: `axis=0`.",
        "Measure both on `train`, use them on both.",
        "A feature that never changes has deviation 0; divide by 1 there "
        "(`np.where`).",
    ),
    lesson="The held-out rows were measured with the training rows' yardstick, and "
    "nothing leaked.",
)  # fmt: skip


def knn_predict(train_features, train_labels, test_features, k):
    predictions = []
    for row in test_features:
        distances = np.linalg.norm(train_features - row, axis=1)
        votes = train_labels[np.argsort(distances)[:k]]
        predictions.append(np.bincount(votes).argmax())
    return np.array(predictions)


def _clouds(rng):
    """Clouds that overlap; test rows whose vote is tied are left out."""

    def case(k, labels, width, rows, others):
        kinds = rng.permutation(np.resize(np.arange(len(labels)), rows))
        train = rng.normal(
            kinds[:, None] * 0.8, 1 + np.arange(width) % 3, (rows, width)
        )
        test = rng.normal(0.8, 1.5, (3 * others, width))
        ranks = np.linalg.norm(test[:, None] - train, axis=2).argsort(axis=1)
        votes = np.sort([np.bincount(kinds[rank[:k]], minlength=9) for rank in ranks])
        test = test[votes[:, -1] > votes[:, -2]][:others]
        told = (
            f"{rows} training cells, {len(test)} test cells, labels {labels}, k = {k}"
        )
        return named(told, train, np.array(labels)[kinds], test, k)

    return [
        case(3, (0, 1), 2, 60, 25), case(5, (0, 2), 6, 60, 30),
        case(4, (3, 0, 7), 5, 90, 20), case(9, (1, 0, 2), 3, 45, 30),
        case(1, (1, 0), 1, 12, 9), case(7, (0, 1), 4, 20, 1),
    ]  # fmt: skip


_NORM = "np.linalg.norm(train_features - row, axis=1) →"
_VOTE = "np.bincount(votes).argmax() →"
_SLICE = "np.argsort(distances)[:k] → np.argsort(distances)"

nearest = Exercise(
    knn_predict,
    cases=_clouds,
    parts="scikit-learn gives other labels: the k nearest by Euclidean distance vote",
    mistakes={
        f"{_SLICE}[-k:]": "these are the farthest training cells; `np.argsort` puts "
        "the nearest first",
        f"{_SLICE}[1 : k + 1]": "the nearest training cell was left out; it is at "
        "position 0",
        f"{_SLICE}[:1]": "only the nearest one voted; k of them should",
        f"{_SLICE}[: k - 1]": "k - 1 cells voted; the slice `[:k]` takes k",
        f"{_SLICE}[: k + 1]": "k + 1 cells voted; the slice `[:k]` takes k",
        f"{_SLICE}[:3]": "3 is written into it; k cells vote",
        f"{_SLICE}[:5]": "5 is written into it; k cells vote",
        "np.full(len(test_features), np.bincount(train_labels).argmax())": "that is "
        "the most frequent label of all training cells; the k nearest vote",
        f"{_VOTE} np.argsort(distances)[0]": "these are positions of neighbors. Look "
        "their labels up",
        ("votes = train_labels[np.argsort(distances)[:k]] → pass",
         f"{_VOTE} np.argsort(distances)[:k]"): "these are the positions of the k "
        "neighbors. Look their labels up, and take the majority",
        f"{_VOTE} votes": "these are the labels of the k neighbors; take the majority",
        f"{_VOTE} votes.mean()": "that is the mean of the labels, for 0 and 1 a share "
        "of votes. Take the majority",
        f"{_VOTE} int(votes.mean() > 0.5)": "that is right for the labels 0 and 1 "
        "only; count the votes of each label",
        f"{_VOTE} round(votes.mean())": "that is right for the labels 0 and 1 only: "
        "labels are names, their mean means nothing. Count votes",
        f"{_VOTE} np.median(votes)": "that is right for two labels only: labels "
        "are names, their median means nothing. Count votes",
        f"{_VOTE} np.bincount(votes).argmin()": "the label with the fewest votes wins; "
        "take `argmax`",
        f"{_VOTE} np.bincount(votes).max()": "these are numbers of votes; the label "
        "that got them is asked, `argmax`",
        f"{_VOTE} np.bincount(votes, weights=1 / np.sort(distances)[:k]).argmax()":
        "near neighbors count more than far ones; each of the k has one vote",
        f"{_NORM} np.abs(train_features - row).sum(axis=1)": "that is the Manhattan "
        "distance, the sum of the differences; take the Euclidean one",
        f"{_NORM} np.abs(train_features - row).max(axis=1)": "that is the largest "
        "difference of a feature; take the Euclidean distance",
        f"{_NORM} (train_features - row).sum(axis=1)": "differences of both signs "
        "cancel; square them first",
        f"{_NORM} -(train_features @ row) / np.linalg.norm(train_features, axis=1)":
        "that ranks by the angle (cosine); take the Euclidean distance",
        "axis=1 → axis=0": "these are distances of features, not of cells: `axis=1`",
        "predictions.append(np.bincount(votes).argmax()) → return "
        "np.bincount(votes).argmax()": "one label came back, that of the first test "
        "cell; does the `return` stand inside the loop?",
    },
    hints=(
        "For one test cell: `np.linalg.norm(train_features - row, axis=1)` gives all "
        "distances.",
        "`np.argsort(distances)[:k]` are the positions of the k nearest; look up "
        "their labels.",
        "`np.bincount(votes).argmax()` is the most frequent label.",
    ),
    lesson="Six lines, no training: the features do the work. scikit-learn agrees on "
    "every cell.",
)  # fmt: skip
