"""Exercises of 02_CNNAnatomy: a layer, a filter, max pooling, field, a network."""

import keras
import numpy as np
from keras import layers

from utils import datasets
from utils.exercises import Exercise, Wrong, blocks, named
from utils.exercises.values import describe


def layer_facts(N, P, d, K, s, z):
    return (N + 2 * z - P) // s + 1, (P * P * d + 1) * K


_FITS = "return ( → if (N + 2 * z - P) % s: raise ValueError\n    return ("
_ALL = "(N + 2 * z - P) // s + 1, (P * P * d + 1) * K →"

layer_facts = Exercise(
    layer_facts,
    cases=lambda rng: [
        (30, 4, 3, 8, 2, 1), (32, 5, 3, 16, 1, 2), (12, 3, 5, 4, 3, 0),
        (21, 1, 2, 7, 1, 0), (10, 6, 4, 3, 4, 3), (16, 16, 1, 2, 1, 0),
        (7, 3, 1, 1, 3, 0), (25, 6, 2, 5, 4, 1), (32, 3, 2, 9, 2, 1),
    ],
    parts={"the size": "(N + 2z - P) / s + 1, rounded down",
           "the parameters": "(P · P · d + 1) · K"},
    also=((_FITS,),),
    mistakes={
        "// s + 1 → // s": "the + 1 is missing: also the first position counts",
        "+ 2 * z → + z": "z zeros stand on *each* side of a row, so 2z in all",
        " + 2 * z →": "the padding z is missing",
        ") // s + 1 → ) + 1": "the stride s is missing: it moves by {s}, not by 1",
        "2 * z - P → 2 * z": "the window P is missing",
        "// s → / s": "the window does not fit; round down (`//`), as libraries do",
        "(P * P * d + 1) * K → P * P * d * K": "the biases are missing, one a filter",
        "d + 1) * K → d * K + 1)": "one bias for *each* of K filters, not one for all",
        "P * P * d → P * P": "a filter is as deep as its input: {d} kernels",
        "P * P * d → P * d": "a kernel has P × P weights",
        " + 1) * K → + 1)": "that is a single filter; there are {K}",
        "P * d + 1) * K → P + 1) * d * K": "a filter has one bias, not one a kernel",
        "P * P * d → N * N * d": "that is a dense layer; a filter sees only P × P",
        f"{_ALL} (P * P * d + 1) * K, (N + 2 * z - P) // s + 1": "in the wrong order",
        f"{_ALL} (N + 2 * z - P) // s + 1": "two numbers are asked, (size, parameters)",
    },
    hints=("How many places has a window of P in a row of N + 2z, if it moves by s?",
           "The size is `(N + 2 * z - P) // s + 1`; a filter is P × P × d and a bias.",
           "There are K filters, each with its own bias: `(P * P * d + 1) * K`."),
    lesson="For instance N=32, P=5, d=3, K=16, s=1, z=2: 32 × 32 × 16 and 1,216 "
    "parameters.",
)  # fmt: skip


