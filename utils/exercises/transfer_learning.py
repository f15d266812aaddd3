"""Exercises of 09_TransferLearning: distance of means, alignment, two error rates, the direction of G."""

import numpy as np

from utils.exercises.old import Exercise, Wrong, array, call, number


def _verify_mean_gap(function):
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(30, 4)) + [3, 0, -1, 0], rng.normal(size=(20, 4))
    gap = source.mean(axis=0) - target.mean(axis=0)
    right = gap @ gap
    result = call(function, source, target)
    if np.shape(result) == (4,):
        raise Wrong(
            "four values came back, one a feature; square them and add them up."
        )
    value = number(result, "the result")
    slips = (
        (np.sqrt(right), "that is the distance; its square is asked"),
        (right / 4, "that is the mean over the features; add them up"),
        (
            gap.sum() ** 2,
            "the differences were added before they were squared, so they cancel",
        ),
        (gap.sum(), "the differences are added, but not squared"),
        (np.abs(gap).sum(), "absolute differences were added; square them instead"),
        (
            (source.mean() - target.mean()) ** 2,
            "one mean over everything; take one a feature",
        ),
        (
            ((source.sum(axis=0) - target.sum(axis=0)) ** 2).sum(),
            "sums were compared; with 30 and 20 rows, take means",
        ),
    )
    for slip, reason in slips:
        if np.isclose(value, slip):
            raise Wrong(f"{value:.4g} instead of {right:.4g}: {reason}.")
    if not np.isclose(value, right):
        raise Wrong(
            f"30 rows against 20 gave {value:.4g}; the right answer is {right:.4g}."
        )
    same = number(call(function, source, source), "the gap of a domain to itself")
    if not np.isclose(same, 0):
        raise Wrong(f"a domain is {same:.4g} away from itself; it should be 0.")
    return "That is the MMD with a linear kernel: it sees that means differ, and nothing else."


mean_gap = Exercise(
    _verify_mean_gap,
    hints=(
        "One mean a feature: `source.mean(axis=0)`. The domains may have different numbers of rows.",
        "Subtract the two vectors of means.",
        "Square each difference, then add: `np.sum(gap**2)`.",
    ),
    wrong_answers={
        "def gap(source, target):\n"
        "    return np.linalg.norm(source.mean(axis=0) - target.mean(axis=0))": "square is asked",
        "def gap(source, target):\n"
        "    return np.mean((source.mean(axis=0) - target.mean(axis=0))**2)": "mean over the feat",
        "def gap(source, target):\n"
        "    return np.sum(source.mean(axis=0) - target.mean(axis=0))**2": "cancel",
        "def gap(source, target):\n"
        "    return np.sum(source.mean(axis=0) - target.mean(axis=0))": "not squared",
        "def gap(source, target):\n    return (source.mean() - target.mean())**2": "one a feature",
        "def gap(source, target):\n"
        "    return (source.mean(axis=0) - target.mean(axis=0))**2": "four values",
        "def gap(source, target):\n    return np.sum((source - target)**2)": "raised ValueError",
        "def gap(source, target):\n"
        "    return np.sum((source.mean(axis=1)[:20] - target.mean(axis=1))**2)": "30 rows against",
        "def gap(source, target):\n"
        "    return np.sum((source.sum(axis=0) - target.sum(axis=0))**2)": "sums were compared",
        "def gap(source, target):\n"
        "    return np.abs(source.mean(axis=0) - target.mean(axis=0)).sum()": "absolute",
        "def gap(source, target):\n"
        "    source -= target.mean(axis=0)\n"
        "    return np.sum(source.mean(axis=0)**2)": "in place",
    },
)


