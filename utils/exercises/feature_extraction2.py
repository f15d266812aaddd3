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
    def case(rows, others, columns, k):
        spread = rng.permutation(5 * 0.6 ** np.arange(columns))
        middle = rng.normal(0, 4, columns)
        train = rng.normal(size=(rows, columns)) * spread + middle
        test = rng.normal(size=(others, columns)) * spread[::-1] + 0.5 * middle
        return train, test, k

    sizes = (40, 12, 5, 3), (25, 8, 4, 2), (30, 7, 6, 1), (15, 5, 3, 3), (6, 9, 8, 4)
    return [case(*size) for size in sizes]


def _signed(both, train, test, k):
    """Each component with the sign that makes its largest training value positive."""
    inside, outside = both
    shapes, needed = (inside.shape, outside.shape), ((len(train), k), (len(test), k))
    if shapes != needed:
        raise Wrong(f"shapes {shapes} came back; {needed} are needed")
    largest = np.take_along_axis(inside, abs(inside).argmax(axis=0)[None], axis=0)
    signs = np.where(largest < 0, np.int8(-1), np.int8(1))
    return {"reduced_train": inside * signs,
            "reduced_test, signs aside": abs(outside),
            "reduced_test": outside * signs}  # fmt: skip


_BOTH = "(train - mean) @ axes, (test - mean) @ axes →"
_MEAN = "train.mean(axis=0) →"
_ALL = "np.vstack([train, test])"
_SPLIT = "training and test rows together: PCA before the split. Fit on `train` only"
_NOT = "the mean of the training rows was not subtracted"
_LAST = (
    "these are the last {k} components, with the least variance; SVD puts the largest "
    "first (and `np.linalg.eigh` the smallest)"
)
_OWN = "test - test.mean(axis=0)"

projection = Exercise(
    pca_reduce,
    cases=_clouds,
    view=_signed,
    parts="both need the mean over the rows of `train` (`axis=0`) and its first "
    "components, signs included",
    mistakes={
        (f"{_MEAN} {_ALL}.mean(axis=0)", f"svd(train → svd({_ALL}"):
        f"mean and components were taken from {_SPLIT}",
        f"{_MEAN} {_ALL}.mean(axis=0)": f"the mean was taken from {_SPLIT}",
        f"svd(train → svd({_ALL}": f"the components were taken from {_SPLIT}",
        f"{_MEAN} 0": _NOT,
        f"{_BOTH} train @ axes, test @ axes": f"{_NOT} before they were projected",
        "svd(train - mean → svd(train": f"{_NOT} before the SVD",
        "(test - mean) → test": f"{_NOT} from the test rows",
        "directions[:k] → directions[-k:]": _LAST,
        "directions[:k] → directions[::-1][:k]": _LAST,
        "directions[:k] → directions[:k][::-1]": "the components stand in reverse "
        "order; the one with the most variance comes first",
        "directions[:k].T → directions[:, :k]": "columns of Vᵀ were used; the "
        "components are its rows: `directions[:k].T` projects",
        f"{_BOTH} (train - mean)[:, :k], (test - mean)[:, :k]": "the first {k} "
        "columns were kept: that selects, and does not combine",
        "train[:, :k], test[:, :k]": "the first {k} columns were kept as they are: "
        "that selects, and does not combine",
        f"{_BOTH} directions[:k], directions[:k]": "these are the components; project "
        "the rows",
        f"(test - mean) → ({_OWN})": "the test rows were centered by their own mean: a "
        "cell would then be judged by which cells are tested beside it. Use the "
        "training mean",
        "(test - mean) @ axes → "
        f"({_OWN}) @ np.linalg.svd({_OWN}, full_matrices=False)[2][:k].T":
        "the test rows got components of their own: two different spaces",
        (f"{_MEAN} test.mean(axis=0)", "svd(train → svd(test"): "mean and components "
        "are those of `test`; fit on `train` only",
        ("_, _, → _, sizes,", ".T → .T / sizes[:k] * np.sqrt(len(train) - 1)"):
        "each component was divided by its deviation (whitened); leave its size",
        f"mean = {_MEAN} train, test = train / train.std(axis=0), "
        f"test / train.std(axis=0); mean = train.mean(axis=0)":
        "the columns were divided by their deviation; take them as they are",
        (f"{_MEAN} train.mean(axis=1, keepdims=True)",
         "(test - mean) → (test - test.mean(axis=1, keepdims=True))"):
        "the mean of each row was subtracted; take the mean over the rows, `axis=0`",
        f"{_MEAN} train.mean()": "one mean was taken for all columns; use `axis=0`",
        f"{_BOTH} (test - mean) @ axes, (train - mean) @ axes": "the two are "
        "exchanged: first `train`, then `test`",
    },
    hints=(
        "Mean and directions come from `train`; both parts are then treated alike.",
        "`np.linalg.svd(train - mean, full_matrices=False)` returns (…, sizes, "
        "directions).",
        "Rows of `directions` are components; project with `@ directions[:k].T`.",
    ),
    lesson="A few lines of NumPy are `make_pipeline(PCA(k))`: the test rows only "
    "follow.",
)  # fmt: skip


