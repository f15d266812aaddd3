"""Exercises of 09_TransferLearning: distance of means, CORAL, error rates, G_part."""

import numpy as np

from utils.exercises import Exercise, Wrong, named


def squared_gap(source, target):
    difference = source.mean(axis=0) - target.mean(axis=0)
    return difference @ difference


def _clouds(rng):
    def cloud(rows, features, center):
        return np.round(rng.normal(center, 1, (rows, features)), 2)

    whole = np.array([[1.0, 4], [3, 0], [5, 2]])
    return [
        (cloud(30, 4, [3, 0, -1, 0]), cloud(20, 4, 0)),
        (cloud(7, 2, -1), cloud(12, 2, [2, 0.5])),
        (cloud(5, 5, 1), cloud(5, 5, [0, 2, 1, 0, 4])),
        (cloud(1, 3, 0), cloud(6, 3, 1)), (cloud(9, 1, 2), cloud(4, 1, 0)),
        named("a domain and itself", whole, whole),
        named("a domain and its rows doubled", whole, np.repeat(whole, 2, axis=0)),
    ]  # fmt: skip


_SQUARE = "difference @ difference →"
_MEANS = "source.mean(axis=0) - target.mean(axis=0)"

mean_gap = Exercise(
    squared_gap,
    cases=_clouds,
    parts="one mean a feature, then the sum of the squared differences",
    mistakes={
        f"{_SQUARE} np.linalg.norm(difference)": "that is the distance; its square is "
        "asked",
        f"{_SQUARE} np.mean(difference**2)": "that is the mean over the features; add "
        "them up",
        f"{_SQUARE} difference.sum() ** 2": "the differences were added before they "
        "were squared, so they cancel",
        f"{_SQUARE} difference.sum()": "the differences are added, but not squared",
        f"{_SQUARE} abs(difference).sum()": "absolute differences were added; square "
        "them instead",
        f"{_SQUARE} difference": "one value a feature came back, not squared; square "
        "them and add them up",
        f"{_SQUARE} difference**2": "one value a feature came back; add them up",
        f"{_MEANS} → {_MEANS.replace('mean', 'sum')}": "sums were compared; with "
        "domains of different numbers of rows, take means",
        "(source.mean() - target.mean()) ** 2": "one mean over everything; take one a "
        "feature",
        f"{_MEANS} → {_MEANS.replace('0', '1')}": "those are means of rows; take one a "
        "feature, `axis=0`",
        "np.sum((source - target) ** 2)": "rows do not come in pairs; subtract means, "
        "not rows",
        "((source[:, None] - target) ** 2).sum(axis=2).mean()": "that is the mean "
        "squared distance between rows, which holds the spread of the clouds as well; "
        "take means first",
    },
    hints=(
        "One mean a feature: `source.mean(axis=0)`. The domains may have different "
        "numbers of rows.",
        "Subtract the two vectors of means.",
        "Square each difference, then add: `np.sum(gap**2)`.",
    ),
    lesson="That is the MMD with a linear kernel: it sees that means differ, and "
    "nothing else.",
)  # fmt: skip


def power(matrix, exponent):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * values**exponent @ vectors.T


def align(source, target):
    white = (source - source.mean(axis=0)) @ power(np.cov(source.T), -0.5)
    return white @ power(np.cov(target.T), 0.5) + target.mean(axis=0)


def _domains(rng):
    for rows, others, d in ((300, 200, 3), (60, 90, 2), (50, 50, 4)):
        mix, other_mix = rng.normal(size=(2, d, d)) + np.eye(d)
        source = rng.normal(size=(rows, d)) @ mix + rng.integers(1, 4, d)
        yield source, rng.normal(size=(others, d)) @ other_mix - rng.integers(1, 5, d)


