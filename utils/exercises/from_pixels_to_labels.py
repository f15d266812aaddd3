"""Exercises of 00_FromPixelsToLabels: two colors, a linear classifier, local patterns, a pyramid."""

import numpy as np

from utils.exercises.old import Exercise, Wrong, array, call, number

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
NAMES = {RED: "red", GREEN: "green", BLUE: "blue"}


def _picture(colors, counts, shape, seed=0):
    pixels = np.repeat(np.array(colors, np.uint8), counts, axis=0)
    return np.random.default_rng(seed).permutation(pixels).reshape(*shape, 3)


def _named(rows):
    return " and ".join(
        NAMES.get(tuple(row.tolist()), str(row.tolist())) for row in rows
    )


def _verify_two_colors(function):
    image = _picture((RED, BLUE, GREEN), (60, 30, 10), (10, 10))
    result = call(function, image)
    if isinstance(result, tuple) and len(result) == 2 and np.shape(result[0]) == (3, 3):
        raise Wrong(
            "these are the colors and their counts; only the first two colors are asked."
        )
    if np.shape(result) == (3, 3):
        raise Wrong(
            f"three colors came back, {_named(np.asarray(result))}; keep the first two."
        )
    if np.shape(result) == (2,):
        raise Wrong(
            f"received {np.asarray(result).tolist()}: one number a color. A color is three numbers; "
            "count pixels, not channel values (`axis=0`)."
        )
    rows = array(result, "the result", (2, 3))
    if np.array_equal(rows, [BLUE, RED]):
        raise Wrong(
            "blue and red, in this order; red is more frequent and comes first."
        )
    if np.array_equal(rows, [GREEN, BLUE]):
        raise Wrong(
            "green and blue are the two rarest colors: sort by *falling* count."
        )
    if np.array_equal(rows, [BLUE, GREEN]):
        raise Wrong(
            "blue and green are the first by value; red has most pixels. Sort by count."
        )
    if not np.array_equal(rows, [RED, BLUE]):
        raise Wrong(
            f"60 red, 30 blue and 10 green pixels gave {_named(rows)}; red and blue lead."
        )
    for seed in range(1, 6):
        again = array(call(function, _picture((RED, BLUE, GREEN), (60, 30, 10), (5, 20), seed)),
                      "for another shape, the result", (2, 3))  # fmt: skip
        if not np.array_equal(again, [RED, BLUE]):
            raise Wrong(
                f"the same pixels in another order gave {_named(again)}: the answer may not depend "
                "on where pixels stand."
            )
    lead_blue = array(
        call(function, _picture((GREEN, BLUE), (1, 8), (3, 3))), "the result", (2, 3)
    )
    if not np.array_equal(lead_blue, [BLUE, GREEN]):
        raise Wrong(f"8 blue pixels and 1 green one gave {_named(lead_blue)}.")
    plain = call(function, _picture((GREEN,), (9,), (3, 3)))
    if np.shape(plain) != (2, 3) or not np.array_equal(plain, [GREEN, GREEN]):
        raise Wrong(
            "an all-green image must give green twice, so that every image has six numbers; its "
            f"result has shape {np.shape(plain)}."
        )
    return "Red, then blue, wherever the pixels stand. Six numbers are left of the whole image."


two_colors = Exercise(
    _verify_two_colors,
    hints=(
        "First make a list of pixels: `image.reshape(-1, 3)`.",
        "`np.unique(pixels, axis=0, return_counts=True)` gives the colors and how often each is.",
        "`np.argsort(-counts)[:2]` are the positions of the two largest counts; with a single "
        "color, repeat it.",
    ),
    wrong_answers={
        "def my_two_colors(image):\n"
        "    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)\n"
        "    return colors[np.argsort(counts)[:2]]": "two rarest",
        "def my_two_colors(image):\n"
        "    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)\n"
        "    return colors[np.argsort(counts)[-2:]]": "in this order",
        "def my_two_colors(image):\n"
        "    return np.unique(image.reshape(-1, 3), axis=0)[:2]": "first by value",
        "def my_two_colors(image):\n"
        "    values, counts = np.unique(image, return_counts=True)\n"
        "    return values[np.argsort(-counts)[:2]]": "one number a color",
        "def my_two_colors(image):\n"
        "    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)\n"
        "    return colors[np.argsort(-counts)]": "three colors came back",
        "def my_two_colors(image):\n"
        "    colors, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)\n"
        "    return colors[np.argsort(-counts)[:2]]": "green twice",
        "def my_two_colors(image):\n"
        "    return np.stack([image[0, 0], image[-1, -1]])": "60 red, 30 blue|where pixels stand|two rarest|in this order|first by value",
        "def my_two_colors(image):\n"
        "    return np.unique(image.reshape(-1, 3), axis=0, return_counts=True)": "colors and their counts",
        "def my_two_colors(image):\n    image.sort(axis=0)\n    return image[0, :2]": "in place",
    },
)


