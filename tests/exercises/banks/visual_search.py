"""Correct variants and valid inputs of 15_VisualSearch."""

import numpy as np
import tensorflow as tf
from sklearn.metrics import average_precision_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize


def cos_sklearn(queries, shelf):
    return cosine_similarity(queries, shelf)


def cos_normalize(queries, shelf):
    return normalize(queries) @ normalize(shelf).T


def cos_loop(queries, shelf):
    table = np.zeros((len(queries), len(shelf)))
    for i, query in enumerate(queries):
        for j, stored in enumerate(shelf):
            size = np.sqrt(query @ query) * np.sqrt(stored @ stored)
            if size > 0:
                table[i, j] = query @ stored / size
    return table


def cos_outer(queries, shelf):
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(shelf, axis=1)
    products = queries @ shelf.T
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


def cos_clip(queries, shelf):
    def unit(rows):
        lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
        return rows / np.maximum(lengths, 1e-12)

    return unit(queries) @ unit(shelf).T


def cos_tensors(queries, shelf):
    one = tf.math.l2_normalize(queries, axis=1, epsilon=1e-24)
    return one @ tf.transpose(tf.math.l2_normalize(shelf, axis=1, epsilon=1e-24))


def ap_cumulative(hits):
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return np.sum(precision * hits) / max(np.sum(hits), 1)


def ap_loop(hits):
    total = found = 0
    for place, hit in enumerate(hits, 1):
        if hit:
            found += 1
            total += found / place
    return total / found if found else 0.0


def ap_sklearn(hits):
    if not np.any(hits):
        return 0.0
    return average_precision_score(hits, -np.arange(len(hits)))


def ap_mask(hits):
    hits = np.asarray(hits, bool)
    precision = hits.cumsum() / (np.arange(len(hits)) + 1)
    return precision[hits].mean() if hits.any() else 0.0


def ap_list(hits):
    places = [place for place, hit in enumerate(hits, 1) if hit]
    each = [(k + 1) / place for k, place in enumerate(places)]
    return sum(each) / len(each) if each else 0.0


def ap_slices(hits):
    parts = [np.mean(hits[: i + 1]) for i in range(len(hits)) if hits[i]]
    return float(np.mean(parts)) if parts else 0.0


def search_loop(queries, shelf, k):
    mean = shelf.mean(axis=0)
    found = []
    for query in queries - mean:
        scores = []
        for position, row in enumerate(shelf - mean):
            size = np.linalg.norm(row) * np.linalg.norm(query)
            scores.append((-round(float(row @ query / size), 10), position))
        found.append([position for _, position in sorted(scores)[:k]])
    return found


def search_normalize(queries, shelf, k):
    mean = shelf.mean(axis=0)
    similar = normalize(queries - mean) @ normalize(shelf - mean).T
    return (-similar).argsort(axis=1, kind="stable")[:, :k]


def search_distance(queries, shelf, k):
    mean = shelf.mean(axis=0)
    similar = cosine_similarity(queries - mean, shelf - mean)
    return (1 - similar).round(12).argsort(axis=1, kind="stable")[:, :k]


def search_turned(queries, shelf, k):
    center = np.mean(shelf, axis=0)
    rows, asked = shelf - center, queries - center
    similar = asked @ (rows / np.linalg.norm(rows, axis=1)[:, None]).T
    return np.argsort(-similar, axis=1, kind="mergesort")[:, :k]


def search_lexsort(queries, shelf, k):
    mean = shelf.mean(axis=0)
    similar = cosine_similarity(queries - mean, shelf - mean).round(10)
    positions = np.arange(len(shelf))
    return np.array([np.lexsort((positions, -row))[:k] for row in similar])


def search_tensors(queries, shelf, k):
    mean = shelf.mean(axis=0)
    similar = normalize(queries - mean) @ normalize(shelf - mean).T
    return tf.math.top_k(similar, k).indices


def honest_loop(distances, query_object, shelf_object, query_class, shelf_class):
    right = 0
    for i, row in enumerate(distances):
        others = np.flatnonzero(shelf_object != query_object[i])
        nearest = others[np.argmin(row[others])]
        right += shelf_class[nearest] == query_class[i]
    return right / len(distances)


def honest_copy(distances, query_object, shelf_object, query_class, shelf_class):
    free = distances.copy()
    free[query_object[:, None] == shelf_object[None]] = np.inf
    return (shelf_class[free.argmin(axis=1)] == query_class).mean()


def honest_large(distances, query_object, shelf_object, query_class, shelf_class):
    same = np.equal.outer(query_object, shelf_object)
    nearest = np.argmin(distances + 1e6 * same, axis=1)
    return np.mean(query_class == shelf_class[nearest])


def honest_masked(distances, query_object, shelf_object, query_class, shelf_class):
    hidden = np.ma.array(distances, mask=query_object[:, None] == shelf_object)
    return np.mean(shelf_class[hidden.argmin(axis=1)] == query_class)


def honest_sorted(distances, query_object, shelf_object, query_class, shelf_class):
    right = []
    for i, order in enumerate(np.argsort(distances, axis=1)):
        other = next(j for j in order if shelf_object[j] != query_object[i])
        right.append(shelf_class[other] == query_class[i])
    return np.mean(right)


def honest_similar(distances, query_object, shelf_object, query_class, shelf_class):
    similar = np.where(query_object[:, None] != shelf_object, -distances, -np.inf)
    return float((shelf_class[similar.argmax(axis=1)] == query_class).mean())


