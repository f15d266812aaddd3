"""Exercises of 01_NNBasics: hinge loss, numeric gradient, ReLU backward, softmax."""

import numpy as np

from utils.exercises import Exercise, named


def batch_hinge(scores, truth):
    rows = np.arange(len(truth))
    short = np.maximum(0, scores - scores[rows, truth][:, None] + 1)
    short[rows, truth] = 0
    return short.sum(axis=1).mean()


def _scores(rng):
    sizes = ((6, 4), (9, 3), (5, 5), (1, 4))
    drawn = [(rng.normal(0, 2, (n, c)), rng.integers(0, c, n)) for n, c in sizes]
    safe = np.array([[9.0, 0, 0]]), np.array([0])
    tied = np.array([[2.0, 2, 1], [0, 0, 0]]), np.array([0, 2])
    return [*drawn, named("a lead of 9", *safe), named("equal scores", *tied)]


_MEAN = ".sum(axis=1).mean() →"

hinge = Exercise(
    batch_hinge, cases=_scores,
    parts="add max(0, rival - true score + 1) over the rivals; average over images",
    mistakes={
        "short[rows, truth] = 0 → pass": "the truth counts as its own rival (lead 0)",
        f"{_MEAN} .sum()": "that is the sum over the images; the mean is asked",
        f"{_MEAN} .sum(axis=1)": "these are losses, one an image; take the mean",
        f"{_MEAN} .mean()": "the rivals of an image are added, not averaged",
        ".sum(axis=1) → .max(axis=1)": "only the worst rival counts; add all too close",
        " + 1) → )": "the margin of 1 is missing",
        "scores - scores[rows, truth][:, None] → scores[rows, truth][:, None] - scores":
        "the sign is turned round: s_rival - s_true + 1, a leading rival costs",
        "np.maximum(0, → (": "beaten rivals count as negative loss; use max(0, …)",
        "short.sum → (short**2).sum": "that is the squared hinge",
        "scores.argmax(axis=1)": "those are predictions; a loss is asked",
    },
    hints=("The true score of every row is `scores[np.arange(len(truth)), truth]`.",
           "Subtract it from all of its row (`[:, None]`), add 1, cut off below 0.",
           "The truth's own entry is now 1: set it to 0. Sum each row, take the mean."),
    lesson="Every rival that comes closer than 1 costs; a safe lead costs nothing.",
)  # fmt: skip


def numeric_gradient(f, W, h=1e-5):
    slopes = np.zeros(W.shape)
    for place in np.ndindex(W.shape):
        step = np.zeros(W.shape)
        step[place] = h
        slopes[place] = (f(W + step) - f(W - step)) / (2 * h)
    return slopes


def _surfaces(rng):
    def case(shape):
        factors, W = rng.uniform(1, 2, shape), rng.uniform(0.5, 1.5, shape)
        return (lambda V: float(np.sum(factors * V**3) + np.sum(V) ** 2), W, 1e-3)

    whole = (lambda V: float(0.75 * np.sum(V**2)), np.array([1, 2, 3]), 1e-3)
    whole_case = named("W of whole numbers, [1, 2, 3]", *whole)
    return [*map(case, ((2, 3), (4,), (2, 2, 2), (1, 1))), whole_case]


_QUOTIENT = "(f(W + step) - f(W - step)) / (2 * h) →"
_ONE_SIDED = "that is the one-sided difference; look to both sides, W + h and W - h"
_INTS = "an array of ints cannot hold h or a slope; `np.zeros(W.shape)` is float"

numeric_gradient = Exercise(
    numeric_gradient, cases=_surfaces,
    parts="every entry is (f(W + h) - f(W - h)) / 2h, for h added to this entry alone",
    mistakes={
        f"{_QUOTIENT} (f(W + step) - f(W)) / h": _ONE_SIDED,
        f"{_QUOTIENT} (f(W) - f(W - step)) / h": _ONE_SIDED,
        "/ (2 * h) → / h": "it is twice too large; the two points are 2h apart",
        f"{_QUOTIENT} (f(W - step) - f(W + step)) / (2 * h)":
        "the sign is wrong: uphill is where f grows",
        " / (2 * h) →": "the difference is not divided by 2h",
        "/ (2 * h) → / 2 * h": "`/ 2 * h` multiplies by h: put brackets around 2 * h",
        "(f(W + h) - f(W - h)) / (2 * h)": "every entry of W has its own slope",
        "np.full(W.shape, (f(W + h) - f(W - h)) / (2 * h))": "shift one at a time",
        ("step = np.zeros(W.shape) → pass",
         "slopes = np.zeros(W.shape) → slopes, step = np.zeros((2, *W.shape))"):
        "is each entry put back before the next is shifted?",
        "step = np.zeros(W.shape) → step = np.zeros_like(W)": _INTS,
        "slopes = np.zeros(W.shape) → slopes = np.zeros_like(W)": _INTS,
        "return slopes → return slopes.ravel()": "the slopes have the shape of W",
    },
    hints=("`for place in np.ndindex(W.shape)` visits every entry of any array.",
           "Set `step[place] = h` in `step = np.zeros(W.shape)`; leave W itself alone.",
           "The slope there is `(f(W + step) - f(W - step)) / (2 * h)`."),
    lesson="You can now check any gradient, whoever derived it.",
)  # fmt: skip


