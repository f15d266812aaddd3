"""Exercises of 06_FeatureExtraction3: fusing blocks, choosing honestly, comparing in pairs."""

import numpy as np

from utils.exercises.old import Exercise, Wrong, array, call, number


def _fused(blocks, rows, weight):
    return np.hstack(
        [
            (x - x[rows].mean(axis=0)) / x[rows].std(axis=0) * weight(x.shape[1])
            for x in blocks
        ]
    )


def _verify_fuse(function):
    for seed in range(2):
        rng = np.random.default_rng(seed)
        blocks = [rng.normal(40, 90, (30, 9)), rng.normal(-1, 0.1, (30, 4))]
        train, everyone = np.arange(seed, 30, 2), np.arange(30)
        result = call(function, blocks, train)
        if isinstance(result, (list, tuple)) and len(result) == 2:
            raise Wrong(
                "the blocks came back one by one; put them side by side: `np.hstack`."
            )
        if np.shape(result) == (len(train), 13):
            raise Wrong(
                "only the training rows came back; scale *all* rows by their measure."
            )
        value = array(result, "the fused table", (30, 13))
        slips = (
            (np.hstack(blocks), "the blocks were not scaled: the first has values of 100, the "
             "second of 1, and any distance will see the first alone"),
            (_fused(blocks, train, lambda n: 1), "the features are scaled, but the block of 9 "
             "columns still counts 9 to 4: divide a block by the root of its width"),
            (_fused(blocks, everyone, lambda n: n**-0.5), "mean and deviation were taken over all "
             "rows; the held-out ones leaked. Measure on `train`"),
            (_fused(blocks, train, lambda n: 1 / n), "a block was divided by its width; squared "
             "distances add, so divide by the *root* of the width"),
            (np.hstack([x / np.sqrt(x.shape[1]) for x in blocks]), "the widths are balanced, but "
             "mean and deviation are not: scale each feature first"),
            (_fused(blocks, train, lambda n: n**0.5), "a block was multiplied by the root of its "
             "width, so that the wide one counts even more: divide"),
        )  # fmt: skip
        for slip, reason in slips:
            if np.allclose(value, slip):
                raise Wrong(f"{reason}.")
        whole = [
            (x - x[train].mean()) / x[train].std() / np.sqrt(x.shape[1]) for x in blocks
        ]
        if np.allclose(value, np.hstack(whole)):
            raise Wrong("one mean a block; each feature needs its own: `axis=0`.")
        right = _fused(blocks, train, lambda n: n**-0.5)
        if np.allclose(value, np.hstack([right[:, 9:], right[:, :9]])):
            raise Wrong("the blocks stand in another order than they were given.")
        if not np.allclose(value, right):
            power = (value[train] ** 2).mean(axis=0)
            raise Wrong(
                f"over the training rows the mean squares of the two blocks add up to "
                f"{power[:9].sum():.3g} and {power[9:].sum():.3g}; both should be 1."
            )
    return "Each block now adds the same to a squared distance, whatever its units and width."


_LOOP = "def fuse(blocks, train):\n    scaled = []\n    for x in blocks:\n"

fuse = Exercise(
    _verify_fuse,
    hints=(
        "Three steps a block: subtract a mean, divide by a deviation, divide by √width.",
        "Mean and deviation are those of `x[train]`, with `axis=0`; all rows of x are scaled.",
        "`np.hstack` puts the scaled blocks side by side.",
    ),
    wrong_answers={
        "def fuse(blocks, train):\n    return np.hstack(blocks)": "not scaled",
        _LOOP + "        scaled.append((x - x[train].mean(axis=0)) / x[train].std(axis=0))\n"
        "    return np.hstack(scaled)": "9 to 4",
        _LOOP + "        scaled.append((x - x.mean(axis=0)) / x.std(axis=0) / x.shape[1] ** 0.5)\n"
        "    return np.hstack(scaled)": "leaked",
        _LOOP + "        scaled.append((x - x[train].mean(axis=0)) / x[train].std(axis=0)"
        " / x.shape[1])\n    return np.hstack(scaled)": "root",
        _LOOP + "        scaled.append((x - x[train].mean()) / x[train].std() / x.shape[1] ** 0.5)"
        "\n    return np.hstack(scaled)": "axis=0",
        _LOOP + "        scaled.append((x - x[train].mean(axis=0)) / x[train].std(axis=0)"
        " / x.shape[1] ** 0.5)\n    return scaled": "one by one",
        _LOOP + "        x = x[train]\n        scaled.append((x - x.mean(axis=0)) / x.std(axis=0)"
        " / x.shape[1] ** 0.5)\n    return np.hstack(scaled)": "only the training rows",
        _LOOP + "        scaled.append(x / x.shape[1] ** 0.5)\n"
        "    return np.hstack(scaled)": "scale each feature first",
        _LOOP + "        scaled.append((x - x[train].mean(axis=0)) / x[train].std(axis=0)"
        " / x.shape[1] ** 0.5)\n    return np.vstack(scaled)": "raised",
    },
)  # fmt: skip