def _verify_accuracy(function):
    rng = np.random.default_rng(3)
    W, b, X = (
        rng.normal(size=(3, 4)),
        np.array([3.0, 0.0, -1.0]),
        rng.normal(size=(40, 4)),
    )
    scores = X @ W.T + b
    y = np.where(rng.random(40) < 0.7, scores.argmax(axis=1), rng.integers(0, 3, 40))
    right = np.mean(scores.argmax(axis=1) == y)
    result = call(function, W, b, X, y)
    if np.shape(result) == (40,):
        raise Wrong(
            "40 values came back, one an image; compare them with y and take the mean of the hits."
        )
    value = number(result, "the accuracy")
    slips = (
        (1 - right, "that is the error, 1 - accuracy"),
        (100 * right, "that is a percentage; the course uses fractions"),
        (right * 40, "that is how many are right; divide by their number"),
        (np.mean((X @ W.T).argmax(axis=1) == y), "the bias b is missing"),
        (
            np.mean((X @ W.T - b).argmax(axis=1) == y),
            "b is subtracted; it must be added",
        ),
        (
            np.mean(scores.argmin(axis=1) == y),
            "the lowest score wins; the highest should",
        ),
        (
            np.mean((scores[:, 1] > 0).astype(int) == y),
            "a single row of W decides, but there are three classes",
        ),
    )
    for slip, reason in slips:
        if np.isclose(value, slip) and not np.isclose(slip, right):
            raise Wrong(f"{value:.4g} instead of {right:.4g}: {reason}.")
    if not np.isclose(value, right):
        raise Wrong(
            f"40 images of four pixels gave {value:.4g}; {right:.4g} of them are right."
        )
    single = number(call(function, W, b, X[:1], y[:1]), "the accuracy of one image")
    if single != float(scores[0].argmax() == y[0]):
        raise Wrong(
            f"for 40 images it is right, but for a single one it gave {single}."
        )
    return "One product, one sum, one argmax: that is the whole linear classifier."


linear_accuracy = Exercise(
    _verify_accuracy,
    hints=(
        "X holds an image a row and W a class a row: `X @ W.T` has a row an image, a column a class.",
        "Add b to every row; the winner of each row is `argmax(axis=1)`.",
        "`np.mean(winners == y)` is the share of hits.",
    ),
    wrong_answers={
        "def accuracy(W, b, X, y):\n    return np.mean((X @ W.T + b).argmax(axis=1) != y)": "error",
        "def accuracy(W, b, X, y):\n    return np.mean((X @ W.T).argmax(axis=1) == y)": "bias b",
        "def accuracy(W, b, X, y):\n    return (X @ W.T + b).argmax(axis=1)": "40 values",
        "def accuracy(W, b, X, y):\n    return np.mean((X @ W + b).argmax(axis=1) == y)": "raised",
        "def accuracy(W, b, X, y):\n    return np.sum((X @ W.T + b).argmax(axis=1) == y)": (
            "how many"
        ),
        "def accuracy(W, b, X, y):\n    return np.mean((X @ W.T + b).argmin(axis=1) == y)": "lowest",
        "def accuracy(W, b, X, y):\n    return 100 * np.mean((X @ W.T + b).argmax(axis=1) == y)": (
            "percentage"
        ),
        "def accuracy(W, b, X, y):\n    np.mean((X @ W.T + b).argmax(axis=1) == y)": "`return`",
    },
)

CLOCKWISE = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def _code(bits):
    return int(sum(int(bit) << place for place, bit in enumerate(bits)))


