"""Correct variants and valid inputs of 01_NNBasics."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.optimize import approx_fprime
from scipy.special import log_softmax, softmax


def hinge_loop(scores, truth):
    total = 0.0
    for row, true in zip(scores, truth):
        total += sum(max(0, s - row[true] + 1) for j, s in enumerate(row) if j != true)
    return total / len(truth)


def hinge_minus_one(scores, truth):
    true = np.take_along_axis(scores, truth[:, None], 1)
    return np.maximum(0, scores - true + 1).sum() / len(truth) - 1


def hinge_tensor(scores, truth):
    wanted = tf.one_hot(truth, scores.shape[1], dtype=tf.float64)
    true = tf.reduce_sum(scores * wanted, axis=1, keepdims=True)
    return tf.reduce_mean(
        tf.reduce_sum(tf.nn.relu(scores - true + 1) * (1 - wanted), 1)
    )


def hinge_keras(scores, truth):
    wanted = keras.ops.one_hot(truth, scores.shape[1])
    scores = keras.ops.convert_to_tensor(scores, "float32")
    true = keras.ops.sum(scores * wanted, axis=1, keepdims=True)
    short = keras.ops.relu(scores - true + 1) * (1 - wanted)
    return keras.ops.mean(keras.ops.sum(short, axis=1))


def slopes_half(f, W, h=1e-5):
    out = np.zeros(W.shape)
    for place in np.ndindex(W.shape):
        up, down = np.array(W, float), np.array(W, float)
        up[place] += h / 2
        down[place] -= h / 2
        out[place] = (f(up) - f(down)) / h
    return out


def slopes_back(f, W, h=1e-5):
    V, out = W.astype(float), np.zeros(W.size)
    flat = V.reshape(-1)
    for i in range(flat.size):
        old = flat[i]
        flat[i] = old + h
        up = f(V)
        flat[i] = old - h
        out[i] = (up - f(V)) / (2 * h)
        flat[i] = old
    return out.reshape(W.shape)


def slopes_eye(f, W, h=1e-5):
    steps = (h * np.eye(W.size)).reshape(W.size, *W.shape)
    values = [(f(W + step) - f(W - step)) / (2 * h) for step in steps]
    return np.reshape(values, W.shape).tolist()


def slopes_five(f, W, h=1e-5):
    def slope(place):
        step = np.zeros(W.shape)
        step[place] = h
        near = f(W + step) - f(W - step)
        far = f(W + 2 * step) - f(W - 2 * step)
        return (8 * near - far) / (12 * h)

    return np.array([slope(p) for p in np.ndindex(W.shape)]).reshape(W.shape)


def slopes_scipy(f, W, h=1e-5):
    def both(w, sign):
        return sign * f(w.reshape(W.shape))

    up = approx_fprime(W.ravel().astype(float), lambda w: both(w, 1), h)
    down = approx_fprime(-W.ravel().astype(float), lambda w: both(-w, -1), h)
    return ((up + down) / 2).reshape(W.shape)


def relu_in_place_of_copy(blame, z):
    out = blame.copy()
    out[z <= 0] = 0
    return out


def relu_tape(blame, z):
    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = tf.nn.relu(z)
    return tape.gradient(y, z, output_gradients=tf.constant(blame))


def softmax_loop(z):
    rows = []
    for row in np.asarray(z, float):
        terms = [np.exp(value - max(row)) for value in row]
        rows.append([term / sum(terms) for term in terms])
    return rows


def softmax_halves(z):
    half = z / 2 - (z / 2).max(axis=1)[:, None]
    return np.exp(half) ** 2 / (np.exp(half) ** 2).sum(axis=1, keepdims=True)


def _two_layer_loss(X, Y, W1, b1, W2, b2):
    H = np.maximum(0, X @ W1 + b1)
    return -np.mean(np.sum(Y * log_softmax(H @ W2 + b2, axis=1), axis=1))


def two_layer_differences(X, Y, *parameters):
    slopes = []
    for i, turned in enumerate(parameters):

        def with_this(values, i=i):
            return _two_layer_loss(X, Y, *parameters[:i], values, *parameters[i + 1 :])

        slopes.append(slopes_half(with_this, turned, 1e-5))
    return slopes


def two_layer_tape(X, Y, *parameters):
    parameters = [tf.constant(values) for values in parameters]
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        W1, b1, W2, b2 = parameters
        scores = tf.nn.relu(X @ W1 + b1) @ W2 + b2
        loss = tf.nn.softmax_cross_entropy_with_logits(Y, scores)
        loss = tf.reduce_mean(loss)
    return tape.gradient(loss, parameters)


def two_layer_loop(X, Y, W1, b1, W2, b2):
    sums = [np.zeros_like(values) for values in (W1, b1, W2, b2)]
    for x, y in zip(X, Y):
        h = np.maximum(0, x @ W1 + b1)
        last = (softmax(h @ W2 + b2) - y) / len(X)
        first = (W2 @ last) * (h > 0)
        for total, part in zip(
            sums, (np.outer(x, first), first, np.outer(h, last), last)
        ):
            total += part
    return tuple(sums)


def two_layer_divided_last(X, Y, W1, b1, W2, b2):
    before = X @ W1 + b1
    last = softmax(np.where(before > 0, before, 0) @ W2 + b2, axis=1) - Y
    first = np.where(before > 0, last @ W2.T, 0)
    H = before.clip(0)
    sums = X.T @ first, first.sum(0), H.T @ last, last.sum(0)
    return [values / len(Y) for values in sums]


def two_layer_einsum(X, Y, W1, b1, W2, b2):
    H = np.maximum(0, np.einsum("ni,ih->nh", X, W1) + b1)
    last = (softmax(np.einsum("nh,hc->nc", H, W2) + b2, axis=1) - Y) / len(X)
    first = np.einsum("nc,hc->nh", last, W2) * np.sign(H)
    return (
        np.einsum("ni,nh->ih", X, first), np.einsum("nh->h", first),
        np.einsum("nh,nc->hc", H, last), np.einsum("nc->c", last),
    )  # fmt: skip


def two_layer_single(*arguments):
    return two_layer_divided_last(*(np.float32(values) for values in arguments))


RIGHT = {
    "hinge": {
        "a loop, a Python float": hinge_loop,
        "the truth's 1 taken away": hinge_minus_one,
        "TensorFlow": hinge_tensor,
        "keras.ops": hinge_keras,
        "float32": lambda s, t: np.float32(hinge_loop(s, t)),
        "a 0-d array": lambda s, t: np.array(hinge_loop(s, t)),
        "float32 inside": lambda s, t: hinge_minus_one(s.astype(np.float32), t),
        "pandas": lambda s, t: pd.DataFrame(s).apply(
            lambda r: np.maximum(0, r - r[t[r.name]] + 1).sum() - 1, axis=1
        ).mean(),
    },
    "numeric_gradient": {
        "a step of h/2 to each side": slopes_half,
        "put back after each": slopes_back,
        "all steps at once, a list": slopes_eye,
        "five points": slopes_five,
        "scipy, from both sides": slopes_scipy,
        "a tensor": lambda f, W, h=1e-5: tf.constant(slopes_half(f, W, h)),
        "without a default": lambda f, W, h: slopes_back(f, W, h),
    },
    "relu_backward": {
        "where": lambda blame, z: np.where(z > 0, blame, 0),
        "a copy with zeros": relu_in_place_of_copy,
        "a gradient tape": relu_tape,
        "heaviside": lambda blame, z: blame * np.heaviside(z, 0),
        "lists": lambda blame, z: np.where(z > 0, blame, 0).tolist(),
        "float32": lambda blame, z: (blame * (z > 0)).astype(np.float32),
        "keras.ops": lambda blame, z: keras.ops.where(z > 0, blame, 0),
        "as floats": lambda blame, z: (z > 0).astype(float) * blame,
        "sign": lambda blame, z: blame * (np.sign(z) + 1) // 2 * 0 + blame * (z > 0),
    },
    "stable_softmax": {
        "a loop, lists": softmax_loop,
        "scipy": lambda z: softmax(z, axis=1),
        "TensorFlow": lambda z: tf.nn.softmax(z),
        "keras.ops": lambda z: keras.ops.softmax(z, axis=-1),
        "the exponential of log_softmax": lambda z: np.exp(log_softmax(z, axis=1)),
        "squares of halves": softmax_halves,
        "float64 throughout": lambda z: softmax(np.float64(z), axis=1),
        "pandas": lambda z: pd.DataFrame(softmax(z, axis=1)),
    },
    "two_layer_gradients": {
        "finite differences": two_layer_differences,
        "a gradient tape": two_layer_tape,
        "an example at a time": two_layer_loop,
        "divided at the end, a list": two_layer_divided_last,
        "einsum": two_layer_einsum,
        "float32": two_layer_single,
        "lists": lambda *a: [v.tolist() for v in two_layer_loop(*a)],
    },
}  # fmt: skip


def _hinge(rng):
    n, c = rng.integers(1, 12), rng.integers(2, 7)
    return rng.normal(0, rng.uniform(0.5, 3), (n, c)), rng.integers(0, c, n)


def _gradient(rng):
    shape = tuple(rng.integers(1, 4, rng.integers(1, 4)))
    a, W = rng.normal(size=shape), rng.normal(size=shape)
    return (lambda V: float(np.sum(a * V**2) + np.sum(V)), W, 10 ** rng.uniform(-4, -2))


def _relu(rng):
    shape = tuple(rng.integers(1, 5, rng.integers(1, 4)))
    z = np.round(rng.normal(size=shape), 1)
    return rng.normal(size=shape), z


def _softmax(rng):
    shape = rng.integers(1, 6, 2)
    return (rng.normal(0, 10 ** rng.uniform(0, 3), shape),)


def _two_layers(rng):
    n, inputs, hidden, classes = rng.integers(2, 6, 4)
    X, Y = rng.normal(size=(n, inputs)), np.eye(classes)[rng.integers(0, classes, n)]
    shapes = (inputs, hidden), hidden, (hidden, classes), classes
    return X, Y, *(rng.normal(size=shape) for shape in shapes)


INPUTS = {
    "hinge": _hinge,
    "numeric_gradient": _gradient,
    "relu_backward": _relu,
    "stable_softmax": _softmax,
    "two_layer_gradients": _two_layers,
}
EQUIVALENT = {
    "hinge": {
        "3: np.maximum(0, scores - scores[rows, truth][:, None] + 1): arguments swapped"
    },
    "numeric_gradient": {
        "1: 1e-05: -0.99999",  # h is always given
        "1: 1e-05: 1.00001",
        "1: 1e-05: 0",
        "2: np.zeros: ones",  # each entry is set
    },
    "two_layer_gradients": {
        "2: np.maximum(0, X @ W1 + b1): arguments swapped",
        "4: Z - Z.max(axis=1, keepdims=True): Add",  # any shift will do
        "4: Z - Z.max(axis=1, keepdims=True): only the left",
        "4: Z.max(axis=1, keepdims=True): without axis",
        "4: Z.max: mean",
        "4: Z.max: min",
    },
}
