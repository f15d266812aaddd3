"""Correct variants and valid inputs of 12_DetectionSegmentation."""

import numpy as np
import tensorflow as tf
from sklearn.metrics import f1_score, jaccard_score


def overlap_plain(first, second):
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0) * max(height, 0)
    one = (first[2] - first[0]) * (first[3] - first[1])
    other = (second[2] - second[0]) * (second[3] - second[1])
    return shared / (one + other - shared)


def overlap_early(first, second):
    left, top = np.maximum(first, second)[:2]
    right, bottom = np.minimum(first, second)[2:]
    if left >= right or top >= bottom:
        return 0.0
    shared = (right - left) * (bottom - top)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return shared / (sum(areas) - shared)


def overlap_clip(first, second):
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    shared = sides.clip(0).prod()
    both = np.stack([first, second])
    return float(shared / ((both[:, 2:] - both[:, :2]).prod(1).sum() - shared))


def overlap_tensors(first, second):
    sides = tf.minimum(first[2:], second[2:]) - tf.maximum(first[:2], second[:2])
    shared = tf.reduce_prod(tf.nn.relu(sides))
    areas = sum(tf.reduce_prod(tf.constant(b[2:] - b[:2])) for b in (first, second))
    return shared / (areas - shared)


def overlap_inclusion(first, second):
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    shared = np.where(sides > 0, sides, 0).prod()
    one, other = (np.diff(b.reshape(2, 2), axis=0).prod() for b in (first, second))
    return shared / (one - shared + other)


def overlap_ratio(first, second):
    lists = first.tolist(), second.tolist()
    cut = [max(pair) for pair in zip(*lists)][:2] + [min(p) for p in zip(*lists)][2:]
    shared = max(cut[2] - cut[0], 0.0) * max(cut[3] - cut[1], 0.0)
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in lists)
    return 1 / (areas / shared - 1) if shared else 0.0


def decode_columns(anchors, moves):
    x, y, side = anchors.T
    x, y = x + moves[:, 0] * side, y + moves[:, 1] * side
    wide, high = np.exp(moves[:, 2]) * side, np.exp(moves[:, 3]) * side
    return np.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], axis=1)


def decode_loop(anchors, moves):
    boxes = []
    for (x, y, side), (right, down, wide, high) in zip(anchors, moves):
        wide, high = side * np.exp(wide), side * np.exp(high)
        left, top = x + right * side - wide / 2, y + down * side - high / 2
        boxes.append([left, top, left + wide, top + high])
    return boxes


def decode_stack(anchors, moves):
    side = anchors[:, [2, 2]]
    half = side * np.exp(moves[:, 2:]) / 2
    center = anchors[:, :2] + side * moves[:, :2]
    return np.hstack([center - half, center + half])


def decode_tensors(anchors, moves):
    side = tf.constant(anchors[:, 2:])
    center, size = anchors[:, :2] + moves[:, :2] * side, tf.exp(moves[:, 2:]) * side
    return tf.concat([center - 0.5 * size, center + 0.5 * size], 1)


def decode_logarithm(anchors, moves):
    size = np.exp(moves[:, 2:] + np.log(anchors[:, 2:]))
    low = anchors[:, :2] + moves[:, :2] * anchors[:, 2:] - size / 2
    return np.column_stack([low, low + size])


def decode_filled(anchors, moves):
    boxes = np.zeros((len(anchors), 4))
    for axis in (0, 1):
        center = anchors[:, axis] + moves[:, axis] * anchors[:, 2]
        size = anchors[:, 2] * np.e ** moves[:, 2 + axis]
        boxes[:, axis], boxes[:, axis + 2] = center - size / 2, center + size / 2
    return boxes


def kept_flags(overlaps, scores, limit):
    alive, kept = np.ones(len(scores), bool), []
    for box in np.argsort(scores)[::-1]:
        if alive[box]:
            kept.append(box)
            alive &= overlaps[box] <= limit
    return kept


def kept_queue(overlaps, scores, limit):
    queue, kept = sorted(range(len(scores)), key=lambda box: -scores[box]), []
    while queue:
        best, *rest = queue
        kept.append(best)
        queue = [box for box in rest if overlaps[best, box] <= limit]
    return kept


def kept_any(overlaps, scores, limit):
    kept = []
    for box in np.argsort(-scores, kind="stable"):
        if not any(overlaps[other, box] > limit for other in kept):
            kept.append(box)
    return np.array(kept, int)


def kept_numpy(overlaps, scores, limit):
    kept = []
    for box in reversed(np.argsort(scores).tolist()):
        if not kept or overlaps[box][kept].max() <= limit:
            kept.append(box)
    return kept


