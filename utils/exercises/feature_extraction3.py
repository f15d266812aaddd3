"""Exercises of 06_FeatureExtraction3: pairs, fused blocks, a figure, a repair."""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler

from utils.evaluation import stratified_folds
from utils.exercises import Exercise, named


def fuse(blocks, train):
    scaled = []
    for x in blocks:
        mean, spread = x[train].mean(axis=0), x[train].std(axis=0)
        x = (x - mean) / spread
        scaled.append(x / np.sqrt(x.shape[1]))
    return np.hstack(scaled)


def _blocks(rng):
    for rows, train, *widths in (
        (30, range(0, 30, 2), 9, 4), (12, rng.permutation(12)[:7], 2, 5, 1),
        (8, [7, 1, 2, 5], 3, 3), (9, range(4), 9),
    ):  # fmt: skip
        sizes = zip(widths, [(40, 90), (-1, 0.5), (7, 3)])
        blocks = [rng.normal(*unit, (rows, width)) for width, unit in sizes]
        yield named(f"blocks {widths} columns wide", blocks, np.array(train))
    whole = [rng.integers(0, 256, (9, 4)), rng.normal(size=(9, 2))]
    yield named("a block of whole numbers", whole, np.array([8, 0, 3, 5, 4]))


def _powers(table, blocks, train):
    """The mean square of a row in each block, over the training rows; the table."""
    widths = [x.shape[1] for x in blocks]
    if table.shape != (len(blocks[0]), sum(widths)):
        return {"the table": table}
    columns = (table[train] ** 2).mean(axis=0)
    powers = np.add.reduceat(columns, np.cumsum([0, *widths[:-1]]))
    return {"each block's mean square of a row": powers, "the table": table}


_ROOT = " / np.sqrt(x.shape[1]) →"
fuse = Exercise(
    fuse, cases=_blocks, view=_powers, also=("std(axis=0) → std(axis=0, ddof=1)",),
    parts="subtract the mean, divide by the deviation over `train`, and by √width",
    mistakes={
        ("(x - mean) / spread → x", _ROOT):
        "the blocks were not scaled: any distance will see the largest one alone",
        _ROOT: "a block counts by its columns: divide by the root of the width",
        ("x[train].mean → x.mean", "x[train].std → x.std"):
        "the held-out rows leaked into mean and deviation: measure on `train`",
        "np.sqrt(x.shape[1]) → x.shape[1]": "that is the width; divide by its *root*",
        "(x - mean) / spread → x": "widths are balanced; scale each feature first",
        ("mean(axis=0) → mean()", "std(axis=0) → std()"):
        "one mean and one deviation a block; each feature needs its own: `axis=0`",
        "(x - mean) → (x[train] - mean)": "only the training rows came back",
        "np.hstack(scaled) → tuple(scaled)": "the blocks came back one by one",
        "np.hstack(scaled) → scaled[0]": "`return` only after the loop",
    },
    hints=("Three steps a block: subtract a mean, divide by a deviation, by √width.",
           "Mean and deviation are those of `x[train]`, `axis=0`; scale all rows.",
           "`np.hstack` puts the scaled blocks side by side."),
    lesson="Each block now adds the same to a squared distance, whatever its units "
    "and width.",
)  # fmt: skip


def honest(inner, outer):
    choice = inner.argmax(axis=0)  # one recipe a fold
    scores = outer[choice, np.arange(outer.shape[1])]
    return scores.mean()


_BEST = "outer[choice, np.arange(outer.shape[1])] →"
honest = Exercise(
    honest,
    cases=lambda rng: [tuple(rng.uniform(0.6, 0.9, (2, *shape))) for shape in (
        (4, 6), (5, 5), (3, 8), (7, 2), (2, 4))],
    parts="for each fold choose by `inner`, look the score up in `outer`; the mean",
    mistakes={
        "outer.mean(axis=1).max()":
        "held-out folds chose the recipe: the exam was read before it was sat",
        "outer.max(axis=0).mean()": "held-out cells chose it; choose by `inner`",
        "outer[inner.mean(axis=1).argmax()].mean()":
        "one fold's held-out cells train others: choose fold by fold",
        "inner.max(axis=0).mean()": "inner scores flatter; look in `outer`",
        "argmax → argmin": "the worst recipe was chosen; `argmax`, not `argmin`",
        "outer.mean()": "nothing was chosen: that is the mean over all recipes",
        f"{_BEST} outer[np.arange(len(inner)), inner.argmax(axis=1) % outer.shape[1]]":
        "rows are recipes, columns are folds: a choice a fold is `argmax(axis=0)`",
        f"{_BEST} outer[choice]": "`outer[choice]` takes all folds of a chosen recipe",
    },
    hints=("For one fold: which recipe is best by `inner`? What is *its* outer score?",
           "`inner.argmax(axis=0)` names one recipe a fold.",
           "`outer[choice, np.arange(outer.shape[1])]` has their scores; the mean."),
    lesson="The held-out cells had no say in the choice, so the figure may be "
    "reported.",
)  # fmt: skip


def paired_gain(old, new, n_train, n_test):
    gain = new - old
    factor = np.sqrt(1 / len(gain) + n_test / n_train)
    return gain.mean(), gain.std(ddof=1) * factor


