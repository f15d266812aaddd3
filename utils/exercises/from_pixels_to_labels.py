"""Exercises of 00_FromPixelsToLabels: two colors, linear scores, patterns, pyramid."""

import numpy as np

from utils.exercises import Exercise, named

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
NAMES = {"255, 0, 0": "red", "0, 255, 0": "green", "0, 0, 255": "blue"}


def my_two_colors(image):
    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    order = np.argsort(-counts)
    return colors[[order[0], order[min(1, len(order) - 1)]]]


def _images(rng):
    three, near = (RED, BLUE, GREEN), ((255, 9, 9), (9, 255, 255), (255, 0, 9))
    pictures = {
        "60 red, 30 blue and 10 green pixels": (three, (60, 30, 10), (10, 10)),
        "the same 100 pixels in another order": (three, (60, 30, 10), (5, 20)),
        "8 blue pixels and 1 green one": ((GREEN, BLUE), (1, 8), (3, 3)),
        "7 red, 7 blue, 2 green pixels": ((BLUE, GREEN, RED), (7, 2, 7), (2, 8)),
        "three colors, two of them nearly alike": (near, (300, 90, 80), (10, 47)),
        "an all-green image": ((GREEN,), (9,), (3, 3)),
        "an image of one pixel": (near[:1], (1,), (1, 1)),
    }
    for name, (colors, counts, shape) in pictures.items():
        pixels = np.repeat(np.array(colors, np.uint8), counts, axis=0)
        yield named(name, rng.permutation(pixels).reshape(*shape, 3))


def _color_names(rows, image):
    """The colors in words; of two that are equally frequent, either may come first."""
    counts = [(image == row).all(axis=2).sum() for row in rows]
    told = [", ".join(f"{value:g}" for value in row) for row in rows]
    told = sorted(told) if len(rows) == 2 and counts[0] == counts[1] else told
    return " and ".join(NAMES.get(text, f"({text})") for text in told)


_BOTH = "colors[[order[0], order[min(1, len(order) - 1)]]] →"
_ALONE = "an image of a single color must name it twice: six numbers, always"

two_colors = Exercise(
    my_two_colors, cases=_images, view=_color_names,
    parts="count whole pixels; the most frequent color comes first",
    mistakes={
        f"{_BOTH} colors[order[:2]]": _ALONE,
        "order[min(1, len(order) - 1)] → order[1]": _ALONE,
        f"{_BOTH} colors[np.argsort(counts)[:2]]":
        "these are the two rarest colors: sort by *falling* count",
        f"{_BOTH} colors[np.argsort(counts)[-2:]]": "the most frequent comes first",
        f"{_BOTH} colors[:2]": "these are the first two by value; sort by count",
        f"{_BOTH} colors[order]": "keep the first two colors",
        f"{_BOTH} (colors, counts)": "colors *and their counts*; leave these out",
        ("image.reshape(-1, 3), axis=0, → image,", f"{_BOTH} colors[order[:2]]"):
        "one number a color; count pixels, not channel values (`axis=0`)",
        "image.reshape(-1, 3) → image.reshape(3, -1).T": "this tears pixels apart",
        "np.stack([image[0, 0], image[-1, -1]])": "where pixels stand must not matter",
    },
    hints=("First make a list of pixels: `image.reshape(-1, 3)`.",
           "`np.unique(pixels, axis=0, return_counts=True)` counts the colors.",
           "`np.argsort(-counts)[:2]` are their places; with one color, repeat it."),
    lesson="The two leading colors, wherever the pixels stand. Six numbers are left "
    "of the whole image.",
)  # fmt: skip


def linear_accuracy(W, b, X, y):
    winners = (X @ W.T + b).argmax(axis=1)
    return np.mean(winners == y)


def _classifiers(rng):
    for n, k, pixels in ((40, 3, 4), (30, 4, 4), (25, 2, 6), (5, 5, 3), (60, 6, 2)):
        W, X = rng.normal(size=(k, pixels)), rng.normal(size=(n, pixels))
        b = 3.0 * rng.permutation(k) / k - 1
        winners = (X @ W.T + b).argmax(axis=1)
        y = np.where(rng.random(n) < 0.7, winners, rng.integers(0, k, n))
        yield named(f"{n} images of {pixels} pixels and {k} classes", W, b, X, y)
    yield named("a single image, which is right", W, b, X[:1], winners[:1])
    yield named("a single image, which is wrong", W, b, X[:1], 5 - winners[:1])


_RIGHT = "np.mean(winners == y) →"

