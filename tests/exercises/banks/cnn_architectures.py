"""Correct variants and valid inputs of 03_CNNArchitectures."""

import fractions

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers


def cost_counted(side, channels, filters, size, stride, padding):
    places = range(-padding, side + padding - size + 1, stride)
    kernel = np.prod([size, size, channels])
    return [len(places), (kernel + 1) * filters, kernel * filters * len(places) ** 2]


def cost_floor(side, channels, filters, size, stride, padding):
    out = np.floor((side - size + 2 * padding) / stride) + 1
    weights = size**2 * channels * filters
    return out, weights + filters, weights * out**2


def cost_keras(side, channels, filters, size, stride, padding):
    layer = layers.Conv2D(filters, size, stride)
    side += 2 * padding
    out = layer(keras.Input((side, side, channels))).shape[1]
    count = layer.count_params()
    return out, count, (count - filters) * out * out


def separable_one(x, filters):
    return layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)


def separable_grouped(x, filters):
    n = x.shape[-1]
    x = layers.Conv2D(n, 3, padding="same", use_bias=False, groups=n)(x)
    return layers.Conv2D(filters, (1, 1), use_bias=False)(x)


def separable_padded(x, filters):
    x = layers.ZeroPadding2D(1)(x)
    x = layers.DepthwiseConv2D((3, 3), use_bias=False, activation="linear")(x)
    return layers.Conv2D(filters, 1, padding="same", use_bias=False)(x)


def separable_model(x, filters):
    deep = layers.DepthwiseConv2D(3, padding="same", use_bias=False)
    return keras.Sequential([deep, layers.Conv2D(filters, 1, use_bias=False)])(x)


def separable_list(x, filters):
    for layer in [
        layers.DepthwiseConv2D(3, 1, "same", use_bias=False),
        layers.Conv2D(filters, 1, 1, "valid", use_bias=False),
    ]:
        x = layer(x)
    return layers.Activation("linear")(x)


def separable_whole(x, filters):
    return keras.Model(x, separable_one(x, filters))


def residual_with(relu, add=lambda f, x: layers.Add()([f, x]), **conv):
    """A block with another ReLU, another addition, other arguments."""

    def block(x, filters, stride):
        f = layers.Conv2D(filters, 3, stride, padding="same", **conv)(x)
        f = layers.Conv2D(filters, (3, 3), padding="same", **conv)(relu(f))
        if stride != 1 or filters != x.shape[-1]:
            x = layers.Conv2D(filters, 1, strides=stride, padding="same", **conv)(x)
        return relu(add(f, x))

    return block


def residual_skip_first(x, filters, stride):
    fits = stride == 1 and x.shape[-1] == filters
    skip = x if fits else layers.Conv2D(filters, 1, stride, use_bias=False)(x)
    f = layers.Conv2D(filters, 3, stride, "same", activation="relu")(x)
    return layers.ReLU()(skip + layers.Conv2D(filters, 3, 1, "same")(f))


def residual_model(x, filters, stride):
    f = keras.Sequential(
        [
            layers.Conv2D(filters, 3, stride, padding="same", activation="relu"),
            layers.Conv2D(filters, 3, padding="same"),
        ]
    )
    if stride > 1 or x.shape[-1] != filters:
        skip = layers.Conv2D(filters, 1, stride)(x)
    else:
        skip = layers.Identity()(x)
    return layers.Activation("relu")(layers.add([skip, f(x)]))


def grow(k0, k, n):
    maps = [k0]
    while len(maps) < n:
        maps.append(maps[-1] + k)
    return maps


def residual_dense_skip(x, filters, stride):
    f = layers.Conv2D(filters, 3, stride, "same", activation="relu")(x)
    f = layers.Conv2D(filters, 3, padding="same")(f)
    skip = x if x.shape == f.shape else layers.Dense(filters)(x[:, ::stride, ::stride])
    return keras.activations.relu(layers.add([skip, f]))


def tower(relu=keras.activations.relu, add=lambda f, x: layers.Add()([f, x]), end=None):
    """The mended network with another ReLU, another addition, another end."""

    def network(x, filters, blocks):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = relu(x)
        for _ in range(blocks):
            f = x
            for last in (False, True):
                f = layers.Conv2D(filters, 3, padding="same", use_bias=False)(f)
                f = layers.BatchNormalization()(f)
                f = f if last else relu(f)
            x = relu(add(f, x))
        return (end or plain_end)(x)

    return network


