"""Exercises of 00_FromPixelsToLabels: two colors, a linear classifier, local
patterns, a pyramid, a descriptor for the evening."""

import collections  # for a mistake  # noqa: F401

import numpy as np
from skimage.feature import local_binary_pattern  # for a mistake  # noqa: F401
from sklearn.svm import SVC

from utils import datasets
from utils.exercises import Exercise, Wrong, named
from utils.lessons import descriptors

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
NAMES = {RED: "red", GREEN: "green", BLUE: "blue"}


def my_two_colors(image):
    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    order = np.argsort(-counts)
    return colors[[order[0], order[min(1, len(order) - 1)]]]


def _images(rng):
    def picture(name, colors, counts, shape):
        pixels = np.repeat(np.array(colors, np.uint8), counts, axis=0)
        return named(name, rng.permutation(pixels).reshape(*shape, 3))

    three = (RED, BLUE, GREEN), (60, 30, 10)
    near = (255, 9, 9), (9, 255, 255), (255, 0, 9), (128, 255, 0)
    return [
        picture("60 red, 30 blue and 10 green pixels", *three, (10, 10)),
        picture("the same 100 pixels in another order", *three, (5, 20)),
        picture("8 blue pixels and 1 green one", (GREEN, BLUE), (1, 8), (3, 3)),
        picture("7 red, 7 blue, 2 green pixels", (BLUE, GREEN, RED), (7, 2, 7), (2, 8)),
        picture(
            "four colors, two of them nearly alike", near, (300, 90, 80, 50), (8, 65)
        ),
        picture("an all-green image", (GREEN,), (9,), (3, 3)),
        picture("an image of one pixel", (near[0],), (1,), (1, 1)),
    ]


def _color_names(rows, image):
    """The colors in words; of two that are equally frequent, either may come first."""
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise Wrong(f"the result has shape {rows.shape} instead of (2, 3)")
    counts = [(image == row).all(axis=2).sum() for row in rows]
    if len(rows) == 2 and counts[0] == counts[1]:
        rows = sorted(rows.tolist())
    rows = [tuple(float(f"{value:g}") for value in row) for row in rows]
    told = [f"({', '.join(f'{v:g}' for v in row)})" for row in rows]
    return " and ".join(NAMES.get(row, text) for row, text in zip(rows, told))


_BOTH = "colors[[order[0], order[min(1, len(order) - 1)]]] →"
_ALONE = (
    "an image of a single color must name it twice, so that every image has six numbers"
)

two_colors = Exercise(
    my_two_colors,
    cases=_images,
    view=_color_names,
    parts="count whole pixels; the most frequent color comes first",
    mistakes={
        "-counts → counts": "these are the two rarest colors: sort by *falling* count",
        f"{_BOTH} colors[order[:2]]": _ALONE,
        "order[min(1, len(order) - 1)] → order[1]": _ALONE,
        f"{_BOTH} colors[np.sort(order[:2])]": "they are sorted by value; the most "
        "frequent color comes first",
        f"{_BOTH} colors[np.argsort(counts)[-2:]]": "these are the last of a rising "
        "order; the most frequent color comes first",
        f"{_BOTH} colors[:2]": "these are the first two by value; sort by count",
        f"{_BOTH} colors[order]": "keep the first two colors",
        f"{_BOTH} colors[order[:1]]": "one color came back; the first two are asked",
        f"{_BOTH} counts[order[:2]]": "these are counts; the colors are asked",
        f"{_BOTH} (colors, counts)": "these are the colors and their counts; only the "
        "first two colors are asked",
        ("image.reshape(-1, 3), axis=0, → image,", f"{_BOTH} colors[order[:2]]"):
        "one number a color; a color is three numbers: count pixels, not channel "
        "values (`axis=0`)",
        "image.reshape(-1, 3) → image.reshape(3, -1).T": "the numbers of a pixel were "
        "torn apart; `image.reshape(-1, 3)` has a pixel a row",
        f"{_BOTH} colors[[order[0], order[min(1, len(order) - 1)]]] / 255": "the "
        "values were divided by 255; leave them as they are",
        f"{_BOTH} colors[[order[0], order[min(1, len(order) - 1)]]].T": "a color is a "
        "row, not a column",
        "order = np.argsort(-counts) → colors = np.stack([dict(zip(counts, colors))[n] "
        "for n in np.unique(counts)]); order = np.argsort(-np.unique(counts))":
        "of colors that are equally frequent, one was lost",
        "collections.Counter(map(tuple, image.reshape(-1, 3).tolist())).most_common(2)":
        "these are pairs of a color and its count; only the colors are asked",
        "np.stack([[np.argsort(-np.bincount(c, minlength=256), kind='stable')[i] for c "
        "in image.reshape(-1, 3).T] for i in (0, 1)])": "each channel was counted on "
        "its own; a color is three numbers, count whole pixels",
        "np.stack([image[0, 0], image[-1, -1]])": "these are the colors of two "
        "corners; the answer may not depend on where pixels stand",
        "descriptors.two_colors(image[None])[0]": "colors that are nearly alike were "
        "counted as one; write it without rounding",
    },
    hints=(
        "First make a list of pixels: `image.reshape(-1, 3)`.",
        "`np.unique(pixels, axis=0, return_counts=True)` gives the colors and how "
        "often each is.",
        "`np.argsort(-counts)[:2]` are the positions of the two largest counts; with "
        "a single color, repeat it.",
    ),
    lesson="The two leading colors, wherever the pixels stand. Six numbers are left "
    "of the whole image.",
)  # fmt: skip


