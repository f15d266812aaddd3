"""Correct variants and valid inputs of 02_CNNAnatomy."""

import math

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers
from scipy import ndimage, signal
from skimage.measure import block_reduce

from utils.exercises.cnn_anatomy import digits_drawn


def facts_of_a_layer(N, P, d, K, s, z):
    layer = layers.Conv2D(K, P, s)
    out = layer(keras.Input((N + 2 * z, N + 2 * z, d)))
    return out.shape[1], layer.count_params()


def facts_counted(N, P, d, K, s, z):
    places = [start for start in range(-z, N + z) if start + P <= N + z]
    return len(places[::s]), K * P**2 * d + K


def facts_or_error(N, P, d, K, s, z):
    size = (N - P + 2 * z) / s + 1
    if size != int(size):
        raise ValueError(f"the window does not fit: {size}")
    return size, K * (d * P**2 + 1)


def filter_windows(volume, filt, bias):
    windows = np.lib.stride_tricks.sliding_window_view(volume, filt.shape)
    return np.einsum("ijkpqd,pqd->ij", windows, filt) + bias


def filter_channels(volume, filt, bias):
    pairs = zip(np.moveaxis(volume, 2, 0), np.moveaxis(filt, 2, 0))
    return sum(signal.correlate2d(v, f, "valid") for v, f in pairs) + bias


def filter_tensor(volume, filt, bias):
    out = tf.nn.conv2d(volume[None], filt[..., None], 1, "VALID")
    return (out + bias)[0, ..., 0]


def filter_keras(volume, filt, bias):
    layer = layers.Conv2D(1, filt.shape[:2])
    layer.build((None, *volume.shape))
    layer.set_weights([filt[..., None], np.array([bias])])
    return layer(volume[None])[0, :, :, 0]


def filter_lists(volume, filt, bias):
    P, Q, d = filt.shape
    return [
        [
            bias
            + sum(
                volume[i + p, j + q, k] * filt[p, q, k]
                for p in range(P)
                for q in range(Q)
                for k in range(d)
            )
            for j in range(volume.shape[1] - Q + 1)
        ]
        for i in range(volume.shape[0] - P + 1)
    ]


def filter_shifts(volume, filt, bias):
    rows, columns = (n - p + 1 for n, p in zip(volume.shape, filt.shape[:2]))
    out = np.full((rows, columns), float(bias))
    for p, q, k in np.ndindex(filt.shape):
        out += filt[p, q, k] * volume[p : p + rows, q : q + columns, k]
    return out


