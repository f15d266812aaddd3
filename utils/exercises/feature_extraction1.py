"""Exercises of 04_FeatureExtraction1: k-NN, recalls, memory, scaling, a lying score."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from utils.exercises import Exercise, Wrong, named
from utils.exercises.values import as_numbers


def balanced(y_true, y_pred):
    return np.mean([np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)])


def _verdicts(rng):
    sound = np.repeat([0, 1], [8, 2])
    yield named("8 sound and 2 defective cells, all called sound", sound, 0 * sound)
    for labels, counts, share in (
        ((0, 1, 2), (35, 15, 10), 0.5), ((2, 5, 9, 4), (20, 9, 60, 1), 0.6),
        ((1, 0), (9, 3), 0.3), ((0, 1, 2), (4, 2, 3), 0.7),
    ):  # fmt: skip
        truth = rng.permutation(np.repeat(labels, counts))
        found = rng.random(len(truth)) < share
        told = f"{len(truth)} cells of the classes {', '.join(map(str, labels))}"
        yield named(told, truth, np.where(found, truth, rng.permutation(truth)))
    yield named("9 cells of which none is called 2", truth, truth[::-1] % 2)


balanced_accuracy = Exercise(
    balanced, cases=_verdicts,
    parts="of the cells of each true class, which share was found? Average these",
    mistakes={
        "np.mean(y_true == y_pred)": "that is the plain accuracy; average the recalls",
        "np.mean([np.mean(y_true[y_pred == c] == c) for c in np.unique(y_pred)])":
        "that is the mean of the precisions; group by the truth, not the prediction",
        "np.unique(y_true) → range(y_true.max() + 1)": "classes need not be 0, 1, 2 …",
        "np.unique(y_true) → (0, 1)": "only 0 and 1 are seen; loop over `np.unique`",
        "np.unique(y_true) → np.unique(y_pred)": "a class never predicted counts, too",
        "np.mean([ → np.sum([": "the recalls were added; take their mean",
        "np.mean(y_pred[y_true == 1] == 1)": "that is class 1 alone; average them all",
        "np.mean(y_pred → np.sum(y_pred": "divide the hits by the cells of the class",
    },
    hints=("Recall: of the cells that truly belong to a class, which share was found?",
           "`y_pred[y_true == c] == c` is True where a cell of class c was found.",
           "Average `np.mean(y_pred[y_true == c] == c)` over `np.unique(y_true)`."),
    lesson="A classifier that calls everything sound scores 0.5, whatever the share "
    "of sound cells.",
)  # fmt: skip


def my_bytes():
    return 2624 * 224 * 224 * 3 * 4


def _not_in_bytes(answer):
    """Raise `Wrong` if it is the right number in another unit, or rounded."""
    value = as_numbers(answer)
    for name, unit in {"GB": 1e9, "MB": 1e6, "GiB": 2**30, "MiB": 2**20}.items():
        if value.ndim == 0 and np.isclose(value, my_bytes() / unit, rtol=0.02):
            raise Wrong(f"{value:,.7g} looks like {name}; the answer is asked in bytes")
    if value.ndim == 0 and 1e-6 < abs(value / my_bytes() - 1) < 0.02:
        raise Wrong(f"{value:,.0f} is close, but rounded; leave all digits")


memory = Exercise(
    my_bytes, verify=_not_in_bytes,
    parts="multiply images, rows, columns, channels, and bytes a value",
    mistakes={
        " * 4 →": "that is one byte a value, as in uint8; float32 takes four",
        " * 3 →": "the three color channels are missing",
        " * 3 * 4 →": "those are pixels; each has three channels of four bytes",
        "* 4 → * 8": "that is eight bytes a value, as in float64; float32 takes four",
        "2624 * →": "that is a single image; there are 2,624",
        "224 * 224 * 3 → 300 * 300": "that is 300 × 300 gray, not 224 × 224 × 3",
        "224 * 224 → 300 * 300": "that is 300 × 300; the network gets 224 × 224",
    },
    hints=("Multiply: images, rows, columns, channels, bytes a value.",
           "float32: four bytes."),
    lesson="1.58 GB for pixels; the features of all cells take 0.01 GB.",
)  # fmt: skip


def scale(train, test):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    return (train - mean) / deviation, (test - mean) / deviation


def _tables(rng):
    sizes = ((40, 10, 3), (12, 12, 2), (30, 3, 4), (3, 3, 3), (20, 6, 3), (9, 9, 4))
    for (rows, others, columns), constant in zip(sizes, ([], [], [], [], [1], [0, 3])):
        means, deviations = rng.uniform((-5, 0.1), 5, (columns, 2)).T
        train = rng.normal(means, deviations, (rows, columns))
        test = rng.normal(means + 2, 3 * deviations, (others, columns))
        train[:, constant] = test[:, constant] = 4
        told = f"{rows} training rows, {others} test rows and {columns} features"
        yield named(told + ", some constant" * bool(constant), train, test)


def _scaled(result, train, test):
    """Means and deviations of the training rows, rounded, then all rows."""
    means, deviations = (f(result[0], axis=0).round(3) + 0.0 for f in (np.mean, np.std))
    return means, deviations, *result


_OUT = "return (train - mean) / deviation, (test - mean) / deviation → return"
_TEST = ", (test - mean) / deviation →"
_MEASURED = "train.mean(axis=0), train.std(axis=0) →"

scaling = Exercise(
    scale, cases=_tables, view=_scaled,
    parts=("the means of scaled_train", "the deviations of scaled_train",
           "scaled_train", "scaled_test must use mean and deviation of `train`"),
    also=("std(axis=0) → std(axis=0, ddof=1)",),
    mistakes={
        ("mean, → both = np.vstack([train, test]); mean,",
         f"{_MEASURED} both.mean(axis=0), both.std(axis=0)"):
        "test data leaked; measure on `train` only",
        f"{_MEASURED} test.mean(axis=0), test.std(axis=0)": "measure on `train` only",
        f"{_TEST}, (test - test.mean(axis=0)) / test.std(axis=0)":
        "by their own mean, test cells are judged by what is tested beside them",
        f"{_MEASURED} train.mean(), train.std()": "each feature has its own: `axis=0`",
        f"{_MEASURED} train.mean(axis=1), train.std(axis=1)": "by columns: `axis=0`",
        f"{_OUT} train - mean, test - mean": "divide by the standard deviation, too",
        ".std( → .var(": "that divides by the variance; the deviation is its root",
        "deviation, 1) → deviation, 0)": "divided by zero; put 1 for a deviation of 0",
        f"{_TEST}, test": "scale the test rows like the training rows",
        f"{_TEST}": "return two arrays: `return scaled_train, scaled_test`",
    },
    hints=("Mean and standard deviation belong to a column: `axis=0`.",
           "Measure both on `train`, use them on both.",
           "A feature that never changes has deviation 0; divide by 1 (`np.where`)."),
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
    for k, labels, width, rows, others in (
        (3, (0, 1), 2, 60, 25), (5, (0, 2), 6, 60, 30), (4, (3, 0, 7), 5, 90, 20),
        (9, (1, 0, 2), 3, 45, 30), (1, (1, 0), 1, 12, 9), (7, (0, 1), 4, 20, 1),
    ):  # fmt: skip
        kinds = rng.permutation(np.resize(np.arange(len(labels)), rows))
        train = rng.normal(kinds[:, None] * 0.8, 1 + np.arange(width) % 3)
        test = rng.normal(0.8, 1.5, (3 * others, width))
        ranks = np.linalg.norm(test[:, None] - train, axis=2).argsort(axis=1)
        votes = np.sort([np.bincount(kinds[rank[:k]], minlength=9) for rank in ranks])
        test = test[votes[:, -1] > votes[:, -2]][:others]
        told = f"{rows} training, {len(test)} test cells, labels {labels}, k = {k}"
        yield named(told, train, np.array(labels)[kinds], test, k)


_VOTE = "np.bincount(votes).argmax() →"

nearest = Exercise(
    knn_predict, cases=_clouds,
    parts="scikit-learn gives other labels: the k nearest by Euclidean distance vote",
    mistakes={
        "[:k] → [-k:]": "those are the farthest; `np.argsort` puts the nearest first",
        "[:k] → [1 : k + 1]": "the nearest cell was left out; it is at position 0",
        "[:k] → [:1]": "only the nearest one voted; k of them should",
        "[:k] → [: k - 1]": "k - 1 cells voted; the slice `[:k]` takes k",
        f"{_VOTE} np.argsort(distances)[0]": "positions of neighbors; look up labels",
        f"{_VOTE} votes": "these are the labels of the k neighbors; take the majority",
        f"{_VOTE} votes.mean()": "that is a share of votes; take the majority",
        f"{_VOTE} round(votes.mean())": "labels are names; count their votes",
        f"{_VOTE} np.bincount(votes).max()": "these count the votes; use `argmax`",
        "axis=1 → 1, axis=1": "that is the Manhattan distance; take the Euclidean one",
    },
    hints=("`np.linalg.norm(train_features - row, axis=1)` gives all distances to one.",
           "`np.argsort(distances)[:k]` are the k nearest; look up their labels.",
           "`np.bincount(votes).argmax()` is the most frequent label."),
    lesson="Six lines, no training: the features do the work. scikit-learn agrees on "
    "every cell.",
)  # fmt: skip


def honest_score(features, labels, folds):
    scores = []
    for train, test in folds:
        model = make_pipeline(StandardScaler(), KNeighborsClassifier(1))
        model.fit(features[train], labels[train])
        guess = model.predict(features[test])
        scores.append(balanced_accuracy_score(labels[test], guess))
    return np.mean(scores)


def _dealt(rng):
    """Tables whose held-out rows stray, so that it shows who measured them."""
    for n, columns, parts, share in (
        (90, 3, 3, 0.3), (60, 2, 5, 0.4), (120, 4, 4, 0.2), (50, 2, 2, 0.3),
    ):  # fmt: skip
        labels = (np.arange(n) < share * n).astype(int)
        place = rng.permutation(n)
        labels, part = labels[place], (place * 7 + place // 9) % parts
        rows = rng.normal(labels[:, None] * 0.9, 1, (n, columns)) * 3.0 ** np.arange(
            columns
        )
        rows[part == 0, -1] *= 9
        folds = [(np.flatnonzero(part != k), np.flatnonzero(part == k))
                 for k in range(parts)]  # fmt: skip
        yield named(f"{n} cells in {parts} folds", rows, labels, folds)


_MODEL = "make_pipeline(StandardScaler(), KNeighborsClassifier(1)) →"
_FIT = "model.fit(features[train], labels[train]) →"
_BEFORE = "features = StandardScaler().fit_transform(features)"
_ALL = (f"scores = [] → {_BEFORE}; scores = []", f"{_MODEL} KNeighborsClassifier(1)")

mended = Exercise(
    honest_score, cases=_dealt,
    parts="in each fold: fit scaling and classifier on `train`, judge on `test`, "
    "balanced; then the mean",
    mistakes={
        _ALL: "the scaling still saw the held-out cells; fit it on `train` only",
        f"{_FIT} model.fit(features, labels)":
        "the classifier stored the held-out cells, too: fit it on `train` only",
        "balanced_accuracy_score(labels[test], guess) → np.mean(labels[test] == guess)":
        "that is the plain accuracy; the classes are unequal, so balance it",
        "(labels[test], guess) → (guess, labels[test])":
        "truth and guess are exchanged; scikit-learn wants the truth first",
        f"{_MODEL} KNeighborsClassifier(1)": "the scaling is missing",
        "np.mean(scores) → scores[0]": "that is the first fold alone; average them",
        "np.mean(scores) → scores[-1]": "that is the last fold alone; average them",
        "np.mean(scores) → max(scores)": "that is the best fold; average them",
        "np.mean(scores) → scores": "these are the folds' scores; average them",
    },
    hints=("Which cells may the scaling measure, and which may the classifier store?",
           "A pipeline that is fitted on `features[train]` scales and stores these.",
           "`balanced_accuracy_score(labels[test], guess)`, then the mean."),
    lesson="Nothing of a held-out cell reaches what judges it, and each class counts.",
)  # fmt: skip
