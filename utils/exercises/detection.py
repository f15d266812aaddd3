"""Exercises of 12_DetectionSegmentation: boxes, their judge, a mask's, a leak."""

import numpy as np

from utils.exercises import Exercise, named


def overlap(first, second):
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    shared = np.prod(np.maximum(high - low, 0))
    areas = np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2])
    return shared / (areas - shared)


def _pairs(rng):
    for told, first, second in (
        ("two boxes that share a corner piece", (0, 0, 2, 2), (1, 1, 3, 3)),
        ("two boxes that touch", (0, 0, 2, 2), (2, 0, 4, 2)),
        ("two boxes far apart in both directions", (0, 0, 2, 3), (5, 7, 9, 8)),
        ("two boxes apart in one direction", (0, 0, 4, 4), (6, 1, 8, 3)),
        ("a box inside another one", (0, 0, 6, 4), (1, 1, 3, 2)),
        ("the same box twice", (2, 1, 7, 4), (2, 1, 7, 4)),
        ("two boxes with fractions", (0.5, 1.5, 4, 3), (2, 0, 3.5, 7)),
        ("two long boxes", (10, 20, 15, 60), (12, 30, 48, 34)),
    ):
        yield named(told, np.array(first, float), np.array(second, float))


_SHARED = "np.prod(np.maximum(high - low, 0)) →"
_QUOTIENT = "shared / (areas - shared) →"

overlapped = Exercise(
    overlap, cases=_pairs,
    mistakes={
        f"{_SHARED} np.prod(high - low)":
        "two negative lengths make a positive area; cut each length off at 0",
        f"{_SHARED} np.prod(np.maximum(high - low + 1, 0))":
        "one pixel was added to each side; these are edges, not counts of pixels",
        f"{_SHARED} np.sum(np.maximum(high - low, 0))":
        "width and height of what they share were added; an area is their product",
        f"{_QUOTIENT} shared / areas":
        "the shared part was counted twice below; subtract it once",
        f"{_QUOTIENT} 2 * shared / areas":
        "that is twice the shared part by the sum of the areas, the Dice coefficient",
        f"{_QUOTIENT} shared":
        "that is the area that they share; divide by what they cover together",
        f"{_QUOTIENT} shared / (areas - 2 * shared + 1e-12)":
        "the shared part was subtracted twice below; it belongs to the union once",
        f"{_QUOTIENT} shared / np.minimum(np.prod(first[2:] - first[:2]), "
        "np.prod(second[2:] - second[:2]))":
        "divided by the smaller box: one inside another would count as a full match",
        f"{_QUOTIENT} shared / np.prod(first[2:] - first[:2])":
        "divided by the first box alone; IoU treats both boxes alike",
        f"{_QUOTIENT} shared / np.prod(np.maximum(first[2:], second[2:]) - "
        "np.minimum(first[:2], second[:2]))":
        "divided by the box around both; the union is smaller than that",
        "np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) → "
        "np.prod(first[2:]) + np.prod(second[2:])":
        "the last two numbers are the lower right corner, not width and height",
    },
    hints=("The shared box begins at the larger of the two left edges.",
           "Its width is the smaller right edge minus that, and at least 0.",
           "Both areas together count the shared part twice."),
    lesson="Touching boxes share nothing, and a box in a box is no full match.",
)  # fmt: skip


def decode(anchors, moves):
    side = anchors[:, 2:]
    center = anchors[:, :2] + moves[:, :2] * side
    size = np.exp(moves[:, 2:]) * side
    return np.concatenate([center - size / 2, center + size / 2], axis=1)


def _moves(rng):
    for n, sides in ((1, (40,)), (3, (40, 20, 80)), (2, (32, 64)), (4, (16,) * 4)):
        place = rng.integers(1, 20, (n, 2)) * 8.0 + 4
        anchors = np.column_stack([place, sides]).astype(float)
        moves = np.round(rng.normal(0, 0.4, (n, 4)), 1)
        yield named(f"{n} anchors of side {sides[0]}", anchors, moves)
    anchors = np.array([[100.0, 60, 40], [20, 220, 30]])
    yield named("2 anchors that do not move", anchors, np.zeros((2, 4)))