def filter_around(volume, filt, bias):
    P, Q, d = filt.shape
    around = ndimage.correlate(volume, filt, mode="constant")
    inside = around[P // 2 :, Q // 2 :, d // 2]
    return inside[: volume.shape[0] - P + 1, : volume.shape[1] - Q + 1] + bias


def pool_loop(x, upstream):
    pooled, gradient = np.zeros(upstream.shape), np.zeros(x.shape)
    for i, j in np.ndindex(upstream.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        a, b = np.unravel_index(window.argmax(), (2, 2))
        pooled[i, j] = window[a, b]
        gradient[2 * i + a, 2 * j + b] = upstream[i, j]
    return pooled, gradient


def pool_tape(x, upstream):
    x = tf.constant(x[None, ..., None])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool2d(x, 2, 2, "VALID")
    slope = tape.gradient(y, x, output_gradients=upstream[None, ..., None])
    return y[0, ..., 0], slope[0, ..., 0]


def pool_keras(x, upstream):
    pooled = layers.MaxPooling2D()(x[None, ..., None])[0, ..., 0]
    wide = keras.ops.kron if hasattr(keras.ops, "kron") else np.kron
    wide = wide(np.asarray(pooled), np.ones((2, 2)))
    return pooled, np.where(x == wide, np.kron(upstream, np.ones((2, 2))), 0)


def pool_lists(x, upstream):
    return [part.tolist() for part in pool_loop(x, upstream)]


def pool_corners(x, upstream):
    corners = x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2]
    pooled, gradient = np.maximum.reduce(corners), np.zeros_like(x)
    for k, corner in enumerate(corners):
        gradient[k % 2 :: 2, k // 2 :: 2] = (corner == pooled) * upstream
    return pooled, gradient


def pool_reduced(x, upstream):
    pooled = block_reduce(x, (2, 2), np.max)
    winners = np.isin(x, pooled)
    return pooled, winners * upstream.repeat(2, 0).repeat(2, 1)


def field_from_the_output(windows):
    width = 1
    for kernel, stride in reversed(windows):
        width = (width - 1) * stride + kernel
    return width


def field_products(windows):
    strides = [stride for _, stride in windows]
    return 1 + sum((k - 1) * math.prod(strides[:i]) for i, (k, _) in enumerate(windows))


def field_recursive(windows):
    if not windows:
        return 1
    (kernel, stride), *rest = windows
    return kernel + stride * (field_recursive(rest) - 1)


def field_array(windows):
    kernels, strides = np.array(windows, int).reshape(-1, 2).T
    steps = np.cumprod(np.r_[1, strides])[:-1]
    return 1 + np.sum((kernels - 1) * steps)


def field_seen(windows):
    """The pixels that one unit sees are marked, layer by layer."""
    seen = {0}
    for kernel, stride in windows[::-1]:
        seen = {place * stride + k for place in seen for k in range(kernel)}
    return max(seen) - min(seen) + 1


def _fitted(net, X, y, **options):
    loss = "sparse_categorical_crossentropy"
    net.compile("adam", loss, metrics=["accuracy"])
    options = {"epochs": 12, "batch_size": 32, "verbose": 0, **options}
    net.fit(X, y, **options)
    return net


def reader_lenet(X, y):
    keras.utils.set_random_seed(0)
    return _fitted(
        keras.Sequential([
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(), layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(), layers.Flatten(),
            layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]), X, y,
    )  # fmt: skip


def reader_functional(X, y):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(16, 5, activation=keras.ops.relu)(inputs)
    x = layers.MaxPooling2D(3)(x)
    x = layers.Dropout(0.1)(layers.Flatten()(x))
    outputs = layers.Softmax()(layers.Dense(10)(x))
    return _fitted(keras.Model(inputs, outputs), X, y, validation_split=0.1, epochs=10)


def reader_average(X, y):
    keras.utils.set_random_seed(0)
    parts = [keras.Input((28, 28, 1)), layers.Rescaling(2, -1)]
    for filters in (16, 32):
        parts += [layers.Conv2D(filters, 5, padding="same", activation="relu")]
        parts += [layers.MaxPooling2D(3)]
    parts += [layers.Flatten(), layers.Dense(10, "softmax")]
    return _fitted(keras.Sequential(parts), X, y, callbacks=[
        keras.callbacks.EarlyStopping("loss", patience=3)
    ])  # fmt: skip


def reader_by_batches(X, y):
    keras.utils.set_random_seed(0)
    net = keras.Sequential([
        layers.Conv2D(16, 5, activation="tanh"), layers.MaxPooling2D(4),
        layers.Flatten(), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    net.compile(keras.optimizers.SGD(0.03, 0.9), "sparse_categorical_crossentropy")
    for _ in range(10):
        for start in range(0, len(X), 25):
            net.train_on_batch(X[start : start + 25], y[start : start + 25])
    return net


def reader_by_tape(X, y):
    keras.utils.set_random_seed(0)
    net = keras.Sequential([
        keras.Input((28, 28, 1)), layers.Conv2D(8, 5, activation="relu"),
        layers.MaxPooling2D(4), layers.Flatten(), layers.Dense(10, "softmax"),
    ])  # fmt: skip
    optimizer = keras.optimizers.Adam(0.01)
    loss = keras.losses.SparseCategoricalCrossentropy()
    for step in range(150):
        rows = np.random.default_rng(step).integers(0, len(X), 50)
        with tf.GradientTape() as tape:
            wrong = loss(y[rows], net(X[rows]))
        weights = net.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(wrong, weights), weights))
    return net


def reader_one_hot(X, y):
    keras.utils.set_random_seed(0)
    net = keras.Sequential([
        layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(3),
        layers.BatchNormalization(momentum=0.9), layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    net.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    net.fit(X, keras.utils.to_categorical(y, 10), 32, 10, verbose=0)
    return net


RIGHT = {
    "layer_facts": {
        "a Keras layer": facts_of_a_layer,
        "places counted": facts_counted,
        "ValueError where it does not fit": facts_or_error,
        "math.floor, a list": lambda N, P, d, K, s, z: [
            math.floor((N + 2 * z - P) / s) + 1, (P * P * d + 1) * K
        ],
        "int, of a float": lambda N, P, d, K, s, z: (
            int((N + 2 * z - P) / s + 1), K * (P**2 * d + 1)
        ),
        "an array": lambda *a: np.array(facts_counted(*a)),
        "float32": lambda *a: np.float32(facts_counted(*a)),
        "a tensor": lambda *a: tf.constant(facts_counted(*a)),
        "keras.ops": lambda *a: keras.ops.array(facts_counted(*a)),
        "a Series": lambda *a: pd.Series(facts_counted(*a), ["size", "parameters"]),
        "0-d arrays": lambda *a: tuple(map(np.array, facts_counted(*a))),
    },
    "one_filter": {
        "all windows": filter_windows,
        "channel by channel": filter_channels,
        "TensorFlow": filter_tensor,
        "a Keras layer, float32": filter_keras,
        "lists": filter_lists,
        "shifted copies": filter_shifts,
        "ndimage, the edge cut off": filter_around,
        "scipy": lambda v, f, bias: signal.correlate(v, f, "valid")[..., 0] + bias,
        "scipy, flipped twice": lambda v, f, bias: bias
        + signal.convolve(v, f[::-1, ::-1, ::-1], "valid").squeeze(axis=2),
        "pandas": lambda *a: pd.DataFrame(filter_windows(*a)),
    },
    "max_pool": {
        "a loop with argmax": pool_loop,
        "a gradient tape": pool_tape,
        "Keras and kron": pool_keras,
        "lists": pool_lists,
        "four corners": pool_corners,
        "skimage": pool_reduced,
        "float32": lambda x, u: [p.astype(np.float32) for p in pool_loop(x, u)],
        "whole numbers": lambda x, u: (
            pool_loop(x, u)[0].astype(int), pool_tape(x, u)[1]
        ),
        "pandas": lambda x, u: tuple(map(pd.DataFrame, pool_corners(x, u))),
    },
    "field_width": {
        "from the output": field_from_the_output,
        "products of strides": field_products,
        "recursive": field_recursive,
        "an array": field_array,
        "pixels marked": field_seen,
        "a float": lambda windows: float(field_seen(windows)),
        "float32": lambda windows: np.float32(field_array(windows)),
        "a 0-d array": lambda windows: np.array(field_seen(windows)),
        "a tensor": lambda windows: tf.constant(field_seen(windows)),
        "keras.ops": lambda windows: keras.ops.array(field_recursive(windows)),
    },
    "digit_reader": {
        "LeNet": reader_lenet,
        "functional, dropout": reader_functional,
        "early stopping": reader_average,
        "batch by batch, tanh": reader_by_batches,
        "a gradient tape": reader_by_tape,
        "one-hot labels, normalized": reader_one_hot,
    },
}  # fmt: skip


def _layer(rng):
    P = int(rng.integers(1, 9))
    return tuple(map(int, rng.integers((P, P, 1, 1, 1, 0), (70, P + 1, 20, 33, 6, 6))))


def _volume(rng):
    P, Q, d = rng.integers(1, 5, 3)
    rows, columns = rng.integers((P, Q), 9)
    volume = rng.uniform(-1, 3, (rows, columns, d))
    return volume, rng.normal(size=(P, Q, d)), float(rng.normal())


def _pooling(rng):
    rows, columns = rng.integers(1, 5, 2)
    x = rng.normal(rng.normal(), 1, (2 * rows, 2 * columns))
    return x, rng.normal(size=(rows, columns))


def _windows(rng):
    pairs = rng.integers(1, (8, 4), (rng.integers(0, 7), 2))
    return ([tuple(map(int, pair)) for pair in pairs],)


def _other_digits(rng):
    return digits_drawn(slice(1000, 2000), seed=int(rng.integers(1, 99)))


INPUTS = {
    "digit_reader": _other_digits,
    "layer_facts": _layer,
    "one_filter": _volume,
    "max_pool": _pooling,
    "field_width": _windows,
}
UNMUTATED = {
    "digit_reader": "each try trains a network: its mistakes are tried instead"
}
EQUIVALENT = {
    "one_filter": {"3: np.zeros: ones"},  # each entry is set
    "max_pool": {"5: (1, 3): first two swapped"},  # two axes, in any order
    "field_width": {"2: (1, 1): first two swapped"},  # both are 1
}  # fmt: skip
