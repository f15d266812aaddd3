"""Claims of 15_VisualSearch: layers, distances, triplets, adversarial examples."""

from functools import cache, partial

import keras
import numpy as np
import skimage.data
import tensorflow as tf
from keras import layers, ops
from sklearn.datasets import load_sample_images

from claims import Row, needs, one_at_a_time
from utils import backbones, datasets
from utils.features import extract, resize

NOTEBOOK = "15_VisualSearch"
DEALS = ("blocks, 0", "blocks, 1", "blocks, 2", "categories, 0", "categories, 1")
LAYERS = ("block3", "block5", "block8", "block11", "block13", "block15", "avg_pool")


@cache
def _drawings(vendor):
    return datasets.emoji(vendor)


@cache
def _features(vendor, layer, side=96):
    backbone = backbones.load("EfficientNetLite0", side)
    return extract(backbone, _drawings(vendor).images, [layer])[layer]


def _pair(layer, asked="twitter", side=96):
    stored = "google" if asked == "twitter" else "twitter"
    return _features(asked, layer, side), _features(stored, layer, side)


@cache
def _halves(deal):
    """Positions of the emoji to choose with, and of those to judge."""
    how, seed = deal.split(", ")
    labels = _drawings("google").labels
    n = len(labels)
    group = {"blocks": np.arange(n) // 20, "categories": labels, "single": np.arange(n)}
    group = group[how]
    dealt = np.random.default_rng(int(seed)).permutation(group.max() + 1)
    known = np.isin(group, dealt[: len(dealt) // 2])
    return np.flatnonzero(known), np.flatnonzero(~known)


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)


def _ranks(asked, stored, distance="cosine"):
    if distance == "cosine":
        far = -(_unit(asked) @ _unit(stored).T)
    else:
        far = (asked**2).sum(1)[:, None] + (stored**2).sum(1) - 2 * asked @ stored.T
    return 1 + np.sum(far < np.diag(far)[:, None], axis=1)


def _recall(asked, stored, distance="cosine", k=1):
    return np.mean(_ranks(asked, stored, distance) <= k)


@needs(gigabytes=2)
def pixels_beat_colors():
    """The number of colors and of patches; the distance; which company asks."""
    for name, settings in one_at_a_time(
        colors=(6, 4, 8), patches=(8, 16), distance=("cosine", "Euclidean"),
        asked=("twitter", "google"),
    ):  # fmt: skip
        yield name, partial(_plain, **settings)


def _plain(colors, patches, distance, asked):
    def histogram(pictures):
        levels = pictures.reshape(len(pictures), -1, 3).astype(int) * colors // 256
        bins = levels @ np.array([colors**2, colors, 1])
        rows = [np.bincount(row, minlength=colors**3) for row in bins]
        return np.array(rows) / bins.shape[1]

    def means(pictures):
        n, side = len(pictures), 64 // patches
        parts = pictures.reshape(n, patches, side, patches, side, 3)
        return parts.mean(axis=(2, 4)).reshape(n, -1) / 255

    other = "google" if asked == "twitter" else "twitter"
    pair = _drawings(asked).images, _drawings(other).images
    both = [_recall(*map(way, pair), distance) for way in (histogram, means)]
    return Row(f"colors {both[0]:.3f}, pixels {both[1]:.3f}", both[1] > 5 * both[0])


@needs(gigabytes=2)
def inner_layer():
    """How the emoji are dealt; the input side; the distance; which company asks; the
    first five instead of the first; centered features."""
    for name, settings in one_at_a_time(
        deal=DEALS, side=(96, 128), distance=("cosine", "Euclidean"),
        asked=("twitter", "google"), k=(1, 5), centered=(False, True),
    ):  # fmt: skip
        yield name, partial(_sweep, **settings)


def _sweep(deal, side, distance, asked, k, centered):
    known, unseen = _halves(deal)
    found = {}
    for layer in LAYERS:
        pair = _pair(layer, asked, side)
        if centered:
            pair = [rows - rows[known].mean(axis=0) for rows in pair]
        parts = [[rows[part] for rows in pair] for part in (known, unseen)]
        found[layer] = [_recall(*part, distance, k) for part in parts]
    chosen = max(LAYERS, key=lambda layer: found[layer][0])
    lead = found[chosen][1] - found["avg_pool"][1]
    words = f"{chosen} {found[chosen][1]:.3f}, the last {found['avg_pool'][1]:.3f}"
    return Row(words, bool(chosen != "avg_pool" and lead >= 0.05))


@needs(gigabytes=2)
def centering():
    """How the emoji are dealt; the layer; which company asks."""
    for name, settings in one_at_a_time(
        deal=DEALS, layer=("block13", "block11", "block15"),
        asked=("twitter", "google"),
    ):  # fmt: skip
        yield name, partial(_means, **settings)


def _means(deal, layer, asked):
    known, unseen = _halves(deal)
    pair = _pair(layer, asked)
    raw = _recall(*(rows[unseen] for rows in pair))
    centered = _recall(*(rows[unseen] - rows[known].mean(axis=0) for rows in pair))
    return Row(f"raw {raw:.3f}, centered {centered:.3f}", bool(centered > raw))


@needs(gigabytes=2)
def cosine_beats_euclid():
    """How the emoji are dealt; the layer; which company asks."""
    for name, settings in one_at_a_time(
        deal=DEALS, layer=("block13", "block11", "block12", "block15", "block16"),
        asked=("twitter", "google"),
    ):  # fmt: skip
        yield name, partial(_distances, **settings)


def _distances(deal, layer, asked):
    known, unseen = _halves(deal)
    pair = [rows[unseen] - rows[known].mean(axis=0) for rows in _pair(layer, asked)]
    cosine, straight = (_recall(*pair, way) for way in ("cosine", "Euclidean"))
    words = f"cosine {cosine:.3f}, Euclidean {straight:.3f}"
    return Row(words, bool(cosine > straight))


@needs(gigabytes=2)
def hardest_helps():
    """How the emoji are dealt; the layer; the learning rate, the epochs, the batch; the
    seed of the training."""
    for name, settings in one_at_a_time(
        deal=DEALS, layer=("block13", "block15"), rate=(3e-4, 1e-4), epochs=(20, 40),
        batch=(64, 32), seed=(0, 1),
    ):  # fmt: skip
        yield name, partial(_helps, **settings)


def _helps(deal, **settings):
    before, hardest = _learned(deal, True, **settings)
    return Row(f"before {before:.3f}, after {hardest:.3f}", bool(hardest > before))


@needs(gigabytes=2)
def hardest_beats_random():
    """The layer; the learning rate, the epochs, the batch; the seed of the training.
    On average of three ways to deal blocks."""
    for name, settings in one_at_a_time(
        layer=("block13", "block15"), rate=(3e-4, 1e-4), epochs=(20, 40),
        batch=(64, 32), seed=(0, 1),
    ):  # fmt: skip
        yield name, partial(_against_random, **settings)


def _against_random(**settings):
    both = [
        np.mean([_learned(deal, hardest, **settings)[1] for deal in DEALS[:3]])
        for hardest in (False, True)
    ]
    return Row(f"random {both[0]:.3f}, hardest {both[1]:.3f}", bool(both[1] > both[0]))


@needs(gigabytes=2)
def kin_flatters():
    """The layer; the epochs. On average of three ways to deal."""
    for name, settings in one_at_a_time(layer=("block13", "block15"), epochs=(20, 40)):
        yield name, partial(_flattered, **settings)


def _flattered(layer, epochs):
    gains = {}
    for how in ("blocks", "single"):
        pairs = [_learned(f"{how}, {k}", True, layer, epochs=epochs) for k in range(3)]
        gains[how] = np.mean([after - before for before, after in pairs])
    words = ", ".join(f"{how} {100 * gain:+.1f} points" for how, gain in gains.items())
    return Row(words, bool(gains["single"] > gains["blocks"]))


@cache
def _learned(deal, hardest, layer="block13", rate=3e-4, epochs=20, batch=64, seed=0):
    """Recall on unseen emoji before and after; the margin is chosen on a quarter."""
    known, unseen = _halves(deal)
    asked, stored = (rows - rows[known].mean(axis=0) for rows in _pair(layer))
    pairs = np.stack([stored, asked], axis=1) / stored[known].std()
    group = np.arange(len(asked)) // (1 if deal.startswith("single") else 20)
    groups = np.random.default_rng(9).permutation(np.unique(group[known]))
    held = np.isin(group[known], groups[: len(groups) // 4])
    fit, rest = known[~held], known[held]
    tried = []
    for margin in (0.1, 0.3, 1.0):
        map_ = _trained(pairs[fit], hardest, margin, rate, epochs, batch, seed)
        chosen_by = np.mean(1 / _ranks(asked[rest] @ map_, stored[rest] @ map_))
        tried.append((chosen_by, _recall(asked[unseen] @ map_, stored[unseen] @ map_)))
    return _recall(asked[unseen], stored[unseen]), max(tried)[1]


def _trained(rows, hardest, margin, rate, epochs, batch, seed):
    def loss(_, mapped):
        distance = 1 - ops.matmul(mapped[:, 1], ops.transpose(mapped[:, 0]))
        positive = ops.diagonal(distance)
        others = distance + 4 * ops.eye(ops.shape(distance)[0])
        negative = ops.diagonal(ops.roll(others, 1, axis=1))
        if hardest:
            negative = ops.min(others, axis=1)
        return ops.mean(ops.relu(positive - negative + margin))

    keras.utils.set_random_seed(seed)
    width = rows.shape[-1]
    dense = layers.Dense(width, use_bias=False, kernel_initializer="identity")
    shape = keras.Input((2, width))
    model = keras.Sequential([shape, dense, layers.UnitNormalization()])
    settings = {"steps_per_execution": len(rows) // batch}
    model.compile(keras.optimizers.Adam(rate), loss, **settings)
    rows = rows[: len(rows) // batch * batch]
    nothing = np.zeros(len(rows))
    model.fit(rows, nothing, batch_size=batch, epochs=epochs, verbose=0)
    return dense.get_weights()[0]


@cache
def _photographs():
    china, flower = load_sample_images().images
    names = "chelsea coffee rocket astronaut camera coins brick moon clock".split()
    photographs = [getattr(skimage.data, name)() for name in names]
    squares = []
    for picture in (*photographs, china, flower, skimage.data.stereo_motorcycle()[0]):
        side = min(picture.shape[:2])
        top, left = ((size - side) // 2 for size in picture.shape[:2])
        square = picture[top : top + side, left : left + side]
        squares.append(resize(square[None], 224)[0])
    return np.array(squares, "float32")


@cache
def _network():
    return backbones.load("EfficientNetLite0")


def _classes(pictures):
    ready = _network().preprocess(pictures)
    return _network().model.predict(ready, batch_size=4, verbose=0).argmax(axis=1)


def _slopes(picture, label):
    ready = tf.constant(_network().preprocess(picture[None]))
    with tf.GradientTape() as tape:
        tape.watch(ready)
        loss = -tf.math.log(_network().model(ready)[0, label] + 1e-9)
    return tape.gradient(loss, ready).numpy()[0]


@needs(gigabytes=2.5)
def aim_beats_noise():
    """The draw of the random signs; their kind; how the photographs are turned."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), noise=("signs", "uniform"), turned=("no", "left to right")
    ):
        yield name, partial(_aimed, **settings)


def _aimed(seed, noise, turned):
    originals = _photographs()
    if turned != "no":
        originals = originals[:, :, ::-1]
    verdicts = _classes(originals)
    aims = np.array([np.sign(_slopes(*one)) for one in zip(originals, verdicts)])
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], originals.shape)
    if noise == "uniform":
        signs = rng.uniform(-(3**0.5), 3**0.5, originals.shape)  # as strong
    moved = [originals + aims, originals + 4 * signs]
    aimed, random = (
        int(np.sum(_classes(one.clip(0, 255).astype("float32")) != verdicts))
        for one in moved
    )
    words = f"{aimed} of 12 with aim by 1, {random} at random by 4"
    return Row(words, aimed > random)


@needs(gigabytes=2.5)
def any_target():
    """The class that is wanted. At least nine of twelve photographs, after rounding."""
    for goal in ("espresso", "daisy", "missile"):
        yield goal, partial(_forged, goal)


def _forged(goal):
    label, reached = _network().class_names.index(goal), []
    for original in _photographs():
        forged = original.copy()
        for _ in range(20):
            forged -= 0.5 * np.sign(_slopes(forged, label))
            forged = forged.clip(original - 2, original + 2).clip(0, 255)
        reached.append(_classes(forged.round()[None])[0] == label)
    return Row(f"{sum(reached)} of {len(reached)} become {goal}", sum(reached) >= 9)