def kept_argmax(overlaps, scores, limit):
    left, kept = np.array(scores, float), []
    while len(left) and left.max() > -np.inf:
        best = int(left.argmax())
        kept.append(best)
        left[overlaps[best] > limit] = -np.inf
        left[best] = -np.inf
    return kept


def kept_tuple(overlaps, scores, limit):
    kept = ()
    for box in sorted(range(len(scores)), key=scores.__getitem__, reverse=True):
        if max((overlaps[box, other] for other in kept), default=0) <= limit:
            kept = (*kept, box)
    return kept


def ap_loop(scores, right, trees):
    total, hits = 0.0, 0
    for place, box in enumerate(np.argsort(-scores), 1):
        if right[box]:
            hits += 1
            total += hits / place
    return total / trees


def ap_area(scores, right, trees):
    sorted_right = right[np.argsort(scores)[::-1]]
    hits = sorted_right.cumsum()
    recall = np.concatenate([[0], hits / trees])
    precision = hits / np.arange(1, len(hits) + 1)
    return (np.diff(recall) * precision).sum()


def ap_weighted(scores, right, trees):
    ranked = [bool(r) for _, r in sorted(zip(-scores, right))]
    parts = [sum(ranked[: k + 1]) / (k + 1) for k in range(len(ranked)) if ranked[k]]
    return sum(parts) / trees


def ap_places(scores, right, trees):
    places = np.flatnonzero(right[np.argsort(-scores, kind="stable")]) + 1
    return float(np.sum(np.arange(1, len(places) + 1) / places) / trees)


def ap_tensors(scores, right, trees):
    right = tf.cast(tf.gather(right, tf.argsort(-scores)), tf.float64)
    steps = tf.range(1, len(right) + 1, dtype=tf.float64)
    return tf.reduce_sum(tf.cumsum(right) / steps * right) / trees


def ap_product(scores, right, trees):
    right = right[np.argsort(-scores)].astype(float)
    return right @ (np.cumsum(right) / (1 + np.arange(len(right)))) / trees


def dice_sklearn(found, truth):
    return f1_score(truth.ravel(), found.ravel(), zero_division=1)


def dice_from_iou(found, truth):
    if not (found | truth).any():
        return 1
    value = jaccard_score(truth.ravel(), found.ravel(), zero_division=0)
    return 2 * value / (1 + value)


def dice_counts(found, truth):
    hits, extra, missed = (
        np.count_nonzero(mask)
        for mask in (found & truth, found & ~truth, truth & ~found)
    )
    sizes = 2 * hits + extra + missed
    return 2 * hits / sizes if sizes else 1.0


def dice_numbers(found, truth):
    found, truth = found.astype(int), truth.astype(int)
    if found.sum() == truth.sum() == 0:
        return 1.0
    return 2 * (found * truth).sum() / (found + truth).sum()


def dice_sets(found, truth):
    first, second = set(np.flatnonzero(found)), set(np.flatnonzero(truth))
    if not first and not second:
        return 1.0
    return 2 * len(first & second) / (len(first) + len(second))


def dice_mean(found, truth):
    sizes = found.mean() + truth.mean()
    return 1.0 if sizes == 0 else float((found & truth).mean() / (sizes / 2))


def _own_dice(found, truth):
    return 2 * np.sum(found & truth) / (np.sum(found) + np.sum(truth))


def judge_loop(picture, truth, thresholds):
    middle = picture.shape[1] // 2
    first, last = picture[:, :middle], picture[:, middle:]
    mean, spread = first.mean(), first.std()
    best, highest = None, -1
    for threshold in thresholds:
        value = _own_dice((first - mean) / spread > threshold, truth[:, :middle])
        if value > highest:
            best, highest = threshold, value
    return _own_dice((last - mean) / spread > best, truth[:, middle:])


def judge_argmax(picture, truth, thresholds):
    half = picture.shape[1] // 2
    bright = (picture - picture[:, :half].mean()) / np.std(picture[:, :half])
    tried = [_own_dice(bright[:, :half] > one, truth[:, :half]) for one in thresholds]
    found = bright[:, half:] > thresholds[int(np.argmax(tried))]
    return _own_dice(found, truth[:, half:])


def judge_gray(picture, truth, thresholds):
    half = picture.shape[1] // 2
    grays = picture[:, :half].mean() + thresholds * picture[:, :half].std()
    tried = [_own_dice(picture[:, :half] > gray, truth[:, :half]) for gray in grays]
    return _own_dice(picture[:, half:] > grays[np.argmax(tried)], truth[:, half:])