def needed(rows, share):
    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    kept = np.cumsum(sizes**2)
    return int(np.argmax(kept >= share * kept[-1])) + 1


def _tables(rng):
    def case(n, columns, decay, share):
        spread = rng.permutation(decay ** np.arange(columns)) / np.sqrt(2 * n)
        middle = rng.uniform(0, 0.2, columns)
        return rng.normal(size=(n, columns)) * spread + middle, share

    sizes = (60, 20, 0.8), (50, 30, 0.9), (40, 25, 0.85), (9, 6, 0.9), (12, 40, 0.95)
    shares = (0.9, 0.6, 0.99, 0.2, 0.75, 0.5, 0.9)
    more = (80, 16, 0.95), (30, 3, 0.95)
    return [case(*size, share) for size, share in zip((*sizes, *more), shares)]


_COUNT = "int(np.argmax(kept >= share * kept[-1])) + 1 →"
_SMALL = "the smallest variances were added up first"

components = Exercise(
    needed,
    cases=_tables,
    parts="add up the squared singular values of the centered rows, the largest "
    "first, until they reach that share of their sum",
    mistakes={
        " + 1 →": "these keep less than the share: off by one. Positions begin at 0, "
        "numbers of components at 1",
        " + 1 → + 2": "one component too many: off by one",
        "sizes**2 → sizes": "singular values were added up as they are; variance is "
        "their square",
        "svd(rows - rows.mean(axis=0) → svd(rows": "the mean was not subtracted: the "
        "first direction then points at the middle of the cloud",
        "mean(axis=0) → mean(axis=1, keepdims=True)": "the mean was taken along the "
        "wrong axis; use `axis=0`",
        "(sizes**2) → (sizes[::-1] ** 2)": _SMALL,
        "sizes**2 → np.linalg.eigvalsh(np.cov(rows.T))": _SMALL,
        f"{_COUNT} int(np.sum(sizes**2 >= share * kept[-1]))": "single shares were "
        "compared with the limit; add them up first (`np.cumsum`)",
        ("svd(rows - rows.mean(axis=0) → svd(rows", " + 1 →"): "the mean was not "
        "subtracted, and positions begin at 0, numbers of components at 1",
        "share * kept[-1] → share": "the sums must be divided by the whole variance "
        "before they are compared with {share}",
        "1": "the first component alone does not keep that share",
        f"{_COUNT} rows.shape[1]": "that is the number of all columns",
        "share": "a whole number of components is needed, not a share",
        "sizes**2 → rows.var(axis=0)": "variances of the *columns* were added up, in "
        "their order; take those of the components",
        "sizes**2 → np.sort(rows.var(axis=0))[::-1]": "variances of the *columns* "
        "were added up; take those of the components",
        "svd(rows - rows.mean(axis=0) → svd((rows - rows.mean(axis=0)) / "
        "rows.std(axis=0)": "the columns were divided by their deviation; take `rows` "
        "as they are",
        "share * kept → (1 - share) * kept": "that is enough for what may be left "
        "out, 1 - share",
    },
    hints=(
        "Center the columns first; the singular values then measure the spread of "
        "each component.",
        "The variance of a component is proportional to its singular value *squared*.",
        "`kept = np.cumsum(variance)`: `kept >= share * kept[-1]` turns True at the "
        "right place; `argmax` + 1.",
    ),
    lesson="Explained variance says how well rows can be rebuilt, not how well they "
    "can be told apart.",
)  # fmt: skip


