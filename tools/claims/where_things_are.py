"""Claims of 11_WhereThingsAre: maps of painted defects, and one box by regression."""

from functools import cache, partial

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.preprocessing import StandardScaler

from claims import Row, needs, one_at_a_time
from claims.measuring import cells, modules, remembered, table
from utils.evaluation import stratified_folds

NOTEBOOK = "11_WhereThingsAre"
USUAL = 200  # sound cells of the training modules
PAINTED = 100  # held-out cells
LAYERS = ("block8", "block11", "block15", "block16")
VARIED = {
    "fold": (0, 1, 2),
    "judge": ("C = 0.1", "C = 0.01", "ridge"),
    "size": (1.0, 0.6),
    "darkness": (0.7, 0.5),
    "seed": (0, 1),
}


@needs(gigabytes=2.5)
def against_usual():
    """The kind of defect; which modules are held out; the penalty and the classifier;
    how large and how dark the defect is; another draw; how near is a hit. More often:
    by at least ten of 100 cells. Beside it the raw map without its outermost ring."""
    varied = {"kind": ("crack", "patch"), **VARIED, "reach": (30, 15)}
    for name, settings in one_at_a_time(**varied):
        yield name, partial(_raw_and_unusual, **settings)


def _raw_and_unusual(kind, fold, judge, size, darkness, seed, reach):
    shown = kind, fold, size, darkness, seed
    heats, usual = _heats("block11", judge, *shown)
    near = _near("block11", *shown, reach)
    raw, compared = _hits(heats, near), _hits(_unusual(heats, usual), near)
    inner = _hits(_without_ring(heats), near)
    words = f"raw {raw:.2f}, without its ring {inner:.2f}, "
    words += f"compared with sound cells {compared:.2f}"
    return Row(f"{words}, chance {near.mean():.2f}", bool(compared >= raw + 0.1))


@needs(gigabytes=2.5)
def zeros_and_ring():
    """Which modules are held out; the penalty and the classifier; other cells; mirrored
    or continued by the outermost pixels. Sound cells, at block 11."""
    varied = {name: VARIED[name] for name in ("fold", "judge", "seed")}
    for name, settings in one_at_a_time(**varied, beyond=("symmetric", "edge")):
        yield name, partial(_rings, **settings)


def _rings(fold, judge, seed, beyond):
    weights = _weights("block11", judge, fold)
    maps = _maps("block11", "sound", fold, 1.0, 0.7, seed), _beyond(fold, seed, beyond)
    zeros, continued = (_ring_above(found @ weights) for found in maps)
    words = f"ring above the inside: {zeros:+.2f} with zeros around, "
    return Row(f"{words}{continued:+.2f} without", bool(continued > zeros))


@remembered
def _beyond(fold, seed, beyond):
    """Whole maps of sound cells that go on beyond their edges: no zeros come near."""
    from utils.features import extract, resize

    around = ((0, 0), (64, 64), (64, 64), (0, 0))  # four places on each side
    images = resize(_images()[_chosen(fold, seed)[0]], 224)
    wide, layer = np.pad(images, around, beyond), "block11"
    found = extract(_network(352), wide, layer, pooling=None, cache=False)[layer]
    return found[:, 4:-4, 4:-4]


def _ring_above(heats):
    """How far the outermost ring of places lies above the others, on average."""
    inner = heats[:, 1:-1, 1:-1]
    ring = (heats.sum() - inner.sum()) / (heats.size - inner.size)
    return ring - inner.mean()


@needs(gigabytes=2.5)
def last_is_worst():
    """Which layer is called the last; which modules are held out; the penalty and the
    classifier; how large and how dark the crack is; another draw; how near is a hit."""
    varied = {"last": ("block16", "head"), **VARIED, "reach": (30, 60)}
    for name, settings in one_at_a_time(**varied):
        yield name, partial(_last_and_inner, **settings)


def _last_and_inner(last, fold, judge, size, darkness, seed, reach):
    shown, found = ("crack", fold, size, darkness, seed), {}
    for layer in ("block8", "block11", "block15", last):
        heats = _unusual(*_heats(layer, judge, *shown))
        found[layer] = _hits(heats, _near(layer, *shown, reach))
    words = ", ".join(f"{layer} {value:.2f}" for layer, value in found.items())
    *inner, end = found.values()
    return Row(words, bool(min(inner) > end))


