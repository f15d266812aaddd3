"""Exercises of 13_OtherAnswers: R², many labels, thresholds, pooling, honest bags."""

import numpy as np

from utils.exercises import Exercise, Wrong, named


def r_squared(said, truth, known):
    error = np.mean((said - truth) ** 2)
    baseline = np.mean((np.mean(known) - truth) ** 2)
    return 1 - error / baseline


def _answers(rng):
    for n, shift, spread in (
        (8, 0.2, 0.1),
        (20, 0.0, 0.3),
        (12, 0.4, 0.9),
        (5, -0.3, 0),
    ):
        truth = rng.choice([0, 1 / 3, 2 / 3, 1], n)
        truth[:2] = 0, 1
        known = rng.choice([0, 1 / 3, 2 / 3, 1], 3 * n + 1) * 0.7 + shift
        said = truth + rng.normal(0.05, spread, n)
        told = f"{n} held-out answers, {len(known)} to train on"
        yield named(told, said, truth, known)
    truth = np.array([0.0, 1.0, 1.0])
    yield named(
        "the training mean as the answer", np.full(3, 0.25), truth, np.array([0.5, 0])
    )


_MEAN = "np.mean(known) →"
_WHOLE = "1 - error / baseline →"

scored = Exercise(
    r_squared, cases=_answers,
    mistakes={
        f"{_MEAN} np.mean(truth)":
        "that mean is known only after the test; the rival has the training mean",
        f"{_MEAN} np.median(known)": "the rival says the mean, not the median",
        f"{_MEAN} np.mean(said)": "the rival says the mean of the training answers",
        f"{_MEAN} 0.5": "0.5 is written into it; the rival says the training mean",
        f"{_MEAN} 0": "the mean was not subtracted",
        f"{_WHOLE} error / baseline": "that is the share of the error that is left",
        f"{_WHOLE} 1 - baseline / error": "the fraction is upside down",
        f"{_WHOLE} 1 - error": "the error must be divided by that of the mean",
        f"{_WHOLE} error": "that is the squared error; compare it with the rival's",
        f"{_WHOLE} baseline - error": "divide by the rival's error as well",
        f"{_WHOLE} max(1 - error / baseline, 0)":
        "R² may lie below 0: worse than the mean; do not hide it",
        ("np.mean((said - truth) ** 2) → np.mean(abs(said - truth))",
         "np.mean((np.mean(known) - truth) ** 2) → "
         "np.mean(abs(np.mean(known) - truth))"):
        "R² compares squared errors, not absolute ones",
        ("error / baseline → (error / baseline) ** 0.5"):
        "no roots: R² compares the squared errors themselves",
        "np.mean((said - truth) ** 2) → np.var(said - truth)":
        "a variance forgets a constant error",
        f"{_WHOLE} np.corrcoef(said, truth)[0, 1] ** 2":
        "a squared correlation forgives a wrong scale; compare errors",
    },
    hints=("Two mean squared errors: that of `said`, and that of a rival.",
           "The rival says the same for all: `np.mean(known)`.",
           "`1 - error / baseline`."),
    lesson="1 is perfect, 0 as good as the training mean, and below 0 you had better "
    "said the mean.",
)  # fmt: skip


def encode(forms, names):
    labels = np.zeros((len(forms), len(names)), int)
    known = np.zeros((len(forms), len(names)), int)
    for row, form in enumerate(forms):
        for column, name in enumerate(names):
            known[row, column] = form.get(name) in ("yes", "no")
            labels[row, column] = form.get(name) == "yes"
    return labels, known


