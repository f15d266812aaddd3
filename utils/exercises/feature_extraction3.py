"""Exercises of 06_FeatureExtraction3: fusing blocks, an honest figure, pairs."""

import numpy as np

from utils.exercises import Exercise, named


def fuse(blocks, train):
    scaled = []
    for x in blocks:
        mean, spread = x[train].mean(axis=0), x[train].std(axis=0)
        x = (x - mean) / spread
        scaled.append(x / np.sqrt(x.shape[1]))
    return np.hstack(scaled)


def _blocks(rng):
    def case(rows, train, *widths):
        units = [(40, 90), (-1, 0.5), (7, 3)]
        sizes = zip(widths, units)
        return [rng.normal(*unit, (rows, width)) for width, unit in sizes], train

    whole = [rng.integers(0, 256, (9, 4)), rng.normal(size=(9, 2))]
    return [
        named("two blocks, 9 and 4 columns wide", *case(30, np.arange(0, 30, 2), 9, 4)),
        named(
            "three blocks, 2, 5 and 1 wide", *case(12, rng.permutation(12)[:7], 2, 5, 1)
        ),
        named("two blocks, both 3 wide", *case(8, np.array([7, 1, 2, 5]), 3, 3)),
        named("a single block", *case(9, np.arange(4), 9)),
        named("a block of whole numbers", whole, np.array([8, 0, 3, 5, 4])),
    ]


def _powers(table, blocks, train):
    """The mean square of a row in each block, over the training rows; the table."""
    widths = [x.shape[1] for x in blocks]
    if table.shape != (len(blocks[0]), sum(widths)):
        return {"the table": table}
    columns = (table[train] ** 2).mean(axis=0)
    powers = np.add.reduceat(columns, np.cumsum([0, *widths[:-1]]))
    return {"the mean squares of each block, added over its columns": powers,
            "the table": table}  # fmt: skip


_MEAN, _STD = "x[train].mean → x.mean", "x[train].std → x.std"
_ROOT = " / np.sqrt(x.shape[1]) →"
_LEAK = "over all rows; the held-out ones leaked. Measure on `train`"
_WIDTH = "a block counts by its columns: divide it by the root of its width"
_OWN = "each feature needs its own: `axis=0`"

fuse = Exercise(
    fuse,
    cases=_blocks,
    view=_powers,
    also=("std(axis=0) → std(axis=0, ddof=1)",),
    parts="take from each column its mean over `train`, divide by its deviation "
    "there, and by the root of the block's width",
    mistakes={
        ("(x - mean) / spread → x", _ROOT): "the blocks were not scaled: any distance "
        "will see the largest one alone",
        _ROOT: f"the features are scaled, but {_WIDTH}",
        ("std(axis=0) → std(axis=0, ddof=1)", _ROOT): f"with ddof=1, and {_WIDTH}",
        (_MEAN, _STD): f"mean and deviation were taken {_LEAK}",
        _MEAN: f"the mean was taken {_LEAK}",
        _STD: f"the deviation was taken {_LEAK}",
        (_MEAN, _STD, _ROOT): f"mean and deviation are not of `train` alone, and "
        f"{_WIDTH}",
        "np.sqrt(x.shape[1]) → x.shape[1]": "divided by the width; squared distances "
        "add, so take the *root* of the width",
        "(x - mean) / spread → x": "the widths are balanced, but mean and deviation "
        "are not: scale each feature first",
        "(x - mean) → x": "the mean was not subtracted",
        "(x - mean) / spread → x - mean": "the features are not divided by their "
        "deviation",
        "/ np.sqrt(x → * np.sqrt(x": "a block was multiplied by the root of its "
        "width, so that the wide one counts even more: divide",
        ("mean(axis=0) → mean()", "std(axis=0) → std()"): f"one mean and one "
        f"deviation a block; {_OWN}",
        "mean(axis=0) → mean()": f"one mean a block; {_OWN}",
        "std(axis=0) → std()": f"one deviation a block; {_OWN}",
        "].std → ].var": "the features were divided by their variance; take the "
        "deviation",
        "in blocks → in blocks[::-1]": "the blocks stand in another order than they "
        "were given",
        "x.shape[1]) → len(x))": "that is the root of the number of *rows*; a width "
        "is `x.shape[1]`",
        "x.shape[1]) → sum(b.shape[1] for b in blocks))": "all blocks were divided by "
        "the same number; take the root of each block's own width",
        "(x - mean) → (x[train] - mean)": "only the training rows came back; scale "
        "*all* rows by their measure",
        "np.hstack(scaled) → tuple(scaled)": "the blocks came back one by one; put "
        "them side by side: `np.hstack`",
        "np.hstack → np.vstack": "rows were put below each other; blocks stand side "
        "by side: `np.hstack`",
        "np.hstack(scaled) → scaled[0]": "only the first block came back; does the "
        "`return` stand inside the loop?",
        "np.hstack(scaled) → scaled[-1]": "only the last block came back; collect all "
        "of them",
    },
    hints=(
        "Three steps a block: subtract a mean, divide by a deviation, divide by "
        "√width.",
        "Mean and deviation are those of `x[train]`, with `axis=0`; all rows of x are "
        "scaled.",
        "`np.hstack` puts the scaled blocks side by side.",
    ),
    lesson="Each block now adds the same to a squared distance, whatever its units "
    "and width.",
)  # fmt: skip


