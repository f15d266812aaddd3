"""Correct variants and valid inputs of 07_CNNFineTuning."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.metrics import confusion_matrix, recall_score, roc_auc_score
from sklearn.model_selection import (
    StratifiedKFold,
    StratifiedShuffleSplit,
    train_test_split,
)

from utils.exercises import fine_tuning


def by_class(rounded, kind=np.asarray):
    """A split that shuffles each class; rounds its fifth like this."""

    def split(labels):
        rng, train, validation = np.random.default_rng(3), [], []
        for label in np.unique(labels):
            places = rng.permutation(np.flatnonzero(labels == label))
            cut = int(rounded(len(places) / 5))
            validation.extend(places[:cut])
            train.extend(places[cut:])
        return kind(train), kind(validation)

    return split


def split_folds(labels):
    folds = StratifiedKFold(5, shuffle=True, random_state=7)
    return next(folds.split(labels, labels))


def split_mask(labels):
    _, chosen = by_class(round)(labels)
    mask = np.isin(np.arange(len(labels)), chosen)
    return np.where(~mask)[0], np.where(mask)[0]


def split_pandas(labels):
    column = pd.Series(labels)
    chosen = column.groupby(column).sample(frac=0.2, random_state=0).index
    return column.index.difference(chosen), chosen


def normalized(x, gamma, beta, mean, variance, epsilon):
    layer = keras.layers.BatchNormalization(epsilon=epsilon)
    layer.build(x.shape)
    layer.set_weights([gamma, beta, mean, variance])
    return layer(x, training=False)


def normalized_loop(x, gamma, beta, mean, variance, epsilon):
    y = np.array(x)
    for c in range(x.shape[-1]):
        y[..., c] = (x[..., c] - mean[c]) * gamma[c] / (variance[c] + epsilon) ** 0.5
        y[..., c] += beta[c]
    return y


def normalized_folded(x, gamma, beta, mean, variance, epsilon):
    scale = gamma / np.sqrt(variance + epsilon)
    return x * scale + (beta - mean * scale)


def prepared_loop(train, train_labels, test):
    images, labels = [], []
    for image, label in zip(train, train_labels):
        images += [image, np.fliplr(image)]
        labels += [label, label]
    return images, labels, test


def prepared_shuffled(train, train_labels, test):
    order = np.random.default_rng(0).permutation(2 * len(train))
    images = np.concatenate([np.flip(train, 2), train])
    return images[order], np.tile(train_labels, 2)[order], test


def prepared_tensors(train, train_labels, test):
    images = tf.concat([train, tf.reverse(train, [2])], 0)
    return images, tf.tile(train_labels, [2]), tf.constant(test)


def prepared_keras(train, train_labels, test):
    mirrored = keras.ops.flip(train, axis=-1)
    return (
        keras.ops.concatenate([train, mirrored]),
        keras.ops.concatenate([train_labels, train_labels]),
        keras.ops.convert_to_tensor(test),
    )


def best_by_loop(truth, said):
    best, position = -1, 0
    for i, one in enumerate(said):
        score = (np.mean(one[truth == 0] == 0) + np.mean(one[truth == 1] == 1)) / 2
        if score > best + 1e-12:
            best, position = score, i
    return position


def best_by_matrix(truth, said):
    scores = []
    for one in said:
        table = confusion_matrix(truth, one)
        scores.append(np.mean(np.diag(table) / table.sum(axis=1)))
    return scores.index(max(scores))


def best_by_recall(truth, said):
    return int(np.argmax([recall_score(truth, s, average="macro") for s in said]))


def best_by_area(truth, said):
    return pd.Series([roc_auc_score(truth, one) for one in said]).idxmax()


def best_weighted(truth, said):
    weights = np.where(truth == 1, np.sum(truth == 0), np.sum(truth == 1))
    return ((said == truth) * weights).sum(axis=1).argmax()


def tuned(shift=True, rate=1e-4, epochs=12, loss=None):
    """A right script that is written another way."""

    def fine_tuned(body, images, labels):
        keras.utils.set_random_seed(3)
        for layer in body.layers:
            layer.trainable = False
        start = keras.Input(images.shape[1:])
        x = keras.layers.RandomTranslation(0.1, 0.1)(start) if shift else start
        x = keras.layers.Dense(2)(body(x, training=False))
        net = keras.Model(start, keras.layers.Softmax()(x))
        measure = loss or keras.losses.SparseCategoricalCrossentropy()
        net.compile(keras.optimizers.Adam(0.05), measure, metrics=["accuracy"])
        net.fit(images, labels, epochs=epochs, verbose=0)
        body.layers[3].trainable = True  # the upper convolution, and nothing else
        net.compile(keras.optimizers.Adam(rate), measure)
        net.fit(images, labels, epochs=2, verbose=0)
        return net

    return fine_tuned


RIGHT = {
    "mended": {
        "another loop": tuned(),
        "not augmented": tuned(shift=False),
        "slower": tuned(rate=5e-5),
        "longer": tuned(epochs=15),
        "not augmented, slower": tuned(shift=False, rate=5e-5),
        "the loss by name": tuned(loss="sparse_categorical_crossentropy"),
    },
    "schedule": {
        "a product": lambda rate, decay, step: rate * (1 + decay * step) ** -1,
        "divided twice": lambda rate, decay, step: 1 / (1 / rate + decay * step / rate),
        "float32": lambda rate, decay, step: np.float32(rate / (1 + decay * step)),
        "an array": lambda r, d, s: np.array(r / (1 + np.asarray(s) * d)),
        "a list": lambda r, d, s: (r / (np.asarray(s) * d + 1)).tolist(),
        "TensorFlow": lambda r, d, s: r / (1 + d * tf.cast(s, tf.float32)),
        "keras.ops": lambda r, d, s: keras.ops.divide(r, 1 + d * np.asarray(s)),
        "vectorized": np.vectorize(lambda r, d, s: r / (1 + d * s)),
        "Keras' schedule": lambda r, d, s: (
            keras.optimizers.schedules.InverseTimeDecay(r, 1, d)(s)
        ),
        "logarithms": lambda r, d, s: np.exp(np.log(r) - np.log1p(d * s)),
    },
    "split": {
        "a list of two arrays": lambda labels: train_test_split(
            np.arange(len(labels)), test_size=1 / 5, stratify=labels, random_state=42
        ),
        "lists": lambda labels: train_test_split(
            list(range(len(labels))), train_size=0.8, stratify=labels, random_state=1
        ),
        "class by class, rounded down": by_class(np.floor),
        "class by class, rounded up": by_class(np.ceil, list),
        "class by class, tensors": by_class(round, tf.constant),
        "a fold": split_folds,
        "a shuffle split": lambda labels: next(
            StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(
                labels, labels
            )
        ),
        "from a mask": split_mask,
        "pandas": split_pandas,
        "sorted": lambda labels: tuple(map(np.sort, by_class(round)(labels))),
        "whole numbers as floats": by_class(round, np.float64),
    },
    "batch_norm": {
        "Keras' layer": normalized,
        "channel by channel": normalized_loop,
        "one factor, one shift": normalized_folded,
        "TensorFlow": lambda x, gamma, beta, mean, variance, epsilon: (
            tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon)
        ),
        "float32": lambda *a: normalized_folded(*a).astype(np.float32),
        "lists": lambda *a: normalized_loop(*a).tolist(),
        "keras.ops": lambda x, g, b, m, v, e: (
            keras.ops.rsqrt(keras.ops.cast(v + e, "float32")) * (x - m) * g + b
        ),
        "power": lambda x, g, b, m, v, e: b + g * (x - m) * (v + e) ** -0.5,
    },
    "prepare": {
        "one after the other, lists": prepared_loop,
        "shuffled": prepared_shuffled,
        "tensors": prepared_tensors,
        "keras.ops": prepared_keras,
        "float32": lambda *a: [np.float32(x) for x in prepared_shuffled(*a)],
        "flip and hstack": lambda train, y, test: (
            np.vstack([train, np.flip(train, axis=-1)]), np.hstack([y, y]), test.copy()
        ),
        "labels in a Series": lambda train, y, test: (
            np.append(train, train[..., ::-1], axis=0), pd.Series([*y, *y]), test
        ),
        "repeated": lambda train, y, test: (
            np.repeat(train, 2, 0)[np.arange(2 * len(y))[:, None, None],
            np.arange(train.shape[1])[:, None], np.where(
                np.arange(2 * len(y)) % 2, -1, 1)[:, None, None] * np.arange(
                train.shape[2]) - (np.arange(2 * len(y)) % 2)[:, None, None]],
            np.repeat(y, 2), test
        ),
    },
    "best_epoch": {
        "a loop": best_by_loop,
        "confusion matrices": best_by_matrix,
        "the mean of the recalls": best_by_recall,
        "the area, pandas": best_by_area,
        "weights": best_weighted,
        "a tensor": lambda truth, said: tf.argmax(
            [best_by_recall(truth, said) == i for i in range(len(said))]
        ),
        "a float": lambda truth, said: float(best_by_loop(truth, said)),
        "a 0-d array": lambda truth, said: np.array(best_by_matrix(truth, said)),
        "keras.ops": lambda truth, said: keras.ops.argmax(
            [roc_auc_score(truth, one) for one in said]
        ),
        "max with a key": lambda truth, said: max(
            range(len(said)), key=lambda i: roc_auc_score(truth, said[i])
        ),
    },
}  # fmt: skip


def _schedule(rng):
    shape = tuple(rng.integers(1, 4, rng.integers(0, 3)))
    step = rng.integers(0, 1000, shape) if shape else int(rng.integers(0, 1000))
    return rng.uniform(0.001, 1), rng.uniform(0, 1) ** 3, step


def _split(rng):
    shares = rng.dirichlet(np.full(rng.integers(2, 5), 9))
    return (
        np.append(rng.choice(len(shares), rng.integers(200, 500), p=shares), [0, 1]),
    )


def _batch_norm(rng):
    shape = tuple(rng.integers(1, 6, rng.integers(1, 5)))
    c = shape[-1]
    gamma, beta, mean = rng.normal(size=(3, c))
    variance = rng.uniform(0, 3, c)
    return (
        rng.normal(size=shape),
        gamma,
        beta,
        mean,
        variance,
        10 ** rng.uniform(-3, -1),
    )


def _prepare(rng):
    n, m, *shape = rng.integers(1, 6, 4)
    train, test = (rng.integers(0, 256, (count, *shape)) for count in (n, m))
    return train, rng.integers(0, 3, n), test


def _best_epoch(rng):
    n = rng.integers(20, 80)
    truth = np.append(rng.random(n) < rng.uniform(0.1, 0.9), [False, True]).astype(int)
    return truth, np.abs(truth - (rng.random((rng.integers(1, 9), n + 2)) < 0.3))


def _mended(rng):
    return fine_tuning._body(), *fine_tuning._scratches(64, int(rng.integers(20, 99)))


INPUTS = {
    "mended": _mended,
    "schedule": _schedule,
    "split": _split,
    "batch_norm": _batch_norm,
    "prepare": _prepare,
    "best_epoch": _best_epoch,
}
TRIES = {"best_epoch": 200, "split": 200}  # scikit-learn takes its time
UNMUTATED = {"mended": "each try trains networks: its mistakes are tried instead"}
EQUIVALENT = {
    "split": {"3: 0: 1"},  # another seed
    "prepare": {"2: (:, :, ::-1): first two swapped"},  # two colons
}