def _forms(rng):
    yield named(
        "3 forms and 3 names",
        [{"bag": "yes", "boot": "no", "top": "yes"}, {"boot": "", "bag": "no"}, {}],
        ["top", "bag", "boot"],
    )
    for n, names in ((4, ("a", "b", "c", "d")), (2, ("z", "y")), (6, ("p", "r", "q"))):
        forms = []
        for _ in range(n):
            drawn = rng.choice(["yes", "no", "", "absent"], len(names) + 1)
            order = rng.permutation([*names, "other"])
            forms.append({k: str(v) for k, v in zip(order, drawn) if v != "absent"})
        forms[0] = {names[-1]: "yes", "other": "yes"}
        forms[-1] = {names[0]: "no", names[1]: ""}
        yield named(f"{n} forms and {len(names)} names", forms, list(names))


_KNOWN = 'form.get(name) in ("yes", "no") →'

encoded = Exercise(
    encode, cases=_forms, parts=("the labels", "which are known"),
    mistakes={
        f"{_KNOWN} name in form": "an empty answer is no answer: it is not known",
        f"{_KNOWN} form.get(name) == 'yes'": "a “no” is known, too",
        f"{_KNOWN} form.get(name) != 'no'": "absent and empty answers are not known",
        f"{_KNOWN} 1": "absent and empty answers are not known",
        f"{_KNOWN} name not in form": "1 stands for known, 0 for missing",
        'form.get(name) == "yes" → name in form':
        "a name that stands in the form may have the answer “no”",
        'form.get(name) == "yes" → form.get(name) != "no"':
        "what is missing is no yes; give it 0 and let `known` say it is missing",
        'form.get(name) == "yes" → form.get(name) == "no"': "1 stands for yes",
        'form.get(name) == "yes" → 2 * (form.get(name) == "yes") - 1':
        "0 and 1 are asked, not -1 and 1",
        "in enumerate(names) → in enumerate(sorted(names))":
        "the columns follow `names` in its own order",
        "return labels, known → return known, labels": "the labels come first",
        "return labels, known → return labels, 1 - known":
        "1 stands for known, 0 for missing",
        "return labels, known → return labels.T, known.T":
        "one row a form, one column a name",
    },
    hints=("`form.get(name)` is the answer, or None where the name is absent.",
           "`known` is 1 where the answer is “yes” or “no”.",
           "`labels` is 1 where it is “yes”, and 0 everywhere else."),
    lesson="A missing answer is neither yes nor no: a second table says so, and the "
    "loss leaves those places out.",
)  # fmt: skip


def choose_thresholds(probabilities, labels, candidates):
    best = []
    for column, truth in zip(probabilities.T, labels.T):
        scores = []
        for threshold in candidates:
            said = column > threshold
            hits = np.sum(said & (truth == 1))
            scores.append(2 * hits / max(np.sum(said) + np.sum(truth == 1), 1))
        best.append(candidates[np.argmax(scores)])
    return np.array(best)


def _guesses(rng):
    candidates = np.arange(1, 20) / 20
    for n, labels, low in ((40, 3, 0.3), (60, 4, 0.1), (50, 2, 0.6), (80, 5, 0.2)):
        rates = np.linspace(0.15, 0.6, labels)
        truth = (rng.random((n, labels)) < rates).astype(int)
        truth[:2] = [[1] * labels, [0] * labels]
        scale = rng.uniform(low, 1, labels)
        noise = rng.normal(0, 0.15, truth.shape)
        probabilities = ((0.25 + 0.5 * truth + noise) * scale).clip(0.001, 0.999)
        # one who is exactly at a threshold is not above it
        probabilities[2:6, 0] = candidates[rng.integers(3, 12, 4)]
        told = f"{n} pictures, {labels} labels"
        yield named(told, probabilities, truth, candidates)
    rare = np.zeros((6, 2), int)
    rare[0, 0] = 1
    tied = np.array(
        [[0.9, 0.2], [0.1, 0.3], [0.2, 0.1], [0.3, 0.2], [0.1, 0.1], [0.2, 0.3]]
    )
    yield named("6 pictures, one label without an example", tied, rare, candidates[:8])


_F1 = "2 * hits / max(np.sum(said) + np.sum(truth == 1), 1) →"