_CENTER = "moves[:, :2] * side → moves[:, :2]"
_SIZE = "np.exp(moves[:, 2:]) * side →"
_BOX = "[center - size / 2, center + size / 2] →"

decoded = Exercise(
    decode, cases=_moves,
    mistakes={
        _CENTER: "the center moves in sides of the anchor, not in pixels",
        "moves[:, :2] * side → moves[:, 1::-1] * side":
        "the first number moves x, the second y",
        "anchors[:, :2] + → moves[:, :2] * 0 +":
        "the center moves from the anchor's center on, not from the corner of the "
        "picture",
        f"{_SIZE} np.exp(moves[:, 2:])":
        "the size is a multiple of the anchor's side",
        f"{_SIZE} (1 + moves[:, 2:]) * side":
        "the last two are logarithms: the factor is exp of them",
        f"{_SIZE} moves[:, 2:] * side":
        "the last two are logarithms: take exp, and 0 leaves the anchor's side",
        f"{_SIZE} np.exp(moves[:, 2:]) + side":
        "the factor multiplies the side; it is not added",
        f"{_SIZE} np.exp(moves[:, :1:-1]) * side":
        "width comes before height",
        f"{_BOX} [center, size]":
        "that is center and size; return the two corners",
        f"{_BOX} [center - size / 2, size]":
        "the last two are the lower right corner, not width and height",
        f"{_BOX} [center, center + size]":
        "the center was taken for the upper left corner",
        f"{_BOX} [center - size, center + size]":
        "half of the size lies on each side of the center",
    },
    hints=("The first two numbers move the center, in sides of the anchor.",
           "`np.exp` of the last two are factors of the side: width, height.",
           "Half of the width lies to the left of the center."),
    lesson="Four small numbers a place, and a box of any shape comes out.",
)  # fmt: skip


def suppress(overlaps, scores, limit):
    kept = []
    for box in np.argsort(-scores):
        if all(overlaps[box, other] <= limit for other in kept):
            kept.append(int(box))
    return kept


def _crowds(rng):
    chain = np.eye(4)
    for a, b, value in ((0, 1, 0.6), (1, 2, 0.7), (2, 3, 0.2)):
        chain[a, b] = chain[b, a] = value
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    yield named("a chain of 4 boxes", chain, scores, 0.5)
    yield named("the chain, in another order", chain, scores[[2, 0, 3, 1]], 0.5)
    yield named("the chain, a low limit", chain, scores, 0.1)
    yield named("the chain, a limit that is met exactly", chain, scores, 0.7)
    two = np.array([[1, 0, 0.3], [0, 1, 0.3], [0.3, 0.3, 1]])
    told = "a box that overlaps two others, each a little"
    yield named(told, two, np.array([0.9, 0.8, 0.7]), 0.5)
    for n, limit in ((7, 0.3), (9, 0.5), (12, 0.4), (1, 0.5)):
        half = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.5), 1)
        overlaps = np.round(half + half.T + np.eye(n), 2)
        told = f"{n} boxes, limit {limit}"
        yield named(told, overlaps, rng.permutation(n) / n + 0.01, limit)
    yield named("no box at all", np.zeros((0, 0)), np.zeros(0), 0.5)


_ALL = "all(overlaps[box, other] <= limit for other in kept) →"

suppressed = Exercise(
    suppress, cases=_crowds,
    mistakes={
        "np.argsort(-scores) → np.argsort(scores)":
        "the least certain box went first",
        "np.argsort(-scores) → range(len(scores))":
        "the boxes were taken as they stand; the best score goes first",
        f"{_ALL} all(overlaps[box, other] <= limit for other in "
        "np.argsort(-scores)[:list(np.argsort(-scores)).index(box)])":
        "a box that is gone suppressed another one; ask the kept ones only",
        f"{_ALL} all(overlaps[box, other] < limit for other in kept)":
        "an overlap of exactly the limit may stay",
        f"{_ALL} all(overlaps[box, other] >= limit for other in kept)":
        "it is the boxes that overlap *more* than the limit that go",
        f"{_ALL} all(overlaps[box, other] <= limit for other in kept[-1:])":
        "compared with the box that was kept last; ask all kept ones",
        f"{_ALL} all(overlaps[box, other] <= limit for other in kept[:1])":
        "compared with the best box only; ask all kept ones",
        f"{_ALL} scores[box] > limit":
        "the limit is one for overlaps, not for scores",
        "return kept → return sorted(kept)":
        "keep their order: the best score first",
        "return kept → return [float(scores[box]) for box in kept]":
        "return the positions of the boxes, not their scores",
        "return kept → return [box for box in range(len(scores)) if box not in kept]":
        "those are the boxes that go",
        "return kept → return len(kept)": "return the positions, not how many they are",
    },
    hints=("Go through the boxes from the best score down: `np.argsort(-scores)`.",
           "A box stays if it overlaps no box *that was kept* by more than the limit.",
           "Collect the positions in a list, and return it as it grew."),
    lesson="A box that is gone suppresses nobody: this is why the order matters.",
)  # fmt: skip


