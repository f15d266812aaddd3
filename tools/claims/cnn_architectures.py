"""Claims of 03_CNNArchitectures: starts, skips, activations, work and errors."""

import csv
from functools import partial

import numpy as np

from claims import Row, needs, one_at_a_time

NOTEBOOK = "03_CNNArchitectures"
STACKS = {  # of plain layers, or of layers with skips
    "width": (8, 12, 32),
    "pairs": (15, 10, 25),
    "seeds": ((0,), (1, 2, 3)),
    "draw": ("uniform", "normal"),
    "data": ("clothes", "digits"),
}


@needs(gigabytes=1.5)
def start_decides():
    """The number of maps, the depth, the seeds, the draw (uniform or normal), the
    images. Dies means below a thousandth of the last layer's signal at the start, and a
    gradient below 1e-4 at the first layer; alive means that both are at least a
    hundred times as large as with the other start."""
    for name, settings in one_at_a_time(**STACKS):
        yield name, partial(_start_decides, **settings)


def _start_decides(**settings):
    weak, strong = _both_starts(skip=False, **settings)
    holds = all(
        g[0][-1] < 1e-3 * g[0][0]
        and g[1][0] < 1e-4
        and h[0][-1] > 100 * g[0][-1]
        and h[1][0] > 100 * g[1][0]
        for g, h in zip(weak, strong)
    )
    words = [
        f"{name}: signal {np.median([r[0][-1] for r in runs]):.0e}, "
        f"gradient {np.median([r[1][0] for r in runs]):.0e}"
        for name, runs in (("Glorot", weak), ("He", strong))
    ]
    return Row("; ".join(words), holds)


@needs(gigabytes=1.5)
def skips_carry():
    """The number of maps, the depth, the seeds, the draw, the images. Carried means
    that the first layer's gradient is above 0.01 with Glorot's start; too much means
    that with He's start the last layer's signal is five times the first one's."""
    for name, settings in one_at_a_time(**STACKS):
        yield name, partial(_skips_carry, **settings)


def _skips_carry(**settings):
    weak, strong = _both_starts(skip=True, **settings)
    holds = all(g[1][0] > 0.01 for g in weak) and all(
        h[0][-1] > 5 * h[0][0] for h in strong
    )
    words = (
        f"Glorot: gradient {np.median([g[1][0] for g in weak]):.0e}; He: signal from "
        f"{np.median([h[0][0] for h in strong]):.1f} to "
        f"{np.median([h[0][-1] for h in strong]):.0f}"
    )
    return Row(words, holds)


def _both_starts(skip, width, pairs, seeds, draw, data):
    """Sizes of signals and gradients in one stack a seed: Glorot's start, then He's."""
    images, labels = _images(data, 64)
    return (
        [_inside(images, labels, s, pairs, skip, f"{k}_{draw}", width) for s in seeds]
        for k in ("glorot", "he")
    )


@needs(gigabytes=1.5)
def normalized_gradients():
    """The number of maps, the depth, the seeds, the start, the images. Grows means
    that the plain network's first gradient is at least five times its last ones; with
    skips it grows by less."""
    for name, settings in one_at_a_time(
        width=(8, 12, 32),
        pairs=(25, 15),
        seeds=((0,), (1, 2, 3)),
        start=("he_normal", "glorot_uniform"),
        data=("clothes", "digits"),
    ):
        yield name, partial(_normalized_gradients, **settings)


def _normalized_gradients(width, pairs, seeds, start, data):
    images, labels = _images(data, 64)
    growth = {}
    for skip in (False, True):
        runs = (
            _inside(images, labels, seed, pairs, skip, start, width, norm=True)[1]
            for seed in seeds
        )
        growth[skip] = np.array([sizes[0] / np.median(sizes[-4:]) for sizes in runs])
    words = f"plain {np.median(growth[False]):.0f}, skips {np.median(growth[True]):.0f}"
    holds = np.all(growth[False] > 5) and np.all(growth[False] > 2 * growth[True])
    return Row(f"first over last gradients: {words}", bool(holds))


@needs(gigabytes=1.0)
def relu_and_tanh():
    """The learning rate, the depth, the width, the batch, the bar, pixels with their
    mean taken away, the gain of tanh's start (1, or the 5/3 that some libraries
    recommend); ReLU has its √2. At most twice means a mean over three seeds of at most
    2.2, and at least 0.7."""
    for name, settings in one_at_a_time(
        rate=(0.03, 0.1, 0.01),
        depth=(6, 3),
        width=(32, 64),
        batch=(200, 50),
        bar=(0.3, 0.1),
        centered=(False, True),
        gain=(1.0, 1.67),
    ):
        yield name, partial(_relu_and_tanh, **settings)