def judge_sklearn(picture, truth, thresholds):
    half = picture.shape[1] // 2
    bright = (picture - picture[:, :half].mean()) / picture[:, :half].std()

    def score(part, threshold):
        return f1_score(truth[part].ravel(), bright[part].ravel() > threshold)

    best = max(thresholds, key=lambda one: score(np.s_[:, :half], one))
    return score(np.s_[:, half:], best)


def judge_split(picture, truth, thresholds):
    half = picture.shape[1] // 2
    pictures, truths = np.split(picture, [half], 1), np.split(truth, [half], 1)
    mean, spread = pictures[0].mean(), pictures[0].std()
    bright = [(part - mean) / spread for part in pictures]
    tried = {one: _own_dice(bright[0] > one, truths[0]) for one in thresholds}
    return _own_dice(bright[1] > max(tried, key=tried.get), truths[1])


def judge_masks(picture, truth, thresholds):
    train = np.zeros(picture.shape, bool)
    train[:, : picture.shape[1] // 2] = True
    bright = (picture - picture[train].mean()) / picture[train].std()
    tried = [_own_dice(bright[train] > one, truth[train]) for one in thresholds]
    return _own_dice(bright[~train] > thresholds[np.argmax(tried)], truth[~train])


RIGHT = {
    "overlapped": {
        "plain Python": overlap_plain,
        "an early return": overlap_early,
        "clip": overlap_clip,
        "tensors": overlap_tensors,
        "where": overlap_inclusion,
        "lists": overlap_ratio,
    },
    "decoded": {
        "columns": decode_columns,
        "a loop": decode_loop,
        "stacked": decode_stack,
        "tensors": decode_tensors,
        "logarithms": decode_logarithm,
        "filled": decode_filled,
    },
    "suppressed": {
        "flags": kept_flags,
        "a queue": kept_queue,
        "any": kept_any,
        "NumPy": kept_numpy,
        "argmax": kept_argmax,
        "a tuple": kept_tuple,
    },
    "averaged": {
        "a loop": ap_loop,
        "an area": ap_area,
        "sorted": ap_weighted,
        "places": ap_places,
        "tensors": ap_tensors,
        "a product": ap_product,
    },
    "diced": {
        "scikit-learn": dice_sklearn,
        "from IoU": dice_from_iou,
        "counts": dice_counts,
        "numbers": dice_numbers,
        "sets": dice_sets,
        "means": dice_mean,
    },
    "repaired": {
        "a loop": judge_loop,
        "argmax": judge_argmax,
        "gray values": judge_gray,
        "scikit-learn": judge_sklearn,
        "split": judge_split,
        "masks": judge_masks,
    },
}


def _two_boxes(rng):
    low = rng.uniform(0, 6, (2, 2))
    first, second = np.concatenate([low, low + rng.uniform(1, 6, (2, 2))], axis=1)
    return first, second


def _anchors(rng):
    n = int(rng.integers(1, 7))
    side = rng.uniform(10, 80, (n, 1))
    anchors = np.concatenate([rng.uniform(0, 200, (n, 2)), side], axis=1)
    return anchors, rng.normal(0, 0.5, (n, 4))


def _crowd(rng):
    n = int(rng.integers(1, 12))
    half = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.6), 1)
    scores = (rng.permutation(n) + 1) / (n + 1)
    return half + half.T + np.eye(n), scores, float(rng.uniform(0.2, 0.8))


def _ranked(rng):
    n = int(rng.integers(1, 25))
    return rng.permutation(n) / n, rng.random(n) < 0.5, n + int(rng.integers(0, 9))


def _two_masks(rng):
    shape = tuple(rng.integers(1, 7, 2))
    return rng.random(shape) < rng.random(), rng.random(shape) < rng.random()


def _picture(rng):
    shape = int(rng.integers(10, 20)), int(rng.integers(16, 30))
    truth = rng.random(shape) < 0.4
    return rng.normal(50, 9, shape) + 15 * truth, truth, np.linspace(-1.2, 2, 25)


INPUTS = {
    "overlapped": _two_boxes,
    "decoded": _anchors,
    "suppressed": _crowd,
    "averaged": _ranked,
    "diced": _two_masks,
    "repaired": _picture,
}
TRIES = {"repaired": 100}

EQUIVALENT = {
    "overlapped": {  # maximum and minimum ask for no order, two signs make an area
        "2: np.maximum(first[:2], second[:2]): arguments swapped",
        "3: np.minimum(first[2:], second[2:]): arguments swapped",
        "4: np.maximum(high - low, 0): arguments swapped",
        "5: first[2:] - first[:2]: sides",
        "5: second[2:] - second[:2]: sides",
    },
    "suppressed": {"4: (box, other): first two swapped"},  # a symmetric table
    "repaired": {"7: bright[part] > threshold: GtE"},  # no pixel meets it exactly
}