def _moments(moved, source, target):
    """Covariance, mean, and whether one linear map moved all; many such maps do it."""
    moved = np.asarray(moved)
    if moved.shape == target.shape != source.shape:
        raise Wrong(
            f"{len(target)} rows came back, those of the target; move the "
            f"{len(source)} rows of the source"
        )
    if moved.shape != source.shape:
        raise Wrong(f"the result has shape {moved.shape} instead of {source.shape}")
    if not np.isfinite(moved).all():
        raise Wrong("there are values that are not finite; is a power of 0 taken?")
    kind, moved = np.result_type(moved, np.float16), moved.astype(float)
    mean = (np.round(moved.mean(axis=0), 9) + 0.0).astype(kind)
    centered = source - source.mean(axis=0)
    fitted = centered @ np.linalg.lstsq(centered, moved - moved.mean(axis=0))[0]
    linear = np.allclose(fitted + mean, moved, atol=1e-3 * np.abs(moved).max())
    return np.cov(moved.T).astype(kind), mean, bool(linear)


_BIASED = (
    "np.cov(source.T) → np.cov(source.T, bias=True)",
    "np.cov(target.T) → np.cov(target.T, bias=True)",
)
_RIDGE = (
    "np.cov(source.T) → np.cov(source.T) + np.eye(source.shape[1])",
    "np.cov(target.T) → np.cov(target.T) + np.eye(source.shape[1])",
)

align = Exercise(
    align,
    cases=_domains,
    view=_moments,
    also=(_BIASED,),
    parts={
        "the covariance of the moved rows": "whiten with the source's power -1/2, then "
        "color with the target's power +1/2, in this order",
        "the mean of the moved rows": "subtract the source's mean before, add the "
        "target's after",
        "whether one linear map moved the rows": "mean and covariance are right, but "
        "the rows are not a linear map of the source",
    },
    mistakes={
        "source - source.mean(axis=0) + target.mean(axis=0)": "the covariance is still "
        "the source's: only the mean moved",
        "source": "the rows came back as they were",
        "@ power(np.cov(target.T), 0.5) →": "the rows are white: their covariance is "
        "the identity. Now color them",
        " + target.mean(axis=0) →": "the covariance is right, but the target's mean is "
        "not added",
        "+ target.mean(axis=0) → + source.mean(axis=0)": "the covariance is right, but "
        "the source's mean was added; the target's is asked",
        "(source - source.mean(axis=0)) → source": "the covariance is right, but the "
        "source's mean was not subtracted before whitening",
        "(source - source.mean(axis=0)) / source.std(axis=0, ddof=1) * "
        "target.std(axis=0, ddof=1) + target.mean(axis=0)": "each feature has the "
        "target's variance, but the features are not correlated as in the target. Use "
        "the whole covariance matrix",
        "(source - source.mean(axis=0)) / source.std(axis=0) * target.std(axis=0) + "
        "target.mean(axis=0)": "features were scaled one by one; they are not "
        "correlated as in the target. Use the whole covariance matrix",
        "-0.5 → 0.5": "the source's covariance has the power +1/2; power -1/2 whitens",
        "target.T), 0.5 → target.T), -0.5": "the target's covariance has the power "
        "-1/2; power +1/2 colors",
        ("source.T), -0.5 → target.T), 0.5", "white @ power(np.cov(target.T), 0.5) → "
         "white @ power(np.cov(source.T), -0.5)"): "whiten with the source's power "
        "-1/2, then color with the target's power +1/2, in this order",
        ("-0.5 → -1", "target.T), 0.5 → target.T), 1"): "the powers are -1 and 1; take "
        "their roots, -1/2 and +1/2",
        _BIASED[0]: "one covariance was divided by n, the other by n - 1; take "
        "`np.cov` for both",
        _BIASED[1]: "one covariance was divided by n - 1, the other by n; take "
        "`np.cov` for both",
        _RIDGE: "the identity was added to both covariances, as in the paper; without "
        "it the target's covariance is met exactly",
        ("np.cov(source.T) → np.cov(source)", "np.cov(target.T) → np.cov(target)"):
        "rows are samples: `np.cov(source.T)`, one row and column a feature",
    },
    hints=(
        "Whiten: subtract the source's mean, multiply by `power(np.cov(source.T), "
        "-0.5)`.",
        "Color: multiply by `power(np.cov(target.T), 0.5)`.",
        "At the end add `target.mean(axis=0)`. Rows stand on the left: `rows @ "
        "matrix`.",
    ),
    lesson="Mean and covariance agree now. Whether the classes agree as well is "
    "another question.",
)  # fmt: skip