def honest(inner, outer):
    choice = inner.argmax(axis=0)  # one recipe a fold
    scores = outer[choice, np.arange(outer.shape[1])]
    return scores.mean()


def _grids(rng):
    shapes = ((4, 6), (5, 5), (3, 8), (7, 2), (2, 4))
    return [tuple(rng.uniform(0.6, 0.9, (2, *shape))) for shape in shapes]


_BEST = "outer[choice, np.arange(outer.shape[1])] →"
_FOLD = "Choose fold by fold"

honest = Exercise(
    honest,
    cases=_grids,
    parts="choose a recipe for each fold by `inner`, look its score up in `outer`, "
    "and take the mean of those scores",
    mistakes={
        "outer.mean(axis=1).max()": "the recipe was chosen by its mean over the "
        "*held-out* folds: the exam was read before it was sat",
        "outer.max(axis=0).mean()": "each fold took the recipe that is best on its "
        "own held-out cells; choose by `inner`",
        "outer[inner.mean(axis=1).argmax()].mean()": f"one recipe for all folds, from "
        f"inner scores averaged over folds: the cells that one fold holds out were "
        f"training cells of the others. {_FOLD}",
        "outer[np.bincount(inner.argmax(axis=0)).argmax()].mean()": f"the recipe that "
        f"most folds chose was taken for all. {_FOLD}",
        "outer[inner.min(axis=1).argmax()].mean()": f"one recipe for all folds, by its "
        f"worst inner score. {_FOLD}",
        "outer[inner.argmax() // inner.shape[1]].mean()": f"the recipe with the "
        f"largest inner score of all was taken for all folds. {_FOLD}",
        "outer.flat[inner.argmax()]": f"that is one fold's score, where `inner` is "
        f"largest of all. {_FOLD}, and take the mean",
        "inner.max(axis=0).mean()": "that is the mean of the winners' *inner* scores, "
        "which flatter them; look their held-out scores up in `outer`",
        "inner.mean(axis=1).max()": f"that is an *inner* mean, which flatters the "
        f"winner. {_FOLD}, and look in `outer`",
        "argmax(axis=0) → argmin(axis=0)": "the worst recipe was chosen; `argmax`, "
        "not `argmin`",
        "outer.mean()": "nothing was chosen: that is the mean over all recipes",
        f"{_BEST} outer[np.arange(len(inner)), inner.argmax(axis=1) % "
        f"outer.shape[1]]": "rows are recipes, columns are folds: a choice a fold is "
        "`argmax(axis=0)`",
        f"{_BEST} outer[choice]": "`outer[choice]` takes all folds of a chosen "
        "recipe; look one score a fold up",
        f"{_BEST} inner[outer.argmax(axis=0), np.arange(outer.shape[1])]":
        "`inner` and `outer` are exchanged: choose by `inner`, report `outer`",
        "scores.mean() → scores": "one score a fold came back; the figure is their "
        "mean",
        "scores.mean() → choice": "these are the numbers of the chosen recipes; look "
        "their scores up in `outer`",
        "scores.mean() → scores.max()": "that is the best fold; the figure is the "
        "mean over folds",
        "scores.mean() → np.median(scores)": "that is the median over folds; the mean "
        "is asked",
        "scores.mean() → scores.sum()": "the scores of the folds were added; take "
        "their mean",
    },
    hints=(
        "For one fold: which recipe has the best inner score? What is *its* outer "
        "score?",
        "`inner.argmax(axis=0)` names one recipe a fold.",
        "`outer[choice, np.arange(outer.shape[1])]` looks one score a fold up; take "
        "the mean.",
    ),
    lesson="The held-out cells had no say in the choice, so the figure may be "
    "reported.",
)  # fmt: skip