def _folds(rng):
    for folds, *sizes in (6, 400, 100), (5, 600, 80), (10, 90, 30), (2, 40, 10):
        hard = rng.normal(0.8, 0.05, folds)
        old, new = (hard + rng.normal(more, 0.01, folds) for more in (0, 0.02))
        yield old.round(4), new.round(4), *sizes
    yield np.array([0.9, 0.7, 0.8, 0.6]), np.array([0.8, 0.75, 0.5, 0.55]), 75, 25


_STD = "gain.std(ddof=1) →"
paired = Exercise(
    paired_gain, cases=_folds,
    parts={
        "the mean gain": "that is new minus old, fold by fold, on average",
        "the error": "the gains' deviation (ddof=1) times √(1/k + n_test/n_train)",
    },
    mistakes={
        "new - old → old - new": "the sign is turned: a gain is new minus old",
        " * factor →": "that is the spread of the gains; multiply it by the root",
        "1 / len(gain) + n_test / n_train → 1 / len(gain)":
        "the naive error: folds share cells; n_test/n_train belongs under the root",
        f"{_STD} np.sqrt(new.var(ddof=1) + old.var(ddof=1))":
        "two spreads were combined; take the differences fold by fold first",
        f"{_STD} (np.sort(new) - np.sort(old)).std(ddof=1)":
        "the scores were sorted before they were subtracted: different folds",
        "ddof=1 →": "the spread needs ddof=1: few folds, and their mean is fitted",
        "n_test / n_train → n_train / n_test": "the ratio is upside down",
        "np.sqrt →": "the root is missing around 1/k + n_test/n_train",
        ("gain.mean(), →", "* factor → * factor, gain.mean()"): "first the mean gain",
    },
    hints=("Subtract first: one gain a fold.",
           "The error is the gains' standard deviation (ddof=1) times a root.",
           "Under the root stand 1 / len(gain) and n_test / n_train, added."),
    lesson="Hard folds cancel in the difference; shared training cells are paid for.",
)  # fmt: skip


def rate(x, labels, train, test):
    """Share of the rows `test` whose nearest neighbor among `train` is alike."""
    nearest = euclidean_distances(x[test], x[train]).argmin(axis=1)
    return np.mean(labels[train][nearest] == labels[test])


def mended_score(first, others, labels, folds):
    scores = []
    for train, test in folds:
        ready = []
        for x in (first, *others):
            x = StandardScaler().fit(x[train]).transform(x)
            ready.append(x / np.sqrt(x.shape[1]))
        fused = [np.hstack([ready[0], x]) for x in ready[1:]]
        rated = []
        for x in fused:
            inner = stratified_folds(labels[train], 3)
            own = [rate(x[train], labels[train], *pair) for pair in inner]
            rated.append(np.mean(own))
        best = fused[np.argmax(rated)]
        scores.append(rate(best, labels, train, test))
    return np.mean(scores)


def _fusions(rng):
    for rows, folds, candidates in (60, 3, 6), (45, 5, 4), (72, 2, 8), (50, 4, 3):
        labels = rng.permutation(rows) % 2
        first = rng.normal(1.2 * labels[:, None], 1, (rows, 3))
        units = 10 ** rng.uniform(-1, 2, candidates)
        others = [rng.normal(0, unit, (rows, 5)) for unit in units]
        folds = stratified_folds(labels, folds, seed=1)
        yield named(f"{candidates} blocks of noise", first, others, labels, folds)


_OWN = "rate(x[train], labels[train], *pair) →"
_SCALED = "StandardScaler().fit(x[train]).transform(x) →"
_AGAIN = "StandardScaler().fit(x[train][pair[0]]).transform(x[train])"
mended = Exercise(
    mended_score, cases=_fusions,
    also=(f"{_OWN} rate({_AGAIN} * x[train].std(axis=0), labels[train], *pair)",),
    parts="scale on `train`, divide by √width, choose on inner folds, then judge",
    mistakes={
        "max(np.mean([rate(np.hstack([first, x]), labels, *f) for f in folds]) "
        "for x in others)": "that is the pipeline as it was, with both faults",
        f"{_OWN} rate(x, labels, train, test)":
        "the held-out cells still choose: rate each block inside `train`",
        f"{_SCALED} x": "the choice is mended; loud blocks still drown the first one",
        "np.sqrt(x.shape[1]) → 1": "scaled; now divide each block by √width",
        "np.sqrt(x.shape[1]) → x.shape[1]": "that is the width; divide by its *root*",
        "fit(x[train]) → fit(x)": "held-out rows leaked into the scaling: use `train`",
        "rate(best, labels, train, test) → max(rated)":
        "the inner score of a winner flatters; judge it on `test`",
        "argmax → argmin": "the worst block was chosen: `argmax`",
        "np.hstack([ready[0], x]) → x": "the first block is missing from the fusion",
        "best = fused[np.argmax(rated)] → best = np.hstack(ready)":
        "all blocks at once; choose *one* to go with the first",
        "np.mean(scores) → scores": "one score a fold came back; return their mean",
    },
    hints=("Two repairs: what is measured before the distance, and who chooses.",
           "In each fold: scale every block on `train`, divide by √width, fuse.",
           "`stratified_folds(labels[train], 3)` chooses; `rate(best, labels, train, "
           "test)` judges."),
    lesson="Now no held-out cell has a say in the scale or in the choice.",
)  # fmt: skip
