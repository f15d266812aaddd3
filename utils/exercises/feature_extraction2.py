"""Exercises of 05_FeatureExtraction2: PCA, explained variance, thresholds, product quantization."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from utils.exercises.old import Exercise, Wrong, array, call, number


def _directions(rows, centered=True):
    values = rows - rows.mean(axis=0) if centered else rows
    return np.linalg.svd(values, full_matrices=False)[2]


def _same(one, two):
    """Equal but for the sign of each column."""
    return one.shape == two.shape and np.allclose(
        abs(one), abs(two), rtol=1e-4, atol=1e-6
    )


def _verify_projection(function):
    rng = np.random.default_rng(0)
    for k in (3, 2):
        spread = np.array([5, 3, 1.5, 0.7, 0.3])
        train = rng.normal(size=(40, 5)) * spread + [4, -3, 2, 0, 1]
        test = rng.normal(size=(12, 5)) * spread[::-1] + [6, -3, 2, 0, 1]
        result = call(function, train, test, k)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Wrong("return two arrays: `return reduced_train, reduced_test`.")
        shapes = [getattr(part, "shape", None) for part in result]
        if shapes[0] == (k, 5):
            raise Wrong(
                f"the shape is {shapes[0]}: these are the components; project the rows."
            )
        inside = array(result[0], "reduced_train", (40, k))
        outside = array(result[1], "reduced_test", (12, k))
        both = np.vstack([train, test])
        leaked = _directions(both)[:k].T
        if _same(inside, (train - both.mean(axis=0)) @ leaked):
            raise Wrong(
                "mean and components were taken from training and test rows together: PCA before "
                "the split. Fit on `train` only."
            )
        mean, axes = train.mean(axis=0), _directions(train)
        if _same(inside, train @ _directions(train, centered=False)[:k].T) or _same(
            inside, train @ axes[:k].T
        ):
            raise Wrong("the mean of the training rows was not subtracted.")
        if _same(inside, (train - mean) @ axes[-k:].T) or _same(
            inside, (train - mean) @ axes[::-1][:k].T
        ):
            raise Wrong(
                f"these are the last {k} components, with the least variance; SVD puts the largest "
                "first (and `np.linalg.eigh` the smallest)."
            )
        if _same(inside, (train - mean) @ axes[:, :k]):
            raise Wrong(
                "columns of Vᵀ were used; the components are its rows: `directions[:k].T` projects."
            )
        if _same(inside, (train - mean)[:, :k]):
            raise Wrong(
                f"the first {k} columns were kept: that selects, and does not combine."
            )
        if not _same(inside, (train - mean) @ axes[:k].T):
            raise Wrong(
                "reduced_train has column variances "
                f"{np.round(np.var(inside, axis=0, ddof=1), 2).tolist()}; PCA gives "
                f"{np.round(np.var((train - mean) @ axes[:k].T, axis=0, ddof=1), 2).tolist()}. Is the "
                "mean taken over the rows, `axis=0`?"
            )
        if _same(outside, (test - test.mean(axis=0)) @ axes[:k].T):
            raise Wrong(
                "the test rows were centered by their own mean: a cell would then be judged by "
                "which cells are tested beside it. Use the training mean."
            )
        if _same(outside, (test - test.mean(axis=0)) @ _directions(test)[:k].T):
            raise Wrong(
                "the test rows got components of their own: two different spaces."
            )
        signs = np.sign(np.sum(inside * ((train - mean) @ axes[:k].T), axis=0))
        if not np.allclose(
            outside, (test - mean) @ axes[:k].T * signs, rtol=1e-4, atol=1e-6
        ):
            raise Wrong(
                "reduced_test must use mean and components of `train`, signs included."
            )
    return "Five lines of NumPy are `make_pipeline(PCA(k))`: the test rows only follow."


_TWO = "    return (train - mean) @ axes, (test - mean) @ axes"
_SVD = "np.linalg.svd(train - mean, full_matrices=False)[2]"

projection = Exercise(
    _verify_projection,
    hints=(
        "Mean and directions come from `train`; both parts are then treated alike.",
        "`np.linalg.svd(train - mean, full_matrices=False)` returns (…, sizes, directions).",
        "Rows of `directions` are components; project with `@ directions[:k].T`.",
    ),
    wrong_answers={
        "def reduce(train, test, k):\n"
        "    both = np.vstack([train, test])\n"
        "    mean = both.mean(axis=0)\n"
        "    axes = np.linalg.svd(both - mean, full_matrices=False)[2][:k].T\n"
        + _TWO: ("before the split"),
        "def reduce(train, test, k):\n"
        "    axes = np.linalg.svd(train, full_matrices=False)[2][:k].T\n"
        "    return train @ axes, test @ axes": "mean of the training rows was not subtracted",
        "def reduce(train, test, k):\n"
        "    axes = np.linalg.svd(train - train.mean(axis=0), full_matrices=False)[2][:k].T\n"
        "    return train @ axes, test @ axes": "was not subtracted",
        "def reduce(train, test, k):\n"
        "    mean = train.mean(axis=0)\n"
        f"    axes = {_SVD}[-k:].T\n" + _TWO: "least variance",
        "def reduce(train, test, k):\n"
        "    mean = train.mean(axis=0)\n"
        f"    axes = {_SVD}[:, :k]\n" + _TWO: "columns of Vᵀ",
        "def reduce(train, test, k):\n"
        "    mean = train.mean(axis=0)\n"
        f"    axes = {_SVD}[:k].T\n"
        "    return (train - mean) @ axes, (test - test.mean(axis=0)) @ axes": "by their own mean",
        "def reduce(train, test, k):\n"
        "    return PCA(k).fit_transform(train), PCA(k).fit_transform(test)": "of their own",
        "def reduce(train, test, k):\n"
        "    mean = train.mean(axis=1, keepdims=True)\n"
        f"    axes = {_SVD}[:k].T\n"
        "    return (train - mean) @ axes, (test - test.mean(axis=1, keepdims=True)) @ axes": (
            "`axis=0`"
        ),
        "def reduce(train, test, k):\n"
        "    mean = train.mean(axis=0)\n"
        "    return (train - mean)[:, :k], (test - mean)[:, :k]": "selects",
        "def reduce(train, test, k):\n"
        "    mean = train.mean(axis=0)\n"
        f"    return {_SVD}[:k], {_SVD}[:k]": "these are the components",
        "def reduce(train, test, k):\n"
        "    train -= train.mean(axis=0)\n"
        "    return train, test": "in place",
    },
)


def _needed(values, share):
    """How many of the values, in their order, reach the share of their sum."""
    return int(np.argmax(np.cumsum(values) / np.sum(values) >= share - 1e-12)) + 1


def _verify_components(function):
    rng = np.random.default_rng(3)
    for share, decay in ((0.9, 0.8), (0.6, 0.9), (0.99, 0.7)):
        rows = rng.normal(size=(60, 20)) * 3 * decay ** np.arange(20) + 10 * rng.random(
            20
        )
        value = number(call(function, rows, share), "the result")
        centered = rows - rows.mean(axis=0)
        sizes = np.linalg.svd(centered, compute_uv=False)
        right = _needed(sizes**2, share)
        if value == right:
            continue
        if 0 < value < 1 or value != int(value):
            raise Wrong(f"a whole number of components is needed, not {value:.3g}.")
        slips = {
            right - 1: f"the first {right - 1} components keep less than the share: off by one. "
            "Positions begin at 0, numbers of components at 1",
            right + 1: "one component too many: off by one",
            _needed(sizes, share): "singular values were added up as they are; variance is their "
            "square",
            _needed(np.linalg.svd(rows, compute_uv=False) ** 2, share): "the mean was not "
            "subtracted: the first direction then points at the middle of the cloud",
            _needed(np.linalg.svd(rows - rows.mean(axis=1, keepdims=True), compute_uv=False) ** 2,
                    share): "the mean was taken along the wrong axis; use `axis=0`",
            _needed((sizes**2)[::-1], share): "the smallest variances were added up first",
            int(np.sum(sizes**2 / np.sum(sizes**2) >= share)): "single shares were compared with "
            "the limit; add them up first (`np.cumsum`)",
        }  # fmt: skip
        for slip, reason in slips.items():
            if value == slip:
                raise Wrong(f"{value:.0f} for a share of {share}: {reason}.")
        raise Wrong(
            f"{value:.0f} components for a share of {share}; {right} are needed."
        )
    return "Explained variance says how well rows can be rebuilt, not how well they can be told apart."


components = Exercise(
    _verify_components,
    hints=(
        "Center the columns first; the singular values then measure the spread of each component.",
        "The variance of a component is proportional to its singular value *squared*.",
        "`np.cumsum(variance) / variance.sum() >= share` turns True at the right place; `argmax` + 1.",
    ),
    wrong_answers={
        "def needed(rows, share):\n"
        "    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)\n"
        "    return int(np.argmax(np.cumsum(sizes**2) / np.sum(sizes**2) >= share))": "off by one",
        "def needed(rows, share):\n"
        "    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)\n"
        "    return int(np.argmax(np.cumsum(sizes**2) / np.sum(sizes**2) >= share)) + 2": "too many",
        "def needed(rows, share):\n"
        "    sizes = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)\n"
        "    return int(np.argmax(np.cumsum(sizes) / np.sum(sizes) >= share)) + 1": "square",
        "def needed(rows, share):\n"
        "    sizes = np.linalg.svd(rows, compute_uv=False)\n"
        "    return int(np.argmax(np.cumsum(sizes**2) / np.sum(sizes**2) >= share)) + 1": (
            "not subtracted"
        ),
        "def needed(rows, share):\n"
        "    rows = rows - rows.mean(axis=1, keepdims=True)\n"
        "    sizes = np.linalg.svd(rows, compute_uv=False)\n"
        "    return int(np.argmax(np.cumsum(sizes**2) / np.sum(sizes**2) >= share)) + 1": (
            "wrong axis"
        ),
        "def needed(rows, share):\n"
        "    variance = np.linalg.eigvalsh(np.cov(rows.T))\n"
        "    return int(np.argmax(np.cumsum(variance) / variance.sum() >= share)) + 1": "smallest",
        "def needed(rows, share):\n"
        "    variance = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2\n"
        "    return int(np.sum(variance / variance.sum() >= share))": "single shares",
        "def needed(rows, share):\n    return share": "whole number",
    },
)


def _verify_threshold(function):
    rng = np.random.default_rng(5)
    for shift in (0.0, 3.0):
        truth = (rng.random(300) < 0.15).astype(int)
        scores = np.round(rng.normal(size=300) + 1.3 * truth + shift, 2)
        value = number(call(function, truth, scores), "the threshold")
        places = np.unique(scores)
        balanced = np.array(
            [balanced_accuracy_score(truth, scores >= t) for t in places]
        )
        plain = np.array([np.mean(truth == (scores >= t)) for t in places])
        reached = balanced_accuracy_score(truth, scores >= value)
        if np.isclose(reached, balanced.max()):
            continue
        text = f"the threshold {value:.4g} reaches a balanced accuracy of {reached:.3f}"
        if np.isclose(value, balanced.max()) or np.isclose(value, plain.max()):
            raise Wrong(
                f"{value:.3f} is the best score itself; return the threshold that gives it."
            )
        if value == int(balanced.argmax()):
            raise Wrong(
                f"{value:.0f} is the position of the best threshold; look its value up."
            )
        if np.isclose(value, places[plain.argmax()]) or np.isclose(
            np.mean(truth == (scores >= value)), plain.max()
        ):
            raise Wrong(
                f"{text}; {balanced.max():.3f} can be had. Plain accuracy was used: with "
                f"{truth.mean():.0%} defective cells it likes to call nearly all of them sound."
            )
        if np.isclose(value, places[balanced.argmin()]):
            raise Wrong(f"{text}, the worst of all. Is an alarm `scores >= threshold`?")
        if np.isclose(value, np.median(scores)) or np.isclose(value, np.mean(scores)):
            raise Wrong(f"{text}: the middle of the scores knows nothing of the truth.")
        if value == 0:
            raise Wrong(f"{text}: 0 is the SVM's own border, not the best one here.")
        swapped = [balanced_accuracy_score(scores >= t, truth) for t in places[1:-1]]
        if np.isclose(value, places[1:-1][np.argmax(swapped)]):
            raise Wrong(f"{text}: truth and prediction are swapped. Truth comes first.")
        raise Wrong(
            f"{text}; {balanced.max():.3f} can be had. Try every value in `scores`."
        )
    return "Choose it on training cells, then use it on new ones: it was fitted, like everything else."


_TRY = (
    "    places = np.unique(scores)\n"
    "    found = [balanced_accuracy_score(truth, scores >= t) for t in places]\n"
)

threshold = Exercise(
    _verify_threshold,
    hints=(
        "Candidates: every value that occurs in `scores`. An alarm is `scores >= threshold`.",
        "`balanced_accuracy_score(truth, scores >= t)` rates one candidate, truth first.",
        "Return the candidate at `np.argmax` of the ratings, not the position, not the rating.",
    ),
    wrong_answers={
        "def best_threshold(truth, scores):\n"
        "    places = np.unique(scores)\n"
        "    return places[np.argmax([np.mean(truth == (scores >= t)) for t in places])]": (
            "Plain accuracy"
        ),
        "def best_threshold(truth, scores):\n"
        + _TRY
        + "    return np.max(found)": "itself",
        "def best_threshold(truth, scores):\n"
        + _TRY
        + "    return np.argmax(found)": "position",
        "def best_threshold(truth, scores):\n"
        + _TRY
        + "    return places[np.argmin(found)]": ("the worst"),
        "def best_threshold(truth, scores):\n"
        "    places = np.unique(scores)\n"
        "    found = [balanced_accuracy_score(truth, scores < t) for t in places]\n"
        "    return places[np.argmax(found)]": "the worst",
        "def best_threshold(truth, scores):\n    return 0.0": "own border",
        "def best_threshold(truth, scores):\n    return np.median(scores)": "middle",
        "def best_threshold(truth, scores):\n"
        "    places = np.unique(scores)[1:-1]\n"
        "    found = [balanced_accuracy_score(scores >= t, truth) for t in places]\n"
        "    return places[np.argmax(found)]": "swapped",
        "def best_threshold(truth, scores):\n    return np.unique(scores)": "one number",
    },
)


def _verify_look_up(function):
    rng = np.random.default_rng(7)
    for m, entries, width in ((4, 16, 3), (2, 8, 5)):
        books = rng.normal(size=(m, entries, width))
        codes = rng.integers(0, entries, (30, m)).astype(np.uint8)
        query = rng.normal(size=m * width)
        value = call(function, query, books, codes)
        shape = np.shape(value)
        if shape == (30, m):
            raise Wrong(
                f"one value a piece, shape {shape}: add the {m} pieces up, `axis=1`."
            )
        if shape == (m,):
            raise Wrong(
                f"shape {shape}: summed over the cells; sum over the pieces, `axis=1`."
            )
        value = array(value, "the distances", (30,))
        pieces = query.reshape(m, width)
        chosen = books[np.arange(m), codes]
        squares = np.sum((chosen - pieces) ** 2, axis=2)
        right = squares.sum(axis=1)
        slips = (
            (np.sqrt(squares).sum(axis=1), "the root of each piece was taken before the sum; "
             "add squares"),
            (np.sqrt(right), "this is the distance; its square is asked, which ranks alike and "
             "saves the root"),
            (squares.mean(axis=1), "the mean over the pieces; the sum is asked"),
            (squares[:, 0], "only the first piece was compared"),
            (np.sum(np.sum((books[0][codes] - pieces) ** 2, axis=2), axis=1), "the first codebook "
             "was used for every piece; piece j has codebook j"),
            (np.sum(chosen * pieces, axis=(1, 2)), "products, not squared differences"),
            (np.sum((chosen - query.reshape(width, m).T) ** 2, axis=(1, 2)), "the query was cut "
             "into every m-th value; a piece is a run of neighboring values"),
            (np.abs(chosen - pieces).sum(axis=(1, 2)), "absolute differences; squares are asked"),
        )  # fmt: skip
        for slip, reason in slips:
            if np.allclose(value, slip):
                raise Wrong(f"{reason}.")
        if not np.allclose(value, right):
            raise Wrong(f"the first distance is {right[0]:.3f}, not {value[0]:.3f}.")
    return "m look-ups and a sum: that is how a search through a billion codes is done."


look_up = Exercise(
    _verify_look_up,
    hints=(
        "Cut the query: `pieces = query.reshape(len(books), -1)`; piece j meets `books[j]`.",
        "A table for piece j: `np.sum((books[j] - pieces[j])**2, axis=1)`, one number an entry.",
        "Add `table[codes[:, j]]` over j.",
    ),
    wrong_answers={
        "def distances(query, books, codes):\n"
        "    pieces = query.reshape(len(books), -1)\n"
        "    chosen = books[np.arange(len(books)), codes]\n"
        "    return np.linalg.norm(chosen - pieces, axis=2).sum(axis=1)": "before the sum",
        "def distances(query, books, codes):\n"
        "    chosen = books[np.arange(len(books)), codes].reshape(len(codes), -1)\n"
        "    return np.linalg.norm(chosen - query, axis=1)": "its square is asked",
        "def distances(query, books, codes):\n"
        "    pieces = query.reshape(len(books), -1)\n"
        "    chosen = books[np.arange(len(books)), codes]\n"
        "    return np.sum((chosen - pieces)**2, axis=2).mean(axis=1)": "mean over the pieces",
        "def distances(query, books, codes):\n"
        "    pieces = query.reshape(len(books), -1)\n"
        "    return np.sum((books[0][codes] - pieces)**2, axis=(1, 2))": "first codebook",
        "def distances(query, books, codes):\n"
        "    pieces = query.reshape(len(books), -1)\n"
        "    chosen = books[np.arange(len(books)), codes]\n"
        "    return np.sum((chosen - pieces)**2, axis=2)": "one value a piece",
        "def distances(query, books, codes):\n"
        "    pieces = query.reshape(len(books), -1)\n"
        "    chosen = books[np.arange(len(books)), codes]\n"
        "    return np.sum((chosen - pieces)**2, axis=(0, 2))": "over the cells",
        "def distances(query, books, codes):\n"
        "    pieces = query.reshape(-1, len(books)).T\n"
        "    chosen = books[np.arange(len(books)), codes]\n"
        "    return np.sum((chosen - pieces)**2, axis=(1, 2))": "every m-th",
        "def distances(query, books, codes):\n"
        "    return np.sum((codes - query)**2, axis=1)": "raised ValueError",
    },
)
