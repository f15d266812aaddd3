"""Correct variants and valid inputs of 13_OtherAnswers."""

import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.special import logsumexp
from sklearn.metrics import f1_score, mean_squared_error


def r2_sums(said, truth, known):
    rival = np.full(len(truth), known.mean())
    return 1 - ((said - truth) ** 2).sum() / ((rival - truth) ** 2).sum()


def r2_sklearn(said, truth, known):
    rival = np.full_like(truth, np.average(known))
    return 1 - mean_squared_error(truth, said) / mean_squared_error(truth, rival)


def r2_loop(said, truth, known):
    mean = sum(known) / len(known)
    left = sum((s - t) ** 2 for s, t in zip(said, truth))
    return 1 - left / sum((mean - t) ** 2 for t in truth)


def r2_one_fraction(said, truth, known):
    error = np.mean(np.square(said - truth))
    rival = np.mean(np.square(truth - known.mean()))
    return (rival - error) / rival


def r2_tensors(said, truth, known):
    error = tf.reduce_mean(tf.square(said - truth))
    return 1 - error / tf.reduce_mean(tf.square(truth - tf.reduce_mean(known)))


def r2_decomposed(said, truth, known):
    rival = np.var(truth) + (known.mean() - truth.mean()) ** 2
    return 1 - np.dot(said - truth, said - truth) / len(truth) / rival


def forms_comprehension(forms, names):
    labels = [[int(form.get(name) == "yes") for name in names] for form in forms]
    known = [[int(form.get(name) in ("yes", "no")) for name in names] for form in forms]
    return labels, known


def forms_arrays(forms, names):
    answers = np.array([[form.get(name, "") for name in names] for form in forms])
    return (answers == "yes").astype(int), (answers != "").astype(int)


def forms_pandas(forms, names):
    table = pd.DataFrame(forms).reindex(columns=names)
    return (table == "yes").to_numpy().astype(int), table.isin(
        ["yes", "no"]
    ).to_numpy().astype(int)


def forms_bools(forms, names):
    answers = np.array([[form.get(name, "") for name in names] for form in forms])
    return answers == "yes", (answers == "yes") | (answers == "no")


def forms_items(forms, names):
    labels, known = np.zeros((2, len(forms), len(names)), int)
    for row, form in enumerate(forms):
        for name, answer in form.items():
            if name in names and answer:
                known[row, names.index(name)] = 1
                labels[row, names.index(name)] = answer == "yes"
    return labels, known


def forms_lookup(forms, names):
    code = {"yes": (1, 1), "no": (0, 1)}
    pairs = [[code.get(form.get(name), (0, 0)) for name in names] for form in forms]
    pairs = np.array(pairs).reshape(len(forms), len(names), 2)
    return pairs[..., 0], pairs[..., 1]


def thresholds_sklearn(probabilities, labels, candidates):
    best = []
    for k in range(labels.shape[1]):
        said = [probabilities[:, k] > threshold for threshold in candidates]
        scores = [f1_score(labels[:, k], one, zero_division=0) for one in said]
        best.append(candidates[int(np.argmax(scores))])
    return best


def thresholds_broadcast(probabilities, labels, candidates):
    said = probabilities[None] > np.asarray(candidates)[:, None, None]
    hits = (said & (labels == 1)).sum(axis=1)
    scores = 2 * hits / np.maximum(said.sum(axis=1) + labels.sum(axis=0), 1)
    return np.asarray(candidates)[scores.argmax(axis=0)]


def thresholds_max(probabilities, labels, candidates):
    def score(k, threshold):
        said = probabilities[:, k] > threshold
        hits = (said & (labels[:, k] > 0)).sum()
        wrong = (said != (labels[:, k] > 0)).sum()
        return 2 * hits / max(2 * hits + wrong, 1)

    columns = range(labels.shape[1])
    return [max(candidates, key=lambda t: score(k, t)) for k in columns]


