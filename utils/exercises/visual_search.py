"""Exercises of 15_VisualSearch: cosines, rankings, leaks, triplets, a fooled score."""

import numpy as np

from utils.exercises import Exercise, named


def cosines(queries, shelf):
    def unit(rows):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, 1)

    return unit(queries) @ unit(shelf).T


def _rows(rng):
    for asked, stored, columns, scale in ((2, 3, 4, 1), (5, 2, 3, 50), (1, 6, 8, 0.01)):
        queries = rng.normal(0.2, scale, (asked, columns))
        shelf = rng.normal(0.1, scale, (stored, columns))
        shelf[0] = 0
        if asked > 1:
            queries[-1] = 0
        told = f"{asked} queries, {stored} on the shelf, one of them empty"
        yield named(told, queries, shelf)
    yield named("one empty query, one empty picture", np.zeros((1, 2)), np.eye(2) - 1)


_COSINE = "unit(queries) @ unit(shelf).T →"
_UNIT = "rows / np.where(lengths > 0, lengths, 1) →"

angles = Exercise(
    cosines, cases=_rows,
    mistakes={
        f"{_UNIT} rows / lengths": "a row of zeros was divided by its length, 0",
        f"{_UNIT} rows": "that is the product; divide each row by its length first",
        f"{_UNIT} rows / np.where(lengths > 0, lengths, 1) ** 2":
        "the length is the root of the sum of squares; divide by it once",
        "np.linalg.norm(rows, axis=1, keepdims=True) → "
        "abs(rows).sum(axis=1, keepdims=True)":
        "the length is the root of the sum of squares, not the sum of sizes",
        f"{_COSINE} unit(queries) @ shelf.T": "the shelf has lengths, too",
        f"{_COSINE} queries @ unit(shelf).T": "the queries have lengths, too",
        f"{_COSINE} unit(shelf) @ unit(queries).T": "one row a query, please",
        f"{_COSINE} 1 - unit(queries) @ unit(shelf).T":
        "that is a distance; the cosine itself is asked",
        f"{_COSINE} abs(unit(queries) @ unit(shelf).T)":
        "a cosine may be negative: directions that are opposed",
    },
    hints=("Divide each row by its length, then multiply the tables.",
           "`np.linalg.norm(rows, axis=1, keepdims=True)` keeps a column.",
           "Divide by `np.where(lengths > 0, lengths, 1)`."),
    lesson="Whatever the lengths were, only directions are compared.",
)  # fmt: skip


def average_precision(hits):
    places = np.flatnonzero(hits) + 1
    if len(places) == 0:
        return 0.0
    return np.mean(np.arange(1, len(places) + 1) / places)


def _hits(rng):
    yield named("hits at places 1, 3 and 6 of 6", np.array([1, 0, 1, 0, 0, 1]))
    yield named("no hit among 4", np.zeros(4, int))
    yield named("all 5 are hits", np.ones(5, int))
    yield named("hits at the end", np.array([0, 0, 0, 0, 1, 1]))
    for n in (20, 35):
        hits = (rng.random(n) < 0.3).astype(int)
        hits[[2, n - 2]] = 1
        yield named(f"{hits.sum()} hits among {n}", hits)


_AP = "np.mean(np.arange(1, len(places) + 1) / places) →"

averaged = Exercise(
    average_precision, cases=_hits,
    mistakes={
        f"{_AP} len(places) / len(hits)":
        "that is the precision of the whole list, which no order can change",
        f"{_AP} np.mean(np.cumsum(hits) / np.arange(1, len(hits) + 1))":
        "the mean goes over the places of hits only",
        f"{_AP} np.sum(np.arange(1, len(places) + 1) / places) / len(hits)":
        "divide by the number of hits, not of places",
        f"{_AP} np.mean(1 / places)":
        "at its place each hit counts all hits so far, not just itself",
        f"{_AP} 1 / places[0]": "only the first hit was counted",
        f"{_AP} np.sum(np.arange(1, len(places) + 1) / places)":
        "the sum is there; divide by the number of hits",
        "np.flatnonzero(hits) + 1 → np.flatnonzero(hits) + 2":
        "places begin with 1",
        "return 0.0 → return 1.0": "without a right answer it is 0",
        "return 0.0 → return np.nan": "without a right answer it is 0",
    },
    hints=("At the place of each hit: hits so far, divided by the place.",
           "`np.flatnonzero(hits) + 1` are the places of hits.",
           "Hits so far at these places are 1, 2, 3, …; then the mean."),
    lesson="A hit at the end still counts, but little: what stands first matters most.",
)  # fmt: skip


def search(queries, shelf, k):
    def unit(rows):
        rows = rows - shelf.mean(axis=0)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    similar = unit(queries) @ unit(shelf).T
    return np.argsort(-similar, axis=1)[:, :k]


