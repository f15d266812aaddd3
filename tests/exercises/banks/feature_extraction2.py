"""Correct variants and valid inputs of 05_FeatureExtraction2."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_curve
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from utils.evaluation import fold_scores, stratified_folds


def pca_library(train, test, k):
    fit = PCA(k).fit(train)
    return fit.transform(train), fit.transform(test)


def pca_eigen(train, test, k):
    _, vectors = np.linalg.eigh(np.cov(train, rowvar=False))
    axes = vectors[:, ::-1][:, :k]
    return [(train - train.mean(0)) @ axes, (test - train.mean(0)) @ axes]


def pca_sizes(train, test, k):
    mean = np.mean(train, axis=0)
    u, s, directions = np.linalg.svd(train - mean)
    return -(u[:, :k] * s[:k]), -((test - mean) @ directions[:k].T)


def pca_truncated(train, test, k):
    fit = TruncatedSVD(k, random_state=0)
    return fit.fit_transform(train - train.mean(0)), fit.transform(test - train.mean(0))


def pca_power(train, test, k):
    """The components one by one, each as a product of the covariance with itself."""
    z, axes = train - train.mean(axis=0), []
    spread = z.T @ z
    for _ in range(k):
        much = spread / np.trace(spread)
        for _ in range(12):
            much = much @ much
            much /= np.trace(much)
        axis = much[:, np.diag(much).argmax()]
        axes.append(axis / np.linalg.norm(axis))
        spread = spread - axes[-1][:, None] * (spread @ axes[-1])
    return z @ np.array(axes).T, (test - train.mean(axis=0)) @ np.array(axes).T


def pca_tensor(train, test, k):
    train, test = tf.constant(train, tf.float32), tf.constant(test, tf.float32)
    mean = tf.reduce_mean(train, axis=0)
    v = tf.linalg.svd(train - mean)[2][:, :k]
    return (train - mean) @ v, (test - mean) @ v


def pca_keras(train, test, k):
    mean = keras.ops.mean(train, axis=0)
    v = keras.ops.linalg.svd(train - mean, full_matrices=False)[2][:k]
    return (train - mean) @ keras.ops.transpose(v), (test - mean) @ keras.ops.transpose(
        v
    )


def pca_frames(train, test, k):
    train, test = pd.DataFrame(train), pd.DataFrame(test)
    axes = np.linalg.svd(train - train.mean(), full_matrices=False)[2][:k].T
    return (train - train.mean()) @ axes, (test - train.mean()) @ axes


def needed_loop(rows, share):
    ratios = PCA().fit(rows).explained_variance_ratio_
    total = count = 0
    while total < share:
        total, count = total + ratios[count], count + 1
    return count


def needed_eigen(rows, share):
    variances = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    return np.searchsorted(np.cumsum(variances) / variances.sum(), share) + 1


def needed_tensor(rows, share):
    rows = tf.constant(rows, tf.float32)
    s = tf.linalg.svd(rows - tf.reduce_mean(rows, axis=0), compute_uv=False)
    kept = tf.cumsum(s**2) / tf.reduce_sum(s**2)
    return tf.reduce_sum(tf.cast(kept < share, tf.int32)) + 1


def needed_rebuilt(rows, share):
    z = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(z, full_matrices=False)
    for k in range(1, len(directions) + 1):
        left = z - z @ directions[:k].T @ directions[:k]
        if np.sum(left**2) <= (1 - share) * np.sum(z**2):
            return k


def needed_series(rows, share):
    ratios = pd.Series(PCA(svd_solver="full").fit(rows).explained_variance_ratio_)
    return (ratios.cumsum() < share).sum() + 1


def steps_by_hand(rows, labels, folds=None):
    """Each step fitted on the training rows of a fold, one after the other."""
    found = []
    for train, test in folds or stratified_folds(labels):
        scaler = StandardScaler().fit(rows[train])
        inside, outside = scaler.transform(rows[train]), scaler.transform(rows[test])
        choose = SelectKBest(k=8).fit(inside, labels[train])
        inside, outside = choose.transform(inside), choose.transform(outside)
        reduce = PCA(4).fit(inside)
        voters = KNeighborsClassifier(3).fit(reduce.transform(inside), labels[train])
        said = voters.predict(reduce.transform(outside))
        found.append(balanced_accuracy_score(labels[test], said))
    return np.mean(found)


def recipe(*steps):
    steps = steps or (StandardScaler(), SelectKBest(k=8), PCA(4))
    return make_pipeline(*steps, KNeighborsClassifier(3))


def named_steps(rows, labels):
    steps = {"scale": StandardScaler(), "choose": SelectKBest(f_classif, k=8)}
    steps |= {"reduce": PCA(n_components=4), "vote": KNeighborsClassifier(3)}
    return np.mean(fold_scores(Pipeline(list(steps.items())), rows, labels)
                   .balanced_accuracy)  # fmt: skip


def by_the_library(rows, labels):
    cut = StratifiedKFold(5, shuffle=True, random_state=0)
    measure = "balanced_accuracy"
    return cross_val_score(recipe(), rows, labels, cv=cut, scoring=measure).mean()


def by_predictions(rows, labels):
    scores, found = fold_scores(recipe(), rows, labels), []
    for fold in range(5):
        held = scores.fold == fold
        found.append(balanced_accuracy_score(labels[held], scores.predictions[held]))
    return sum(found) / 5


def scaled_by_a_function(rows, labels):
    """The selection and PCA in a pipeline of their own."""
    inner = make_pipeline(SelectKBest(k=8), PCA(4, svd_solver="full"))
    return fold_scores(
        recipe(StandardScaler(), inner), rows, labels
    ).balanced_accuracy.mean()


def costs_by_matrix(truth, scores, price):
    def cost(place):
        counts = confusion_matrix(truth, scores >= place, labels=[0, 1])
        return counts[0, 1] + price * counts[1, 0]

    return min([*scores, scores.max() + 1], key=cost)


def threshold_middle(truth, scores, price):
    """Half way to the next lower score, or below all, or above all."""
    places = np.unique(scores)
    places = (np.r_[places, places[-1] + 1] + np.r_[places[0] - 1, places]) / 2
    costs = [
        np.sum((scores >= p) & (truth == 0)) + price * np.sum((scores < p) & truth)
        for p in places
    ]
    return places[int(np.argmin(costs))]


def threshold_sorted(truth, scores, price):
    """One pass over the sorted scores: each further alarm changes the cost."""
    order = np.argsort(-scores, kind="stable")
    steps = np.where(truth[order] == 1, -float(price), 1.0)
    costs = np.r_[0, np.cumsum(steps)]
    ordered = scores[order]
    last = np.r_[True, ordered[:-1] != ordered[1:], True]  # ties stay together
    place = np.where(last, costs, np.inf).argmin()
    return ordered[place - 1] if place else np.inf


def threshold_curve(truth, scores, price):
    false, true, places = roc_curve(truth, scores, drop_intermediate=False)
    cost = false * np.sum(truth == 0) + price * (1 - true) * np.sum(truth == 1)
    return places[np.argmin(cost)]


def threshold_counts(truth, scores, price):
    best = (np.inf, None)
    for t in [*scores, max(scores) + 1]:
        vain = sum(1 for y, s in zip(truth, scores) if y == 0 and s >= t)
        missed = sum(1 for y, s in zip(truth, scores) if y == 1 and s < t)
        best = min(best, (vain + price * missed, t))
    return float(best[1])


def alone_by_loop(truth, probability, allowed):
    cells = sorted(zip(probability, truth), key=lambda cell: -abs(cell[0] - 0.5))
    wrong = best = 0
    for count, (p, y) in enumerate(cells, 1):
        wrong += (p >= 0.5) != y
        if wrong / count <= allowed:
            best = count
    return (len(cells) - best) / len(cells)


def alone_by_limits(truth, probability, allowed):
    """Every sureness as the limit."""
    sure, said = np.maximum(probability, 1 - probability), probability > 0.5
    shares = [0]
    for limit in sure:
        alone = sure >= limit
        if np.mean(said[alone] != truth[alone]) <= allowed:
            shares.append(np.mean(alone))
    return 1 - max(shares)


def alone_by_frame(truth, probability, allowed):
    table = pd.DataFrame({"wrong": (probability >= 0.5) != truth})
    table["sure"] = np.abs(probability - 0.5)
    errors = table.sort_values("sure", ascending=False)["wrong"].expanding().mean()
    kept = np.flatnonzero(errors.to_numpy() <= allowed)
    return 1 - (kept.max() + 1 if kept.size else 0) / len(table)


def alone_reversed(truth, probability, allowed):
    """From all cells down: the least sure one goes to the person next."""
    order = np.argsort(abs(probability - 0.5))
    wrong = (np.round(probability) != truth)[order]
    for given in range(len(order)):
        if wrong[given:].mean() <= allowed:
            return given / len(order)
    return 1.0


def decoded(query, books, codes):
    rows = books[np.arange(len(books)), codes].reshape(len(codes), -1)
    return ((rows - query) ** 2).sum(axis=1)


def tables(query, books, codes):
    table = ((books - query.reshape(len(books), 1, -1)) ** 2).sum(axis=2)
    return np.take_along_axis(table.T, codes, axis=0).sum(axis=1)


def by_loops(query, books, codes):
    m, _, width = books.shape
    return [
        sum(
            (query[j * width + i] - books[j][row[j]][i]) ** 2
            for j in range(m)
            for i in range(width)
        )
        for row in codes
    ]


def by_library(query, books, codes):
    pieces = np.split(query, len(books))
    table = [cdist([p], b, "sqeuclidean")[0] for p, b in zip(pieces, books)]
    return sum(t[c] for t, c in zip(table, codes.T))


def by_tensor(query, books, codes):
    m = len(books)
    pieces = tf.reshape(tf.constant(query), (m, 1, -1))
    table = tf.reduce_sum((tf.constant(books) - pieces) ** 2, axis=2)
    looked = tf.gather(table, tf.cast(codes.T, tf.int32), batch_dims=1)
    return tf.reduce_sum(looked, axis=0)


def expanded(query, books, codes):
    rows = books[np.arange(len(books)), codes].reshape(len(codes), -1)
    return (rows**2).sum(1) - 2 * rows @ query + query @ query


RIGHT = {
    "projection": {
        "scikit-learn": pca_library,
        "eigenvectors, a list": pca_eigen,
        "U times sizes, signs turned": pca_sizes,
        "a truncated SVD": pca_truncated,
        "powers of the covariance": pca_power,
        "TensorFlow, float32": pca_tensor,
        "keras.ops": pca_keras,
        "pandas": pca_frames,
        "lists": lambda *a: [part.tolist() for part in pca_library(*a)],
        "float32 at the end": lambda *a: tuple(map(np.float32, pca_eigen(*a))),
        "float32 inside": lambda train, test, k: pca_sizes(
            train.astype(np.float32), test.astype(np.float32), k
        ),
    },
    "components": {
        "a loop": needed_loop,
        "eigenvalues": needed_eigen,
        "TensorFlow, float32": needed_tensor,
        "rebuilt rows": needed_rebuilt,
        "pandas": needed_series,
        "scikit-learn": lambda rows, share: (
            PCA(share, svd_solver="full").fit(rows).n_components_
        ),
        "a whole float": lambda *a: float(needed_loop(*a)),
        "a 0-d array": lambda *a: np.array(needed_loop(*a)),
        "a Keras tensor": lambda *a: keras.ops.convert_to_tensor(needed_loop(*a)),
        "uint8": lambda *a: np.uint8(needed_loop(*a)),
    },
    "repair": {
        "by hand": steps_by_hand,
        "named steps": named_steps,
        "cross_val_score": by_the_library,
        "from the predictions": by_predictions,
        "a pipeline inside": scaled_by_a_function,
        "lists": lambda rows, labels: float(
            steps_by_hand(rows, labels, list(stratified_folds(labels.tolist())))
        ),
        "a 0-d array": lambda *a: np.array(named_steps(*a)),
        "a tensor": lambda *a: tf.constant(by_predictions(*a)),
    },
    "threshold": {
        "confusion_matrix": costs_by_matrix,
        "half way between": threshold_middle,
        "sorted once": threshold_sorted,
        "roc_curve": threshold_curve,
        "counted": threshold_counts,
        "float32": lambda *a: np.float32(threshold_counts(*a)),
        "a 0-d tensor": lambda *a: tf.constant(threshold_counts(*a)),
        "pandas": lambda truth, scores, price: pd.Series({
            t: sum(scores[truth == 0] >= t) + price * sum(scores[truth == 1] < t)
            for t in [*scores, 1e9]
        }).idxmin(),
    },
    "person": {
        "a loop": alone_by_loop,
        "limits": alone_by_limits,
        "pandas": alone_by_frame,
        "from all cells down": alone_reversed,
        "float32": lambda *a: np.float32(alone_by_loop(*a)),
        "a 0-d tensor": lambda *a: tf.constant(alone_reversed(*a)),
        "a Python float": lambda *a: float(alone_by_limits(*a)),
    },
    "look_up": {
        "decoded": decoded,
        "all tables at once": tables,
        "loops, a list": by_loops,
        "scipy": by_library,
        "TensorFlow": by_tensor,
        "expanded": expanded,
        "einsum": lambda q, b, c: np.einsum(
            "nmw,nmw->n", *2 * [b[np.arange(len(b)), c] - q.reshape(len(b), -1)]
        ),
        "float32": lambda q, b, c: decoded(q.astype(np.float32), np.float32(b), c),
        "pandas": lambda *a: pd.Series(tables(*a)),
        "keras.ops": lambda q, b, c: keras.ops.sum(
            (b[np.arange(len(b)), c].reshape(len(c), -1) - q) ** 2, axis=1
        ),
        "a tuple": lambda *a: tuple(decoded(*a)),
    },
}  # fmt: skip


def _projection(rng):
    columns = rng.integers(2, 7)
    scales, middle = (
        rng.permutation(2.0 ** np.arange(columns)),
        rng.normal(0, 9, columns),
    )
    train, test = (
        rng.uniform(-1, 1, (n, columns)) * scales + middle
        for n in rng.integers((columns + 2, 2), (30, 9))
    )
    return train, test + rng.normal(size=columns), int(rng.integers(1, columns + 1))


def _components(rng):
    rows, columns = rng.integers(3, 14, 2)
    scales = rng.exponential(size=columns)
    table = rng.uniform(-1, 1, (rows, columns)) * scales + rng.normal(size=columns)
    return table, float(rng.uniform(0.05, 0.99))


def _repair(rng):
    n, columns = rng.integers((20, 9), (40, 25))
    labels = np.r_[[0] * 6, [1] * 6, rng.random(n) < 0.4].astype(int)
    rng.shuffle(labels)
    rows = rng.uniform(-1, 1, (len(labels), columns)) * rng.exponential(size=columns)
    return rows + labels[:, None] * rng.normal(0, 0.5, columns), labels


def _threshold(rng):
    truth = np.r_[0, 1, rng.random(rng.integers(6, 25)) < 0.3].astype(int)
    rng.shuffle(truth)
    scores = np.round(rng.normal(rng.normal(), 1, len(truth)) + truth, 1)
    return truth, scores, int(rng.integers(1, 9))


def _person(rng):
    truth = (rng.random(rng.integers(6, 25)) < 0.3).astype(int)
    probability = rng.beta(1, 1, len(truth)) * 0.6 + 0.35 * truth
    return truth, probability, float(rng.choice([0, rng.uniform(0, 0.3)]))


def _look_up(rng):
    m, entries, width, cells = rng.integers(1, (6, 9, 5, 12))
    books = rng.uniform(-2, 2, (m, entries, width))
    codes = rng.integers(0, entries, (cells, m))
    return rng.uniform(-2, 2, m * width), books, codes


INPUTS = {
    "projection": _projection,
    "components": _components,
    "repair": _repair,
    "threshold": _threshold,
    "person": _person,
    "look_up": _look_up,
}
TRIES = {"threshold": 200, "repair": 20}  # scikit-learn takes its time
EQUIVALENT = {
    "projection": {
        "3: np.linalg.svd(train - mean, full_matrices=False): without full_matrices",
        "3: False: True",
        "3: train - mean: sides",  # another sign of `directions`, if at all
    },
    "components": {
        "2: rows - rows.mean(axis=0): sides",
        "4: kept >= share * kept[-1]: Gt",  # no share is met exactly
    },
    "repair": {
        "3: make_pipeline(StandardScaler(), choose, PCA(4), KNeighborsCl: "
        "arguments swapped",  # F values do not change with the scale
    },
    "threshold": {
        "2: np.append(np.unique(scores), np.inf): arguments swapped",  # another order
    },
    "person": {
        "2: probability - 0.5: sides",
        "3: probability >= 0.5: Gt",
    },
    "look_up": {
        "2: 1: 2",  # `reshape` takes any negative number
        "4: zip(books, pieces, codes.T): arguments swapped",  # only squared after
        "5: book - piece: sides",
    },
}