def _verify_align(function):
    rng = np.random.default_rng(1)
    source = rng.normal(size=(300, 3)) @ [[2, 1, 0], [0, 1, 0.5], [0, 0, 0.7]] + [
        1,
        2,
        3,
    ]
    target = rng.normal(size=(200, 3)) @ [[0.5, 0, 1], [0, 3, 1], [0, 0, 1]] - [4, 0, 1]
    result = call(function, source, target)
    if np.shape(result) == (200, 3):
        raise Wrong(
            "200 rows came back, those of the target; move the 300 rows of the source."
        )
    moved = array(result, "the result", (300, 3))
    mean, covariance = moved.mean(axis=0), np.cov(moved.T)
    wanted, before = np.cov(target.T), np.cov(source.T)
    if np.allclose(moved, source):
        raise Wrong("the rows came back as they were.")
    if np.allclose(covariance, before):
        raise Wrong("the covariance is still the source's: only the mean moved.")
    if np.allclose(covariance, np.eye(3), atol=1e-6):
        raise Wrong(
            "the rows are white: their covariance is the identity. Now color them."
        )
    if np.allclose(np.diag(covariance), np.diag(wanted)) and not np.allclose(
        covariance, wanted
    ):
        raise Wrong(
            "each feature has the target's variance, but the features are not correlated as in the "
            "target. Use the whole covariance matrix."
        )
    if np.allclose(covariance, wanted) and not np.allclose(mean, target.mean(axis=0)):
        raise Wrong(
            f"the covariance is right, but the mean is {np.round(mean, 2)}; the target's is "
            f"{np.round(target.mean(axis=0), 2)}. Subtract the one before, add the other after."
        )
    if not np.allclose(covariance, wanted):
        raise Wrong(
            f"the first variance of the moved rows is {covariance[0, 0]:.3g}, the target's "
            f"{wanted[0, 0]:.3g}. Whiten with the source's power -1/2, then color with the "
            "target's power +1/2, in this order."
        )
    if np.allclose(moved[0], moved[1]):
        raise Wrong("all rows became alike.")
    centered = np.c_[source - source.mean(axis=0)]
    if np.linalg.matrix_rank(np.c_[centered, moved - mean], tol=1e-6) > 3:
        raise Wrong(
            "mean and covariance are right, but the rows are not a linear map of the source."
        )
    return "Mean and covariance agree now. Whether the classes agree as well is another question."


_POWER = (
    "def power(matrix, exponent):\n"
    "    values, vectors = np.linalg.eigh(matrix)\n"
    "    return vectors * values**exponent @ vectors.T\n"
)

align = Exercise(
    _verify_align,
    hints=(
        "Whiten: subtract the source's mean, multiply by `power(np.cov(source.T), -0.5)`.",
        "Color: multiply by `power(np.cov(target.T), 0.5)`.",
        "At the end add `target.mean(axis=0)`. Rows stand on the left: `rows @ matrix`.",
    ),
    wrong_answers={
        _POWER + "def align(source, target):\n"
        "    return source - source.mean(axis=0) + target.mean(axis=0)": "only the mean",
        _POWER + "def align(source, target):\n"
        "    z = (source - source.mean(axis=0)) / source.std(axis=0, ddof=1)\n"
        "    return z * target.std(axis=0, ddof=1) + target.mean(axis=0)": "not correlated",
        _POWER + "def align(source, target):\n"
        "    return (source - source.mean(axis=0)) @ power(np.cov(source.T), -0.5)": "white",
        _POWER + "def align(source, target):\n"
        "    z = (source - source.mean(axis=0)) @ power(np.cov(source.T), -0.5)\n"
        "    return z @ power(np.cov(target.T), 0.5)": "the mean is",
        _POWER + "def align(source, target):\n"
        "    z = (source - source.mean(axis=0)) @ power(np.cov(target.T), 0.5)\n"
        "    return z @ power(np.cov(source.T), -0.5) + target.mean(axis=0)": "in this order",
        _POWER + "def align(source, target):\n"
        "    z = (source - source.mean(axis=0)) @ power(np.cov(source.T), 0.5)\n"
        "    return z @ power(np.cov(target.T), 0.5) + target.mean(axis=0)": "power -1/2",
        _POWER + "def align(source, target):\n"
        "    z = (target - target.mean(axis=0)) @ power(np.cov(target.T), -0.5)\n"
        "    return z @ power(np.cov(source.T), 0.5) + source.mean(axis=0)": "those of the target",
        _POWER + "def align(source, target):\n    return source": "as they were",
        _POWER + "def align(source, target):\n"
        "    return (source - source.mean(axis=0)) @ power(np.cov(source), 1)": "raised ValueError",
    },
)