def _verify_lbp(function):
    patch = np.array([[90, 40, 200], [100, 80, 10], [80, 120, 30]], np.uint8)
    ring = np.array([patch[place] for place in CLOCKWISE], int)
    bits = ring >= 80
    right = _code(bits)
    result = call(function, patch)
    if np.shape(result) == (8,):
        raise Wrong("eight bits came back; weigh them with 1, 2, 4 … 128 and add.")
    value = number(result, "the code")
    rows = [patch[i, j] >= 80 for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    slips = {
        _code(
            ring > 80
        ): "the neighbor that *equals* the center (80) counts as bright: `>=`",
        _code(~bits): "darker neighbors were counted; those at least as bright count",
        _code(
            bits[::-1]
        ): "the weights run backwards: the first neighbor counts 1, the last 128",
        _code(
            rows
        ): "the neighbors are read row by row; go around the center, clockwise",
        _code(
            (patch >= 80).ravel()
        ): "nine pixels were read; the center is no neighbor of itself",
        _code(
            np.roll(bits, -1)
        ): "start in the corner at the top left, not above the center",
        _code(
            [bits[0], *bits[:0:-1]]
        ): "that is counter-clockwise; from the top left go right",
        255: "all eight count as bright. Does `patch - center` wrap around below 0 in uint8? "
        "Compare instead of subtracting",
        int(
            bits.sum()
        ): "that is how many neighbors are bright; each place has its own weight",
    }
    if value in slips and value != right:
        raise Wrong(f"{value:g} instead of {right}: {slips[value]}.")
    if value != right:
        raise Wrong(
            f"{value:g} instead of {right} for neighbors {ring.tolist()} around 80: the bits are "
            f"{''.join(str(int(bit)) for bit in bits)}, the first counts 1."
        )
    if call(function, patch // 2 + 20) != right:
        raise Wrong(
            "half the contrast changed the code; only *brighter or not* should matter."
        )
    return "The code survives any change of brightness that keeps the order of the gray values."


lbp_code = Exercise(
    _verify_lbp,
    hints=(
        "The center is `patch[1, 1]`; list the eight others clockwise from `patch[0, 0]`.",
        "`ring >= center` gives eight bits. Do not subtract: uint8 wraps around below 0.",
        "`np.sum(bits * 2 ** np.arange(8))` weighs and adds them.",
    ),
    wrong_answers={
        "def lbp_code(patch):\n"
        "    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]\n"
        "    return np.sum((ring > patch[1, 1]) * 2 ** np.arange(8))": "equals",
        "def lbp_code(patch):\n"
        "    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]\n"
        "    return np.sum((ring - patch[1, 1] >= 0) * 2 ** np.arange(8))": "wrap around",
        "def lbp_code(patch):\n"
        "    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]\n"
        "    return np.sum((ring >= patch[1, 1]) * 2 ** np.arange(8)[::-1])": "backwards",
        "def lbp_code(patch):\n"
        "    ring = np.delete(patch.ravel(), 4)\n"
        "    return np.sum((ring >= patch[1, 1]) * 2 ** np.arange(8))": "row by row",
        "def lbp_code(patch):\n"
        "    return np.sum((patch.ravel() >= patch[1, 1]) * 2 ** np.arange(9))": "nine pixels",
        "def lbp_code(patch):\n"
        "    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]\n"
        "    return np.sum(ring >= patch[1, 1])": "how many neighbors",
        "def lbp_code(patch):\n"
        "    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]\n"
        "    return ring >= patch[1, 1]": "eight bits",
        "def lbp_code(patch):\n"
        "    ring = patch[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]]\n"
        "    return np.sum((ring <= patch[1, 1]) * 2 ** np.arange(8))": "instead of",
    },
)


def _verify_pyramid(answer):
    value = number(answer, "my_values")
    words, parts = 200, 1 + 4 + 16 + 64
    right = words * parts
    if value == right:
        return f"{parts} parts with {words} counts each: position costs numbers."
    slips = {
        parts: f"that is the number of parts; each holds a histogram of {words} words",
        words * 64: "that is the finest level alone; the coarser ones stand beside it",
        words * 21: "that is three levels, 0 to 2; level 3 has another 64 parts",
        words
        * 15: "1 + 2 + 4 + 8 parts: each cut halves rows *and* columns, so times four",
        words * 8: "a cut in both directions makes four parts of one, not two",
        words * 4: "that is a histogram a level; a level has up to 64 parts",
        words + parts: "parts and words multiply; each part has its own histogram",
        words: "that is the plain bag, level 0",
    }
    if value in slips:
        raise Wrong(f"{value:,.0f}: {slips[value]}.")
    raise Wrong(f"{value:,.0f} is {value / right:.3g} times the true number.")


pyramid = Exercise(
    _verify_pyramid,
    hints=(
        "How many parts has level 0, level 1, level 2? Each part is cut into four.",
        "Add the parts of all levels; each part has a histogram of 200 words.",
    ),
    wrong_answers={
        "my_values = 85": "number of parts",
        "my_values = 64 * 200": "finest level",
        "my_values = 21 * 200": "three levels",
        "my_values = 15 * 200": "times four",
        "my_values = 4 * 200": "histogram a level",
        "my_values = 200": "plain bag",
        "my_values = [200, 800, 3200, 12800]": "must be one number; it is a list of 4",
    },
)