def plain_end(x):
    return layers.Dense(10)(layers.GlobalAveragePooling2D()(x))


def averaged_end(x):
    return layers.Dense(10)(keras.ops.mean(x, axis=(1, 2)))


def pooled_end(x):
    x = layers.AveragePooling2D((x.shape[1], x.shape[2]))(x)
    return layers.Dense(10, activation="linear")(layers.Flatten()(x))


RIGHT = {
    "layer_cost": {
        "places counted, a list": cost_counted,
        "floats": cost_floor,
        "Keras": cost_keras,
        "an array": lambda *a: np.array(cost_counted(*a)),
        "a tensor": lambda *a: tf.constant([int(v) for v in cost_counted(*a)]),
        "a Series": lambda *a: pd.Series(cost_counted(*a)),
        "fractions": lambda *a: tuple(
            fractions.Fraction(int(v)) for v in cost_floor(*a)
        ),
        "0-d arrays": lambda *a: tuple(map(np.array, cost_counted(*a))),
    },
    "separable": {
        "Keras' own layer": separable_one,
        "groups": separable_grouped,
        "padded by hand": separable_padded,
        "a Sequential": separable_model,
        "a loop": separable_list,
        "a model": separable_whole,
        "a dense layer over the maps": lambda x, filters: layers.Dense(
            filters, use_bias=False
        )(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)),
    },
    "residual": {
        "keras.ops.relu": residual_with(keras.ops.relu),
        "keras.activations.relu": residual_with(keras.activations.relu),
        "layers.Activation": residual_with(layers.Activation("relu")),
        "ReLU() and +": residual_with(layers.ReLU(), lambda f, x: x + f),
        "no biases": residual_with(layers.ReLU(), use_bias=False),
        "ops.add": residual_with(lambda t: keras.ops.maximum(t, 0), keras.ops.add),
        "the skip first": residual_skip_first,
        "a Sequential": residual_model,
        "a model": lambda x, *a: keras.Model(x, residual_skip_first(x, *a)),
        "a dense skip": residual_dense_skip,
    },
    "dense_maps": {
        "grown": grow,
        "a range": lambda k0, k, n: range(k0, k0 + k * n, k),
        "a tuple": lambda k0, k, n: tuple(grow(k0, k, n)),
        "an array": lambda k0, k, n: k0 + k * np.arange(n),
        "float32": lambda k0, k, n: k0 + k * np.arange(n, dtype=np.float32),
        "a tensor": lambda k0, k, n: k0 + k * tf.range(n),
        "keras.ops": lambda k0, k, n: keras.ops.arange(n) * k + k0,
        "a Series": lambda k0, k, n: pd.Series(grow(k0, k, n)),
        "a cumulated sum": lambda k0, k, n: np.cumsum([k0] + [k] * (n - 1)).tolist(),
        "layers, concatenated": lambda k0, k, n: [k0 + sum([k] * i) for i in range(n)],
    },
    "mended": {
        "a loop in the block": tower(),
        "layers.ReLU": tower(layers.ReLU()),
        "keras.ops.relu": tower(keras.ops.relu),
        "layers.Activation": tower(layers.Activation("relu")),
        "+": tower(add=lambda f, x: x + f),
        "layers.add": tower(add=lambda f, x: layers.add([x, f])),
        "a mean over places": tower(end=averaged_end),
        "average pooling, flattened": tower(end=pooled_end),
        "a model": lambda x, *plan: keras.Model(x, tower()(x, *plan)),
    },
}


def _cost(rng):
    size = int(rng.integers(1, 8))
    side, stride, padding = map(int, rng.integers((size, 1, 0), (60, 5, 4)))
    channels, filters = map(int, rng.integers(1, 20, 2))
    return side, channels, filters, size, stride, padding


def _map(rng):
    return keras.Input(tuple(int(n) for n in rng.integers((4, 4, 1), (9, 9, 6))))


INPUTS = {
    "layer_cost": _cost,
    "separable": lambda rng: (_map(rng), int(rng.integers(1, 7))),
    "residual": lambda rng: (_map(rng), *map(int, rng.integers(1, (7, 4)))),
    "dense_maps": lambda rng: tuple(map(int, rng.integers(1, (99, 60, 12)))),
    "mended": lambda rng: (_map(rng), *map(int, rng.integers(1, (6, 4)))),
}
TRIES = {"separable": 20, "residual": 20, "mended": 8}  # networks take their time