def linear_accuracy(W, b, X, y):
    winners = (X @ W.T + b).argmax(axis=1)
    return np.mean(winners == y)


def _classifiers(rng):
    def case(images, classes, pixels, share=0.7):
        W, X = rng.normal(size=(classes, pixels)), rng.normal(size=(images, pixels))
        b = 3.0 * rng.permutation(classes) / classes - 1
        kept = rng.random(images) < share
        y = rng.integers(0, classes, images)
        y = np.where(kept, (X @ W.T + b).argmax(axis=1), y)
        told = f"{images} images of {pixels} pixels and {classes} classes"
        return named(told, W, b, X, y)

    one = case(1, 3, 4, share=1)
    return [
        case(40, 3, 4), case(30, 4, 4), case(25, 2, 6), case(5, 5, 3), case(60, 6, 2),
        named("a single image, which is right", *one),
        named("a single image, which is wrong", *one[:3], (one[3] + 1) % 3),
    ]  # fmt: skip


_RIGHT = "np.mean(winners == y) →"

linear_accuracy = Exercise(
    linear_accuracy,
    cases=_classifiers,
    parts="the class with the highest of the scores X @ W.T + b wins; the share of "
    "images whose winner is y is asked",
    mistakes={
        "== y → != y": "that is the error, 1 - accuracy",
        " + b →": "the bias b is missing",
        "+ b → - b": "b is subtracted; it must be added",
        "argmax → argmin": "the lowest score wins; the highest should",
        f"{_RIGHT} winners": "these are classes, one an image; compare them with y and "
        "take the mean of the hits",
        f"{_RIGHT} winners == y": "these are the hits, one an image; take their mean",
        f"{_RIGHT} np.sum(winners == y)": "that is how many are right; divide by their "
        "number",
        f"{_RIGHT} np.mean(winners - y)": "classes are names: their difference means "
        "nothing; compare them with `==`",
        f"{_RIGHT} np.mean([np.mean(winners[y == c] == c) for c in np.unique(y)])":
        "that is the balanced accuracy; here each image counts alike",
        f"{_RIGHT} (winners == y)[0]": "only the first image was judged; does the "
        "`return` stand inside a loop?",
        f"{_RIGHT} np.any(winners == y)": "that says whether one is right; take the "
        "mean of the hits",
        f"{_RIGHT} np.all(winners == y)": "it is 1 only if all are right (`//` in "
        "place of `/`?); take the mean of the hits",
        "np.mean((X @ W.T + b).max(axis=1) == y)": "the highest score was compared "
        "with y; compare its place, `argmax`",
        "(X @ W.T + b).max(axis=1)": "these are the highest scores; their places, "
        "`argmax`, are the classes, to be compared with y",
        "X @ W.T + b": "these are the scores; the highest of a row wins, and the share "
        "of winners that are right is asked",
        "np.mean(((X @ W.T + b)[:, 1] > 0) == y)": "a single row of W decides, but "
        "each class has one",
        "W.T + b → W + b": "W has a row a class and X a row an image: `X @ W.T`",
        "axis=1 → axis=0": "the winner was sought among the images; a row holds the "
        "scores of an image (`axis=1`)",
        "axis=1 →": "one winner for all images together; each row has its own "
        "(`axis=1`)",
    },
    hints=(
        "X holds an image a row and W a class a row: `X @ W.T` has a row an image, a "
        "column a class.",
        "Add b to every row; the winner of each row is `argmax(axis=1)`.",
        "`np.mean(winners == y)` is the share of hits.",
    ),
    lesson="One product, one sum, one argmax: that is the whole linear classifier.",
)  # fmt: skip


