"""Correct variants and valid inputs of 06_FeatureExtraction3."""

import statistics

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from utils.evaluation import fold_scores, stratified_folds
from utils.exercises.feature_extraction3 import rate


def fuse_library(blocks, train):
    fits = [StandardScaler().fit(x[train]) for x in blocks]
    tables = [fit.transform(x) / x.shape[1] ** 0.5 for fit, x in zip(fits, blocks)]
    return np.concatenate(tables, axis=1)


def fuse_at_once(blocks, train):
    x = np.column_stack(blocks)
    widths = np.repeat([b.shape[1] for b in blocks], [b.shape[1] for b in blocks])
    return (x - x[train].mean(0)) / (x[train].std(0) * widths**0.5)


def fuse_power(blocks, train):
    """Each block is divided by the root of its measured mean square."""
    out = []
    for x in blocks:
        z = (x - x[train].mean(axis=0)) / np.sqrt(x[train].var(axis=0))
        out.append(z / np.sqrt((z[train] ** 2).sum(axis=1).mean()))
    return np.hstack(out)


def fuse_columns(blocks, train):
    columns = []
    for x in blocks:
        for column in np.asarray(x, float).T:
            mean = sum(column[train]) / len(train)
            power = sum((column[train] - mean) ** 2) / len(train) * x.shape[1]
            columns.append([(value - mean) / power**0.5 for value in column])
    return [list(row) for row in zip(*columns)]


def fuse_tensor(blocks, train):
    out = []
    for x in blocks:
        x = tf.constant(x, tf.float32)
        mean, variance = tf.nn.moments(tf.gather(x, train), axes=[0])
        out.append((x - mean) / tf.sqrt(variance * x.shape[1]))
    return tf.concat(out, axis=1)


def fuse_keras(blocks, train):
    out = []
    for x in blocks:
        x = keras.ops.convert_to_tensor(x.astype("float32"))
        rows = keras.ops.take(x, train, axis=0)
        z = (x - keras.ops.mean(rows, axis=0)) / keras.ops.std(rows, axis=0)
        out.append(z / keras.ops.sqrt(float(x.shape[1])))
    return keras.ops.concatenate(out, axis=1)


def fuse_frames(blocks, train):
    out = []
    for x in map(pd.DataFrame, blocks):
        rows = x.iloc[train]
        out.append((x - rows.mean()) / rows.std() / np.sqrt(x.shape[1]))
    return pd.concat(out, axis=1)


def fuse_transformer(blocks, train):
    edges = np.cumsum([0, *[x.shape[1] for x in blocks]])
    slices = [slice(*pair) for pair in zip(edges, edges[1:])]
    steps = [(str(s), StandardScaler(), s) for s in slices]
    weights = [(s.stop - s.start) ** -0.5 for s in slices]
    x = np.hstack(blocks)
    z = ColumnTransformer(steps).fit(x[train]).transform(x)
    return z * np.repeat(weights, np.diff(edges))


def honest_loop(inner, outer):
    scores = []
    for fold in range(inner.shape[1]):
        best = max(range(len(inner)), key=lambda recipe: inner[recipe, fold])
        scores.append(outer[best, fold])
    return sum(scores) / len(scores)


def honest_library(inner, outer):
    choice = inner.argmax(axis=0)[None]
    return np.take_along_axis(outer, choice, axis=0).mean()


def honest_tensor(inner, outer):
    chosen = tf.one_hot(tf.argmax(inner, axis=0), len(inner), axis=0, dtype="float64")
    return tf.reduce_sum(chosen * outer) / outer.shape[1]


def honest_frames(inner, outer):
    best = pd.DataFrame(inner).idxmax()
    return np.float32(np.mean([outer[row, fold] for fold, row in best.items()]))


def paired_loop(old, new, n_train, n_test):
    gains = [b - a for a, b in zip(old, new)]
    factor = (1 / len(gains) + n_test / n_train) ** 0.5
    return [sum(gains) / len(gains), statistics.stdev(gains) * factor]


def paired_matrix(old, new, n_train, n_test):
    (a, c), (_, b) = np.cov(old, new)
    error = ((a + b - 2 * c) * (1 / len(old) + n_test / n_train)) ** 0.5
    return new.mean() - old.mean(), error


def paired_frames(old, new, n_train, n_test):
    gain = pd.Series(new) - pd.Series(old)
    return pd.Series([gain.mean(), gain.std() * paired_factor(gain, n_test / n_train)])


def paired_factor(gain, ratio):
    return np.sqrt(1 / len(gain) + ratio)


def paired_tensor(old, new, n_train, n_test):
    gain = tf.constant(new - old, tf.float32)
    k = len(gain)
    variance = tf.math.reduce_variance(gain) * k / (k - 1)
    error = tf.sqrt(variance * (1 / k + n_test / n_train))
    return tf.reduce_mean(gain), error


NEAREST = KNeighborsClassifier(1, algorithm="brute")


def mended_library(first, others, labels, folds):
    """scikit-learn's neighbor, and the course's own folds inside."""
    scores = []
    for train, test in folds:
        tables = fuse_each(first, others, train)
        inner = [fold_scores(NEAREST, x[train], labels[train], 3) for x in tables]
        best = tables[int(np.argmax([score.accuracy.mean() for score in inner]))]
        fitted = NEAREST.fit(best[train], labels[train])
        scores.append(fitted.score(best[test], labels[test]))
    return sum(scores) / len(scores)


def fuse_each(first, others, train):
    return [fuse_at_once([first, other], train) for other in others]