def _shelves(rng):
    for asked, stored, columns, k in ((3, 6, 4, 3), (1, 5, 3, 1), (4, 30, 5, 8)):
        shelf = rng.normal(2, 1, (stored, columns)) * rng.uniform(0.2, 3, (stored, 1))
        queries = rng.normal(1.5, 1, (asked, columns))
        yield named(f"{asked} queries, {stored} stored, k = {k}", queries, shelf, k)


_SORT = "np.argsort(-similar, axis=1)[:, :k] →"

engine = Exercise(
    search, cases=_shelves,
    mistakes={
        f'{_SORT} np.argsort(similar, axis=1)[:, :k]':
        "these are the least similar; sort from the highest cosine down",
        f'{_SORT} np.argsort(similar, axis=1)[:, -k:]':
        "the nearest stand last; they must come first",
        f'{_SORT} np.argsort(-similar, axis=1)[:, 1:k + 1]':
        "the best one was left out; these queries are not on the shelf",
        f'{_SORT} np.argsort(-similar, axis=1)':
        "only the first k are asked",
        f"{_SORT} -np.sort(-similar, axis=1)[:, :k]":
        "these are cosines; the positions are asked",
        "rows - shelf.mean(axis=0) → rows": "the mean of the shelf was not subtracted",
        "rows - shelf.mean(axis=0) → rows - rows.mean(axis=0)":
        "subtract the mean of the shelf from the queries as well: one query's own mean "
        "is itself",
        "rows - shelf.mean(axis=0) → rows - rows.mean(axis=1, keepdims=True)":
        "the mean of each column of the shelf, not of each row",
        "rows / np.linalg.norm(rows, axis=1, keepdims=True) → rows":
        "long rows win every product; divide by the lengths",
    },
    hints=("Center both with `shelf.mean(axis=0)`, then divide by the lengths.",
           "The product of both tables holds the cosines.",
           "`np.argsort(-similar, axis=1)[:, :k]`."),
    lesson="That is a search engine. What makes it good is the table it is given.",
)  # fmt: skip


def honest_recall(distances, query_object, shelf_object, query_class, shelf_class):
    same = query_object[:, None] == shelf_object
    nearest = np.where(same, np.inf, distances).argmin(axis=1)
    return np.mean(shelf_class[nearest] == query_class)


def _leaky(rng):
    for asked, stored, objects in ((6, 12, 5), (15, 40, 12), (30, 30, 9)):
        kinds = rng.integers(0, 3, objects)
        query_object = rng.permutation(np.arange(asked) % objects)
        shelf_object = rng.permutation(np.arange(stored) % objects)
        distances = rng.uniform(1, 2, (asked, stored))
        alike = kinds[query_object][:, None] == kinds[shelf_object]
        distances[alike] -= rng.uniform(-0.6, 1, alike.sum())
        own = query_object[:, None] == shelf_object
        distances[own] += np.where(query_object % 2, 1, -1).repeat(own.sum(axis=1))
        told = f"{asked} queries, {stored} pictures of {objects} objects"
        classes = kinds[query_object], kinds[shelf_object]
        yield named(told, distances, query_object, shelf_object, *classes)


_NEAREST = "np.where(same, np.inf, distances).argmin(axis=1) →"
_SHARE = "np.mean(shelf_class[nearest] == query_class) →"

repaired = Exercise(
    honest_recall, cases=_leaky,
    mistakes={
        f"{_NEAREST} distances.argmin(axis=1)":
        "pictures of the query's own object were left on the shelf",
        f"{_NEAREST} np.where(same, distances, np.inf).argmin(axis=1)":
        "that finds nothing but the query's own object",
        f"{_NEAREST} np.where(same, -np.inf, distances).argmax(axis=1)":
        "those are the farthest pictures",
        f"{_NEAREST} np.argsort(distances, axis=1)[:, 1]":
        "leaving out the very nearest is not enough: an object may be there several "
        "times",
        "query_object[:, None] == shelf_object → query_class[:, None] == shelf_class":
        "that takes away the whole class, and with it all right answers",
        f"{_SHARE} np.mean(shelf_class[nearest] != query_class)":
        "that is the share of wrong answers",
        f"{_SHARE} np.sum(shelf_class[nearest] == query_class)":
        "the share is asked, not the count",
    },
    hints=("Which pictures of the shelf show the query's own object?",
           "`query_object[:, None] == shelf_object` is a table like `distances`.",
           "Give those the distance `np.inf`, then take the nearest."),
    lesson="It is lower, and true: nothing could find itself.",
)  # fmt: skip


def triplet_loss(anchor, positive, negative, margin):
    near = np.sum((anchor - positive) ** 2, axis=1)
    far = np.sum((anchor - negative) ** 2, axis=1)
    return np.mean(np.maximum(near - far + margin, 0))


def _triplets(rng):
    for n, columns, margin in ((4, 3, 0.5), (10, 2, 1.0), (6, 8, 2.0), (3, 4, 0.0)):
        anchor, positive, negative = rng.normal(0, 0.7, (3, n, columns))
        negative[0] = anchor[0] + 9  # far enough: it costs nothing
        positive[1], negative[1] = anchor[1] + 1, anchor[1]
        told = f"{n} triplets, margin {margin:g}"
        yield named(told, anchor, positive, negative, margin)