def _verify_error_rates(function):
    labels = np.array([0] * 10 + [1] * 4)
    scores = np.array([1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 5, 6, 8, 9]) / 10
    result = call(function, labels, scores, 0.5)
    rates = array(result, "the pair of rates", (2,))
    sound, broken = scores[labels == 0], scores[labels == 1]
    right = np.array([np.mean(sound >= 0.5), np.mean(broken < 0.5)])
    slips = (
        (right[::-1], "the two rates are swapped: false positives first"),
        (
            [np.mean(sound >= 0.5), np.mean(broken >= 0.5)],
            "the second is the share of *hits*",
        ),
        (
            [np.mean(sound < 0.5), np.mean(broken < 0.5)],
            "the first is the share of sound cells *passed*",
        ),
        (
            [np.mean(sound < 0.5), np.mean(broken >= 0.5)],
            "both are shares of right verdicts",
        ),
        (
            [4 / 14, 0],
            "the counts are divided by all 14 cells; divide by those of one class",
        ),
        ([4, 0], "those are counts; divide by the number of cells of the class"),
        ([4 / 8, 0], "divided by the alarms; divide by the number of sound cells"),
        (
            [np.mean(sound > 0.5), np.mean(broken <= 0.5)],
            "a score equal to the threshold must raise the alarm (`>=`)",
        ),
    )
    for slip, reason in slips:
        if np.allclose(rates, slip) and not np.allclose(slip, right):
            raise Wrong(f"received {np.round(rates, 3).tolist()}: {reason}.")
    if not np.allclose(rates, right):
        raise Wrong(
            f"received {np.round(rates, 3).tolist()} instead of {right.tolist()}."
        )
    high = array(call(function, labels, scores, 0.7), "at 0.7, the pair", (2,))
    if not np.allclose(high, [0.2, 0.5]):
        raise Wrong(
            f"0.5 comes out right, but the threshold 0.7 gave {np.round(high, 3).tolist()}."
        )
    return "Raise the threshold and the first falls while the second grows; where they meet is the EER."


error_rates = Exercise(
    _verify_error_rates,
    hints=(
        "`alarm = scores >= threshold` is True where the detector cries.",
        "False positive rate: the share of alarms among the cells of label 0, `alarm[labels == 0]`.",
        "False negative rate: the share of *no* alarm among label 1, `~alarm[labels == 1]`.",
    ),
    wrong_answers={
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= threshold\n"
        "    return np.mean(~alarm[labels == 1]), np.mean(alarm[labels == 0])": "swapped",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= threshold\n"
        "    return np.mean(alarm[labels == 0]), np.mean(alarm[labels == 1])": "hits",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= threshold\n"
        "    return np.mean(~alarm[labels == 0]), np.mean(~alarm[labels == 1])": "passed",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= threshold\n"
        "    return np.mean(alarm & (labels == 0)), np.mean(~alarm & (labels == 1))": "all 14",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= threshold\n"
        "    return np.sum(alarm & (labels == 0)), np.sum(~alarm & (labels == 1))": "counts",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores > threshold\n"
        "    return np.mean(alarm[labels == 0]), np.mean(~alarm[labels == 1])": "equal to the thr",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores < threshold\n"
        "    return np.mean(alarm[labels == 0]), np.mean(~alarm[labels == 1])": "right verdicts",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= threshold\n"
        "    return np.mean(labels[alarm] == 0), np.mean(labels[~alarm] == 1)": "by the alarms",
        "def rates(labels, scores, threshold):\n"
        "    return np.mean(scores[labels == 0] >= threshold)": "shape",
        "def rates(labels, scores, threshold):\n"
        "    alarm = scores >= 0.5\n"
        "    return np.mean(alarm[labels == 0]), np.mean(~alarm[labels == 1])": "threshold 0.7",
    },
)