def average_precision(scores, right, trees):
    order = np.argsort(-scores)
    right = right[order]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return precision[right].sum() / trees


def _lists(rng):
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    yield named(
        "5 boxes, 4 trees", scores, np.array([True, False, True, True, False]), 4
    )
    yield named("all right", scores[:3], np.array([True] * 3), 3)
    yield named("all right, half of the trees", scores[:3], np.array([True] * 3), 6)
    yield named("nothing right", scores[:2], np.array([False, False]), 5)
    for n, trees in ((8, 9), (12, 20), (20, 12), (6, 40)):
        right = rng.random(n) < 0.5
        yield named(
            f"{n} boxes in any order, {trees} trees",
            rng.permutation(n) / n,
            right,
            trees,
        )


_AREA = "precision[right].sum() / trees →"
_PRECISION = "np.cumsum(right) / np.arange(1, len(right) + 1) →"

averaged = Exercise(
    average_precision, cases=_lists,
    mistakes={
        "np.argsort(-scores) → np.argsort(scores)":
        "the least certain box went first",
        "np.argsort(-scores) → np.arange(len(scores))":
        "the boxes were taken as they stand; the best score goes first",
        f"{_AREA} precision[right].sum() / max(right.sum(), 1)":
        "divided by the trees that were found; the missed ones count, too",
        f"{_AREA} precision.sum() / len(precision)":
        "precision counts only where a tree is found, and is shared by all trees",
        f"{_AREA} precision.sum() / trees":
        "only where a tree is found does recall rise; count precision there",
        f"{_AREA} precision[-1]":
        "that is the precision of the whole list, one point of the curve",
        f"{_AREA} right.sum() / trees":
        "that is the recall of the whole list",
        f"{_AREA} precision[right].sum()":
        "each found tree raises recall by one of all trees; divide by them",
        f"{_PRECISION} np.cumsum(right) / len(right)":
        "divided by the whole list; at place k, precision divides by k",
        f"{_PRECISION} np.cumsum(right) / trees":
        "that is recall; precision divides by the boxes so far",
        f"{_PRECISION} np.cumsum(right) / np.arange(2, len(right) + 2)":
        "the first box is number 1",
    },
    hints=("Sort by score first, the best one in front.",
           "Precision at place k: right ones among the first k, divided by k.",
           "Add the precision at each right box, and divide by the number of trees."),
    lesson="A missed tree counts as zero; a doubled box lowers all that follow.",
)  # fmt: skip


def dice(found, truth):
    together = found.sum() + truth.sum()
    if together == 0:
        return 1.0
    return 2 * (found & truth).sum() / together


def _masks(rng):
    first, second = np.array([1, 1, 0]) > 0, np.array([1, 0, 0]) > 0
    yield named("three pixels", first, second)
    for shape, share in (((4, 5), 0.5), ((6, 3), 0.2), ((2, 7), 0.8)):
        told = f"masks of {shape[0]} × {shape[1]} pixels"
        yield named(told, rng.random(shape) < share, rng.random(shape) < 0.5)
    empty, full = np.zeros((3, 4), bool), np.ones((3, 4), bool)
    yield named("nothing found, and nothing there", empty, empty)
    yield named("nothing found, all there", empty, full)
    yield named("all found, nothing there", full, empty)
    yield named("all found, all there", full, full)


_SHARE = "return 2 * (found & truth).sum() / together →"
_EMPTY = "return 1.0 →"
_SMOOTHED = "return (2 * (found & truth).sum() + 1e-7) / (together + 1e-7)"