_HINGE = "np.mean(np.maximum(near - far + margin, 0)) →"

threes = Exercise(
    triplet_loss, cases=_triplets,
    mistakes={
        f"{_HINGE} np.mean(near - far + margin)":
        "a triplet that is far enough apart must cost 0, not less",
        f"{_HINGE} np.maximum(np.mean(near - far + margin), 0)":
        "each triplet has its own 0; take the maximum before the mean",
        f"{_HINGE} np.mean(np.maximum(far - near + margin, 0))":
        "it is the negative that must be far",
        f"{_HINGE} np.mean(np.maximum(near - far - margin, 0))":
        "the margin makes it harder: add it",
        f"{_HINGE} np.mean(np.maximum(near - far, 0))": "the margin is missing",
        f"{_HINGE} np.mean(np.maximum(near - far, 0) + margin)":
        "the margin belongs inside the maximum",
        f"{_HINGE} np.sum(np.maximum(near - far + margin, 0))":
        "the mean of the triplets is asked",
        f"{_HINGE} np.max(np.maximum(near - far + margin, 0))":
        "the mean of the triplets is asked, not the worst",
        ("np.sum((anchor - positive) ** 2, axis=1) → "
         "np.sum((anchor - positive) ** 2, axis=1) ** 0.5",
         "np.sum((anchor - negative) ** 2, axis=1) → "
         "np.sum((anchor - negative) ** 2, axis=1) ** 0.5"):
        "squared distances, without a root",
        ("np.sum((anchor - positive) ** 2, axis=1) → "
         "np.mean((anchor - positive) ** 2, axis=1)",
         "np.sum((anchor - negative) ** 2, axis=1) → "
         "np.mean((anchor - negative) ** 2, axis=1)"):
        "a squared distance is the sum over the columns, not their mean",
        "(anchor - negative) ** 2 → (positive - negative) ** 2":
        "both distances are measured from the anchor",
    },
    hints=("Two distances a triplet: `near` to the positive, `far` to the negative.",
           "`np.sum((anchor - positive) ** 2, axis=1)`.",
           "The mean of `np.maximum(near - far + margin, 0)`."),
    lesson="A negative that is far enough costs nothing, and teaches nothing.",
)  # fmt: skip


def fool(picture, weights, eps):
    return picture - eps * np.sign(weights), eps * np.sum(abs(weights))


def _linear(rng):
    for n, eps in ((6, 0.1), (40, 1 / 255), (300, 0.02)):
        picture, weights = rng.uniform(0, 1, n), rng.normal(0, 1.5, n)
        weights[1] = 0
        yield named(f"{n} pixels, eps = {eps:.3g}", picture, weights, eps)


_MOVED = "picture - eps * np.sign(weights) →"
_FALL = "eps * np.sum(abs(weights)) →"

pushed = Exercise(
    fool, cases=_linear, parts=("the picture", "the fall of the score"),
    mistakes={
        f"{_MOVED} picture + eps * np.sign(weights)":
        "that raises the score; go the other way",
        f"{_MOVED} picture - eps * weights":
        "each pixel may move by eps, however small its weight: take the sign",
        f"{_MOVED} picture - np.sign(weights)": "no pixel may move by more than eps",
        f"{_MOVED} np.clip(picture - eps * np.sign(weights), 0, 1)":
        "nothing is clipped here: a pixel may leave the range",
        f"{_MOVED} picture - eps": "pixels of negative weight must go up",
        f"{_MOVED} -eps * np.sign(weights)":
        "that is the change; the changed picture is asked",
        f"{_MOVED} picture - eps * np.where(weights >= 0, 1, -1)":
        "a pixel whose weight is 0 stays",
        f"{_MOVED} picture - eps * weights / np.linalg.norm(weights)":
        "that keeps the length of the whole change small; each pixel may move by eps",
        f"{_FALL} eps * np.sum(weights)": "each pixel adds to the fall: sum the sizes",
        f"{_FALL} -eps * np.sum(abs(weights))": "a fall is a positive number here",
        f"{_FALL} np.sum(abs(weights))": "the fall is eps times that sum",
        f"{_FALL} eps * np.linalg.norm(weights)":
        "it is the sum of the sizes, not the root of the sum of squares",
        f"{_FALL} eps * np.mean(abs(weights))": "all pixels add up: no mean",
        f"{_FALL} picture @ weights - eps * np.sum(abs(weights))":
        "that is the new score; by how much it fell is asked",
    },
    hints=("A pixel of positive weight must go down, one of negative weight up.",
           "`np.sign(weights)` is 1, 0 or -1.",
           "The fall is `eps` times the sum of `abs(weights)`."),
    lesson="The fall grows with the number of pixels, the change of each does not.",
)  # fmt: skip
