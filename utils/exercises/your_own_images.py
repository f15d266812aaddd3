"""Exercises of 10_YourOwnImages: a split, a shortcut, a calibration, a threshold."""

import numpy as np

from utils.exercises import Exercise, Wrong, named


def hold_out(group, share, seed):
    names = np.unique(group)
    held = np.random.default_rng(seed).permutation(names)[: round(share * len(names))]
    test = np.isin(group, held)
    return np.flatnonzero(~test), np.flatnonzero(test)


def _folders(rng):
    for count, pictures, share, seed in (
        (12, 80, 0.25, 0), (10, 60, 0.5, 3), (20, 200, 0.2, 1), (40, 90, 0.1, 7),
        (3, 30, 0.34, 2),
    ):  # fmt: skip
        sizes = 1 + rng.multinomial(pictures - count, rng.dirichlet(np.ones(count)))
        group = np.repeat([f"tree{i:02d}" for i in range(count)], sizes)
        told = f"{pictures} pictures of {count} trees, share {share}, seed {seed}"
        yield named(told, rng.permutation(group), share, seed)


def _dealt(result, group, share, seed):
    """What must hold of a split, whichever groups it drew."""
    train, test = result
    if train.dtype.kind not in "iu" or test.dtype.kind not in "iu":
        raise Wrong("positions are needed, whole numbers; see `np.flatnonzero`")
    all_of_them = np.concatenate([train, test])
    held, count = len(set(group[test])), len(set(group))
    return {
        "groups in both parts": len(set(group[train]) & set(group[test])),
        "pictures that are in one part, once":
        int((np.bincount(all_of_them, minlength=len(group)) == 1).sum()),
        "the share of the groups that is held out is as asked":
        bool(abs(held - share * count) <= 1),
    }  # fmt: skip


_DRAWN = "np.random.default_rng(seed).permutation(names) →"
_PARTS = "return np.flatnonzero(~test), np.flatnonzero(test) → return"

whole_groups = Exercise(
    hold_out, cases=_folders, view=_dealt, repeatable=True,
    mistakes={
        "test = np.isin(group, held) → test = np.zeros(len(group), bool); "
        "test[np.random.default_rng(seed).permutation(len(group))"
        "[: round(share * len(group))]] = True":
        "pictures were dealt, and a tree may lie on both sides; deal the groups",
        "test = np.isin(group, held) → "
        "test = np.arange(len(group)) < share * len(group)":
        "the first pictures were cut off, and a cut may go through a group",
        f"{_PARTS} np.flatnonzero(test), np.flatnonzero(~test)":
        "training and held-out positions are exchanged; training comes first",
        f"{_PARTS} np.arange(len(group)), np.flatnonzero(test)":
        "the held-out pictures are in the training part, too; take them out",
        "np.isin(group, held) → group == held[0]":
        "only one group is held out; take that share of all groups",
        "np.unique(group) → group":
        "a name stands here once a picture; `np.unique(group)` has it once",
        f"{_PARTS} np.flatnonzero(~test), np.flatnonzero(test)[:-1]":
        "a picture is in neither part",
    },
    hints=("Deal names, not pictures: `np.unique(group)` has each name once.",
           "Hold out the first names of a random order: `permutation(names)[:k]`.",
           "`test = np.isin(group, held)` marks their pictures; "
           "`np.flatnonzero(~test), np.flatnonzero(test)`."),
    lesson="No tree is on both sides, so what the classifier knows of a tree is of no "
    "use to it there.",
)  # fmt: skip


def suspect(maps):
    place = maps.mean(axis=0)
    return divmod(int(place.argmax()), place.shape[1])