chosen = Exercise(
    choose_thresholds, cases=_guesses,
    mistakes={
        f"{_F1} np.mean(said == (truth == 1))":
        "that is accuracy, which a rare label hardly moves; F1 is asked",
        f"{_F1} hits / max(np.sum(said), 1)":
        "that is precision alone; F1 counts misses, too",
        f"{_F1} hits / max(np.sum(truth == 1), 1)":
        "that is recall alone; F1 counts false alarms, too",
        "np.argmax(scores) → np.argmin(scores)": "that is the worst threshold",
        "candidates[np.argmax(scores)] → np.max(scores)":
        "that is the best F1; the threshold that gives it is asked",
        "candidates[np.argmax(scores)] → np.argmax(scores)":
        "that is the position of the threshold among the candidates",
        "candidates[np.argmax(scores)] → candidates[::-1][np.argmax(scores[::-1])]":
        "of several that are as good take the lowest",
        "column > threshold → column < threshold": "say a label above its threshold",
        "column > threshold → column >= threshold":
        "above the threshold, not at it",
        "zip(probabilities.T, labels.T) → zip(probabilities, labels)":
        "that goes over pictures; each label, a column, has its threshold",
        "return np.array(best) → return np.array([np.mean(best)] * len(best))":
        "one threshold for all; each label has its own",
        "return np.array(best) → return np.array([0.5] * len(best))":
        "0.5 for all: nothing was chosen",
    },
    hints=("Go over the columns: `zip(probabilities.T, labels.T)`.",
           "F1 is 2 · hits / (said + true): what was said rightly counts twice.",
           "`candidates[np.argmax(scores)]`; argmax takes the first of equal ones."),
    lesson="Thresholds are fitted, too: choose them on validation pictures, never on "
    "those that judge.",
)  # fmt: skip


def soft_maximum(scores, there, r):
    scores = np.where(there, r * scores, -np.inf)
    highest = scores.max(axis=1, keepdims=True)
    total = np.exp(scores - highest).sum(axis=1)
    return (highest[:, 0] + np.log(total / there.sum(axis=1))) / r


def _bags(rng):
    for bags, cells, r, scale in (
        (3, 5, 1.0, 1), (4, 8, 3.0, 2), (2, 6, 0.5, 3000), (5, 4, 2.0, 1),
        (3, 7, 1.0, 1000), (3, 5, 5.0, 3000),
    ):  # fmt: skip
        scores = rng.normal(0.3, 1, (bags, cells)) * scale
        there = np.arange(cells) < rng.integers(1, cells, bags)[:, None]
        there[0] = True
        there[1] = np.arange(cells) < 3
        scores[~there] = rng.choice([0.0, 9.0], (~there).sum()) * scale
        if scale == 3000:
            scores = -abs(scores)  # all far below 0
        told = f"{bags} bags of up to {cells} cells, r = {r:g}"
        told += "" if scale < 100 else ", large scores"
        yield named(told, scores, there, r)


_TOTAL = "np.exp(scores - highest).sum(axis=1) →"
_END = "(highest[:, 0] + np.log(total / there.sum(axis=1))) / r →"