def thresholds_precision_recall(probabilities, labels, candidates):
    best = np.zeros(labels.shape[1])
    for k, truth in enumerate(labels.T.astype(bool)):
        highest = -1.0
        for threshold in candidates:
            said = probabilities[:, k] > threshold
            hits = (said & truth).sum()
            precision = hits / said.sum() if said.any() else 0.0
            recall = hits / truth.sum() if truth.any() else 0.0
            both = precision + recall
            value = 2 * precision * recall / both if both else 0.0
            if value > highest + 1e-12:
                highest, best[k] = value, threshold
    return best


def thresholds_apply(probabilities, labels, candidates):
    def one(k):
        said = probabilities[:, [k]] > candidates[None]
        hits = (said * labels[:, [k]]).sum(axis=0)
        total = said.sum(axis=0) + labels[:, k].sum()
        return candidates[np.argmax(2 * hits / np.where(total, total, 1))]

    return np.array([one(k) for k in range(labels.shape[1])])


def thresholds_tensor(probabilities, labels, candidates):
    found = thresholds_broadcast(probabilities, labels, candidates)
    return tf.constant(found)


def pool_scipy(scores, there, r):
    total = logsumexp(r * scores, axis=1, b=there.astype(float))
    return (total - np.log(there.sum(axis=1))) / r


def pool_loop(scores, there, r):
    found = []
    for row, real in zip(scores, there):
        found.append((logsumexp(r * row[real]) - np.log(real.sum())) / r)
    return found


def pool_mean(scores, there, r):
    found = []
    for row, real in zip(scores, there):
        kept = r * row[real]
        found.append((kept.max() + np.log(np.mean(np.exp(kept - kept.max())))) / r)
    return np.array(found)


def pool_tensors(scores, there, r):
    hidden = tf.where(there, r * scores, -np.inf)
    counts = tf.reduce_sum(tf.cast(there, tf.float64), axis=1)
    return (tf.reduce_logsumexp(hidden, axis=1) - tf.math.log(counts)) / r


def pool_reduce(scores, there, r):
    hidden = np.where(there, r * scores, -np.inf)
    total = np.logaddexp.reduce(hidden, axis=1)
    return (total - np.log(np.count_nonzero(there, axis=1))) / r


def pool_weights(scores, there, r):
    lowest = np.where(there, r * scores, -np.inf).max(axis=1)
    shifted = np.exp(np.where(there, r * scores - lowest[:, None], -np.inf))
    return lowest / r + np.log(shifted.sum(axis=1) / there.sum(axis=1)) / r


def sets_first_divided(defective, module, held_out, n, size, rng):
    found = []
    for inside in (False, True):
        cells = [i for i, m in enumerate(module) if (m in held_out) == inside]
        sound = [i for i in cells if not defective[i]]
        guilty = [i for i in cells if defective[i]]
        bags = np.array([rng.permutation(sound)[:size] for _ in range(n)])
        labels = np.arange(n) % 2
        for row in range(1, n, 2):
            bags[row, rng.integers(size)] = rng.choice(guilty)
        found.extend([bags, labels])
    return found


def sets_concatenated(defective, module, held_out, n, size, rng):
    found, test = [], np.isin(module, held_out)
    for part in (np.logical_not(test), test):
        sound, guilty = (np.flatnonzero(part & (defective == d)) for d in (False, True))
        bags = []
        for label in np.arange(n) % 2:
            first = rng.choice(guilty, label)
            rest = rng.choice(sound, size - label, replace=False)
            bags.append(rng.permutation(np.concatenate([first, rest])))
        found += [np.array(bags), np.arange(n) % 2]
    return tuple(found)


def sets_lists(defective, module, held_out, n, size, rng):
    return [
        np.asarray(one).tolist()
        for one in sets_concatenated(defective, module, held_out, n, size, rng)
    ]


def sets_own_generator(defective, module, held_out, n, size, rng):
    own = np.random.default_rng(7)
    return sets_first_divided(defective, module, held_out, n, size, own)


def sets_bool_labels(defective, module, held_out, n, size, rng):
    a, b, c, d = sets_concatenated(defective, module, held_out, n, size, rng)
    return a, b.astype(bool), c, d.astype(bool)