linear_accuracy = Exercise(
    linear_accuracy, cases=_classifiers,
    parts="the highest of the scores X @ W.T + b wins; asked is how often it is y",
    mistakes={
        "== y → != y": "that is the error, 1 - accuracy",
        " + b →": "the bias b is missing",
        "+ b → - b": "b is subtracted; it must be added",
        "argmax → argmin": "the lowest score wins; the highest should",
        "argmax → max": "compare the *place* of the highest score with y: `argmax`",
        f"{_RIGHT} winners": "these are classes; which share of them equals y?",
        f"{_RIGHT} np.sum(winners == y)": "that is how many; divide by their number",
        "X @ W.T + b": "these are scores; the highest of a row wins: `argmax(axis=1)`",
        "np.mean(((X @ W.T + b)[:, 1] > 0) == y)": "each class has its own row of W",
        "W.T + b → W + b": "W has a row a class and X a row an image: `X @ W.T`",
        "axis=1 → axis=0": "a row holds the scores of an image: `axis=1`",
        "axis=1 →": "each image has its own winner: `axis=1`",
    },
    hints=("`X @ W.T` has a row an image and a column a class.",
           "Add b to every row; the winner of each row is `argmax(axis=1)`.",
           "`np.mean(winners == y)` is the share of hits."),
    lesson="One product, one sum, one argmax: that is the whole linear classifier.",
)  # fmt: skip


def lbp_code(patch):
    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]
    return np.sum((ring >= patch[1, 1]) * 2 ** np.arange(8))


def _patches(rng):
    first = np.array([[82, 40, 200], [100, 80, 10], [80, 120, 30]])
    drawn, coarse = rng.integers(0, 256, (5, 3, 3)), rng.integers(1, 4, (3, 3, 3))
    extreme, flat = [[255, 0, 0], [255, 255, 0], [0, 255, 0]], np.zeros((3, 3))
    for patch in np.uint8([first, *drawn, *coarse, extreme, flat, flat + 255]):
        ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]
        bits = " ".join(map(str, (ring >= patch[1, 1]).astype(int)))
        told = f"{', '.join(map(str, ring))} around {patch[1, 1]} (bits {bits})"
        yield named(f"the neighbors {told}", patch)
    yield named("the same neighbors with half the contrast", np.uint8(first // 2 + 20))


_RING = "patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]] →"
_CODE = "np.sum((ring >= patch[1, 1]) * 2 ** np.arange(8)) →"

lbp_code = Exercise(
    lbp_code, cases=_patches,
    parts="of the bits, the first counts 1, the next 2, 4 … and the last 128",
    mistakes={
        ">= → >": "a neighbor that *equals* the center counts as bright: `>=`",
        ">= → <": "darker neighbors were counted; those at least as bright count",
        "arange(8) → arange(8)[::-1]": "weights run backwards; the first counts 1",
        f"{_RING} np.delete(patch.ravel(), 4)": "read clockwise, not row by row",
        "np.sum((patch.ravel() >= patch[1, 1]) * 2 ** np.arange(9))":
        "nine pixels were read; the center is no neighbor of itself",
        f"{_RING} patch[[0, 0, 1, 2, 2, 2, 1, 0], [1, 2, 2, 2, 1, 0, 0, 0]]":
        "start in the corner at the top left, not above the center",
        f"{_RING} patch[[0, 1, 2, 2, 2, 1, 0, 0], [0, 0, 0, 1, 2, 2, 2, 1]]":
        "that is counter-clockwise; from the top left go right",
        "(ring >= patch[1, 1]) → (ring - patch[1, 1] >= 0)":
        "all eight are bright: `patch - center` wraps around below 0 in uint8; compare",
        "* 2 ** np.arange(8) →": "that is how many neighbors are bright; weigh them",
        "2 ** np.arange(8) → np.arange(1, 9)": "the weights must double: 1, 2, 4 … 128",
        f"{_CODE} ring >= patch[1, 1]": "eight bits: weigh them with 1, 2, 4 … and add",
    },
    hints=("List the neighbors of `patch[1, 1]` clockwise, beginning at `patch[0, 0]`.",
           "`ring >= center` gives eight bits. Do not subtract: uint8 wraps around.",
           "`np.sum(bits * 2 ** np.arange(8))` weighs and adds them."),
    lesson="The code survives any change of brightness that keeps the order of the "
    "gray values.",
)  # fmt: skip


def my_values():
    return (1 + 4 + 16 + 64) * 200


pyramid = Exercise(
    my_values,
    parts="add the parts of all four levels; each has a histogram of 200 words",
    mistakes={
        "* 200 →": "that is the number of parts; each holds a histogram of 200 words",
        "1 + 4 + 16 + 64 → 64": "that is the finest level alone; add the coarser ones",
        " + 64 →": "that is three levels, 0 to 2; level 3 has another 64 parts",
        "64 → 64 + 256": "that is five levels, 0 to 4; four are asked",
        "4 + 16 + 64 → 2 + 4 + 8": "a cut halves rows *and* columns, so times four",
        "1 + 4 + 16 + 64 → 8": "a cut makes four parts of one, and all levels count",
        "1 + 4 + 16 + 64 → 4": "that is a histogram a level; levels have parts",
        ") * 200 → ) + 200": "parts and words multiply: each part has its histogram",
        "1 + 4 + 16 + 64 → 1": "that is the plain bag, level 0",
    },
    hints=("How many parts has level 0, level 1, level 2? Each part is cut into four.",
           "Add the parts of all levels; each part has a histogram of 200 words."),
    lesson="85 parts with 200 counts each: position costs numbers.",
)  # fmt: skip