def best_threshold(truth, scores):
    places = np.unique(scores)
    ratings = [balanced_accuracy_score(truth, scores >= place) for place in places]
    return places[np.argmax(ratings)]


def _alarms(rng):
    def case(cells, defective, shift, unit=1):
        truth = rng.permutation(np.arange(cells) < defective).astype(int)
        scores = (rng.normal(size=cells) + 1.6 * truth + shift) * unit
        name = f"{cells} cells, {defective} of them defective"
        return named(name, truth, scores.round(1 if unit == 1 else 0))

    sizes = (70, 10, 1), (41, 8, 3), (50, 7, 4, 12), (30, 4, -1), (60, 22, 0.5, 30)
    apart = np.array([0, 0, 1, 0, 1]), np.array([-2.0, -1.5, 0.25, -1.5, 0.75])
    mixed = np.array([0, 1, 0, 1, 1, 0]), np.array([-1, 2, 1.5, 0.5, 1, -0.5])
    more = named("two classes far apart", *apart), named("six cells", *mixed)
    return [*(case(*size) for size in sizes), *more]


def _rating(threshold, truth, scores):
    """What a threshold reaches; the best one, if it is as good as that."""

    def balanced(place):
        alarm = scores >= place
        return (alarm[truth == 1].mean() + 1 - alarm[truth == 0].mean()) / 2

    if np.ndim(threshold):
        raise Wrong(f"{np.size(threshold)} values came back; one number is asked")
    places = np.unique(scores)
    near = places[abs(places - threshold).argmin()]  # the same in float32
    threshold = near if np.isclose(near, threshold, 1e-6, 1e-6) else float(threshold)
    best = max(places, key=balanced)
    if np.isclose(balanced(threshold), balanced(best)):
        threshold = best
    told = f"alarms: {np.sum(scores >= threshold)}, threshold: {threshold:.4g}"
    return {"the balanced accuracy": f"{balanced(threshold):.3f} ({told})"}


_RATE = "balanced_accuracy_score(truth, scores >= place) →"
_SWAPPED = f"{_RATE} balanced_accuracy_score(scores >= place, truth)"
_WORST = "the worst of all. Is an alarm `scores >= threshold`?"
_FIRST = "truth and prediction are swapped. Truth comes first"
_MIDDLE = "the middle of the scores knows nothing of the truth"