def _verify_honest(function):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        inner, outer = rng.uniform(0.6, 0.9, (4, 6)), rng.uniform(0.6, 0.9, (4, 6))
        result = call(function, inner, outer)
        if np.shape(result) == (6,):
            raise Wrong("six scores came back, one a fold; the figure is their mean.")
        value = number(result, "the figure")
        folds = np.arange(6)
        slips = {
            "best fixed": (outer.mean(axis=1).max(), "the recipe was chosen by its mean over the "
                           "*held-out* folds: the exam was read before it was sat"),
            "oracle": (outer.max(axis=0).mean(), "each fold took the recipe that is best on its "
                       "own held-out cells; choose by `inner`"),
            "pooled": (outer[inner.mean(axis=1).argmax()].mean(), "one recipe for all folds, from "
                       "inner scores averaged over folds: the cells that one fold holds out were "
                       "training cells of the others. Choose fold by fold"),
            "inner": (inner.max(axis=0).mean(), "that is the mean of the winners' *inner* scores, "
                      "which flatter them; look their held-out scores up in `outer`"),
            "worst": (outer[inner.argmin(axis=0), folds].mean(), "the worst recipe was chosen; "
                      "`argmax`, not `argmin`"),
            "all": (outer.mean(), "nothing was chosen: that is the mean over all recipes"),
            "axis": (outer[folds[:4], inner.argmax(axis=1)].mean(), "rows are recipes, columns are "
                     "folds: a choice a fold is `argmax(axis=0)`"),
        }  # fmt: skip
        right = outer[inner.argmax(axis=0), folds].mean()
        for slip, reason in slips.values():
            if np.isclose(value, slip) and not np.isclose(slip, right):
                raise Wrong(f"{value:.3f}: {reason}.")
        if np.isclose(value, 100 * right):
            raise Wrong("scores in this course are fractions, not percentages.")
        if not np.isclose(value, right):
            raise Wrong(
                f"{value:.4f} instead of {right:.4f} for 4 recipes and 6 folds."
            )
    return "The held-out cells had no say in the choice, so the figure may be reported."


honest = Exercise(
    _verify_honest,
    hints=(
        "For one fold: which recipe has the best inner score? What is *its* outer score?",
        "`inner.argmax(axis=0)` names one recipe a fold.",
        "`outer[choice, np.arange(outer.shape[1])]` looks one score a fold up; take the mean.",
    ),
    wrong_answers={
        "def honest(inner, outer):\n    return outer.mean(axis=1).max()": "exam",
        "def honest(inner, outer):\n    return outer.max(axis=0).mean()": "choose by `inner`",
        "def honest(inner, outer):\n    return outer[inner.mean(axis=1).argmax()].mean()": (
            "fold by fold"
        ),
        "def honest(inner, outer):\n    return inner.max(axis=0).mean()": "flatter",
        "def honest(inner, outer):\n"
        "    return outer[inner.argmin(axis=0), np.arange(outer.shape[1])].mean()": "worst",
        "def honest(inner, outer):\n"
        "    return outer[inner.argmax(axis=0), np.arange(outer.shape[1])]": "six scores",
        "def honest(inner, outer):\n"
        "    return outer[np.arange(4), inner.argmax(axis=1)].mean()": "axis=0",
        "def honest(inner, outer):\n    return outer.mean()": "nothing was chosen",
        "def honest(inner, outer):\n"
        "    return 100 * outer[inner.argmax(axis=0), np.arange(outer.shape[1])].mean()": (
            "percentages"
        ),
    },
)