def rates(labels, scores, threshold):
    alarm = scores >= threshold
    return np.mean(alarm[labels == 0]), np.mean(~alarm[labels == 1])


def _detectors(rng):
    def case(sound, broken, threshold):
        labels = rng.permutation(np.repeat([0, 1], [sound, broken]))
        scores = rng.integers(-4, 9, len(labels)) / 8 + labels / 4
        scores[:3] = threshold  # ties
        return labels, scores, threshold

    few = np.array([0, 1, 1, 0, 0]), np.array([0.25, 0.5, 1.0, 0.5, 0.0])
    return [
        case(11, 7, 0.5), case(13, 9, 0.25), case(6, 19, 0.75), case(9, 14, -0.125),
        named("a threshold above all scores", *few, 2.0),
        named("a threshold below all scores", *few, -1.0),
        named("the largest score as threshold", *few, 1.0),
    ]  # fmt: skip


_FALSE_ALARMS, _MISSED = "np.mean(alarm[labels == 0])", "np.mean(~alarm[labels == 1])"
_BOTH = f"return {_FALSE_ALARMS}, {_MISSED} →"

error_rates = Exercise(
    rates,
    cases=_detectors,
    parts={
        "the false positive rate": "of the cells with label 0, the share with an alarm",
        "the false negative rate": "of the cells with label 1, the share without",
    },
    mistakes={
        f"{_BOTH} return {_MISSED}, {_FALSE_ALARMS}": "the two rates are swapped: "
        "false positives first",
        "~alarm → alarm": "the second is the share of *hits*; misses are asked",
        "(alarm[ → (~alarm[": "the first is the share of sound cells *passed*; false "
        "alarms are asked",
        ">= → <": "both are shares of right verdicts; the alarm is raised at and above "
        "the threshold",
        ">= → <=": "the alarm is raised at and *below* the threshold; `>=` is asked",
        ">= → >": "a score equal to the threshold must raise the alarm (`>=`)",
        "~alarm[ → (scores <= threshold)[": "a score equal to the threshold raises the "
        "alarm, so it is no miss: `<`",
        f"{_MISSED} → 1 - {_FALSE_ALARMS}": "the second is the share of sound cells "
        "that are passed; misses are among label 1",
        ("labels == 0 → labels == 1", "~alarm[labels == 1 → ~alarm[labels == 0"):
        "the labels are exchanged: false positives are alarms among label 0",
        f"{_BOTH} return np.mean(alarm & (labels == 0)), np.mean(~alarm & (labels == "
        "1))": "the counts are divided by all cells; divide by those of one class",
        f"{_BOTH} return np.sum(alarm & (labels == 0)), np.sum(~alarm & (labels == 1))":
        "those are counts; divide by the number of cells of the class",
        f"{_BOTH} return np.mean(labels[alarm] == 0), np.mean(labels[~alarm] == 1)":
        "divided by the alarms (and by the cells passed); divide by the number of "
        "cells of the class",
        f"{_BOTH} return np.sum(alarm & (labels == 0)) / np.sum(alarm), {_MISSED}":
        "divided by the alarms; divide by the number of sound cells",
        f"{_BOTH} return np.mean(alarm != labels)": "that is the error rate of both "
        "classes together; two rates are asked",
        f"{_BOTH} return {_FALSE_ALARMS}": "two rates are asked; only the false "
        "positives came back",
        f"{_BOTH} return {_MISSED}": "two rates are asked; only the false negatives "
        "came back",
        "scores >= threshold → scores >= 0.5": "0.5 is written into it; here the "
        "threshold is {threshold}",
    },
    hints=(
        "`alarm = scores >= threshold` is True where the detector cries.",
        "False positive rate: the share of alarms among the cells of label 0, "
        "`alarm[labels == 0]`.",
        "False negative rate: the share of *no* alarm among label 1, `~alarm[labels == "
        "1]`.",
    ),
    lesson="Raise the threshold and the first falls while the second grows; where they "
    "meet is the EER.",
)  # fmt: skip


