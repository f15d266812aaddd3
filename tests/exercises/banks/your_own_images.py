"""Correct variants and valid inputs of 10_YourOwnImages."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import GroupShuffleSplit


def dealt_sklearn(group, share, seed):
    count = round(share * len(np.unique(group)))
    cut = GroupShuffleSplit(1, test_size=count, random_state=seed)
    return next(cut.split(group, groups=group))


def dealt_sets(group, share, seed):
    names = sorted(set(group))
    np.random.default_rng(seed).shuffle(names)
    held = set(names[: max(1, int(share * len(names)))])
    train = [i for i, name in enumerate(group) if name not in held]
    return train, [i for i, name in enumerate(group) if name in held]


def dealt_numbers(group, share, seed):
    names, number = np.unique(group, return_inverse=True)
    held = np.random.default_rng(seed).random(len(names)).argsort()
    late = held[number] >= round((1 - share) * len(names))
    return np.nonzero(~late)[0], np.nonzero(late)[0]


def dealt_legacy(group, share, seed):
    names = np.unique(group)
    count = int(np.ceil(share * len(names)))
    held = np.random.RandomState(seed).choice(names, count, replace=False)
    test = np.array([name in held for name in group])
    return np.where(~test)[0].tolist(), np.where(test)[0].tolist()


def dealt_pandas(group, share, seed):
    names = pd.Series(group).drop_duplicates()
    held = names.sample(round(share * len(names)), random_state=seed)
    test = pd.Series(group).isin(held)
    return test.index[~test].to_numpy(), test.index[test].to_numpy()


def dealt_tensors(group, share, seed):
    train, test = hold_first(group, share, seed)
    return tf.constant(train), tf.constant(test)


def hold_first(group, share, seed):
    """No generator at all: the first names, turned by the seed."""
    names = np.roll(np.unique(group), seed)
    test = np.isin(group, names[: round(share * len(names))])
    return np.arange(len(group))[~test], np.arange(len(group))[test]


def place_unravel(maps):
    place = maps.mean(axis=0)
    return np.unravel_index(place.argmax(), place.shape)


def place_where(maps):
    place = np.sum(maps, axis=0)
    rows, columns = np.where(place == place.max())
    return rows[0], columns[0]


def place_loop(maps):
    best, found = -np.inf, None
    for i in range(maps.shape[1]):
        for j in range(maps.shape[2]):
            if maps[:, i, j].mean() > best:
                best, found = maps[:, i, j].mean(), (i, j)
    return found


def place_argwhere(maps):
    place = np.average(maps, axis=0)
    return np.argwhere(place == place.max())[0]


def place_pandas(maps):
    return list(pd.DataFrame(maps.mean(axis=0)).stack().idxmax())


def place_tensor(maps):
    place = tf.reduce_mean(tf.constant(maps), axis=0)
    return tf.unravel_index(tf.argmax(tf.reshape(place, [-1])), place.shape)


def place_keras(maps):
    place = keras.ops.mean(maps, axis=0)
    at = keras.ops.argmax(place)
    return at // place.shape[1], at % place.shape[1]


def parts_loop(probability, truth, parts):
    said, true = [], []
    for part in np.array_split(np.argsort(probability), parts):
        said.append(np.mean(probability[part]))
        true.append(np.mean(truth[part]))
    return said, true


def parts_sorted(probability, truth, parts):
    order = np.argsort(probability)
    said = [x.mean() for x in np.array_split(probability[order], parts)]
    return said, [x.mean() for x in np.array_split(truth[order], parts)]


def parts_zipped(probability, truth, parts):
    pairs = np.array(sorted(zip(probability.tolist(), truth.tolist())))
    means = [block.mean(axis=0) for block in np.array_split(pairs, parts)]
    return np.transpose(means)


def parts_pandas(probability, truth, parts):
    table = pd.DataFrame({"said": probability, "true": truth}).sort_values("said")
    place = np.repeat(np.arange(parts), [len(x) for x in np.array_split(table, parts)])
    means = table.astype(float).groupby(place).mean()
    return means["said"], means["true"]


def parts_tensors(probability, truth, parts):
    order = tf.argsort(probability)
    cut = [len(x) for x in np.array_split(np.arange(len(truth)), parts)]
    halves = (tf.constant(x, tf.float64) for x in (probability, truth * 1.0))
    split = [tf.split(tf.gather(x, order), cut) for x in halves]
    return tuple(tf.stack([tf.reduce_mean(x) for x in half]) for half in split)


def parts_float32(probability, truth, parts):
    said, true = parts_sorted(probability, truth, parts)
    return np.float32(said), np.float32(true)


def price_table(probability, truth, thresholds, miss, alarm):
    called = probability[:, None] >= thresholds
    costs = miss * (truth[:, None] & ~called).sum(0)
    return thresholds[(costs + alarm * (~truth[:, None] & called).sum(0)).argmin()]


def price_min(probability, truth, thresholds, miss, alarm):
    def cost(threshold):
        return sum(
            miss * (is_one and p < threshold) + alarm * (not is_one and p >= threshold)
            for p, is_one in zip(probability, truth)
        )

    return min(thresholds, key=cost)


def price_mean(probability, truth, thresholds, miss, alarm):
    price = np.where(truth, miss, alarm)
    means = [np.mean(price * ((probability >= t) != truth)) for t in thresholds]
    return float(thresholds[int(np.argmin(means))])


def price_pandas(probability, truth, thresholds, miss, alarm):
    costs = pd.Series(
        [
            miss * np.count_nonzero(probability[truth] < t)
            + alarm * np.count_nonzero(probability[~truth] >= t)
            for t in thresholds
        ],
        index=thresholds,
    )
    return costs.idxmin()


def price_tensors(probability, truth, thresholds, miss, alarm):
    called = tf.constant(probability)[:, None] >= tf.constant(thresholds)
    truth = tf.constant(truth)[:, None]
    missed = tf.reduce_sum(tf.cast(truth & ~called, tf.int32), axis=0)
    false = tf.reduce_sum(tf.cast(~truth & called, tf.int32), axis=0)
    return tf.gather(thresholds, tf.argmin(miss * missed + alarm * false))


def price_running(probability, truth, thresholds, miss, alarm):
    best, lowest = None, np.inf
    for threshold in thresholds.tolist():
        hits = np.sum(probability[truth] >= threshold)
        false = np.sum(probability[~truth] >= threshold)
        cost = miss * (truth.sum() - hits) + alarm * false
        if cost < lowest:
            best, lowest = threshold, cost
    return best


RIGHT = {
    "whole_groups": {
        "scikit-learn": dealt_sklearn,
        "sets and lists": dealt_sets,
        "numbers of groups": dealt_numbers,
        "an old generator": dealt_legacy,
        "pandas": dealt_pandas,
        "tensors": dealt_tensors,
        "no generator": hold_first,
    },
    "spotted": {
        "unravel_index": place_unravel,
        "where": place_where,
        "loops": place_loop,
        "argwhere": place_argwhere,
        "pandas": place_pandas,
        "TensorFlow": place_tensor,
        "keras": place_keras,
    },
    "calibrated": {
        "a loop": parts_loop,
        "sorted first": parts_sorted,
        "pairs": parts_zipped,
        "pandas": parts_pandas,
        "tensors": parts_tensors,
        "float32": parts_float32,
    },
    "priced": {
        "a table": price_table,
        "min with a key": price_min,
        "the mean cost": price_mean,
        "pandas": price_pandas,
        "tensors": price_tensors,
        "the best so far": price_running,
    },
}


def _groups(rng):
    count = int(rng.integers(5, 15))
    group = rng.permutation(np.resize([f"g{i}" for i in range(count)], 6 * count))
    return group, float(rng.uniform(0.2, 0.5)), int(rng.integers(100))


def _maps(rng):
    n, rows, columns = rng.integers((2, 2, 2), (9, 8, 8))
    return (rng.normal(size=(n, rows, columns)),)


def _said(rng):
    n = int(rng.integers(20, 80))
    said = rng.permutation(np.linspace(0.01, 0.99, n))
    return said, rng.random(n) < said, int(rng.integers(2, 7))


def _cost(rng):
    n = int(rng.integers(40, 90))
    said = rng.uniform(size=n)
    grid = np.sort(rng.uniform(size=7))
    return said, rng.random(n) < said, grid, int(rng.integers(1, 9)), 1


INPUTS = {
    "whole_groups": _groups,
    "spotted": _maps,
    "calibrated": _said,
    "priced": _cost,
}
EQUIVALENT = {
    "spotted": {"2: maps.mean: sum"},  # is largest at the same place
}