def _verify_paired(function):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        folds, n_train, n_test = 6 + seed, 500, 100
        hard = rng.normal(0.8, 0.05, folds)
        old, new = (hard + rng.normal(more, 0.01, folds) for more in (0, 0.02))
        gain = new - old
        result = call(function, old, new, n_train, n_test)
        if np.shape(result) != (2,):
            raise Wrong("return two numbers: `return mean_gain, error`.")
        mean, error = (
            number(value, name)
            for value, name in zip(result, ("mean_gain", "the error"))
        )
        if np.isclose(mean, -gain.mean()):
            raise Wrong("the sign is turned: a gain is new minus old.")
        if not np.isclose(mean, gain.mean()):
            raise Wrong(
                f"mean_gain is {mean:.4f}; new minus old is {gain.mean():.4f} on average."
            )
        factor, ratio = np.sqrt(1 / folds + n_test / n_train), n_test / n_train
        apart = np.sqrt(new.var(ddof=1) + old.var(ddof=1))
        mixed = (np.sort(new) - np.sort(old)).std(ddof=1)
        slips = (
            (gain.std(ddof=1), "that is the spread of the gains; their mean is known better: "
             "multiply by √(1/k + n_test/n_train)"),
            (gain.std(), "that is the spread of the gains, not the error of their mean"),
            (gain.std(ddof=1) / np.sqrt(folds), "the naive error: the folds share training cells, "
             "so n_test/n_train belongs under the root"),
            (apart * factor, "the two spreads were combined as if the folds were different ones; "
             "take the differences fold by fold first"),
            (mixed * factor, "the scores were sorted before they were subtracted, so that "
             "different folds were compared"),
            (gain.std() * factor, "the spread needs ddof=1: few folds, and their mean is fitted"),
            (gain.var(ddof=1) * factor, "a variance was used; take the standard deviation"),
            (gain.std(ddof=1) * np.sqrt(1 / folds + n_train / n_test), "the ratio is upside down: "
             "n_test / n_train"),
            (gain.std(ddof=1) * (1 / folds + ratio), "the root is missing around 1/k + "
             "n_test/n_train"),
        )  # fmt: skip
        for slip, reason in slips:
            if np.isclose(error, slip):
                raise Wrong(f"an error of {error:.4f}: {reason}.")
        right = gain.std(ddof=1) * factor
        if not np.isclose(error, right):
            raise Wrong(
                f"an error of {error:.4f} instead of {right:.4f} for {folds} folds."
            )
    return "Hard folds cancel in the difference; shared training cells are paid for."


_GAIN = "def paired(old, new, n_train, n_test):\n    gain = new - old\n"

paired = Exercise(
    _verify_paired,
    hints=(
        "Subtract first: one gain a fold.",
        "The error is the gains' standard deviation (ddof=1) times a root.",
        "Under the root stand 1 / len(gain) and n_test / n_train, added.",
    ),
    wrong_answers={
        _GAIN + "    return gain.mean(), gain.std(ddof=1)": "spread of the gains",
        _GAIN + "    return gain.mean(), gain.std(ddof=1) / np.sqrt(len(gain))": "naive",
        _GAIN + "    spread = np.sqrt(new.var(ddof=1) + old.var(ddof=1))\n"
        "    return gain.mean(), spread * np.sqrt(1 / len(gain) + n_test / n_train)": "fold by fold",
        _GAIN + "    gain = np.sort(new) - np.sort(old)\n"
        "    return gain.mean(), gain.std(ddof=1) * np.sqrt(1 / len(gain) + n_test / n_train)": (
            "sorted"
        ),
        _GAIN + "    return gain.mean(), gain.std() * np.sqrt(1 / len(gain) + n_test / n_train)": (
            "ddof=1"
        ),
        _GAIN + "    return -gain.mean(), gain.std(ddof=1) * np.sqrt(1 / len(gain) + "
        "n_test / n_train)": "sign",
        _GAIN + "    return gain.mean(), gain.std(ddof=1) * np.sqrt(1 / len(gain) + "
        "n_train / n_test)": "upside down",
        _GAIN + "    return gain.mean()": "two numbers",
    },
)  # fmt: skip