def one_filter(volume, filt, bias):
    P, Q = filt.shape[:2]
    out = np.zeros((volume.shape[0] - P + 1, volume.shape[1] - Q + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(volume[i : i + P, j : j + Q] * filt) + bias
    return out


def _volumes(rng):
    for rows, columns, P, Q, d, bias in (
        (6, 8, 3, 2, 3, 1.5), (5, 5, 2, 4, 2, -3), (7, 4, 3, 3, 4, 0.75),
        (4, 7, 1, 1, 5, 2.25), (3, 4, 3, 4, 2, -5), (5, 6, 2, 2, 1, 0),
    ):  # fmt: skip
        volume = np.round(rng.normal(size=(rows, columns, d)), 2)
        yield volume, np.round(rng.normal(size=(P, Q, d)), 2), bias


def _flat_map(result, volume, filt, bias):
    """The map; or what its shape tells."""
    (R, C, _), found = np.subtract(volume.shape, filt.shape) + 1, np.shape(result)
    told = {
        (R, C, filt.shape[2]): "*add* the channels: one filter gives one flat map",
        volume.shape[:2]: f"as large as the input; the window fits {R} × {C} times",
        (R - 1, C - 1): "the last window of each row and column is missing",
    }
    if found in told and found != (R, C):
        raise Wrong(f"a map of shape {found} came back: {told[found]}")
    return np.array(result)


one_filter = Exercise(
    one_filter, cases=_volumes, view=_flat_map,
    parts="each value is the sum of window times filter, all channels, plus the bias",
    mistakes={
        " + bias →": "the bias is missing",
        "filt) + bias → filt + bias)": "the bias was added to each product, not once",
        "+ bias → + filt.shape[2] * bias": "the bias was added once for each channel",
        "* filt) → * filt[::-1, ::-1])": "the filter is flipped; layers do not flip",
        "j + Q] * filt) → j + Q, 0] * filt[..., 0])": "only the first channel was read",
        "np.sum( → np.mean(": "that is the mean of the products; take their sum",
        "return out → return np.maximum(out, 0)": "cut off at 0; the ReLU comes later",
        "return out → return out.T": "rows and columns are exchanged",
        "j + Q] → j + P]": "the window is P × Q; this filter is not square",
    },
    hints=("Begin with `slide` from the first section: the loops stay the same.",
           "`volume[i:i + P, j:j + Q]` is a little cube, as deep as the filter.",
           "`np.sum(cube * filt) + bias` is one number; rows go up to N - P + 1."),
    lesson="A cube slides over a volume and leaves one flat map; K cubes leave K maps.",
)  # fmt: skip


def max_pool(x, upstream):
    def widen(small):
        return np.repeat(np.repeat(small, 2, axis=0), 2, axis=1)

    pooled = x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2).max(axis=(1, 3))
    return pooled, (x == widen(pooled)) * widen(upstream)


def _poolings(rng):
    for rows, columns in ((6, 4), (2, 2), (8, 8), (4, 6), (2, 6)):
        x = rng.permutation(np.arange(rows * columns) - 9.0).reshape(rows, columns)
        upstream = np.round(rng.normal(0, 2, (rows // 2, columns // 2)), 2)
        upstream[0, 0] = 3.5
        x[:2, :2] -= 99  # a window of negative values
        yield x, upstream


_GRADIENT = "(x == widen(pooled)) * widen(upstream) →"
_POOLED = "pooled, (x == widen(pooled)) * widen(upstream) →"

max_pool = Exercise(
    max_pool, cases=_poolings,
    parts={"the pooled map": "the largest value of each 2 × 2 window, side by side",
           "the gradient": "each winner receives its upstream value, the others 0"},
    mistakes={
        f"{_GRADIENT} (x == widen(pooled)) * 1.0": "it holds ones; *upstream* is asked",
        f"{_GRADIENT} widen(upstream) / 4": "a quarter each; that is average pooling",
        f"{_GRADIENT} widen(upstream)": "all four received it; only the winner may",
        "== → !=": "the losers received it; it belongs to the winner",
        f"{_GRADIENT} (x == widen(pooled)) * x": "winners' values; upstream is asked",
        ".max( → .mean(": "it holds the means; max pooling keeps the largest values",
        ".max( → .min(": "it holds the smallest values of the windows",
        "(1, 3)) → (1, 3)).clip(0)": "negative maxima exist; do not start from 0",
        f"{_POOLED} pooled": "two arrays are needed, (pooled, gradient)",
        f"{_POOLED} (x == widen(pooled)) * widen(upstream), pooled": "exchange the two",
    },
    hints=("`x.reshape(rows // 2, 2, columns // 2, 2)` has a window on axes 1 and 3.",
           "Blow the pooled map up (`np.repeat` on both axes): winners equal it.",
           "The gradient is `winners * wide(upstream)`, blown up in the same way."),
    lesson="Forward keeps the winner, backward pays only the winner.",
)  # fmt: skip


def field_width(windows):
    width, step = 1, 1
    for kernel, stride in windows:
        width += (kernel - 1) * step
        step *= stride
    return width


_WIDEN = "width += (kernel - 1) * step →"

field_width = Exercise(
    field_width,
    parts="widen by (kernel - 1) × the product of the strides below",
    cases=lambda rng: [
        ([(3, 2), (3, 1), (5, 2), (3, 1)],), ([(7, 2), (3, 2), (3, 1)],),
        ([(5, 1), (2, 2), (6, 1)],), ([(4, 3), (1, 2), (6, 3), (2, 5), (3, 1)],),
        ([(3, 1)] * 3,), ([(5, 3)],), ([(1, 1)],), named("no layer at all", []),
    ],
    mistakes={
        f"{_WIDEN} width *= kernel": "windows overlap, they add; you multiplied them",
        f"{_WIDEN} width += kernel - 1": "strides make a step worth several pixels",
        f"{_WIDEN} width += kernel * step": "each layer adds kernel - 1, not kernel",
        "sum(kernel for kernel, stride in windows)": "each adds kernel - 1, not kernel",
        "return width → return width - 1": "start from 1: a pixel sees itself",
        "- 1) * step → - 1) * step * stride": "widen first, then multiply the strides",
        "in windows → in windows[::-1]": "that begins at the output side",
        "- 1) * step → - 1) * stride": "take *all* strides below, not the layer's own",
        "step *= stride → step += stride": "strides multiply; they were added",
        "return width → return width, step": "one number is asked, the width",
    },
    hints=("Keep the width so far, and how many pixels a step of this layer is worth.",
           "A layer widens the patch by `(kernel - 1) * step`; it begins at 1.",
           "*After* widening, `step` is multiplied by the layer's stride."),
    lesson="Kernels add, strides multiply what comes behind them, padding does not "
    "occur.",
)  # fmt: skip


def digit_reader(X, y):
    keras.utils.set_random_seed(0)
    net = keras.Sequential()
    net.add(layers.Conv2D(8, 5, activation="relu"))
    net.add(layers.MaxPooling2D(4))
    net.add(layers.Flatten())
    net.add(layers.Dense(10, activation="softmax"))
    net.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    net.fit(X, y, batch_size=25, epochs=5, verbose=0)
    return net


def digits_drawn(rows, seed=0):
    """Some of the training digits, mixed: images from 0 to 1, and labels."""
    data = datasets.mnist("train")
    order = np.random.default_rng(seed).permutation(len(data))[rows]
    return data.images[order, ..., None] / np.float32(255), data.labels[order]


def _read(net, X, y):
    """What counts of a network: its form, and how it reads digits held back."""
    if not isinstance(net, keras.Model):
        raise Wrong(f"the network itself must come back; received {describe(net)}")
    images, labels = digits_drawn(slice(3500, None))
    outputs = np.asarray(net(images, training=False))
    right = np.mean(outputs.argmax(axis=-1).reshape(len(labels), -1)[:, 0] == labels)
    kinds = " ".join(type(layer).__name__ for layer in blocks.leaves(net))
    steps = getattr(getattr(net, "optimizer", None), "iterations", 0)
    levels = "fewer than 2 in 10", "2 to 6 in 10", "6 to 9 in 10", "9 in 10 or more"
    return {
        "outputs a digit": outputs.shape[-1],
        "the outputs of a digit add up to 1": bool(
            np.allclose(outputs.sum(axis=-1), 1, atol=1e-3)
        ),
        "a convolution is in it": "Conv" in kinds,
        "parameters": "up to 70,000" if net.count_params() <= 70_000 else "more",
        "was trained": bool(int(steps) > 0 or right > 0.3),
        "digits held back that it reads": levels[np.digitize(right, (0.2, 0.6, 0.9))],
    }


_FIT = "net.fit(X, y, batch_size=25, epochs=5, verbose=0) →"

digit_reader = Exercise(
    digit_reader,
    cases=lambda rng: [named("1,000 digits", *digits_drawn(slice(1000)))],
    view=_read,
    mistakes={
        f"{_FIT} pass": "it was compiled and never fitted",
        "epochs=5 → epochs=1": "train for more epochs; if it reads its own digits "
        "by heart already, use more filters, or pool",
        "Adam(0.01) → Adam(3.0)": "it only guesses: the learning rate is far too large "
        "or too small (try 0.01), or the labels are not those of the images",
        f"{_FIT} net.fit(X[y < 5], y[y < 5], epochs=5, verbose=0)": "as if "
        "half of the digits had been left out: train on all of `X` and `y`, unchanged",
        ', activation="softmax" →': "the softmax at the end is missing",
        "Dense(10 → Dense(12": "there are ten digits, 0 to 9, so ten outputs",
        'Conv2D(8, 5, activation="relu") → Activation("relu")': "a convolution was "
        "asked: `layers.Conv2D(8, 5, activation=\"relu\")` comes first",
        "Flatten() → Flatten()); net.add(layers.Dense(400)": "a wide dense layer "
        "behind `Flatten` is dear; pool before it, or make it narrower",
    },
    parts="convolution, pooling, `Flatten`, ten outputs with softmax; then compile "
    "and fit for some more epochs",
    hints=(
        "A `keras.Sequential` of four layers is enough: `Conv2D` with ReLU, "
        "`MaxPooling2D`, `Flatten`, `Dense(10, activation=\"softmax\")`.",
        "Compile it with `keras.optimizers.Adam(0.01)` and "
        "`sparse_categorical_crossentropy`, the loss for labels that are numbers.",
        "`net.fit(X, y, batch_size=25, epochs=5, verbose=0)`, then `return net`.",
    ),
    lesson="Nine in ten digits that it never saw, and the test digits stay unused.",
)  # fmt: skip
