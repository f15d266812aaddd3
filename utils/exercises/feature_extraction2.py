"""Exercises of 05_FeatureExtraction2: PCA, leaks, thresholds, coded search."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from utils.evaluation import fold_scores
from utils.exercises import Exercise, Wrong, named


def pca_reduce(train, test, k):
    mean = train.mean(axis=0)
    _, _, directions = np.linalg.svd(train - mean, full_matrices=False)
    axes = directions[:k].T
    return (train - mean) @ axes, (test - mean) @ axes


def _clouds(rng):
    for rows, others, columns, k in (
        (40, 12, 5, 3), (25, 8, 4, 2), (30, 7, 6, 1), (15, 5, 3, 3), (6, 9, 8, 4),
    ):  # fmt: skip
        spread = rng.permutation(5 * 0.6 ** np.arange(columns))
        middle = rng.normal(0, 4, columns)
        test = rng.normal(middle / 2, spread[::-1], (others, columns))
        yield rng.normal(middle, spread, (rows, columns)), test, k


def _signed(both, train, test, k):
    """Each component with the sign that makes its largest training value positive."""
    inside, outside = both
    largest = np.take_along_axis(inside, abs(inside).argmax(axis=0)[None], axis=0)
    signs = np.where(largest < 0, np.int8(-1), np.int8(1))
    return {"reduced_train": inside * signs, "reduced_test, signs aside": abs(outside),
            "reduced_test": outside * signs}  # fmt: skip


_BOTH = "(train - mean) @ axes, (test - mean) @ axes →"
_OWN, _ALL = "test - test.mean(axis=0)", "np.vstack([train, test])"
_NOT = "the mean of the training rows was not subtracted"
projection = Exercise(
    pca_reduce, cases=_clouds, view=_signed,
    parts="both need the mean (`axis=0`) and the first components of `train`, signed",
    mistakes={
        (f"train.mean(axis=0) → {_ALL}.mean(axis=0)", f"svd(train → svd({_ALL}"):
        "training and test rows together: PCA before the split. Fit on `train` only",
        "train.mean(axis=0) → 0": _NOT,
        f"{_BOTH} train @ axes, test @ axes": f"{_NOT} before they were projected",
        "[:k] → [-k:]": "these are the last {k} components, with the least variance",
        "directions[:k].T → directions[:, :k]": "columns of Vᵀ were used; take rows",
        f"{_BOTH} (train - mean)[:, :k], (test - mean)[:, :k]":
        "the first {k} columns were kept: that selects, and does not combine",
        f"{_BOTH} directions[:k], directions[:k]": "these are the components; project",
        f"(test - mean) → ({_OWN})":
        "the test rows were centered by their own mean; use that of the training rows",
        "(test - mean) @ axes → "
        f"({_OWN}) @ np.linalg.svd({_OWN}, full_matrices=False)[2][:k].T":
        "the test rows got components of their own: two different spaces",
        ("train.mean(axis=0) → train.mean(axis=1, keepdims=True)",
         "(test - mean) → (test - test.mean(axis=1, keepdims=True))"):
        "the mean of each row was subtracted; take the mean over the rows, `axis=0`",
    },
    hints=("Mean and directions come from `train`; both parts are treated alike.",
           "`np.linalg.svd(train - mean, full_matrices=False)[2]` has the directions.",
           "Its rows are components; project with `@ directions[:k].T`."),
    lesson="A few lines of NumPy are `make_pipeline(PCA(k))`: the test rows only "
    "follow.",
)  # fmt: skip


def needed(rows, share):
    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    kept = np.cumsum(sizes**2)
    return int(np.argmax(kept >= share * kept[-1])) + 1


def _tables(rng):
    for n, columns, decay, share in (
        (60, 20, 0.8, 0.9), (50, 30, 0.9, 0.6), (40, 25, 0.85, 0.99), (9, 6, 0.9, 0.2),
        (12, 40, 0.95, 0.75), (80, 16, 0.95, 0.5), (30, 3, 0.95, 0.9),
    ):  # fmt: skip
        spread = rng.permutation(decay ** np.arange(columns)) / np.sqrt(2 * n)
        yield rng.normal(rng.uniform(0, 0.2, columns), spread, (n, columns)), share


_COUNT = "int(np.argmax(kept >= share * kept[-1])) + 1 →"
components = Exercise(
    needed, cases=_tables,
    parts="add up squared singular values of the centered rows up to that share",
    mistakes={
        " + 1 →": "off by one: positions begin at 0, numbers of components at 1",
        " + 1 → + 2": "one component too many: off by one",
        "sizes**2 → sizes": "variance is the *square* of a singular value",
        "svd(rows - rows.mean(axis=0) → svd(rows": "the mean was not subtracted",
        "axis=0 → axis=1, keepdims=True": "the mean is along the wrong axis: `axis=0`",
        "sizes**2 → sizes[::-1] ** 2": "the smallest variances were added up first",
        f"{_COUNT} int(np.sum(sizes**2 >= share * kept[-1]))":
        "single shares were compared with the limit; add them up (`np.cumsum`)",
        "share": "a whole number of components is needed, not a share",
    },
    hints=("Center the columns first; singular values then measure the spread.",
           "The variance of a component is like its singular value *squared*.",
           "`np.cumsum` of variances: where is the share reached? `argmax` + 1."),
    lesson="Explained variance says how well rows can be rebuilt, not how well they "
    "can be told apart.",
)  # fmt: skip


def honest_score(rows, labels):
    choose = SelectKBest(k=8)
    recipe = make_pipeline(StandardScaler(), choose, PCA(4), KNeighborsClassifier(3))
    return fold_scores(recipe, rows, labels).balanced_accuracy.mean()


def _small_tables(rng):
    for n, columns, seen in (
        (60, 400, 0), (40, 30, 1), (50, 200, 0.4), (30, 60, 0), (45, 12, 0.6),
    ):  # fmt: skip
        labels = rng.permutation(np.arange(n) < 0.4 * n).astype(int)
        rows = rng.standard_t(2, (n, columns)) * rng.exponential(3, columns)
        rows[:, :3] += 3 * seen * labels[:, None]
        kind = f"{n} rows of {columns}" + (", nothing to learn" if not seen else "")
        yield named(kind, rows, labels)


_RECIPE = "StandardScaler(), choose, PCA(4), KNeighborsClassifier(3) →"
_FOLDS = "fold_scores(recipe, rows, labels)"
_TOLD = "it saw the held-out rows"
repair = Exercise(
    honest_score, cases=_small_tables,
    parts="scaling, selection, PCA, classifier: one pipeline, in this order",
    mistakes={
        (f"{_RECIPE} KNeighborsClassifier(3)", f"{_FOLDS} → fold_scores(recipe, "
         "PCA(4).fit_transform(choose.fit_transform(StandardScaler().fit_transform("
         "rows), labels)), labels)"):
        "nothing is repaired yet: all three steps are fitted before the split",
        (f"{_RECIPE} PCA(4), KNeighborsClassifier(3)", f"{_FOLDS} → fold_scores("
         "recipe, choose.fit_transform(StandardScaler().fit_transform(rows), labels), "
         "labels)"): f"the selection is fitted before the split: {_TOLD} *and labels*",
        (f"{_RECIPE} choose, PCA(4), KNeighborsClassifier(3)",
         "recipe, rows → recipe, StandardScaler().fit_transform(rows)"):
        f"the scaling is fitted before the split: {_TOLD}",
        f"{_RECIPE} choose, PCA(4), KNeighborsClassifier(3)": "the scaling is gone",
        f"{_RECIPE} StandardScaler(), PCA(4), KNeighborsClassifier(3)":
        "the selection is gone: repair it, keep it",
        f"{_RECIPE} StandardScaler(), choose, KNeighborsClassifier(3)": "PCA is gone",
        f"{_RECIPE} StandardScaler(), PCA(8), choose, KNeighborsClassifier(3)":
        "PCA comes before the selection: keep the order of the steps",
        "balanced_accuracy → accuracy": "that is plain accuracy; balanced is asked",
        ".mean() → ": "one score a fold came back; return their mean",
    },
    hints=("Which lines call `fit_transform` on all rows? Those steps leak.",
           "`make_pipeline` takes the steps, unfitted, and the classifier last.",
           "Hand the *raw* rows to `fold_scores(recipe, rows, labels)`."),
    lesson="In a pipeline each step is fitted anew for each fold, and cannot peek.",
)  # fmt: skip


def cheapest_threshold(truth, scores, price):
    places = np.append(np.unique(scores), np.inf)  # infinity: no alarm at all
    costs = []
    for place in places:
        alarm = scores >= place
        missed, vain = np.sum(~alarm & (truth == 1)), np.sum(alarm & (truth == 0))
        costs.append(price * missed + vain)
    return places[np.argmin(costs)]


def _alarms(rng):
    for cells, defective, shift, unit, price in (
        (70, 10, 1, 1, 5), (41, 8, 3, 1, 1), (50, 7, 4, 12, 20), (30, 4, -1, 1, 2),
        (60, 22, 0.5, 9, 0.5), (12, 3, 0, 1, 5),
    ):  # fmt: skip
        truth = rng.permutation(np.arange(cells) < defective).astype(int)
        scores = (rng.normal(size=cells) + 1.6 * truth + shift) * unit
        name = f"{cells} cells, {defective} of them defective, price {price}"
        yield named(name, truth, scores.round(1 if unit == 1 else 0), price)


def _costs(threshold, truth, scores, price):
    """What a threshold costs, and its alarms unless it is as cheap as the best."""
    if np.ndim(threshold):
        raise Wrong(f"{np.size(threshold)} values came back; one number is asked")

    def alarms(place):  # scores are rounded, a float32 may be too small
        return scores >= place - 0.005

    def cost(place):
        missed = np.sum(~alarms(place) & (truth == 1))
        return price * missed + np.sum(alarms(place) & (truth == 0))

    best = min([*np.unique(scores), np.inf], key=cost)
    place = best if np.isclose(cost(threshold), cost(best)) else float(threshold)
    told = f"{np.sum(alarms(place))} alarms, threshold {place:.4g}"
    return {"the cost": f"{cost(place):g} ({told})"}


_COST = "price * missed + vain →"
_BEST = "places[np.argmin(costs)] →"
threshold = Exercise(
    cheapest_threshold, cases=_alarms, view=_costs,
    parts="try every value in `scores`: which costs least?",
    mistakes={
        f"{_COST} missed + vain": "the price is not used: both mistakes cost the same",
        f"{_COST} missed + price * vain": "the price is on the alarms in vain",
        f"{_COST} price * missed": "alarms in vain cost 1 each, too",
        f"{_BEST} np.min(costs)": "that is the least cost itself; return its threshold",
        f"{_BEST} np.argmin(costs)": "that is a position; look its threshold up",
        "np.argmin → np.argmax": "the dearest of all; take the smallest cost",
        "0.0": "0 is the SVM's own border, not the cheapest one here",
        "np.unique(scores)[np.argmax([np.mean(scores[truth == 1] >= place) - "
        "np.mean(scores[truth == 0] >= place) for place in np.unique(scores)])]":
        "that has the best balanced accuracy, which knows no price",
    },
    hints=("Candidates: every value in `scores`. An alarm is `scores >= threshold`.",
           "A missed defect costs `price`, a sound cell with an alarm costs 1.",
           "Return the candidate at `np.argmin` of the costs."),
    lesson="Choose it on training cells, then use it on new ones: it was fitted, like "
    "everything else.",
)  # fmt: skip


def for_a_person(truth, probability, allowed):
    order = np.argsort(-abs(probability - 0.5))  # the surest first
    wrong = (probability >= 0.5) != (truth == 1)
    errors = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    fitting = np.flatnonzero(errors <= allowed)
    alone = max(fitting + 1, default=0)
    return 1 - alone / len(order)


def _decisions(rng):
    for n, sharp, allowed in (
        (12, 2, 0.1), (40, 3, 0.05), (9, 1, 0.2), (60, 4, 0), (25, 0.5, 0.02),
        (30, 3, 0.15),
    ):  # fmt: skip
        truth = rng.permutation(np.arange(n) < 0.4 * n).astype(int)
        logit = sharp * (rng.normal(size=n) + 2 * truth - 1)
        yield truth, 1 / (1 + np.exp(-logit)), allowed
    sure = np.array([0.01, 0.98, 0.03, 0.95, 0.3, 0.6])
    yield named("the surest is wrong", np.array([1, 1, 0, 1, 0, 0]), sure, 0.25)
    yield named("the surest is wrong", np.array([1, 1, 0, 1, 0, 0]), sure, 0)


_SURE = "np.argsort(-abs(probability - 0.5)) →"
_LAST = "max(fitting + 1, default=0) →"
person = Exercise(
    for_a_person, cases=_decisions,
    parts="sort by sureness, and let the machine go on while its errors are few",
    mistakes={
        "return 1 - alone → return alone": "that share the machine decides alone",
        f"{_SURE} np.argsort(abs(probability - 0.5))": "the *doubtful* came first",
        f"{_SURE} np.argsort(-probability)":
        "sure means far from 0.5 on either side; you sorted by probability",
        f"{_SURE} np.arange(len(truth))": "the cells were not sorted by sureness",
        f"{_LAST} int(np.argmin(np.append(errors, np.inf) <= allowed))":
        "you stopped at the first error above the limit; the share may fall again",
        f"{_LAST} max(fitting, default=0)":
        "one cell short: positions begin at 0",
        "np.arange(1, len(order) + 1) → len(order)":
        "errors were divided by all cells, not by those that the machine decides",
        "return 1 - alone / len(order) → return len(order) - alone":
        "that is a number of cells; a share is asked",
        "1 - alone / len(order) → np.mean(errors > allowed)":
        "a share of places over the limit, not of cells",
    },
    hints=("How sure is a probability? `abs(probability - 0.5)`.",
           "Sort by it, surest first; `np.cumsum` of the errors over 1, 2, 3 …",
           "The last place where that share is at most `allowed` counts."),
    lesson="A machine that knows when it is unsure can be used before it is perfect.",
)  # fmt: skip


def distances(query, books, codes):
    pieces = query.reshape(len(books), -1)
    total = np.zeros(len(codes))
    for book, piece, code in zip(books, pieces, codes.T):
        table = np.sum((book - piece) ** 2, axis=1)  # one number an entry
        total += table[code]
    return total


def _codes(rng):
    sizes = (4, 16, 3, 30), (2, 8, 5, 7), (3, 6, 2, 3), (5, 200, 1, 9), (1, 4, 6, 4)
    for m, entries, width, cells in sizes:
        codes = rng.integers(0, entries, (cells, m)).astype(np.uint8)
        yield rng.normal(size=m * width), rng.normal(size=(m, entries, width)), codes


_TABLE = "np.sum((book - piece) ** 2, axis=1)"
_CELLS = "books[np.arange(len(books)), codes]"
_SQUARES = f"(({_CELLS} - query.reshape(len(books), -1)) ** 2)"
look_up = Exercise(
    distances, cases=_codes,
    parts="add up the pieces' squared distances to the entries that the codes name",
    mistakes={
        f"{_TABLE} → np.sqrt({_TABLE})": "the root was taken before the sum",
        "return total → return np.sqrt(total)": "take no root; its square is asked",
        "return total → return total / len(books)": "that is the mean over the pieces",
        "(book - → (books[0] -": "the first codebook was used for every piece",
        "(len(books), -1) → (-1, len(books)).T":
        "the query was cut into every m-th value; a piece is a run of neighbors",
        f"{_SQUARES}.sum(axis=2)": "that is one value a piece: add the pieces up",
        f"{_SQUARES}.sum(axis=(0, 2))": "summed over the cells; sum over the pieces",
    },
    hints=("Cut the query: `pieces = query.reshape(len(books), -1)`.",
           "A table for piece j: `np.sum((books[j] - pieces[j])**2, axis=1)`.",
           "Add `table[codes[:, j]]` over j."),
    lesson="m look-ups and a sum: that is how a search through a billion codes is "
    "done.",
)  # fmt: skip