def paired_gain(old, new, n_train, n_test):
    gain = new - old
    factor = np.sqrt(1 / len(gain) + n_test / n_train)
    return gain.mean(), gain.std(ddof=1) * factor


def _folds(rng):
    def case(folds, n_train, n_test):
        hard = rng.normal(0.8, 0.05, folds)
        old, new = (hard + rng.normal(more, 0.01, folds) for more in (0, 0.02))
        return old.round(4), new.round(4), n_train, n_test

    worse = np.array([0.9, 0.7, 0.8, 0.6]), np.array([0.8, 0.75, 0.5, 0.55])
    sizes = ((6, 400, 100), (5, 600, 80), (10, 90, 30), (2, 40, 10))
    return [
        *(case(*size) for size in sizes),
        named("a new model that loses", *worse, 75, 25),
    ]


_STD = "gain.std(ddof=1) →"
_BOTH = "1 / len(gain) + n_test / n_train →"
_NAIVE = "the folds share training cells, so n_test/n_train belongs under the root"
_PAIRS = "as if the folds were different ones; take the differences fold by fold first"

paired = Exercise(
    paired_gain,
    cases=_folds,
    parts={
        "the mean gain": "that is new minus old, fold by fold, on average",
        "the error": "that is the standard deviation of the gains (ddof=1) times "
        "√(1/k + n_test/n_train)",
    },
    mistakes={
        "new - old → old - new": "the sign is turned: a gain is new minus old",
        " * factor →": "that is the spread of the gains; their mean is known better: "
        "multiply by √(1/k + n_test/n_train)",
        "(ddof=1) * factor → ()": "that is the spread of the gains, not the error of "
        "their mean",
        f"{_BOTH} 1 / len(gain)": f"the naive error: {_NAIVE}",
        (f"{_BOTH} 1 / len(gain)", "ddof=1 →"): f"the naive error, and without "
        f"ddof=1: {_NAIVE}",
        f"{_BOTH} n_test / n_train": "1/k is missing under the root, before "
        "n_test/n_train",
        f"{_STD} np.sqrt(new.var(ddof=1) + old.var(ddof=1))": f"the two spreads were "
        f"combined {_PAIRS}",
        f"{_STD} (new.std(ddof=1) + old.std(ddof=1))": f"the two spreads were added "
        f"{_PAIRS}",
        ("ddof=1) * factor → ddof=1)", f"{_STD} np.sqrt(new.var(ddof=1) + "
        f"old.var(ddof=1))"): f"the two spreads were combined {_PAIRS}, and multiply "
        f"by √(1/k + n_test/n_train)",
        f"{_STD} new.std(ddof=1)": "that is the spread of the new scores; take that "
        "of the gains",
        f"{_STD} (np.sort(new) - np.sort(old)).std(ddof=1)": "the scores were sorted "
        "before they were subtracted, so that different folds were compared",
        "ddof=1 →": "the spread needs ddof=1: few folds, and their mean is fitted",
        "gain.std → gain.var": "a variance was used; take the standard deviation",
        "n_test / n_train → n_train / n_test": "the ratio is upside down: n_test / "
        "n_train",
        "np.sqrt →": "the root is missing around 1/k + n_test/n_train",
        "len(gain) + n_test / n_train → len(gain)) + (n_test / n_train":
        "the root must go around both, 1/k and n_test/n_train",
        "* factor → / factor": "the spread was divided by the root; multiply",
        "/ n_train → / (n_train + n_test)": "n_test is divided by n_train, not by all "
        "cells",
        "1 / len(gain) → 1": "1 must be divided by the number of folds, 1/k",
        "gain.mean(), → np.median(gain),": "that is the median gain; the mean is asked",
        "gain.mean(), → gain.sum(),": "the gains were added; their mean is asked",
        "new - old → (new - old) / old": "the gains were divided by the old scores; a "
        "gain is new minus old",
        "gain.std(ddof=1) * factor → gain.mean() / gain.std(ddof=1) / factor":
        "that is t, the gain divided by its error; the error is asked",
        "(new - old).mean()": "two numbers are asked: `return mean_gain, error`",
        "gain.mean(), gain → gain, gain": "these are the gains, one a fold; their "
        "mean is asked",
        ("gain.mean(), →", "* factor → * factor, gain.mean()"): "the two are "
        "exchanged: first the mean gain, then its error",
    },
    hints=(
        "Subtract first: one gain a fold.",
        "The error is the gains' standard deviation (ddof=1) times a root.",
        "Under the root stand 1 / len(gain) and n_test / n_train, added.",
    ),
    lesson="Hard folds cancel in the difference; shared training cells are paid for.",
)  # fmt: skip
