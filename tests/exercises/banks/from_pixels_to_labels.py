"""Correct variants and valid inputs of 00_FromPixelsToLabels."""

import collections
import fractions
import functools

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from utils import datasets
from utils.lessons.descriptors import gradient_histograms


def colors_counted(image):
    pixels = [tuple(pixel) for row in image.tolist() for pixel in row]
    leading = [color for color, _ in collections.Counter(pixels).most_common(2)]
    return [leading[0], leading[-1]]


def colors_numbered(image):
    codes = image.reshape(-1, 3).astype(int) @ [65536, 256, 1]
    counts = np.bincount(codes)
    first = counts.argmax()
    counts[first] = 0
    second = counts.argmax() if counts.any() else first
    return np.array([[c // 65536, c // 256 % 256, c % 256] for c in (first, second)])


def colors_table(image):
    found = pd.DataFrame(image.reshape(-1, 3)).value_counts().index.tolist()
    return np.array((found * 2)[:2] if len(found) == 1 else found[:2], np.uint8)


def colors_sorted(image):
    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    order = np.argsort(counts, kind="stable")[::-1]
    return colors[np.resize(order[:2], 2)]


def colors_tensor(image):
    return tf.constant(colors_sorted(image), tf.float32)


def accuracy_loop(W, b, X, y):
    right = 0
    for row, truth in zip(X, y):
        scores = [sum(w * x for w, x in zip(v, row)) + c for v, c in zip(W, b)]
        right += scores.index(max(scores)) == truth
    return right / len(y)


def accuracy_tensor(W, b, X, y):
    scores = tf.matmul(tf.constant(X), tf.constant(W), transpose_b=True) + b
    return tf.reduce_mean(tf.cast(tf.argmax(scores, axis=1) == y, tf.float32))


def accuracy_keras(W, b, X, y):
    scores = keras.ops.matmul(X.astype("float32"), W.T.astype("float32"))
    winners = keras.ops.argmax(scores + b.astype("float32"), axis=1)
    hits = keras.ops.equal(winners, y.astype("int32"))
    return keras.ops.mean(keras.ops.cast(hits, "float32"))


def accuracy_columns(W, b, X, y):
    return accuracy_score(y, (W @ X.T + b[:, None]).argmax(axis=0))


def accuracy_bias_inside(W, b, X, y):
    X = np.hstack([X, np.ones((len(X), 1))])
    return np.count_nonzero(np.argmax(X @ np.column_stack([W, b]).T, 1) == y) / len(X)


def accuracy_scikit_learn(W, b, X, y):
    model = LogisticRegression()
    one_row = len(W) == 2
    model.coef_ = W[1:] - W[:1] if one_row else W
    model.intercept_ = b[1:] - b[:1] if one_row else b
    model.classes_ = np.arange(len(W))
    return model.score(X, y)


def ring_of(patch):
    p = patch.astype(int)
    return np.array([*p[0], p[1, 2], *p[2, ::-1], p[1, 0]])


def code_loop(patch):
    code, place = 0, 1
    for i, j in ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)):
        if patch[i, j] >= patch[1, 1]:
            code += place
        place *= 2
    return code


def code_text(patch):
    bits = ring_of(patch) >= patch[1, 1]
    return int("".join("1" if bit else "0" for bit in bits[::-1]), 2)


def code_subtracted(patch):
    return (ring_of(patch) - int(patch[1, 1]) >= 0) @ (1 << np.arange(8))


def code_weights(patch):
    weights = np.array([[1, 2, 4], [128, 0, 8], [64, 32, 16]])
    return weights[patch >= patch[1, 1]].sum()


def code_tensor(patch):
    bits = tf.cast(tf.constant(ring_of(patch)) >= int(patch[1, 1]), tf.int32)
    return tf.reduce_sum(bits * [1, 2, 4, 8, 16, 32, 64, 128])


def evening_edges(images):
    gray = images.mean(axis=3)
    return np.abs(np.diff(gray, axis=1)).mean(axis=2)


def evening_loop(images):
    return [
        [value for band in np.array_split(image, 8) for value in band.mean(axis=(0, 1))]
        for image in images
    ]


def evening_spread(images):
    colors = images.reshape(len(images), -1, 3) / 255
    return np.hstack([colors.mean(axis=1), colors.std(axis=1)])


def evening_histograms(images):
    steps = images.reshape(len(images), -1, 3) // 16
    return np.stack([(steps == step).mean(axis=1) for step in range(16)], 1).reshape(
        len(images), -1
    )


def evening_gradients(images):
    return gradient_histograms(images.mean(axis=3), cell=12).reshape(len(images), -1)


def evening_tensor(images):
    small = tf.image.resize(images, (12, 12), "area")
    return tf.reshape(small, (len(images), -1))


RIGHT = {
    "two_colors": {
        "counted, a list of tuples": colors_counted,
        "numbered colors": colors_numbered,
        "a table": colors_table,
        "sorted, then reversed": colors_sorted,
        "a tensor": colors_tensor,
        "float32": lambda image: np.float32(colors_sorted(image)),
        "a DataFrame": lambda image: pd.DataFrame(colors_sorted(image)),
        "keras.ops": lambda image: keras.ops.convert_to_tensor(colors_sorted(image)),
    },
    "linear_accuracy": {
        "a loop, a Python float": accuracy_loop,
        "TensorFlow": accuracy_tensor,
        "keras.ops": accuracy_keras,
        "classes in rows, accuracy_score": accuracy_columns,
        "the bias as a column of W": accuracy_bias_inside,
        "scikit-learn": accuracy_scikit_learn,
        "float32": lambda *a: np.float32(accuracy_loop(*a)),
        "a 0-d array": lambda *a: np.array(accuracy_loop(*a)),
        "a fraction": lambda *a: fractions.Fraction(accuracy_loop(*a)),
        "a Series": lambda W, b, X, y: (
            pd.DataFrame(X @ W.T + b).idxmax(axis=1) == y
        ).mean(),
    },
    "lbp_code": {
        "a loop": code_loop,
        "a text of bits": code_text,
        "subtracted as int": code_subtracted,
        "weights in place": code_weights,
        "packed bits": lambda p: np.packbits(
            ring_of(p) >= p[1, 1], bitorder="little"
        )[0],
        "a tensor": code_tensor,
        "a float": lambda p: float(code_loop(p)),
        "float32": lambda p: np.float32(code_loop(p)),
        "a 0-d array": lambda p: np.array(code_loop(p)),
        "a Series": lambda p: pd.Series((ring_of(p) >= p[1, 1]) << np.arange(8)).sum(),
    },
    "pyramid": {
        "a sum of powers": sum(4**level for level in range(4)) * 200,
        "a closed form": (4**4 - 1) // 3 * 200,
        "a float": 17e3,
        "float32": np.float32(17000),
        "a 0-d array": np.array(17000),
        "a tensor": tf.constant(17000),
        "a fraction": fractions.Fraction(34000, 2),
        "a Series' sum": (200 * pd.Series([1, 4, 16, 64])).sum(),
        "keras.ops": keras.ops.sum(keras.ops.array([200, 800, 3200, 12800])),
    },
    "describe_evening": {
        "edges from top to bottom": evening_edges,
        "a loop over bands, lists": evening_loop,
        "means and deviations": evening_spread,
        "histograms of each channel": evening_histograms,
        "HOG": evening_gradients,
        "a tensor": evening_tensor,
        "all pixels": lambda images: images.reshape(len(images), -1) / 255,
        "a DataFrame": lambda images: pd.DataFrame(evening_edges(images)),
    },
}  # fmt: skip


def _image(rng):
    """Up to five colors of few values, no two equally often."""
    palette = np.unique(rng.choice([0, 3, 120, 250, 255], (5, 3)), axis=0)
    palette = rng.permutation(palette)[: rng.integers(1, 6)].astype(np.uint8)
    counts = rng.choice(np.arange(1, 40), len(palette), replace=False)
    pixels = rng.permutation(np.repeat(palette, counts, axis=0))
    return (pixels[None] if rng.random() < 0.5 else pixels[:, None],)


def _classifier(rng):
    n, classes, pixels = rng.integers((1, 2, 1), (30, 6, 7))
    W, X = rng.normal(size=(classes, pixels)), rng.normal(size=(n, pixels))
    return W, rng.normal(size=classes), X, rng.integers(0, classes, n)


@functools.cache
def _evening(seed):
    lights = ((seed, 0.5), (seed + 1, 1.0))
    return np.concatenate(
        [datasets.scenes(200, seed=s, dusk=dusk).images for s, dusk in lights]
    )


INPUTS = {
    "two_colors": _image,
    "linear_accuracy": _classifier,
    "lbp_code": lambda rng: (
        rng.integers(0, rng.choice([2, 5, 256]), (3, 3)).astype(np.uint8),
    ),
    "pyramid": lambda rng: (),
    "describe_evening": lambda rng: (_evening(int(rng.integers(100, 103))),),
}
TRIES = {"describe_evening": 3}
EQUIVALENT = {
    "two_colors": {
        "2: 1: 2",  # reshape takes any negative number
        "4: len(order) - 1: sides",  # 1 - n counts from the end: the same place
        "4: min(1, len(order) - 1): arguments swapped",
    },
    "lbp_code": {"3: (1, 1): first two swapped"},
    "describe_evening": {  # other descriptors, as good at dusk
        "2: 2: 3",
        "2: images.mean: max",
        "2: images.mean: sum",
        "3: 1: 2",
    },
}
