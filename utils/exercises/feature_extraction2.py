"""Exercises of 05_FeatureExtraction2: PCA, its share, a threshold, coded search."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score

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


def best_threshold(truth, scores):
    places = np.unique(scores)
    ratings = [balanced_accuracy_score(truth, scores >= place) for place in places]
    return places[np.argmax(ratings)]


def _alarms(rng):
    for cells, defective, shift, unit in (
        (70, 10, 1, 1), (41, 8, 3, 1), (50, 7, 4, 12), (30, 4, -1, 1), (60, 22, 0.5, 9),
        (6, 3, 0, 1),
    ):  # fmt: skip
        truth = rng.permutation(np.arange(cells) < defective).astype(int)
        scores = (rng.normal(size=cells) + 1.6 * truth + shift) * unit
        name = f"{cells} cells, {defective} of them defective"
        yield named(name, truth, scores.round(1 if unit == 1 else 0))


def _rating(threshold, truth, scores):
    """What a threshold reaches; the best one, if it is as good as that."""
    if np.ndim(threshold):
        raise Wrong(f"{np.size(threshold)} values came back; one number is asked")

    def rated(place):  # scores are rounded, a float32 may be too small
        return balanced_accuracy_score(truth, scores >= place - 0.005)

    best = max(np.unique(scores), key=rated)
    place = best if np.isclose(rated(threshold), rated(best)) else float(threshold)
    told = f"{np.sum(scores >= place - 0.005)} alarms, threshold {place:.4g}"
    return {"the balanced accuracy": f"{rated(place):.3f} ({told})"}


_RATE = "balanced_accuracy_score(truth, scores >= place) →"
_BEST = "places[np.argmax(ratings)] →"
threshold = Exercise(
    best_threshold, cases=_alarms, view=_rating,
    parts="try every value in `scores`: which has the best balanced accuracy?",
    mistakes={
        f"{_RATE} np.mean(truth == (scores >= place))":
        "plain accuracy was used: it likes to call nearly all cells sound",
        f"{_BEST} np.max(ratings)": "that is the best rating itself; return its place",
        f"{_BEST} np.argmax(ratings)": "that is a position; look its value up",
        "np.argmax → np.argmin": "the worst of all. Is an alarm `scores >= threshold`?",
        f"{_RATE} balanced_accuracy_score(scores >= place, truth)":
        "truth and prediction are swapped (truth comes first), or precision was used",
        "0.0": "0 is the SVM's own border, not the best one here",
        "np.median(scores)": "the middle of the scores knows nothing of the truth",
    },
    hints=("Candidates: every value in `scores`. An alarm is `scores >= threshold`.",
           "`balanced_accuracy_score(truth, scores >= t)` rates one, truth first.",
           "Return the candidate at `np.argmax` of the ratings."),
    lesson="Choose it on training cells, then use it on new ones: it was fitted, like "
    "everything else.",
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