def relu_backward(blame, z):
    return blame * (z > 0)


def _signals(rng):
    for shape in ((4, 5), (3,), (2, 3, 4), (1, 6)):
        blame, z = rng.normal(size=(2, *shape))
        z.flat[:2], blame.flat[:2] = (0, 1e-4), (1.5, -0.25)  # at the kink, beside it
        yield blame, z


_OFF = "it passes where the unit was off; it should pass where z > 0"

relu_backward = Exercise(
    relu_backward, cases=_signals,
    parts="blame passes unchanged where z > 0, and is 0 elsewhere",
    mistakes={
        "z > 0 → z >= 0": "at z = 0 exactly, the course takes the slope 0, like Keras",
        "z > 0 → z < 0": _OFF,
        "z > 0 → z <= 0": _OFF,
        "blame": "the blame passes unchanged; units that were off must stop it",
        "np.maximum(0, blame)": "that is ReLU of the blame; negative blame must pass",
        "blame * → np.maximum(0, blame) *": "negative blame is lost; only z decides",
        "blame * np.maximum(0, z)": "that is blame times ReLU(z); a slope is 0 or 1",
        "np.maximum(0, z)": "that is the forward pass",
        "(z > 0) * 1.0": "that is the slope alone; multiply it by the blame",
        "blame * z": "that is blame times z; the slope of ReLU is 0 or 1",
        "z * (blame > 0)": "blame and z are mixed up",
        "blame[z > 0]": "the others are 0; keep the shape of z",
    },
    hints=("By how much does max(0, z) change with z, near z = 2? Near -2?",
           "The slope is 1 where z > 0 and 0 elsewhere; `z > 0` is True and False.",
           "Chain rule: blame times slope, entry by entry."),
    lesson="A ReLU is a gate: blame passes where the signal had passed.",
)  # fmt: skip


def stable_softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _rows(rng):
    drawn = [(rng.normal(0, 2, shape),) for shape in ((4, 4), (5, 3), (1, 6))]
    extremes = {
        "the owl's score of 460.3 and even 900": [[460.3, 0], [900, 899]],
        "scores near -900": [[-900, -901], [1, 0]],
        "one row near 900 and one near -900": [[900, 899], [-900, -901]],
    }
    return drawn + [named(k, np.float32(rows)) for k, rows in extremes.items()]


_SHIFT = "z - z.max(axis=1, keepdims=True) →"
_SUM = "e.sum(axis=1, keepdims=True) →"
_COLUMNS = "columns sum to 1, not rows: an image is a row, `axis=1`"
_OWN = "right for small scores only; subtract from every row *its own* maximum first"

stable_softmax = Exercise(
    stable_softmax, cases=_rows,
    parts="each row is exp(z) divided by the sum of its row",
    mistakes={
        f"{_SHIFT} z": _OWN,
        f"{_SHIFT} z - z.max()": _OWN,
        f"{_SHIFT} np.clip(z, -50, 50)": _OWN,
        f"{_SHIFT} z - z.mean(axis=1, keepdims=True)": "subtract the maximum instead",
        f"{_SHIFT} z - z.max(axis=1)": "`keepdims=True` keeps rows apart (maximum)",
        f"{_SUM} e.sum(axis=1)": "`keepdims=True` keeps rows apart (sum)",
        f"{_SUM} e.sum(axis=0)": _COLUMNS,
        (f"{_SHIFT} z - z.max(axis=0)", f"{_SUM} e.sum(axis=0)"): _COLUMNS,
        f"{_SUM} e.sum()": "all entries together sum to 1; every *row* should",
        f"{_SUM} 1": "the division by the sum of a row is missing",
        "np.exp(z)": "these are the exponentials; each row must be divided by its sum",
        f"e / {_SUM} np.log(e / e.sum(axis=1, keepdims=True))":
        "these are logarithms of the probabilities",
        "z / z.sum(axis=1, keepdims=True)": "the exponential is missing",
    },
    hints=("exp(900) overflows, exp(0) does not: which shift makes 0 a row's largest?",
           "`z.max(axis=1, keepdims=True)` is a column with the maximum of each row.",
           "`e = np.exp(z - that_column)`, then `e / e.sum(axis=1, keepdims=True)`."),
    lesson="Shifting a row changes no probability, and the largest exponent is now "
    "exp(0) = 1.",
)  # fmt: skip