@needs(gigabytes=2.5)
def change_spreads():
    """The kind of defect; which modules are held out; how large and how dark it is;
    another draw; how near is near. No classifier takes part."""
    rest = {name: values for name, values in VARIED.items() if name != "judge"}
    varied = {"kind": ("crack", "patch"), **rest, "reach": (30, 15)}
    for name, settings in one_at_a_time(**varied):
        yield name, partial(_shares, **settings)


def _shares(kind, fold, size, darkness, seed, reach):
    shown, found = (kind, fold, size, darkness, seed), {}
    for layer in LAYERS:
        change = _change(layer, *shown)
        near = _near(layer, *shown, reach)
        parts = (change * near).sum(axis=(1, 2)) / change.sum(axis=(1, 2))
        found[layer] = parts.mean()
    words = ", ".join(f"{layer} {value:.2f}" for layer, value in found.items())
    return Row(words, bool(np.all(np.diff(list(found.values())) < 0)))


@needs(gigabytes=2.5)
def shuffled_weights():
    """The layer; the kind of defect; which modules are held out; the penalty; the size
    of the defect; another draw. On average of 50 shuffles; far above chance: twice."""
    chosen = {name: VARIED[name] for name in ("fold", "judge", "size", "seed")}
    layers = "block11", "block8", "block15"
    varied = {"layer": layers, "kind": ("crack", "patch"), **chosen}
    for name, settings in one_at_a_time(**varied):
        yield name, partial(_shuffled, **settings)


def _shuffled(layer, kind, fold, judge, size, seed):
    shown = kind, fold, size, 0.7, seed
    near = _near(layer, *shown, 30)
    ours = _hits(_unusual(*_heats(layer, judge, *shown)), near)
    weights, rng, found = _weights(layer, judge, fold), np.random.default_rng(1), []
    maps, usual = _maps(layer, *shown), _maps(layer, "usual", fold, 1.0, 0.7, 0)
    for _ in range(50):
        one = rng.permutation(weights)
        found.append(_hits(_unusual(maps @ one, usual @ one), near))
    mean, chance = np.mean(found), near.mean()
    words = f"ours {ours:.2f}, shuffled {mean:.2f} (up to {max(found):.2f}), "
    return Row(f"{words}chance {chance:.2f}", bool(ours > mean > 2 * chance))


@needs(gigabytes=2.5)
def sticker():
    """The layer; which modules are held out; the penalty; another draw; where the
    sticker is. Far more often: by at least 50 of 100 cells."""
    for name, settings in one_at_a_time(
        layer=("block11", "block8", "block16"),
        fold=(0, 1),
        judge=("C = 0.1", "C = 0.01"),
        seed=(0, 1),
        place=("above left", "below right"),
    ):
        yield name, partial(_two_judges, **settings)


def _two_judges(layer, fold, judge, seed, place):
    shown, found = ("crack", fold, 1.0, 0.7, seed), []
    maps = _maps(layer, *shown, place)
    usual = _maps(layer, "usual", fold, 1.0, 0.7, 0)
    side = maps.shape[1]
    centers = (np.arange(side) + 0.5) * 300 / side
    corner = abs(centers - (32.5 if place == "above left" else 267.5)) <= 42.5
    near = np.repeat((corner[:, None] & corner)[None], len(maps), axis=0)
    for marked in (None, place):
        weights = _weights(layer, judge, fold, marked)
        found.append(_hits(_unusual(maps @ weights, usual @ weights), near))
    honest, tricked = found
    words = f"at the sticker: honest {honest:.2f}, trained with stickers {tricked:.2f}"
    return Row(words, bool(tricked > honest + 0.5))


@needs(gigabytes=2.5)
def averaging_loses_place():
    """The layer; the average or the maximum of each map; the size of the defect;
    another draw; which modules are held out. Boxes by ridge regression, kinds by ridge
    classification; each side's penalty is chosen on a quarter of the training cells."""
    for name, settings in one_at_a_time(
        layer=("block15", "block11", "block16"),
        squeeze=("average", "maximum"),
        size=(1.0, 0.6),
        seed=(0, 1),
        fold=(0, 1),
    ):
        yield name, partial(_squeezed_and_whole, **settings)