def lbp_code(patch):
    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]
    return np.sum((ring >= patch[1, 1]) * 2 ** np.arange(8))


def _patches(rng):
    def around(patch):
        center, *ring = (patch[i] for i in _CLOCKWISE)
        bits = " ".join(str(int(value >= center)) for value in ring)
        told = f"{', '.join(map(str, ring))} around {center} (bits {bits})"
        return named(f"the neighbors {told}", patch)

    first = np.array([[82, 40, 200], [100, 80, 10], [80, 120, 30]], np.uint8)
    drawn = rng.integers(0, 256, (5, 3, 3), dtype=np.uint8)
    coarse = rng.integers(1, 4, (3, 3, 3), dtype=np.uint8)
    extreme = np.array([[255, 0, 0], [255, 255, 0], [0, 255, 0]], np.uint8)
    flat = np.zeros((3, 3), np.uint8)
    half = named("the same neighbors with half the contrast", first // 2 + 20)
    return [*map(around, (first, *drawn, *coarse, extreme, flat, flat + 255)), half]


_CLOCKWISE = ((1, 1), (0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
_RING = "patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]] →"
_CODE = "np.sum((ring >= patch[1, 1]) * 2 ** np.arange(8)) →"

lbp_code = Exercise(
    lbp_code,
    cases=_patches,
    parts="of the bits, the first counts 1, the next 2, 4 … and the last 128",
    mistakes={
        ">= → >": "a neighbor that *equals* the center counts as bright: `>=`",
        ">= → <": "darker neighbors were counted; those at least as bright count",
        ">= → <=": "darker neighbors were counted, and equal ones; those at least as "
        "bright count",
        "arange(8) → arange(8)[::-1]": "the weights run backwards: the first neighbor "
        "counts 1, the last 128",
        f"{_RING} np.delete(patch.ravel(), 4)": "the neighbors are read row by row; go "
        "around the center, clockwise",
        f"{_RING} np.delete(patch.T.ravel(), 4)": "the neighbors are read column by "
        "column; go around the center, clockwise",
        "np.sum((patch.ravel() >= patch[1, 1]) * 2 ** np.arange(9))": "nine pixels "
        "were read; the center is no neighbor of itself",
        "[0, 1, 2, 2, 2, 1, 0, 0]] → [0, 1, 2, 2, 2, 1, 0, 0]][[1, 2, 3, 4, 5, 6, 7, "
        "0]]": "start in the corner at the top left, not above the center",
        f"{_RING} patch[[0, 1, 2, 2, 2, 1, 0, 0], [0, 0, 0, 1, 2, 2, 2, 1]]": "that is "
        "counter-clockwise; from the top left go right",
        "local_binary_pattern(patch, 8, 1)[1, 1]": "scikit-image begins at the right, "
        "goes counter-clockwise and interpolates the corners; take the pixels",
        "(ring >= patch[1, 1]) → (ring - patch[1, 1] >= 0)": "all eight count as "
        "bright. Does `patch - center` wrap around below 0 in uint8? Compare; do "
        "not subtract",
        "(ring >= patch[1, 1]) → (ring - patch[1, 1] > 0)": "all that differ count "
        "as bright. Does `patch - center` wrap around below 0 in uint8? Compare; "
        "do not subtract",
        "patch[1, 1] → 80": "80 is written into it; compare with the center, `patch[1, "
        "1]`",
        "patch[1, 1] → patch.mean()": "the mean of the patch was the threshold; "
        "compare with the center, `patch[1, 1]`",
        "* 2 ** np.arange(8) →": "that is how many neighbors are bright; each place "
        "has its own weight",
        "2 ** np.arange(8) → 2 ** np.arange(1, 9)": "it is twice too large: the first "
        "weight is 1, not 2",
        "2 ** np.arange(8) → 2 * np.arange(8)": "the weights double: 1, 2, 4 …, "
        "`2 ** np.arange(8)`",
        "2 ** np.arange(8) → np.arange(1, 9)": "the weights are 1, 2, 3 …; they must "
        "double: 1, 2, 4 …",
        "2 ** np.arange(8) → 10 ** np.arange(8)": "the bits were read as a decimal "
        "number; weigh them with 1, 2, 4 … 128",
        "2 ** np.arange(8) → 10 ** np.arange(8)[::-1]": "the bits were read as a "
        "decimal number, and backwards; weigh them with 1, 2, 4 … 128",
        f"{_CODE} ring >= patch[1, 1]": "these are the bits; weigh them with 1, 2, 4 … "
        "128 and add",
        f"{_CODE} (ring >= patch[1, 1]) * 2 ** np.arange(8)": "these are the weighted "
        "bits; add them",
        f"{_CODE} ''.join(str(int(bit)) for bit in ring >= patch[1, 1])": "these are "
        "the bits, as text; weigh them with 1, 2, 4 … 128 and add",
    },
    hints=(
        "The center is `patch[1, 1]`; list the eight others clockwise from `patch[0, "
        "0]`.",
        "`ring >= center` gives eight bits. Do not subtract: uint8 wraps around below "
        "0.",
        "`np.sum(bits * 2 ** np.arange(8))` weighs and adds them.",
    ),
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
        "1 + 4 + 16 + 64 → 64": "that is the finest level alone; the coarser ones "
        "stand beside it",
        " + 64 →": "that is three levels, 0 to 2; level 3 has another 64 parts",
        "1 + 4 → 4": "level 0, the whole image, is missing: it is one part",
        "64 → 64 + 256": "that is five levels, 0 to 4; four are asked",
        "1 + 4 + 16 + 64 → 1 + 2 + 4 + 8": "1 + 2 + 4 + 8 parts: each cut halves rows "
        "*and* columns, so times four",
        "1 + 4 + 16 + 64 → 1 + 4 + 9 + 16": "1 + 4 + 9 + 16 parts: a cut makes four of "
        "*each* part, so times four",
        "1 + 4 + 16 + 64 → 256": "256 parts: level 0 is one part, so level 3 has 4³",
        "1 + 4 + 16 + 64 → 8": "a cut in both directions makes four parts of one, not "
        "two; and all levels count",
        "1 + 4 + 16 + 64 → 4": "that is a histogram a level; a level has up to 64 "
        "parts",
        ") * 200 → ) + 200": "parts and words multiply; each part has its own "
        "histogram",
        "1 + 4 + 16 + 64 → 1": "that is the plain bag, level 0",
    },
    hints=(
        "How many parts has level 0, level 1, level 2? Each part is cut into four.",
        "Add the parts of all levels; each part has a histogram of 200 words.",
    ),
    lesson="85 parts with 200 counts each: position costs numbers.",
)  # fmt: skip


def describe_evening(images):
    bands = images.reshape(len(images), 12, -1, 3)  # 12 bands of 4 rows
    return bands.mean(axis=2).reshape(len(images), -1)


def _scenes(rng):
    def halves(n):
        """n training scenes at both lights, then n at dusk that only judge."""
        seeds = rng.integers(1000, 2**31, 2)
        lights = zip(seeds, (0.5, 1.0))
        parts = [datasets.scenes(n, seed=seed, dusk=dusk) for seed, dusk in lights]
        images = np.concatenate([part.images for part in parts])
        return named(f"{n} scenes to learn from and {n} new ones at dusk", images)

    single = datasets.scenes(2, seed=7, dusk=1.0).images[:1]
    return [halves(300), halves(150), named("a single scene", single)]


def _shown_at_dusk(features, images):
    """Whether a judge that learns from half of the scenes is right on the others."""
    shape = np.shape(features)
    if len(shape) != 2 or shape[0] != len(images):
        return f"shape {shape} for {len(images)} images; one row an image is needed"
    if not np.all(np.isfinite(features)):
        raise Wrong("some of the numbers are infinite or not a number")
    if len(images) < 20:
        return "one row an image"
    known = hash(images.tobytes())
    if known not in _TWO_COLORS:
        _TWO_COLORS[known] = _right(descriptors.two_colors(images), len(images))
    right, two = _right(features, len(images)), _TWO_COLORS[known]
    if right >= two + 0.05:
        return "at least 5 points more than two colors"
    return f"{right:.3f} right with {shape[1]} numbers, {two:.3f} with two colors"


_TWO_COLORS = {}


def _right(features, n):
    """The share of the second half that is right; every second scene is a beach."""
    rows, labels = np.reshape(features, (n, -1)).astype(float), np.arange(n) % 2
    rows = rows / max(np.abs(rows).max(), 1e-9)
    fitted = SVC(C=10).fit(rows[: n // 2], labels[: n // 2])
    return fitted.score(rows[n // 2 :], labels[n // 2 :])


def _each_by_itself(answer):
    images = datasets.scenes(6, seed=8, dusk=0.5).images
    try:
        whole = np.asarray(answer(images.copy()), float)
        single = [answer(images[i : i + 1].copy()) for i in range(6)]
        alone = np.concatenate([np.asarray(row, float) for row in single])
        same = np.allclose(whole, alone, 0, 1e-3 * np.abs(whole).max(), equal_nan=True)
    except BaseException:  # the cases tell what it is
        return
    if not same:
        raise Wrong(
            "a scene's numbers change when other scenes stand beside it; each must be "
            "described by itself, without chance and without a mean over all images"
        )


_BANDS = "bands.mean(axis=2).reshape(len(images), -1) →"

describe_evening = Exercise(
    describe_evening,
    cases=_scenes,
    view=_shown_at_dusk,
    verify=_each_by_itself,
    parts="where is a beach dark by dusk, and where does it change?",
    mistakes={
        f"{_BANDS} bands.mean(axis=2)": "a table an image; flatten it, "
        "`reshape(len(images), -1)`",
        f"{_BANDS} bands[0].mean(axis=1).ravel()": "one row came back for all images; "
        "each needs its own",
        f"{_BANDS} bands.mean(axis=(1, 2))": "one mean color a scene does not say "
        "what is above and what below",
        f"{_BANDS} bands[:, :4].mean(axis=2).reshape(len(images), -1)": "the upper "
        "third is sky in both classes; look further down",
        f"{_BANDS} images[:, 0, 0]": "one pixel in the sky cannot know",
        f"{_BANDS} np.zeros((len(images), 6))": "all scenes get the same numbers",
        "images.reshape(len(images), 12, -1, 3) → images.swapaxes(1, 2).reshape("
        "len(images), 12, -1, 3)": "the bands stand upright: each holds sky and sand",
        "descriptors.two_colors(images).reshape(len(images), -1)": "these are the two "
        "colors, which are to be beaten",
        "descriptors.pattern_histograms(images.mean(axis=3).round()).reshape("
        "len(images), -1)": "the ten texture numbers of a whole scene are not enough",
    },
    hints=(
        "Two colors forget where they stand. What if you kept a little of that?",
        "Cut a scene into bands from top to bottom: `images.reshape(len(images), 12, "
        "-1, 3)` has 12 bands of 4 rows.",
        "The mean color of each band, `bands.mean(axis=2)`, and a row an image.",
    ),
    lesson="You decided what may change (left and right) and what may not (above and "
    "below): that is what a descriptor is.",
)  # fmt: skip