def _verify_g_part(function):
    risks = {("A", "A"): 0.30, ("A", "B"): 0.17, ("B", "A"): 0.42, ("B", "B"): 0.25}
    value, right = number(call(function, risks, "A", "B"), "G_part"), 0.13
    slips = (
        (
            0.05,
            "that compares the risks of two *different* models at home; follow one model abroad",
        ),
        (0.17, "that is the other direction: the model trained on B"),
        (-0.13, "the sign is left; a divergence is never negative"),
        (
            0.12,
            "that compares A's own risk with what B's model does on A; keep the model, change the data",
        ),
        (
            0.08,
            "that compares A's model on B with B's own; keep the model, change the data",
        ),
        (0.15, "that is the mean of both directions, the complete measure"),
        (0.13**2, "that is the square; take the absolute value"),
        (0.065, "that is half of it; the half belongs to the complete measure"),
        (13, "that is in percent; these risks are fractions"),
    )
    if not np.isclose(value, 0.17) or np.isclose(value, 0.13):
        for slip, reason in slips:
            if np.isclose(value, slip):
                raise Wrong(f"{value:.4g} instead of {right}: {reason}.")
    else:  # 0.17 is the risk A → B and the way back alike
        risks_b = {**risks, ("A", "B"): 0.20}
        again = number(call(function, risks_b, "A", "B"), "G_part")
        if np.isclose(again, 0.20):
            raise Wrong(
                "0.17 is the risk A → B itself; compare it with the risk at home."
            )
        raise Wrong(f"0.17 instead of {right}: {slips[1][1]}.")
    if not np.isclose(value, right):
        raise Wrong(f"received {value:.4g}; |0.30 - 0.17| is {right}.")
    back = number(call(function, risks, "B", "A"), "G_part of B → A")
    if not np.isclose(back, 0.17):
        raise Wrong(f"A → B is right, but B → A gave {back:.4g} instead of 0.17.")
    return "One model, two domains: home risk against the risk abroad."


g_part = Exercise(
    _verify_g_part,
    hints=(
        "Which of the four numbers belong to the model trained on `source`?",
        "`risks[source, source]` is its risk at home, `risks[source, target]` abroad.",
        "The absolute value of their difference: `abs(… - …)`.",
    ),
    wrong_answers={
        "def partial(risks, source, target):\n"
        "    return abs(risks[source, source] - risks[target, target])": "at home",
        "def partial(risks, source, target):\n"
        "    return abs(risks[target, target] - risks[target, source])": "other direction",
        "def partial(risks, source, target):\n"
        "    return risks[source, target] - risks[source, source]": "sign",
        "def partial(risks, source, target):\n"
        "    return abs(risks[source, source] - risks[target, source])": "keep the model",
        "def partial(risks, source, target):\n"
        "    return abs(risks[source, target] - risks[target, target])": "keep the model",
        "def partial(risks, source, target):\n"
        "    return (abs(risks[source, source] - risks[source, target])\n"
        "            + abs(risks[target, target] - risks[target, source])) / 2": "both directions",
        "def partial(risks, source, target):\n"
        "    return (risks[source, source] - risks[source, target])**2": "square",
        "def partial(risks, source, target):\n"
        "    return abs(risks[source, source] - risks[source, target]) / 2": "half",
        "def partial(risks, source, target):\n"
        "    return 100 * abs(risks[source, source] - risks[source, target])": "percent",
        "def partial(risks, source, target):\n    return risks[source, target]": "itself",
        "def partial(risks, source, target):\n    return abs(risks['A', 'A'] - risks['A', 'B'])": (
            "B → A gave"
        ),
    },
)