pooled = Exercise(
    soft_maximum, cases=_bags,
    mistakes={
        (f"{_TOTAL} np.exp(scores).sum(axis=1)", "highest[:, 0] + → 0 +"):
        "the exponential of a large score is infinite, of a very small one 0; "
        "subtract the highest score first",
        "np.where(there, r * scores, -np.inf) → r * scores":
        "padding was counted; give it minus infinity",
        "np.where(there, r * scores, -np.inf) → np.where(there, r * scores, 0)":
        "padding got the score 0, which is a score; give it minus infinity",
        "np.where(there, r * scores, -np.inf) → np.where(there, scores, -np.inf)":
        "the scores must be multiplied with r before the exponential",
        "total / there.sum(axis=1) → total":
        "that is the sum; divide by the number of cells, or large bags score higher",
        "total / there.sum(axis=1) → total / there.shape[1]":
        "padding was counted as cells; divide by the cells that are there",
        f"{_END} highest[:, 0] + np.log(total / there.sum(axis=1))":
        "the division by r is missing",
        f"{_END} highest[:, 0] / r": "that is the maximum itself",
        f"{_END} np.log(total / there.sum(axis=1)) / r":
        "the highest score was subtracted and never added again",
        f"{_END} (highest[:, 0] + np.log(total) / there.sum(axis=1)) / r":
        "divide inside the logarithm: it is the logarithm of a mean",
        f"{_END} (np.where(there, scores, 0).sum(axis=1) / there.sum(axis=1)) / r":
        "that is the mean of the scores, without exponential and logarithm",
    },
    hints=("log Σ exp(s) = h + log Σ exp(s − h), whatever h is.",
           "Take the highest score for h: then no exponential is above 1.",
           "Padding gets `-np.inf`, since exp(−∞) = 0, and does not count."),
    lesson="Between the mean (r near 0) and the maximum (large r), and every cell gets "
    "some of the slope.",
)  # fmt: skip


def two_sets(defective, module, held_out, n, size, rng):
    sets, is_test = [], np.isin(module, held_out)
    for part in (~is_test, is_test):
        sound = np.flatnonzero(part & ~defective)
        guilty = np.flatnonzero(part & defective)
        bags = np.stack([rng.choice(sound, size, replace=False) for _ in range(n)])
        labels = np.arange(n) % 2
        for row in np.flatnonzero(labels):
            bags[row, rng.integers(size)] = rng.choice(guilty)
        sets += [bags, labels]
    return tuple(sets)


def _modules(rng):
    for cells, modules, held_out, n, size in (
        (240, 8, (2, 5), 24, 6), (180, 6, (0,), 11, 5), (300, 9, (8, 1, 4), 40, 9),
    ):  # fmt: skip
        module = np.sort(rng.integers(modules, size=cells))
        defective = rng.random(cells) < 0.3
        held_out = np.array(held_out)
        told = f"{cells} cells of {modules} modules, {n} bags of {size}"
        drawn = np.random.default_rng(cells)
        yield named(told, defective, module, held_out, n, size, drawn)


def _facts(sets, defective, module, held_out, n, size, rng):
    """What counts of the two sets of bags."""
    first, first_labels, last, last_labels = (np.asarray(part) for part in sets)
    for bags in (first, last):
        if bags.ndim != 2 or bags.dtype.kind not in "iu":
            raise Wrong("bags are tables of positions: a row a bag, whole numbers")
        if bags.size and (bags.min() < 0 or bags.max() >= len(defective)):
            raise Wrong("a bag holds a position that no cell has")
    facts = {}
    for name, bags, labels, inside in (
        ("training", first, first_labels, False), ("test", last, last_labels, True),
    ):  # fmt: skip
        strangers = np.sum(np.isin(module[bags], held_out) != inside)
        guilty = defective[bags].sum(axis=1)
        facts[f"cells of the wrong modules in {name} bags"] = int(strangers)
        facts[f"shape of the {name} bags"] = tuple(bags.shape)
        facts[f"positive {name} bags"] = int(np.sum(labels))
        if labels.shape != bags.shape[:1]:
            raise Wrong(
                f"labels are one number a bag: {len(bags)} {name} bags, and labels of "
                f"shape {labels.shape}"
            )
        facts[f"{name} bags whose label is wrong"] = int(np.sum((guilty > 0) != labels))
        facts[f"most defective cells in a {name} bag"] = int(guilty.max(initial=0))
        twice = sum(len(np.unique(bag)) < len(bag) for bag in bags)
        facts[f"{name} bags that hold a cell twice"] = int(twice)
        places = np.unique(np.nonzero(defective[bags])[1])
        facts[f"guilty cells always at the same place of {name} bags"] = bool(
            len(places) < 2
        )
        alike = np.mean(bags[:-1, 0] == bags[1:, 0])
        facts[f"{name} bags that are all the same"] = bool(alike > 0.5)
        order = np.arange(len(bags)) % 2
        facts[f"{name} labels that are not 0, 1, 0, 1, …"] = int(
            np.sum(labels != order)
        )
        sound = np.unique(bags[~defective[bags]])
        facts[f"sound cells of {name} bags always the same"] = len(sound) < 2 * size
        if n >= 24:  # enough bags for chance to have dealt others
            chosen = np.unique(bags[defective[bags]])
            facts[f"one defective cell in all {name} bags"] = len(chosen) < 2
            facts[f"guilty cells at two places at most of {name} bags"] = (
                len(places) < 3
            )
    return facts