def sets_one_helper(defective, module, held_out, n, size, rng):
    def make(part):
        bags, labels = [], np.arange(n) % 2
        for label in labels:
            bag = rng.choice(np.where(part & ~defective)[0], size, replace=False)
            if label:
                bag[rng.integers(0, size)] = rng.choice(np.where(part & defective)[0])
            bags.append(bag)
        return np.stack(bags), labels

    test = np.isin(module, held_out)
    return (*make(~test), *make(test))


RIGHT = {
    "scored": {
        "sums": r2_sums,
        "scikit-learn's errors": r2_sklearn,
        "loops": r2_loop,
        "one fraction": r2_one_fraction,
        "tensors": r2_tensors,
        "variance and shift": r2_decomposed,
    },
    "encoded": {
        "comprehensions": forms_comprehension,
        "arrays of text": forms_arrays,
        "pandas": forms_pandas,
        "bools": forms_bools,
        "by the forms' items": forms_items,
        "a lookup": forms_lookup,
    },
    "chosen": {
        "scikit-learn's F1": thresholds_sklearn,
        "all at once": thresholds_broadcast,
        "max with a key": thresholds_max,
        "precision and recall": thresholds_precision_recall,
        "one label after the other": thresholds_apply,
        "a tensor": thresholds_tensor,
    },
    "pooled": {
        "SciPy": pool_scipy,
        "SciPy, bag by bag": pool_loop,
        "the mean of exponentials": pool_mean,
        "TensorFlow": pool_tensors,
        "logaddexp": pool_reduce,
        "two logarithms": pool_weights,
    },
    "split": {
        "lists of positions": sets_first_divided,
        "one defective and the rest": sets_concatenated,
        "lists": sets_lists,
        "a generator of its own": sets_own_generator,
        "labels as bools": sets_bool_labels,
        "a function for one set": sets_one_helper,
    },
}


def _numbers(rng):
    n = int(rng.integers(4, 30))
    truth = rng.random(n)
    return truth + rng.normal(0, 0.3, n), truth, rng.random(n + 3)


def _answers(rng):
    names = list("abcd")[: int(rng.integers(2, 5))]
    drawn = rng.choice(
        ["yes", "no", "", "absent"], (int(rng.integers(2, 6)), len(names))
    )
    forms = [
        {name: str(a) for name, a in zip(names, row) if a != "absent"} for row in drawn
    ]
    return forms, names


def _probabilities(rng):
    n, k = int(rng.integers(20, 60)), int(rng.integers(2, 5))
    labels = (rng.random((n, k)) < 0.4).astype(int)
    noise = rng.normal(0.3 + 0.4 * labels, 0.2)
    return noise.clip(0.01, 0.99), labels, np.arange(1, 20) / 20


def _scores(rng):
    bags, cells = int(rng.integers(2, 6)), int(rng.integers(3, 9))
    there = np.arange(cells) < rng.integers(1, cells + 1, bags)[:, None]
    return rng.normal(0, 2, (bags, cells)), there, float(rng.uniform(0.5, 4))


def _cells(rng):
    module = rng.integers(6, size=150)
    defective = rng.random(150) < 0.3
    return defective, module, np.array([1, 3]), 12, 5, np.random.default_rng(5)


INPUTS = {
    "scored": _numbers,
    "encoded": _answers,
    "chosen": _probabilities,
    "pooled": _scores,
    "split": _cells,
}
SURVIVORS = {"chosen": {"7: np.sum: mean"}}  # the same order, but for rounding
EQUIVALENT = {
    "scored": {"2: said - truth: sides", "3: np.mean(known) - truth: sides"},  # squared
    "encoded": {  # every place is written
        "2: np.zeros: ones",
        "3: np.zeros: ones",
        "6: ('yes', 'no'): first two swapped",
    },
    "chosen": {  # the same order
        "8: 2 * hits: only the right",
        "8: max(np.sum(said) + np.sum(truth == 1), 1): arguments swapped",
        "8: 2: 1",
        "8: 2: 3",
        "8: 1: 2",
    },
    "pooled": {"5: 0: -1"},  # one column
}