def mended_max(first, others, labels, folds):
    total = 0
    for train, test in folds:
        cut = StratifiedKFold(3, shuffle=True, random_state=0)
        inner = list(cut.split(train, labels[train]))
        rated = {}
        for place, x in enumerate(fuse_each(first, others, train)):
            own = [rate(x[train], labels[train], i, o) for i, o in inner]
            rated[place] = np.mean(own), -place, x
        best = max(rated.values(), key=lambda row: row[:2])[2]
        total += rate(best, labels, train, test)
    return np.float32(total / len(folds))


def mended_inside(first, others, labels, folds):
    """The inner folds are scaled anew, each on its own training rows."""
    scores = []
    for train, test in folds:
        inner = stratified_folds(labels[train], 3)
        rated = [
            np.mean(
                [
                    rate(fuse_at_once([first, x], train[i]), labels, train[i], train[o])
                    for i, o in inner
                ]
            )
            for x in others
        ]
        best = fuse_at_once([first, others[np.argmax(rated)]], train)
        scores.append(rate(best, labels, train, test))
    return np.mean(scores)


def mended_library_of(fuse):
    """The solution with another way to fuse."""

    def mended(first, others, labels, folds):
        scores = []
        for train, test in folds:
            fused = [np.asarray(fuse([first, x], train)) for x in others]
            rated = [
                [rate(x[train], labels[train], *p) for p in inner_of(labels[train])]
                for x in fused
            ]
            best = fused[np.mean(rated, axis=1).argmax()]
            scores.append(rate(best, labels, train, test))
        return np.array(np.mean(scores))

    return mended


def inner_of(labels):
    return stratified_folds(labels, n_splits=3, seed=0)


RIGHT = {
    "fuse": {
        "scikit-learn": fuse_library,
        "a ColumnTransformer": fuse_transformer,
        "all columns at once": fuse_at_once,
        "by the measured power": fuse_power,
        "columns, lists": fuse_columns,
        "TensorFlow, float32": fuse_tensor,
        "keras.ops, float32": fuse_keras,
        "float32 inside": lambda blocks, train: fuse_at_once(
            [x.astype(np.float32) for x in blocks], train
        ),
        "float32 at the end": lambda b, t: np.float32(fuse_library(b, t)),
        "pandas, with its ddof=1": fuse_frames,
        "a small number added": lambda blocks, train: np.hstack([
            (x - x[train].mean(0)) / (x[train].std(0) + 1e-8) / x.shape[1] ** 0.5
            for x in blocks
        ]),
    },
    "honest": {
        "a loop": honest_loop,
        "take_along_axis": honest_library,
        "a tensor": honest_tensor,
        "pandas, float32": honest_frames,
        "keras.ops": lambda i, o: keras.ops.mean(
            keras.ops.take_along_axis(o, i.argmax(axis=0)[None], axis=0)
        ),
        "a 0-d array": lambda i, o: np.array(honest_loop(i, o)),
        "the diagonal": lambda i, o: np.diag(o[i.argmax(axis=0)]).mean(),
        "a mask": lambda i, o: o[i == i.max(axis=0)].mean(),
        "sorted": lambda i, o: statistics.fmean(
            column[order[-1]] for column, order in zip(o.T, i.T.argsort(axis=1))
        ),
    },
    "paired": {
        "a loop, a list": paired_loop,
        "covariances": paired_matrix,
        "pandas": paired_frames,
        "TensorFlow, float32": paired_tensor,
        "an array": lambda *a: np.array(paired_loop(*a)),
        "float32": lambda *a: tuple(map(np.float32, paired_loop(*a))),
        "0-d arrays": lambda *a: tuple(map(np.array, paired_loop(*a))),
        "Keras tensors": lambda *a: keras.ops.convert_to_tensor(paired_loop(*a)),
        "the naive error, mended": lambda old, new, n, m: (
            np.mean(new - old),
            scale_of(new - old) * np.sqrt(1 + len(old) * m / n),
        ),
    },
    "mended": {
        "scikit-learn's neighbor": mended_library,
        "sums, float32": mended_max,
        "scaled anew inside": mended_inside,
        "scikit-learn's scaling": mended_library_of(fuse_library),
        "a ColumnTransformer": mended_library_of(fuse_transformer),
        "by the measured power": mended_library_of(fuse_power),
        "a tensor": lambda *case: tf.constant(mended_library(*case)),
    },
}  # fmt: skip


def scale_of(gain):
    """The naive error of a mean."""
    return np.std(gain, ddof=1) / np.sqrt(len(gain))


def _fuse(rng):
    rows = rng.integers(4, 20)
    widths = rng.integers(1, 8, rng.integers(1, 5))
    blocks = [rng.normal(rng.normal(), 2 ** rng.normal(), (rows, n)) for n in widths]
    return blocks, rng.choice(rows, rng.integers(3, rows), replace=False)


def _paired(rng):
    old, new = rng.uniform(0.5, 1, (2, rng.integers(2, 15)))
    return old, new, int(rng.integers(10, 900)), int(rng.integers(10, 900))


def _mended(rng):
    rows, n = int(rng.integers(30, 60)), int(rng.integers(2, 5))
    labels = rng.permutation(rows) % 2
    first = rng.normal(labels[:, None], 1, (rows, 2))
    others = [unit * rng.normal(size=(rows, 3)) for unit in (1, 30, 0.1)]
    return first, others, labels, stratified_folds(labels, n, int(rng.integers(9)))


INPUTS = {
    "fuse": _fuse,
    "honest": lambda rng: tuple(rng.random((2, *rng.integers(2, 8, 2)))),
    "paired": _paired,
    "mended": _mended,
}

SURVIVORS = {
    "mended": {"13: np.mean: sum"},  # of three scores each: the same choice but in ties
}