_PARTS = "for part in (~is_test, is_test): →"
_GUILTY = "bags[row, rng.integers(size)] = rng.choice(guilty) →"

split = Exercise(
    two_sets, cases=_modules, view=_facts,
    mistakes={
        f"{_PARTS} for part in (is_test | True, is_test | True):":
        "all cells are drawn for both sets: the leak is still there",
        f"{_PARTS} for part in (is_test | True, is_test):":
        "training bags may hold cells of held-out modules",
        f"{_PARTS} for part in (~is_test, is_test | True):":
        "test bags may hold cells that were trained on",
        f"{_PARTS} for part in (is_test, ~is_test):":
        "training bags come first, of the modules that are not held out",
        f"{_PARTS} for part in (~is_test, ~is_test):":
        "both sets come from the same modules",
        "is_test = [], np.isin(module, held_out) → "
        "is_test = [], np.isin(np.arange(len(module)), held_out)":
        "`held_out` names modules, not positions of cells",
        "is_test = [], np.isin(module, held_out) → is_test = [], module == held_out[0]":
        "several modules may be held out; `np.isin` knows all of them",
        "part & ~defective → part":
        "any cell was taken for a sound one; negative bags hold sound cells only",
        f"{_GUILTY} pass": "no bag got its defective cell",
        f"{_GUILTY} bags[row] = rng.choice(guilty, size)":
        "only one cell of a positive bag is defective",
        f"{_GUILTY} bags[row, rng.integers(2)] = rng.choice(guilty)":
        "the defective cell may stand at any place: `rng.integers(size)`",
        f"{_GUILTY} bags[row, rng.integers(size)] = guilty[0]":
        "every positive bag got the same defective cell",
        "labels = np.arange(n) % 2 → labels = (np.arange(n) >= n - n // 2).astype(int)":
        "bags 1, 3, 5 … are the positive ones",
        "rng.choice(sound, size, replace=False) → rng.permutation(sound[:size])":
        "all bags were drawn from the same few sound cells",
        f"{_GUILTY} bags[row, 0] = rng.choice(guilty)":
        "the defective cell always stands first: its place gives it away",
        "np.flatnonzero(labels): → range(n):": "every bag got a defective cell",
        "np.flatnonzero(labels): → np.flatnonzero(1 - labels):":
        "the negative bags got the defective cells",
        "replace=False → replace=True":
        "a cell may not be twice in a bag: draw without replacement",
        "labels = np.arange(n) % 2 → labels = np.zeros(n, int)": "no bag is positive",
        "labels = np.arange(n) % 2 → labels = np.ones(n, int)": "every bag is positive",
        "sets += [bags, labels] → sets += [bags, 1 - labels]":
        "1 stands for a bag with a defective cell",
    },
    hints=("`np.isin(module, held_out)` says which cells may be in test bags only.",
           "Draw the sound cells of a bag by `rng.choice(sound, size, replace=False)`.",
           "Then let one defective cell of the same part take a random place."),
    lesson="First divide the modules, then make bags: whatever is drawn afterwards "
    "cannot cross.",
)  # fmt: skip
