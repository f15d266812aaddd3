"""Exercises of 09_TransferLearning: a leak, means, CORAL, error rates, G_part."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from utils.evaluation import stratified_folds
from utils.exercises import Exercise, Wrong, named


def mended_auc(rows, is_target, folds, count):
    scores = np.empty(len(rows))
    for train, test in folds:
        known = is_target[train]
        x = StandardScaler().fit(rows[train]).transform(rows)
        ours, theirs = x[train][known == 0], x[train][known == 1]
        gaps = abs(theirs.mean(axis=0) - ours.mean(axis=0))
        best = np.argsort(gaps)[-count:]
        model = LogisticRegression().fit(x[train][:, best], known)
        scores[test] = model.decision_function(x[test][:, best])
    return roc_auc_score(is_target, scores)


def _borders(rng):
    for rows, features, count, parts, shift in (
        (120, 300, 10, 5, 0), (90, 60, 4, 3, 0.6), (80, 40, 1, 4, 1), (100, 9, 9, 2, 1)
    ):  # fmt: skip
        is_target = rng.permutation(rows) % 2
        x = rng.standard_t(3, (rows, features)) * 10.0 ** rng.integers(-2, 3, features)
        x[:, :3] += shift * np.outer(is_target, x[:, :3].std(axis=0))
        folds = stratified_folds(is_target, parts, seed=int(rng.integers(99)))
        title = f"noise of {features} features, {count} kept"
        yield named(title if not shift else "a shift", x, is_target, folds, count)


_KEPT = "np.argsort(gaps)[-count:] →"
_OURS = ("x[train][known == 0] → x[is_target == 0]",
         "x[train][known == 1] → x[is_target == 1]")  # fmt: skip
mended = Exercise(
    mended_auc, cases=_borders,
    parts="in each fold: scale, find the gaps and fit on `train`; one AUC of all rows",
    mistakes={
        ("fit(rows[train]) → fit(rows)", *_OURS):
        "that is the script as it was: held-out rows have a say in scale and choice",
        _OURS: "held-out rows still choose the features: take the gaps over `train`",
        "fit(rows[train]) → fit(rows)": "held-out rows leaked into the scaling",
        "x = StandardScaler().fit(rows[train]).transform(rows) → x = rows":
        "the features were not scaled: gaps in large units win",
        f"{_KEPT} np.argsort(gaps)[:count]": "the smallest gaps were kept",
        "abs(theirs.mean(axis=0) - ours.mean(axis=0)) → "
        "theirs.mean(axis=0) - ours.mean(axis=0)": "take the gaps' absolute values",
        f"{_KEPT} np.arange(len(gaps))": "all features were kept; `count` are asked",
        f"{_KEPT} np.argsort(gaps)[-10:]": "10 is written into it: `count`",
        "model.decision_function(x[test][:, best]) → model.predict(x[test][:, best])":
        "verdicts were ranked; an AUC needs the scores, `decision_function`",
        "(x[train][:, best], known) → (x[:, best], is_target)":
        "the model was fitted on all rows; `train` alone may teach it",
        ("x[train][known == 0] → x[test][is_target[test] == 0]",
         "x[train][known == 1] → x[test][is_target[test] == 1]"):
        "the gaps are those of the rows that judge; take them over `train`",
        "scores[test] = → scores[train] = model.decision_function(x[train][:, best]) "
        "if len(test) else": "training rows were scored; score those of `test`",
    },
    hints=("Everything that looks at rows moves into the loop over the folds.",
           "In a fold: `StandardScaler().fit(rows[train])`, then `transform(rows)`.",
           "The gaps are those of `x[train]`; only the scores are of `test`."),
    lesson="No held-out row has a say now, and noise is noise again: near one half.",
)  # fmt: skip


def squared_gap(source, target):
    difference = source.mean(axis=0) - target.mean(axis=0)
    return difference @ difference


def _clouds(rng):
    for n, m, d in (30, 20, 4), (7, 12, 2), (5, 5, 5), (1, 6, 3), (9, 4, 1):
        yield rng.normal(rng.normal(0, 2, d), 1, (n, d)), rng.normal(0, 1, (m, d))
    whole = np.array([[1.0, 4], [3, 0], [5, 2]])
    yield named("a domain and its rows doubled", whole, np.repeat(whole, 2, axis=0))


_SQUARE = "difference @ difference →"
_MEANS = "source.mean(axis=0) - target.mean(axis=0)"
mean_gap = Exercise(
    squared_gap, cases=_clouds,
    parts="one mean a feature, then the sum of the squared differences",
    mistakes={
        f"{_SQUARE} np.linalg.norm(difference)": "the distance; its square is asked",
        f"{_SQUARE} np.mean(difference**2)": "the mean over the features; add them up",
        f"{_SQUARE} difference.sum() ** 2": "the differences cancel; square them first",
        f"{_SQUARE} difference.sum()": "the differences are added, but not squared",
        f"{_SQUARE} abs(difference).sum()": "absolute differences; square them instead",
        f"{_MEANS} → {_MEANS.replace('mean', 'sum')}": "sums were compared; take means",
        "(source.mean() - target.mean()) ** 2": "one mean in all; take one a feature",
        f"{_MEANS} → {_MEANS.replace('0', '1')}": "those are means of rows; `axis=0`",
    },
    hints=("One mean a feature: `source.mean(axis=0)`; rows may differ in number.",
           "Subtract the two vectors of means.",
           "Square each difference, then add: `np.sum(gap**2)`."),
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
    if moved.shape != source.shape:
        raise Wrong(f"shape {moved.shape} came back; move the source, {source.shape}")
    kind, moved = np.result_type(moved, np.float16), moved.astype(float)
    mean, centered = np.round(moved.mean(axis=0), 9) + 0.0, source - source.mean(axis=0)
    fitted = centered @ np.linalg.pinv(centered) @ (moved - mean) + mean
    linear = np.allclose(fitted, moved, atol=1e-3 * np.abs(moved).max())
    return np.cov(moved.T).astype(kind), mean.astype(kind), bool(linear)


_S, _T = "np.cov(source.T)", "np.cov(target.T)"
align = Exercise(
    align, cases=_domains, view=_moments,
    also=(tuple(f"{x} → {x[:-1]}, bias=True)" for x in (_S, _T)),),
    parts={
        "the covariance of the moved rows": "whiten with power -1/2, color with +1/2",
        "the mean of the moved rows": "subtract the source's, add the target's",
        "whether one linear map moved the rows": "it is no linear map of the source",
    },
    mistakes={
        "source - source.mean(axis=0) + target.mean(axis=0)": "only the mean moved",
        "source": "the rows came back as they were",
        f"@ power({_T}, 0.5) →": "the rows are white: now color them",
        " + target.mean(axis=0) →": "the target's mean is not added",
        "+ target.mean → - target.mean": "the target's mean was subtracted; add it",
        ("return white @ → return (white + target.mean(axis=0)) @",
         ", 0.5) + target.mean(axis=0) → , 0.5)"):
        "color first, then add the target's mean: the coloring moved it",
        ", 0.5) → , -0.5)": "the target's covariance needs the power +1/2, to color",
        "(source - source.mean(axis=0)) → source": "first subtract the source's mean",
        "(source - source.mean(axis=0)) / source.std(axis=0, ddof=1) * "
        "target.std(axis=0, ddof=1) + target.mean(axis=0)":
        "features are not correlated as in the target. Use the whole covariance matrix",
        "-0.5 → 0.5": "the source's covariance has the power +1/2; power -1/2 whitens",
        (f"{_S}, -0.5 → {_T}, 0.5", f"@ power({_T}, 0.5) + → @ power({_S}, -0.5) +"):
        "whiten with the source's power -1/2, then color, in this order",
        ("-0.5 → -1", f"{_T}, 0.5 → {_T}, 1"): "the powers are -1 and 1; take roots",
    },
    hints=("Whiten: subtract the mean, multiply by `power(np.cov(source.T), -0.5)`.",
           "Color: multiply by `power(np.cov(target.T), 0.5)`.",
           "At the end add `target.mean(axis=0)`. It is `rows @ matrix`."),
    lesson="Mean and covariance agree now. Whether the classes agree as well is "
    "another question.",
)  # fmt: skip


def rates(labels, scores, threshold):
    alarm = scores >= threshold
    return np.mean(alarm[labels == 0]), np.mean(~alarm[labels == 1])


def _detectors(rng):
    for sound, broken, threshold in (
        (11, 7, 0.5), (13, 9, 0.25), (6, 19, 0.75), (9, 8, -0.5), (3, 2, 9), (2, 3, -9)
    ):  # fmt: skip
        labels = rng.permutation(np.repeat([0, 1], [sound, broken]))
        scores = rng.integers(-4, 9, len(labels)) / 8 + labels / 4
        scores[:3] = threshold if abs(threshold) < 1 else scores[:3]  # ties
        yield labels, scores, threshold


_ALARMS, _MISSED = "np.mean(alarm[labels == 0])", "np.mean(~alarm[labels == 1])"
_BOTH = f"return {_ALARMS}, {_MISSED} → return"
error_rates = Exercise(
    rates, cases=_detectors,
    parts={
        "the false positive rate": "of the cells with label 0, the share with an alarm",
        "the false negative rate": "of the cells with label 1, the share without",
    },
    mistakes={
        f"{_BOTH} {_MISSED}, {_ALARMS}": "they are swapped: false positives first",
        "~alarm → alarm": "the second is the share of *hits*; misses are asked",
        f"{_BOTH} np.mean(alarm[labels == 1]), np.mean(~alarm[labels == 0])":
        "the classes are swapped: 0 is sound, 1 is defective",
        "(alarm[ → (~alarm[": "the first is the share of sound cells *passed*",
        ">= → <": "both are shares of right verdicts; alarms are at or above",
        ">= → >": "a score equal to the threshold must raise the alarm (`>=`)",
        f"{_BOTH} np.mean(alarm & (labels == 0)), np.mean(~alarm & (labels == 1))":
        "the counts are divided by all cells; divide by those of one class",
        f"{_BOTH} np.sum(alarm & (labels == 0)), np.sum(~alarm & (labels == 1))":
        "those are counts; divide by the number of cells of the class",
        f"{_BOTH} np.mean(labels[alarm] == 0), np.mean(labels[~alarm] == 1)":
        "divided by the alarms; divide by the number of cells of the class",
        "scores >= threshold → scores >= 0.5": "0.5 is written into it: `threshold`",
    },
    hints=("`alarm = scores >= threshold` is True where the detector cries.",
           "False positive rate: the mean of `alarm[labels == 0]`.",
           "False negative rate: the mean of `~alarm[labels == 1]`."),
    lesson="Raise the threshold and the first falls while the second grows; where they "
    "meet is the EER.",
)  # fmt: skip


def g_partial(risks, source, target):
    return abs(risks[source, source] - risks[source, target])


def _risks(rng):
    for pair in ("AB", "BA", "AC", "BC", "CB"):
        risks = {(s, t): round(rng.uniform(), 2) for s in "ABC" for t in "ABC"}
        yield named(" → ".join(pair), risks, *pair)


_HOME, _AWAY = "risks[source, source]", "risks[source, target]"
_G = f"abs({_HOME} - {_AWAY})"
_BACK = "abs(risks[target, target] - risks[target, source])"
g_part = Exercise(
    g_partial, cases=_risks,
    parts="|risk at home - risk abroad| of the model that was trained on `source`",
    mistakes={
        "abs(risks['A', 'A'] - risks['A', 'B'])": "A and B are written into it",
        "source, target] → target, target]": "those are *two* models at home",
        f"max({_G}, {_BACK})": "that is the larger of both directions; take the first",
        _BACK: "that is the other direction: the model trained on {target}",
        f"{_G} → {_AWAY} - {_HOME}": "the sign is left; take the absolute value",
        f"{_G} → max(0, {_AWAY} - {_HOME})": "a lower risk abroad is a gap, too",
        f"{_G} → {_HOME} - {_AWAY}": "the sign is left; take the absolute value, too",
        "source, target] → target, source]": "keep the model, change the data",
        "source, source] → target, target]": "keep the model; that is another at home",
        f"({_G} + {_BACK}) / 2": "that is the mean of both directions",
        f"{_G} → {_G} ** 2": "that is the square; take the absolute value",
        f"{_G} → {_AWAY}": "that is the risk {source} → {target} itself",
        "] - risks → ] + risks": "the risks were added; subtract them",
    },
    hints=("Which of the numbers belong to the model trained on `source`?",
           "`risks[source, source]` is its risk at home; abroad it is on `target`.",
           "The absolute value of their difference: `abs(… - …)`."),
    lesson="One model, two domains: home risk against the risk abroad.",
)  # fmt: skip