def g_partial(risks, source, target):
    return abs(risks[source, source] - risks[source, target])


def _risks(rng):
    def table(*rows):
        return {(s, t): r for s, *row in rows for t, r in zip("AB", row)}

    two = table(("A", 0.30, 0.17), ("B", 0.42, 0.25))
    far = table(("A", 0.05, 0.61), ("B", 0.33, 0.33))
    names = ("mono", "poly", "thin")
    three = {(s, t): round(rng.uniform(), 2) for s in names for t in names}
    return [
        *(named(f"{s} → {t}", two, s, t) for s, t in ("AB", "BA")),
        *(named(f"{s} → {t}, other risks", far, s, t) for s, t in ("AB", "BA")),
        named("poly → thin", three, "poly", "thin"),
        named("thin → mono", three, "thin", "mono"),
    ]  # fmt: skip


_G = "abs(risks[source, source] - risks[source, target])"
_BACK = "abs(risks[target, target] - risks[target, source])"

g_part = Exercise(
    g_partial,
    cases=_risks,
    parts="|risk at home - risk abroad| of the model trained on `source`, that is "
    "`risks[source, source]` and `risks[source, target]`",
    mistakes={
        "abs(risks['A', 'A'] - risks['A', 'B'])": "A and B are written into it; use "
        "`source` and `target`",
        "source, target] → target, target]": "that compares the risks of two "
        "*different* models at home; follow one model abroad",
        f"max({_G}, {_BACK})": "that is the larger of both directions; take that of "
        "{source} alone",
        _BACK: "that is the other direction: the model trained on {target}",
        f"{_G} → risks[source, source] - risks[source, target]": "the sign is left; a "
        "divergence is never negative",
        f"{_G} → risks[source, target] - risks[source, source]": "the sign is left; a "
        "divergence is never negative. Take the absolute value",
        "source, target] → target, source]": "that compares {source}'s own risk with "
        "what {target}'s model does on {source}; keep the model, change the data",
        "source, source] → target, target]": "that compares {source}'s model on "
        "{target} with {target}'s own; keep the model, change the data",
        "source, source] → target, source]": "that compares the two ways abroad; "
        "compare one model at home and abroad",
        f"{_G} → {_G} / risks[source, source]": "it was divided by the risk at home; "
        "the difference itself is asked",
        f"({_G} + {_BACK}) / 2": "that is the mean of both directions, the complete "
        "measure",
        f"{_G} → {_G} ** 2": "that is the square; take the absolute value",
        f"{_G} → {_G} / 2": "that is half of it; the half belongs to the complete "
        "measure",
        "abs(risks[source] - risks[target])": "the keys are pairs: `risks[source, "
        "target]`",
        f"{_G} → risks[source, target]": "that is the risk {source} → {target} itself; "
        "compare it with the risk at home",
        f"{_G} → risks[source, source]": "that is the risk at home; compare it with "
        "the risk abroad",
        "] - risks → ] + risks": "the risks were added; subtract them",
    },
    hints=(
        "Which of the four numbers belong to the model trained on `source`?",
        "`risks[source, source]` is its risk at home, `risks[source, target]` abroad.",
        "The absolute value of their difference: `abs(… - …)`.",
    ),
    lesson="One model, two domains: home risk against the risk abroad.",
)  # fmt: skip