def _marked(rng):
    for n, rows, columns, at in (
        (30, 7, 7, (0, 6)), (8, 5, 9, (4, 0)), (50, 14, 14, (1, 1)), (1, 3, 4, (2, 3)),
        (12, 9, 6, (8, 5)), (20, 6, 8, (3, 7)),
    ):  # fmt: skip
        maps = rng.normal(-0.5, 1, (n, rows, columns))
        maps[:, at[0], at[1]] += 1.5
        loud = rng.permutation(rows * columns)[: min(n, 3)]
        loud = loud[loud != at[0] * columns + at[1]]
        for picture, place in enumerate(loud):  # a real defect, in one picture each
            maps[(picture + 1) % n, place // columns, place % columns] += 0.9 * n
        quiet = (at[0] + rows // 2) % rows, (at[1] + columns // 2) % columns
        maps[:, quiet[0], quiet[1]] -= 6
        if n == 1:
            maps[0, at[0], at[1]] = 9
        yield named(f"{n} maps of {rows} × {columns}", maps)


_PLACE = "divmod(int(place.argmax()), place.shape[1]) →"

spotted = Exercise(
    suspect, cases=_marked, parts=("the row", "the column"),
    also=("maps.mean(axis=0) → maps.sum(axis=0)",),
    mistakes={
        "maps.mean(axis=0) → maps.max(axis=0)":
        "one loud picture decides a maximum; a shortcut speaks in all: average",
        "maps.mean(axis=0) → maps[0]":
        "that is the first picture alone; what is at the same place in all of them?",
        "maps.mean(axis=0) → abs(maps).mean(axis=0)":
        "evidence against the class counted as well; keep the sign",
        "maps.mean(axis=0) → maps.std(axis=0)":
        "there the pictures differ most; a shortcut is where they agree",
        "argmax → argmin": "that place speaks against the class; look for the highest",
        f"{_PLACE} divmod(int(place.argmax()), place.shape[1])[::-1]":
        "row and column are exchanged",
        "place.shape[1] → place.shape[0]":
        "a row of the map has `place.shape[1]` places; divide the position by it",
        "maps.mean(axis=0) → np.median(maps, axis=0) - maps.max(axis=0)":
        "the loudest picture was subtracted; average over the pictures",
    },
    hints=("A shortcut is at the same place in every picture; a defect wanders.",
           "`maps.mean(axis=0)` is the map that all pictures share.",
           "`divmod(int(place.argmax()), place.shape[1])` is the row and the column."),
    lesson="Averaged over the pictures of a class, real defects blur away and a "
    "shortcut stays.",
)  # fmt: skip


def reliability(probability, truth, parts):
    order = np.array_split(np.argsort(probability), parts)
    said = np.array([probability[part].mean() for part in order])
    true = np.array([truth[part].mean() for part in order])
    return said, true


def _forecasts(rng):
    for n, parts, bend in (
        (60, 4, 1.0), (100, 5, 0.4), (37, 3, 2.0), (12, 2, 1.0), (200, 10, 0.7),
    ):  # fmt: skip
        said = rng.permutation((np.arange(n) + rng.uniform(0.1, 0.9, n)) / n)
        truth = rng.random(n) < said**bend
        told = f"{n} pictures in {parts} parts"
        yield named(told, said, truth, parts)


_SPLIT = "np.array_split(np.argsort(probability), parts)"

calibrated = Exercise(
    reliability, cases=_forecasts,
    parts=("what was said", "what was true"),
    mistakes={
        f"order = {_SPLIT} → order = np.array_split(np.arange(len(truth)), parts)":
        "the pictures are in their old order; sort them by probability first",
        f"order = {_SPLIT} → order = {_SPLIT}[::-1]":
        "the surest part came first; begin with the lowest probabilities",
        "truth[part].mean() → (truth[part] == (probability[part] >= 0.5)).mean()":
        "that is the share of right answers; how many truly belong to the class?",
        "truth[part].mean() → truth[part].sum()":
        "these are counts; divide them by the pictures of the part",
        "probability[part].mean() → np.median(probability[part])":
        "that is the median; a mean says how many are expected",
        "probability[part].mean() → probability[part].max()":
        "that is the upper end of each part; take the mean of what was said",
        "return said, true → return true, said":
        "exchanged: what was said comes first",
        f"order = {_SPLIT} → order = np.array_split(np.sort(probability), parts); "
        "order = [np.arange(sum(map(len, order[:i])), sum(map(len, order[: i + 1]))) "
        "for i in range(parts)]; probability = np.sort(probability)":
        "only the probabilities were sorted; take the truth in the same order",
    },
    hints=("`np.argsort(probability)` are the positions, the lowest probability first.",
           "`np.array_split(positions, parts)` cuts them into parts of about a size.",
           "For each part: `probability[part].mean()` and `truth[part].mean()`."),
    lesson="If both agree in each part, a probability may be multiplied with a price.",
)  # fmt: skip


def cheapest(probability, truth, thresholds, miss, alarm):
    costs = []
    for threshold in thresholds:
        called = probability >= threshold
        missed, false = np.sum(truth & ~called), np.sum(~truth & called)
        costs.append(miss * missed + alarm * false)
    return thresholds[np.argmin(costs)]


def _prices(rng):
    grid = np.round(np.linspace(0.05, 0.95, 19), 2)
    for n, miss, alarm in (
        (120, 5, 1), (200, 1, 4), (80, 1, 1), (300, 20, 1), (150, 2, 3),
    ):  # fmt: skip
        said = np.round(rng.uniform(0, 1, n), 2)
        truth = rng.random(n) < said
        told = f"{n} pictures, a miss costs {miss}, a false alarm {alarm}"
        yield named(told, said, truth, grid, miss, alarm)
    equal = np.array([0.2, 0.4, 0.4, 0.8, 0.9])
    truth = np.array([False, False, True, True, True])
    yield named("5 pictures, two of them at 0.4", equal, truth, equal[[4, 2, 0]], 3, 1)


_COST = "miss * missed + alarm * false →"

priced = Exercise(
    cheapest, cases=_prices,
    parts="for each threshold: count misses and false alarms, and add up what they "
    "cost; then the cheapest",
    mistakes={
        f"{_COST} alarm * missed + miss * false":
        "the two prices are exchanged: a miss costs {miss}",
        f"{_COST} missed + false":
        "each mistake cost the same; a miss costs {miss}, a false alarm {alarm}",
        f"{_COST} miss * missed": "false alarms cost nothing here; they cost {alarm}",
        f"{_COST} alarm * false": "misses cost nothing here; they cost {miss}",
        "argmin → argmax": "that is the dearest threshold",
        "thresholds[np.argmin(costs)] → np.min(costs)":
        "that is the lowest cost; the threshold was asked for",
        "thresholds[np.argmin(costs)] → np.argmin(costs)":
        "that is a position; look up the threshold there",
        "probability >= threshold → probability > threshold":
        "who stands exactly at the threshold is called, too: `>=`",
        "alarm / (alarm + miss)":
        "that is what a perfect calibration would give; count on these pictures",
    },
    hints=("At each threshold, who is called? `probability >= threshold`.",
           "Missed: `truth & ~called`. False alarms: `~truth & called`.",
           "Keep the costs in a list; `thresholds[np.argmin(costs)]`."),
    lesson="The threshold follows from prices, and 0.5 is right only where both "
    "mistakes cost the same.",
)  # fmt: skip