def _relu_and_tanh(gain, **settings):
    needed = {
        name: [_epochs(name, start, seed, **settings) for seed in range(3)]
        for name, start in (("tanh", gain), ("relu", 2**0.5))
    }
    ratio = np.mean(needed["tanh"]) / np.mean(needed["relu"])
    words = f"epochs: tanh {needed['tanh']}, ReLU {needed['relu']}, ratio {ratio:.2f}"
    return Row(words, bool(0.7 < ratio < 2.2))


@needs(gigabytes=2.0)
def skips_learn():
    """The learning rate, the start, the optimizer, how long, how wide, how many images,
    and whether accuracy is taken in the last round or after it, on training or on test
    images: 17 layers with skips are two points or more ahead of 17 without, and of 5.
    Means over two seeds."""
    for name, settings in one_at_a_time(
        rate=(0.1, 0.05, 0.2),
        start=("he_normal", "glorot_uniform"),
        optimizer=("SGD", "SGD with momentum", "Adam"),
        epochs=(3, 12),
        width=(12, 20),
        images=(2000, 4000),
        measure=("in the last round", "after it", "on test images"),
    ):
        yield name, partial(_skips_learn, **settings)


def _skips_learn(**settings):
    found = {
        name: _trained(pairs, skip, **settings)
        for name, pairs, skip in (
            ("plain 5", 2, False), ("plain 17", 8, False), ("skips 17", 8, True),
        )
    }  # fmt: skip
    words = ", ".join(f"{name} layers {score:.3f}" for name, score in found.items())
    skips = found.pop("skips 17")
    return Row(f"accuracy: {words}", bool(skips >= max(found.values()) + 0.02))


@needs(gigabytes=1.5)
def near_identity():
    """The learning rate, the number of blocks, the width, the size of the bend, how
    long, the seed. By far means a tenth of the loss of plain networks and of residual
    ones whose blocks start open."""
    for name, settings in one_at_a_time(
        rate=(0.003, 0.001, 0.01),
        blocks=(5, 10),
        width=(8, 16),
        bend=(0.1, 0.3),
        epochs=(8, 24),
        seed=(0, 1),
    ):
        yield name, partial(_near_identity, **settings)


def _near_identity(**settings):
    plain, skip, shut = (
        _bent(skip, shut, **settings)
        for skip, shut in ((False, False), (True, False), (True, True))
    )
    words = f"loss: plain {plain:.3f}, residual {skip:.3f}, blocks shut {shut:.4f}"
    return Row(words, bool(min(plain, skip) > 10 * shut))


@needs(gigabytes=1.0)
def work_and_errors():
    """The measure of the error; each of the other seven left out in turn. Mostly means
    a rank correlation below -0.6 without VGG19; with it, it is nearer to zero."""
    others = [name for name in WORK if name != "VGG19"]
    for name, settings in one_at_a_time(
        error=("top1", "top5"), left_out=("nobody", *others)
    ):
        yield name, partial(_work_and_errors, **settings)


def _work_and_errors(error, left_out):
    from scipy.stats import spearmanr

    listed = _published(error)
    chosen = [name for name in WORK if name not in ("VGG19", left_out)]
    without, whole = (
        spearmanr([WORK[n] for n in names], [listed[n] for n in names]).statistic
        for names in (chosen, [*chosen, "VGG19"])
    )
    words = f"rank correlation {without:.2f} without VGG19, {whole:.2f} with it"
    return Row(words, bool(without < -0.6 and without < whole))


# Billion multiply-adds, as the notebook counts them
WORK = {
    "MobileNetV2": 0.301, "MobileNet": 0.569, "DenseNet121": 2.834, "ResNet50": 3.858,
    "InceptionV3": 5.713, "Xception": 8.357, "ResNet152": 11.282, "VGG19": 19.632,
}  # fmt: skip