diced = Exercise(
    dice, cases=_masks, also=(f"{_SHARE} {_SMOOTHED}",),
    mistakes={
        f"{_SHARE} return (found & truth).sum() / (found | truth).sum()":
        "that is IoU; Dice divides twice the shared part by both sizes",
        f"{_SHARE} return (found & truth).sum() / together":
        "the shared pixels stand in both masks: count them twice",
        f"{_SHARE} return (found == truth).mean()":
        "that is the share of right pixels, background included",
        f"{_SHARE} return (found & truth).sum() / truth.sum() if truth.any() else 0.0":
        "that is recall; what was found too much costs nothing",
        f"{_SHARE} return (found & truth).sum() / found.sum() if found.any() else 0.0":
        "that is precision; what was missed costs nothing",
        f"{_SHARE} return 2 * (found | truth).sum() / together":
        "that is the union; Dice asks for what both share",
        f"{_EMPTY} return 0.0":
        "two empty masks agree; that is a Dice of 1",
        f"{_EMPTY} return float('nan')":
        "0 / 0 needs a decision: two empty masks agree, so 1",
        "together == 0 → found.sum() * truth.sum() == 0":
        "one empty mask is no agreement; only two of them are",
    },
    hints=("`(found & truth).sum()` are the pixels in both masks.",
           "Twice that, divided by the pixels of both masks added.",
           "If both are empty there is nothing to divide by; they agree."),
    lesson="Dice leaves the right background out, so that an empty mask wins nothing.",
)  # fmt: skip


def judge(picture, truth, thresholds):
    middle = picture.shape[1] // 2
    left, right = np.s_[:, :middle], np.s_[:, middle:]
    bright = (picture - picture[left].mean()) / picture[left].std()

    def score(part, threshold):
        found = bright[part] > threshold
        return 2 * (found & truth[part]).sum() / (found.sum() + truth[part].sum())

    best = max(thresholds, key=lambda threshold: score(left, threshold))
    return score(right, best)


def _halves(rng):
    for rows, columns, light, spread in (
        (24, 30, 0.5, 1.0), (20, 40, -0.6, 1.0), (30, 24, 0.8, 1.6), (16, 50, 0.3, 0.5),
        (21, 33, -0.4, 1.4),
    ):  # fmt: skip
        truth = rng.random((rows, columns)) < 0.3
        picture = rng.normal(50, 10, (rows, columns)) + 18 * truth
        middle = columns // 2
        picture[:, middle:] = picture[:, middle:] * spread + 10 * light
        told = f"a picture of {rows} × {columns} pixels"
        yield named(told, picture, truth, np.linspace(-1.5, 2.5, 33))


_OWN = (
    "(picture - picture[left].mean()) / picture[left].std() →"
    " (picture - picture.mean()) / picture.std()"
)
_BEST = "score(left, threshold)) →"

repaired = Exercise(
    judge, cases=_halves,
    mistakes={
        (_OWN, f"{_BEST} score(right, threshold))"):
        "nothing was repaired yet: both choices still look at the test half",
        _OWN: "mean and spread still come from the whole picture",
        f"{_BEST} score(right, threshold))":
        "the threshold is still chosen on the half that judges",
        f"{_BEST} score(np.s_[:, :], threshold))":
        "the threshold was chosen on both halves",
        "return score(right, best) → return score(left, best)":
        "that is the training half; judge by the other one",
        "return score(right, best) → return score(np.s_[:, :], best)":
        "the whole picture judges, so the training half is in the score",
        "return score(right, best) → return best":
        "that is the threshold; return the Dice on the test half",
        "best = max( → best = min(": "that is the worst threshold of the training half",
        "picture - picture[left].mean() → picture - picture[right].mean()":
        "the mean comes from the test half",
        "picture.shape[1] // 2 → picture.shape[0] // 2":
        "halves are left and right: the middle of the columns, `shape[1]`",
    },
    hints=("Two things are fitted: mean and spread, and the threshold.",
           "Mean and spread: of `picture[left]`.",
           "The best threshold is the one with the highest Dice on the left half."),
    lesson="What looks at the test half before it judges has been fitted to it.",
)  # fmt: skip