def triplet_norm(anchor, positive, negative, margin):
    near = np.linalg.norm(anchor - positive, axis=1) ** 2
    far = np.linalg.norm(anchor - negative, axis=1) ** 2
    return np.clip(near - far + margin, 0, None).mean()


def triplet_loop(anchor, positive, negative, margin):
    losses = []
    for a, p, n in zip(anchor, positive, negative):
        losses.append(max(0, (a - p) @ (a - p) - (a - n) @ (a - n) + margin))
    return sum(losses) / len(losses)


def triplet_einsum(anchor, positive, negative, margin):
    near, far = (
        np.einsum("ij,ij->i", anchor - other, anchor - other)
        for other in (positive, negative)
    )
    lead = near - far + margin
    return np.mean(lead * (lead > 0))


def triplet_tensors(anchor, positive, negative, margin):
    near = tf.reduce_sum((anchor - positive) ** 2, axis=1)
    far = tf.reduce_sum((anchor - negative) ** 2, axis=1)
    return tf.reduce_mean(tf.nn.relu(near - far + margin))


def triplet_where(anchor, positive, negative, margin):
    near = ((anchor - positive) ** 2).sum(1)
    far = ((anchor - negative) ** 2).sum(1)
    return np.average(np.where(far > near + margin, 0, near - far + margin))


def triplet_sum(anchor, positive, negative, margin):
    gap = ((positive - anchor) ** 2 - (negative - anchor) ** 2).sum(axis=-1)
    return np.maximum(gap + margin, 0).sum() / len(anchor)


def fool_difference(picture, weights, eps):
    moved = picture - eps * np.sign(weights)
    return moved, picture @ weights - moved @ weights


def fool_loop(picture, weights, eps):
    moved, fall = [], 0.0
    for pixel, weight in zip(picture, weights):
        sign = float(weight > 0) - float(weight < 0)
        moved.append(pixel - eps * sign)
        fall += eps * abs(weight)
    return np.array(moved), fall


def fool_where(picture, weights, eps):
    step = np.where(weights > 0, eps, np.where(weights < 0, -eps, 0.0))
    return picture - step, np.sum(step * weights)


def fool_norm(picture, weights, eps):
    return picture + eps * np.sign(-weights), eps * np.linalg.norm(weights, 1)


def fool_copy(picture, weights, eps):
    moved = np.array(picture)
    moved[weights > 0] -= eps
    moved[weights < 0] += eps
    return moved, eps * np.abs(weights).sum()


def fool_dot(picture, weights, eps):
    signs = np.sign(weights)
    return picture - eps * signs, eps * np.dot(signs, weights)


RIGHT = {
    "angles": {
        "sklearn": cos_sklearn,
        "normalize": cos_normalize,
        "loop": cos_loop,
        "outer": cos_outer,
        "clip": cos_clip,
        "tensors": cos_tensors,
    },
    "averaged": {
        "cumulative": ap_cumulative,
        "loop": ap_loop,
        "sklearn": ap_sklearn,
        "mask": ap_mask,
        "list": ap_list,
        "slices": ap_slices,
    },
    "engine": {
        "loop": search_loop,
        "normalize": search_normalize,
        "distance": search_distance,
        "turned": search_turned,
        "lexsort": search_lexsort,
        "tensors": search_tensors,
    },
    "repaired": {
        "loop": honest_loop,
        "copy": honest_copy,
        "large": honest_large,
        "masked": honest_masked,
        "sorted": honest_sorted,
        "similar": honest_similar,
    },
    "threes": {
        "norm": triplet_norm,
        "loop": triplet_loop,
        "einsum": triplet_einsum,
        "tensors": triplet_tensors,
        "where": triplet_where,
        "sum": triplet_sum,
    },
    "pushed": {
        "difference": fool_difference,
        "loop": fool_loop,
        "where": fool_where,
        "norm": fool_norm,
        "copy": fool_copy,
        "dot": fool_dot,
    },
}


def _two_tables(rng):
    queries, shelf = rng.normal(0, 2, (3, 5)), rng.normal(0, 2, (4, 5))
    queries[1] = 0
    return queries, shelf


def _one_ranking(rng):
    return ((rng.random(12) < 0.4).astype(int),)


def _one_shelf(rng):
    return rng.normal(1, 1, (2, 4)), rng.normal(1, 1, (9, 4)), 5


def _objects(rng):
    query_object, shelf_object = rng.integers(0, 4, 8), np.arange(16) % 4
    classes = query_object % 2, shelf_object % 2
    return rng.random((8, 16)), query_object, shelf_object, *classes


def _three_rows(rng):
    return *rng.normal(size=(3, 7, 5)), 0.8


def _pixels(rng):
    return rng.random(25), rng.normal(size=25), 0.03


INPUTS = {
    "angles": _two_tables,
    "averaged": _one_ranking,
    "engine": _one_shelf,
    "repaired": _objects,
    "threes": _three_rows,
    "pushed": _pixels,
}
EQUIVALENT = {
    "angles": {"4: 1: 2"},  # a row of zeros stays one
    "engine": {
        "3: rows - shelf.mean(axis=0): sides",  # both turn round
        "7: np.argsort(-similar, axis=1): without axis",  # the last one
    },
    "threes": {  # squared, and the larger of two
        "4: np.maximum(near - far + margin, 0): arguments swapped",
        "2: anchor - positive: sides",
        "3: anchor - negative: sides",
    },
}