def _published(error):
    """{network: error in %} of the networks that keras.io lists."""
    from utils.files import data_file

    with data_file("imagenet_errors.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["table"] == "keras"]
    return {row["network"]: float(row[error]) for row in rows}


# Networks


def _images(name, n=None):
    """Images from 0 to 1 with one channel, and labels."""
    from utils import datasets

    if name == "clothes":
        data = datasets.fashion_mnist("train").sample(4000)
    else:
        data = datasets.mnist("train").sample(4000)
    return data.images[:n, ..., None].astype(np.float32) / 255, data.labels[:n]


def _stack(pairs, skip, norm, width, start):
    """The notebook's stack of 2 pairs + 1 convolutions."""
    import keras
    from keras import layers

    def conv(size, stride=1, **more):
        return layers.Conv2D(
            width, size, stride, padding="same", kernel_initializer=start, **more
        )

    x = image = keras.Input((28, 28, 1))
    x = conv(5, 4, activation="relu")(x)
    for _ in range(pairs):
        before = x
        for last in (False, True):
            x = conv(3, use_bias=not norm)(x)
            x = layers.BatchNormalization(momentum=0.9)(x) if norm else x
            x = x if last else layers.ReLU()(x)
        x = layers.ReLU()(layers.Add()([x, before]) if skip else x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def _inside(images, labels, seed, pairs, skip, start, width, norm=False):
    """Size of signal and of gradient at each convolution, before any training."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    model = _stack(pairs, skip, norm, width, start)
    convolutions = [layer for layer in model.layers if layer.name.startswith("conv")]
    outputs = [layer.output for layer in convolutions] + [model.output]
    weights = [layer.kernel.value for layer in convolutions]
    with tf.GradientTape() as tape:
        *maps, scores = keras.Model(model.input, outputs)(images, training=True)
        loss = keras.losses.sparse_categorical_crossentropy(labels, scores)
        loss = tf.reduce_mean(loss)
    gradients = tape.gradient(loss, weights)
    return [float(np.std(m)) for m in maps], [
        float(np.linalg.norm(g)) for g in gradients
    ]


def _trained(pairs, skip, rate, start, optimizer, epochs, width, images, measure):
    """Mean accuracy of two seeds."""
    import keras

    from utils import datasets

    X, y = (part[:images] for part in _images("clothes"))
    test = datasets.fashion_mnist("test")
    X_test = test.images[..., None].astype(np.float32) / 255
    found = []
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = _stack(pairs, skip, True, width, start)
        steps = {
            "SGD": keras.optimizers.SGD(rate),
            "SGD with momentum": keras.optimizers.SGD(rate / 5, momentum=0.9),
            "Adam": keras.optimizers.Adam(rate / 50),
        }[optimizer]
        model.compile(
            steps,
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False,
        )
        told = model.fit(X, y, batch_size=100, epochs=epochs, verbose=0)
        score = told.history["accuracy"][-1]
        if measure != "in the last round":
            judged = (X, y) if measure == "after it" else (X_test, test.labels)
            score = model.evaluate(*judged, batch_size=500, verbose=0)[1]
        found.append(score)
        keras.backend.clear_session()
    return float(np.mean(found))


def _bent(skip, shut, rate, blocks, width, bend, epochs, seed):
    """The loss after training on the input plus a small bend."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    given = rng.normal(size=(512, width))
    wanted = given + bend * np.tanh(given @ rng.normal(size=(width, width)))
    start = "zeros" if shut else "glorot_uniform"
    x = first = keras.Input((width,))
    for _ in range(blocks):
        f = layers.Dense(width, activation="relu")(x)
        f = layers.Dense(width, kernel_initializer=start)(f)
        x = layers.Add()([x, f]) if skip else f
    model = keras.Model(first, x)
    model.compile(keras.optimizers.Adam(rate), "mse", jit_compile=False)
    trained = model.fit(given, wanted, batch_size=64, epochs=epochs, verbose=0)
    return trained.history["loss"][-1]


def _epochs(activation, gain, seed, rate, depth, width, batch, bar, centered):
    """Epochs of plain gradient descent until the loss on the digits is below a bar."""
    from sklearn.datasets import load_digits

    data, rng = load_digits(), np.random.default_rng(seed)
    pixels, labels = data.data / 16, data.target
    pixels = pixels - pixels.mean(axis=0) if centered else pixels
    sizes = [64] + [width] * depth
    W = [rng.normal(0, gain / a**0.5, (a, b)) for a, b in zip(sizes, sizes[1:])]
    W.append(rng.normal(0, 1 / width**0.5, (width, 10)))
    B = [np.zeros(w.shape[1]) for w in W]
    for epoch in range(1, 401):
        total, order = 0, rng.permutation(len(labels))
        for i in range(0, len(order), batch):
            chosen = order[i : i + batch]
            total += _step(W, B, pixels[chosen], labels[chosen], activation, rate)
        if total / len(order) < bar:
            return epoch
    return 400


def _step(W, B, given, labels, activation, rate):
    """One step of gradient descent; the summed loss before it."""
    heard = [given]
    for w, b in zip(W[:-1], B[:-1]):
        z = heard[-1] @ w + b
        heard.append(np.tanh(z) if activation == "tanh" else np.maximum(z, 0))
    z = heard[-1] @ W[-1] + B[-1]
    share = np.exp(z - z.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    places = np.arange(len(labels)), labels
    loss = -np.log(share[places] + 1e-12).sum()
    share[places] -= 1
    blame = share / len(labels)
    for k in reversed(range(len(W))):
        slope = blame
        if k:
            bent = 1 - heard[k] ** 2 if activation == "tanh" else heard[k] > 0
            blame = blame @ W[k].T * bent
        W[k] -= rate * heard[k].T @ slope
        B[k] -= rate * slope.sum(axis=0)
    return loss