threshold = Exercise(
    best_threshold,
    cases=_alarms,
    view=_rating,
    parts="try every value in `scores`, and take the one with the best balanced "
    "accuracy",
    mistakes={
        f"{_RATE} np.mean(truth == (scores >= place))": "plain accuracy was used: "
        "with few defective cells it likes to call nearly all of them sound",
        f"{_RATE} np.sum(truth * (scores >= place)) / (truth.sum() + np.sum(scores >= "
        f"place))": "F1 was used, which leaves out the sound cells that are called "
        "sound",
        "places[np.argmax(ratings)] → np.max(ratings)": "that is the best score "
        "itself; return the threshold that gives it",
        "places[np.argmax(ratings)] → np.argmax(ratings)": "that is the position of "
        "the best threshold; look its value up",
        "np.argmax → np.argmin": _WORST,
        ">= place → <= place": _WORST,
        ">= place → > place": "`scores > threshold` was tried, but an alarm is "
        "`scores >= threshold`",
        _SWAPPED: _FIRST,
        ("(scores)\n → (scores)[1:-1]\n", _SWAPPED): _FIRST,
        f"{_RATE} truth[scores >= place].mean()": "precision was used, which says "
        "nothing of the defective cells that are missed",
        "0.0": "0 is the SVM's own border, not the best one here",
        "np.median(scores)": _MIDDLE,
        "np.mean(scores)": _MIDDLE,
        "(scores[truth == 1].mean() + scores[truth == 0].mean()) / 2":
        "the middle between the classes' means need not be the best; try every value "
        "in `scores`",
        "scores.max()": "only the largest score is an alarm then",
        "scores.min()": "all cells are alarms with the smallest score",
        "np.unique(scores)": "one number is asked, the best of these values",
    },
    hints=(
        "Candidates: every value that occurs in `scores`. An alarm is `scores >= "
        "threshold`.",
        "`balanced_accuracy_score(truth, scores >= t)` rates one candidate, truth "
        "first.",
        "Return the candidate at `np.argmax` of the ratings, not the position, not "
        "the rating.",
    ),
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
    def case(m, entries, width, cells):
        books = rng.normal(size=(m, entries, width))
        codes = rng.integers(0, entries, (cells, m)).astype(np.uint8)
        return rng.normal(size=m * width), books, codes

    sizes = (4, 16, 3, 30), (2, 8, 5, 7), (3, 6, 2, 3), (5, 200, 1, 9), (1, 4, 6, 4)
    return [case(*size) for size in sizes]


_CELLS = "books[np.arange(len(books)), codes]"
_SQUARES = f"(({_CELLS} - query.reshape(len(books), -1)) ** 2)"

look_up = Exercise(
    distances,
    cases=_codes,
    parts="add up over the pieces: the squared distance of the query's piece j to the "
    "entry of `books[j]` that the code names",
    mistakes={
        "np.sum((book - piece) ** 2, axis=1) → np.linalg.norm(book - piece, "
        "axis=1)": "the root of each piece was taken before the sum; add squares",
        "return total → return np.sqrt(total)": "this is the distance; its square is "
        "asked, which ranks alike and saves the root",
        "return total → return total / len(books)": "the mean over the pieces; the "
        "sum is asked",
        "return total → return total / len(query)": "the mean over all values; the sum "
        "is asked",
        "[code] → [code]; break": "only the first piece was compared",
        "total += → total =": "only the last piece was compared; add all up, `+=`",
        "(book - → (books[0] -": "the first codebook was used for every piece; piece "
        "j has codebook j",
        "(book - piece) ** 2 → book * piece": "products, not squared differences",
        "book - piece → book + piece": "the query was added to the entries; subtract",
        "(len(books), -1) → (-1, len(books)).T": "the query was cut into every m-th "
        "value; a piece is a run of neighboring values",
        "(book - piece) ** 2 → np.abs(book - piece)": "absolute differences; squares "
        "are asked",
        "np.sum((book - piece) ** 2, axis=1) → np.sum(book - piece, axis=1) ** "
        "2": "the differences were added before they were squared",
        "table[code] → table.min()": "the nearest entry was taken; `codes` says which "
        "one",
        "codes.T → codes": "`codes` has a row a cell; piece j has column j, `codes[:, "
        "j]`",
        f"{_SQUARES}.sum(axis=2)": "one value a piece: add the pieces up, `axis=1`",
        f"{_SQUARES}.sum(axis=(0, 2))": "summed over the cells; sum over the pieces, "
        "`axis=1`",
        f"{_SQUARES}.sum()": "the distances of all cells were added; one a cell is "
        "asked",
        f"{_CELLS}.reshape(len(codes), -1)": "these are the "
        "decoded cells; their squared distances are asked",
        "return total → return np.argmin(total)": "that is the position of the "
        "nearest cell; all distances are asked",
    },
    hints=(
        "Cut the query: `pieces = query.reshape(len(books), -1)`; piece j meets "
        "`books[j]`.",
        "A table for piece j: `np.sum((books[j] - pieces[j])**2, axis=1)`, one number "
        "an entry.",
        "Add `table[codes[:, j]]` over j.",
    ),
    lesson="m look-ups and a sum: that is how a search through a billion codes is "
    "done.",
)  # fmt: skip