def _squeezed_and_whole(layer, squeeze, size, seed, fold):
    maps, kind, boxes, train = _boxed(layer, size, seed, fold)
    pool = {"average": np.mean, "maximum": np.max}[squeeze]
    sides = pool(maps, axis=(1, 2)), maps.reshape(len(maps), -1)
    (right, overlap), (right_whole, whole) = (
        _heads(rows, kind, boxes, train) for rows in sides
    )
    words = f"{squeeze}: kind {right:.2f}, IoU {overlap:.2f}; "
    words += f"whole maps: kind {right_whole:.2f}, IoU {whole:.2f}"
    return Row(words, bool(whole > 2 * overlap and right > right_whole - 0.05))


def _heads(rows, kind, boxes, train):
    """The share of right kinds and the mean IoU on held-out cells."""
    rows = StandardScaler().fit(rows[train]).transform(rows)
    there = kind > 0
    first, last = np.split(np.flatnonzero(train & there), [train.sum() // 2])
    penalties = np.logspace(0, 6, 7)
    tried = [_iou(_boxes(rows, boxes, first, last, p), boxes[last]) for p in penalties]
    best = penalties[int(np.argmax(np.mean(tried, axis=1)))]
    whole, judged = np.flatnonzero(train & there), np.flatnonzero(~train & there)
    overlap = _iou(_boxes(rows, boxes, whole, judged, best), boxes[judged]).mean()
    half = np.flatnonzero(train)[: train.sum() * 3 // 4]
    rest = np.setdiff1d(np.flatnonzero(train), half)
    scores = [
        RidgeClassifier(p).fit(rows[half], kind[half]).score(rows[rest], kind[rest])
        for p in penalties
    ]
    judge = RidgeClassifier(penalties[int(np.argmax(scores))])
    right = judge.fit(rows[train], kind[train]).score(rows[~train], kind[~train])
    return right, overlap


def _boxes(rows, boxes, train, test, penalty):
    """Ridge regression in its dual form, since there are fewer rows than columns."""
    mean, known = boxes[train].mean(axis=0), rows[train]
    solved = np.linalg.solve(
        known @ known.T + penalty * np.eye(len(train)), boxes[train] - mean
    )
    return rows[test] @ (known.T @ solved) + mean


def _iou(first, second):
    corner = np.maximum(first[:, :2], second[:, :2])
    end = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = (end - corner).clip(0).prod(axis=1)
    areas = first[:, 2:].clip(0).prod(axis=1) + second[:, 2:].prod(axis=1)
    return shared / (areas - shared)


def _hits(heats, near):
    peaks = heats.reshape(len(heats), -1).argmax(axis=1)
    return near.reshape(len(near), -1)[np.arange(len(near)), peaks].mean()


def _without_ring(heats):
    """The maps, with no peak on the outermost ring of places."""
    inner = np.full_like(heats, -np.inf)
    inner[:, 1:-1, 1:-1] = heats[:, 1:-1, 1:-1]
    return inner


def _unusual(heats, usual):
    return (heats - usual.mean(axis=0)) / usual.std(axis=0)


def _heats(layer, judge, kind, fold, size, darkness, seed):
    """Evidence of painted cells and of sound ones of the training modules."""
    weights = _weights(layer, judge, fold)
    usual = _maps(layer, "usual", fold, 1.0, 0.7, 0)
    return _maps(layer, kind, fold, size, darkness, seed) @ weights, usual @ weights


def _split(fold):
    """Training and held-out cells; the twice photographed module is one."""
    group = modules().copy()
    group[group == 38] = 29
    return stratified_folds(cells()[0], 5, groups=group)[fold]


@remembered
def _weights(layer, judge, fold, marked=None):
    """Of a classifier of whole cells, for averages that are not standardized.

    With a sticker on the defective training cells, if a place is named.
    """
    defective, (train, _) = cells()[0], _split(fold)
    rows = table(layer, 224)[train]
    if marked:
        bad = np.flatnonzero(defective[train] == 1)
        rows = rows.copy()
        rows[bad] = _with_stickers(layer, train[bad], marked)
    scaler = StandardScaler().fit(rows)
    if judge == "ridge":
        model = RidgeClassifier(1000, class_weight="balanced")
    else:
        strength = float(judge.removeprefix("C = "))
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)
    model.fit(scaler.transform(rows), defective[train])
    return (model.coef_.ravel() / scaler.scale_).astype(np.float32)


def _with_stickers(layer, positions, place):
    from utils.features import extract

    images = _stuck(_images()[positions], place)
    return extract(_network(224), images, layer)[layer]


def _stuck(images, place):
    images = images.copy()
    at = slice(20, 45) if place == "above left" else slice(255, 280)
    images[:, at, at] = 255
    return images


@cache
def _images():
    return _photographed().images


@cache
def _doubt():
    """How probable the experts called a defect in each cell."""
    return _photographed().details["defect_probability"]


def _photographed():
    from utils import datasets

    return datasets.load("solar_cells")


@cache
def _network(side):
    from utils import backbones

    return backbones.load("EfficientNetLite0", side)


def _chosen(fold, seed):
    """Certainly sound cells: held-out ones to paint, training ones as a yardstick."""
    doubt = _doubt()
    rng, (train, test) = np.random.default_rng(seed), _split(fold)
    painted = rng.choice(test[doubt[test] == 0], PAINTED, replace=False)
    return painted, rng.choice(train[doubt[train] == 0], USUAL, replace=False)


def _painted(kind, fold, size, darkness, seed):
    from utils.lessons.defects import paint

    painted, usual = _chosen(fold, seed)
    images = _images()[usual if kind == "usual" else painted]
    kind = "none" if kind in ("usual", "sound") else kind
    return paint(images, kind, seed, size, darkness)


def _maps(layer, kind, fold, size, darkness, seed, place=None):
    """Whole maps of painted cells, of the same unpainted, or of usual ones."""
    some = LAYERS if layer in LAYERS else (layer,)
    found = _kept_maps(some, kind, fold, size, darkness, seed, place)
    return found[layer].astype(np.float32)


@remembered
def _kept_maps(layers, kind, fold, size, darkness, seed, place):
    """Of several layers in one pass, in half precision, as they lie on disk."""
    from utils.features import extract

    images, _, _ = _painted(kind, fold, size, darkness, seed)
    images = _stuck(images, place) if place else images
    found = extract(_network(224), images, layers, pooling=None, cache=False)
    return {layer: values.astype(np.float16) for layer, values in found.items()}


def _change(layer, kind, fold, size, darkness, seed):
    after = _maps(layer, kind, fold, size, darkness, seed)
    before = _maps(layer, "sound", fold, 1.0, 0.7, seed)
    return np.linalg.norm(after - before, axis=-1)


def _near(layer, kind, fold, size, darkness, seed, reach):
    side = 14 if layer in ("block8", "block11") else 7
    return _distances(side, kind, fold, size, darkness, seed) <= reach


@remembered
def _distances(side, kind, fold, size, darkness, seed):
    """From each center of a place to the defect, in pixels."""
    from scipy.ndimage import distance_transform_edt

    _, inside, _ = _painted(kind, fold, size, darkness, seed)
    centers = ((np.arange(side) + 0.5) * 300 / side).astype(int)
    far = [distance_transform_edt(~mask)[centers][:, centers] for mask in inside]
    return np.stack(far)


@remembered
def _boxed(layer, size, seed, fold):
    """Maps, kinds and boxes of 600 training and 150 held-out cells; which train."""
    from utils.features import extract
    from utils.lessons.defects import KINDS, paint

    doubt = _doubt()
    rng, parts = np.random.default_rng(seed), _split(fold)
    drawn = [
        rng.choice(part[doubt[part] == 0], count, replace=False)
        for part, count in zip(parts, (600, 150))
    ]
    kind = np.arange(750) % 3
    names = [KINDS[one] for one in kind]
    images = _images()[np.concatenate(drawn)]
    images, _, boxes = paint(images, names, seed + 1, size)
    found = extract(_network(160), images, layer, pooling=None, cache=False)
    return found[layer], kind, boxes / 300, np.arange(750) < 600
