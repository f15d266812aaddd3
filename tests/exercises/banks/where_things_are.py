"""Correct variants and valid inputs of 11_WhereThingsAre."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler


def map_einsum(maps, weights, bias):
    found = np.einsum("rck,k->rc", maps, weights)
    return found, np.mean(found) + bias


def map_loop(maps, weights, bias):
    rows, columns, _ = maps.shape
    found = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            found[row, column] = sum(maps[row, column] * weights)
    return found, found.sum() / found.size + bias


def map_average_first(maps, weights, bias):
    return (maps * weights).sum(axis=-1), maps.mean(axis=(0, 1)) @ weights + bias


def map_tensors(maps, weights, bias):
    found = tf.tensordot(tf.constant(maps), tf.constant(weights), 1)
    return found, tf.reduce_mean(found) + bias


def map_keras(maps, weights, bias):
    found = keras.ops.sum(keras.ops.multiply(maps, weights), axis=-1)
    return found, keras.ops.mean(found) + bias


def map_lists(maps, weights, bias):
    found = np.dot(maps, weights)
    return found.tolist(), float(found.mean() + bias)


def place_divmod(maps, weights, usual, spread, side):
    found = (np.dot(maps, weights) - usual) / spread
    row, column = divmod(int(found.argmax()), found.shape[1])
    return side * (2 * row + 1) / (2 * len(found)), side * (2 * column + 1) / (
        2 * found.shape[1]
    )


def place_linspace(maps, weights, usual, spread, side):
    found = (maps @ weights - usual) / spread
    at = np.unravel_index(found.argmax(), found.shape)
    steps = [side / length for length in found.shape]
    return [(place + 0.5) * step for place, step in zip(at, steps)]


def place_argwhere(maps, weights, usual, spread, side):
    found = ((maps * weights).sum(-1) - usual) / spread
    row, column = np.argwhere(found == found.max())[0]
    height, width = found.shape
    return side / height * row + side / height / 2, side / width * (column + 0.5)


def place_array(maps, weights, usual, spread, side):
    found = (maps @ weights - usual) / spread
    at = np.array(np.unravel_index(np.argmax(found), found.shape))
    return (at + 0.5) * side / np.array(found.shape)


def place_loop(maps, weights, usual, spread, side):
    best, at = -np.inf, None
    for row, column in np.ndindex(usual.shape):
        value = (maps[row, column] @ weights - usual[row, column]) / spread[row, column]
        if value > best:
            best, at = value, (row, column)
    rows, columns = usual.shape
    return (at[0] + 0.5) * side / rows, (at[1] + 0.5) * side / columns


def place_tensors(maps, weights, usual, spread, side):
    found = (tf.tensordot(maps, weights, 1) - usual) / spread
    place = int(tf.argmax(tf.reshape(found, -1)))
    rows, columns = found.shape
    row, column = place // columns, place % columns
    return tf.constant((row + 0.5) * side / rows), tf.constant(
        (column + 0.5) * side / columns
    )


def judged_scaler(heats, painted, near, test):
    scaler = StandardScaler().fit(heats[~painted & ~test])
    judged = test & painted
    peak = scaler.transform(heats[judged]).argmax(axis=1)
    return np.mean(near[judged][np.arange(judged.sum()), peak])


def judged_loop(heats, painted, near, test):
    usual = [heat for heat, p, t in zip(heats, painted, test) if not p and not t]
    mean, spread = np.mean(usual, axis=0), np.std(usual, axis=0)
    hits = [
        near[i, np.argmax((heats[i] - mean) / spread)]
        for i in range(len(heats))
        if painted[i] and test[i]
    ]
    return sum(hits) / len(hits)


def judged_positions(heats, painted, near, test):
    reference = heats[np.flatnonzero(~(test | painted))]
    judged = np.flatnonzero(test & painted)
    found = (heats[judged] - reference.mean(0)) / reference.std(0)
    return np.take_along_axis(near[judged], found.argmax(1)[:, None], 1).mean()


def judged_sample_spread(heats, painted, near, test):
    reference = heats[~test & ~painted]
    found = (heats - reference.mean(axis=0)) / reference.std(axis=0, ddof=1)
    hit = near[range(len(heats)), found.argmax(axis=1)]
    return hit[test & painted].mean()


def judged_count(heats, painted, near, test):
    reference = heats[~test & ~painted]
    found = (heats - reference.mean(axis=0)) / reference.std(axis=0)
    hit = near[np.arange(len(heats)), found.argmax(axis=1)] & painted & test
    return hit.sum() / (painted & test).sum()


def judged_tensors(heats, painted, near, test):
    reference = heats[~test & ~painted]
    found = tf.argmax((heats - reference.mean(0)) / reference.std(0), axis=1).numpy()
    hit = near[np.arange(len(heats)), found][test & painted]
    return tf.reduce_mean(tf.cast(hit, tf.float64))


def sum_sklearn(probability, kinds, said, boxes, weight):
    first = log_loss(kinds, probability, labels=range(probability.shape[1]))
    some = kinds != 0
    return first + weight * 4 * np.mean((said[some] - boxes[some]) ** 2)


def sum_keras(probability, kinds, said, boxes, weight):
    first = keras.losses.SparseCategoricalCrossentropy()(kinds, probability)
    some = kinds > 0
    return float(first) + 4 * weight * float(
        keras.losses.MeanSquaredError()(boxes[some], said[some])
    )


def sum_loop(probability, kinds, said, boxes, weight):
    first = [-np.log(row[k]) for row, k in zip(probability, kinds)]
    second = [sum((f - b) ** 2) for f, b, k in zip(said, boxes, kinds) if k]
    return sum(first) / len(first) + weight * sum(second) / len(second)


def sum_one_hot(probability, kinds, said, boxes, weight):
    one_hot = np.eye(probability.shape[1])[kinds]
    first = -(one_hot * np.log(probability)).sum(axis=1).mean()
    there = (kinds > 0).astype(float)
    far = np.square(said - boxes).sum(axis=-1)
    return first + weight * (there * far).sum() / there.sum()


def sum_norm(probability, kinds, said, boxes, weight):
    first = -np.mean(np.log(np.take_along_axis(probability, kinds[:, None], 1)))
    far = np.linalg.norm(said - boxes, axis=1) ** 2
    return first + weight * np.average(far, weights=kinds > 0)


def sum_tensors(probability, kinds, said, boxes, weight):
    taken = tf.gather(probability, kinds, axis=1, batch_dims=1)
    some = kinds > 0
    far = tf.reduce_sum((said[some] - boxes[some]) ** 2, axis=1)
    return -tf.reduce_mean(tf.math.log(taken)) + weight * tf.reduce_mean(far)


RIGHT = {
    "mapped": {
        "einsum": map_einsum,
        "a loop": map_loop,
        "averaged first": map_average_first,
        "tensors": map_tensors,
        "Keras": map_keras,
        "lists": map_lists,
    },
    "located": {
        "divmod": place_divmod,
        "steps": place_linspace,
        "argwhere": place_argwhere,
        "an array": place_array,
        "a loop": place_loop,
        "tensors": place_tensors,
    },
    "repaired": {
        "StandardScaler": judged_scaler,
        "a loop": judged_loop,
        "positions": judged_positions,
        "another spread": judged_sample_spread,
        "counted": judged_count,
        "tensors": judged_tensors,
    },
    "added": {
        "scikit-learn": sum_sklearn,
        "Keras": sum_keras,
        "a loop": sum_loop,
        "one-hot": sum_one_hot,
        "norms": sum_norm,
        "tensors": sum_tensors,
    },
}


def _maps(rng):
    rows, columns, channels = rng.integers((2, 2, 2), (9, 8, 7))
    maps = np.maximum(rng.normal(size=(rows, columns, channels)), 0)
    return maps, rng.normal(size=channels), float(rng.normal())


def _places(rng):
    maps, weights, _ = _maps(rng)
    usual = rng.normal(size=maps.shape[:2])
    return maps, weights, usual, rng.uniform(0.5, 2, usual.shape), 300


def _heats(rng):
    n, places = int(rng.integers(30, 60)), int(rng.integers(4, 12))
    painted, test = np.arange(n) % 2 == 0, np.arange(n) % 5 < 2
    heats = rng.normal(size=(n, places))
    return heats, painted, rng.random((n, places)) < 0.3, test


def _heads(rng):
    n, classes = int(rng.integers(3, 12)), int(rng.integers(2, 5))
    kind = np.concatenate([[0, 1], rng.integers(0, classes, n)])
    probability = rng.dirichlet(np.ones(classes) * 3, n + 2)
    return probability, kind, rng.random((n + 2, 4)), rng.random((n + 2, 4)), 2.5


INPUTS = {"mapped": _maps, "located": _places, "repaired": _heats, "added": _heads}
EQUIVALENT = {
    "added": {"5: said - boxes: sides"},  # a square has no sign
}
