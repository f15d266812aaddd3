"""Exercises of 11_WhereThingsAre: a map, a locator, a leak, the loss of two heads."""

import numpy as np

from utils.exercises import Exercise, named


def class_map(maps, weights, bias):
    evidence = maps @ weights
    return evidence, evidence.mean() + bias


def _scenes(rng):
    for rows, columns, channels in ((3, 4, 5), (1, 6, 2), (7, 7, 3), (2, 2, 1)):
        maps = np.maximum(rng.normal(0.3, 1, (rows, columns, channels)), 0)
        told = f"{rows} × {columns} places, {channels} channels"
        weights, bias = rng.normal(size=channels) + 0.1, rng.normal(2, 0.3)
        yield named(told, maps, weights, bias)


_MAP = "evidence = maps @ weights → evidence ="
_SCORE = "evidence.mean() + bias →"

mapped = Exercise(
    class_map, cases=_scenes, parts=("the map", "the score"),
    mistakes={
        f"{_MAP} np.maximum(maps @ weights, 0)":
        "what speaks against the class was cut off; keep the sign",
        f"{_MAP} maps @ weights + bias; bias = 0.0":
        "the bias belongs to no place; add it once, to the score",
        f"{_MAP} maps @ abs(weights)":
        "a weight below 0 speaks against the class; keep its sign",
        f"{_MAP} maps @ weights - (maps @ weights).mean()":
        "the mean was taken off the map, but the mean is what the score is made of",
        f"{_MAP} maps @ weights / maps[..., 0].size":
        "divided by the number of places; the mean comes later, in the score",
        f"{_MAP} maps @ weights / abs(weights).sum()":
        "the weights were scaled to a sum of 1; take them as they are",
        f"{_MAP} maps.sum(axis=-1)":
        "the channels were added up without their weights",
        f"{_MAP} maps.mean(axis=-1)":
        "the channels were averaged without their weights",
        f"{_MAP} maps * weights":
        "the channels were not added up; a map has one number a place",
        f"{_MAP} maps @ weights / maps.shape[-1]":
        "the channels are summed with their weights, not averaged",
        f"{_SCORE} evidence.sum() + bias":
        "the score is the mean of the map, since the features were means",
        f"{_SCORE} evidence.mean()": "the bias is missing",
        f"{_SCORE} evidence.mean() - bias": "the bias is added, not subtracted",
        f"{_SCORE} np.maximum(evidence, 0).mean() + bias":
        "places below 0 count in the score, too",
        f"{_SCORE} 1 / (1 + np.exp(-(evidence.mean() + bias)))":
        "that is the probability; the score is what the sigmoid is taken of",
        f"{_SCORE} np.median(evidence) + bias":
        "that is the median of the map; take its mean",
        f"{_SCORE} evidence.mean() + bias / evidence.size":
        "the bias is added once, whole; only the map is averaged",
        f"{_SCORE} evidence.max() + bias":
        "the highest place is not the score; all places count alike",
        "return evidence, evidence.mean() + bias → "
        "return evidence.mean() + bias, evidence":
        "the map comes first, then the score",
    },
    hints=("At each place stands a vector of channels: multiply it with the weights.",
           "`maps @ weights` does that at all places at once.",
           "The mean of the map plus the bias is the score."),
    lesson="Multiply first and average then, or the other way round: the same score, "
    "but one way has a map in between.",
)  # fmt: skip


def locate(maps, weights, usual, spread, side):
    unusual = (maps @ weights - usual) / spread
    row, column = np.unravel_index(unusual.argmax(), unusual.shape)
    rows, columns = unusual.shape
    return (row + 0.5) * side / rows, (column + 0.5) * side / columns


def _pictures(rng):
    for rows, columns, channels, side, at in (
        (7, 7, 4, 300, (5, 1)), (14, 14, 3, 300, (0, 13)), (4, 8, 2, 224, (3, 6)),
        (6, 3, 5, 120, (2, 0)), (5, 5, 1, 100, (1, 3)),
    ):  # fmt: skip
        maps = rng.uniform(0, 1, (rows, columns, channels))
        weights = np.where(np.arange(channels) % 2, -1.0, 1.0) * (1 + rng.random())
        usual = maps @ weights + rng.normal(0, 0.01, (rows, columns))
        spread = np.full((rows, columns), 1.0)
        loud, wide = (at[0] - 2) % rows, (at[1] + 1) % columns
        maps[at] += 0.5 * weights  # what is new here
        maps[loud, at[1]] += 9 * weights  # as high as ever
        usual[loud, at[1]] += 9 * (weights @ weights)
        maps[at[0], wide] += 0.66 * weights  # more than usual, but there it varies
        spread[at[0], wide] = 1.5
        maps[(at[0] + 1) % rows, wide] -= 3 * weights  # against the class
        steady, column = (at[0] - 1) % rows, (at[1] + 2) % columns
        usual[steady, at[1]] -= 0.07 * (weights @ weights)  # a little, where it is calm
        spread[steady, at[1]] = 0.25
        usual[:, column] -= 0.25 * (weights @ weights)  # a whole column, half as much
        told = f"a map of {rows} × {columns}, a photograph of {side} pixels"
        yield named(told, maps, weights, usual, spread, side)


_UNUSUAL = "unusual = (maps @ weights - usual) / spread → unusual ="
_CENTER = "return (row + 0.5) * side / rows, (column + 0.5) * side / columns →"

located = Exercise(
    locate, cases=_pictures, parts=("the row", "the column"),
    mistakes={
        f"{_UNUSUAL} maps @ weights":
        "that is where it is always high; subtract what is usual",
        f"{_UNUSUAL} maps @ weights - usual":
        "some places vary anyway; divide by the spread",
        f"{_UNUSUAL} (maps @ weights - usual) / spread**2":
        "that divides by the variance; a spread is a standard deviation",
        f"{_UNUSUAL} abs(maps @ weights - usual) / spread":
        "unusually low is no evidence *for* the class; take the highest place",
        f"{_UNUSUAL} (maps.sum(axis=-1) - usual) / spread":
        "the weights of the channels are missing, or their signs",
        f"{_CENTER} return (row + 1) * side / rows, (column + 1) * side / columns":
        "that is the lower right corner of the place; its center is half a step back",
        f"{_CENTER} return row * side / rows + 0.5, column * side / columns + 0.5":
        "half a *place* leads to its center; that is half a pixel",
        f"{_CENTER} return (row + 0.5) * side / rows, column * side / columns":
        "the row has its half step, the column lacks it",
        f"{_CENTER} return row * side / rows, (column + 0.5) * side / columns":
        "the column has its half step, the row lacks it",
        f"{_CENTER} return (row + 0.5) * side / columns, (column + 0.5) * side / rows":
        "rows and columns differ in number; divide the row by `rows`",
        f"{_CENTER} return row * side / (rows - 1), column * side / (columns - 1)":
        "a map of n places has n steps, not n - 1, and each has its center at half",
        f"{_CENTER} return (row - 0.5) * side / rows, (column - 0.5) * side / columns":
        "the half step leads down and to the right: add it",
        f"{_CENTER} return int((row + 0.5) * side / rows), "
        "int((column + 0.5) * side / columns)":
        "rounded to whole pixels; a center may lie between two",
        f"{_CENTER} return (row + 0.5) * 300 / rows, (column + 0.5) * 300 / columns":
        "a side of 300 pixels is written into it",
        f"{_CENTER} return side - (row + 0.5) * side / rows, "
        "(column + 0.5) * side / columns":
        "rows are counted from the top",
        f"{_CENTER} return row + 0.5, column + 0.5":
        "that is the center in places; in the photograph each is side / rows pixels",
        f"{_CENTER} return (row + 0.5) / rows, (column + 0.5) / columns":
        "that is a share of the photograph; multiply with its side",
        f"{_CENTER} return column * side / columns, row * side / rows":
        "row and column are exchanged, and the half step is missing",
        f"{_CENTER} return row * side / rows, column * side / columns":
        "that is the upper left corner of the place; its center is half a step further",
        f"{_CENTER} return (column + 0.5) * side / columns, (row + 0.5) * side / rows":
        "row and column are exchanged",
        f"{_CENTER} return row, column":
        "that is the place in the map; in the photograph each is side / rows pixels",
    },
    hints=("First the map, `maps @ weights`, then how unusual each place is.",
           "`np.unravel_index(unusual.argmax(), unusual.shape)` is row and column.",
           "Place 0 of 7 covers the first side / 7 pixels; its center is at half."),
    lesson="A few lines turn a classifier that was only told *whether* into something "
    "that says *where*.",
)  # fmt: skip


def evaluate(heats, painted, near, test):
    sound = heats[~test & ~painted]
    unusual = (heats - sound.mean(axis=0)) / sound.std(axis=0)
    hit = near[np.arange(len(heats)), unusual.argmax(axis=1)]
    return hit[test & painted].mean()


def _evaluations(rng):
    for n, places, share in (
        (160, 9, 0.4), (140, 16, 0.5), (200, 6, 0.3), (150, 12, 0.6),
    ):  # fmt: skip
        painted, test = rng.random(n) < 0.5, rng.random(n) < share
        spread = np.geomspace(0.2, 3, places)
        noise = rng.normal(0, 1, (n, places))
        noise[:, ::2] = rng.exponential(1, noise[:, ::2].shape) - 1  # far maximum
        heats = noise * spread + rng.normal(0, 2, places)
        heats[test] += rng.normal(0, 1.5, places)  # other modules, other light
        at = rng.integers(places, size=n)
        heats[painted, at[painted]] += 3.0 * spread[at[painted]]
        near = np.arange(places) == at[:, None]
        yield named(f"{n} cells, {places} places", heats, painted, near, test)


_SOUND = "heats[~test & ~painted] → heats"
_RATE = "hit[test & painted].mean() →"

repaired = Exercise(
    evaluate, cases=_evaluations,
    mistakes={
        (_SOUND, f"{_RATE} hit[painted].mean()"):
        "nothing was repaired yet: the yardstick is made of the cells that it judges",
        _SOUND: "the yardstick still comes from all cells, the judged ones too",
        ("~test & ~painted → ~painted", f"{_RATE} hit[painted].mean()"):
        "sound *test* cells are in the yardstick, and painted training cells count",
        ("~test & ~painted → ~test", f"{_RATE} hit[painted].mean()"):
        "painted cells are in the yardstick, and painted training cells count",
        (_SOUND, f"{_RATE} hit[test].mean()"):
        "the yardstick still comes from all cells, and sound cells are judged, too",
        "~test & ~painted → ~test | ~painted":
        "“or” keeps sound test cells and painted training ones; both must hold",
        "~test & ~painted → ~painted":
        "sound *test* cells are in the yardstick; take the training part",
        "~test & ~painted → ~test":
        "painted cells are in the yardstick; only sound ones say what is usual",
        "~test & ~painted → test":
        "the yardstick is made of the test part; take sound training cells",
        "~test & ~painted → painted":
        "the yardstick is made of painted cells; take sound training cells",
        "~test & ~painted → ~test & painted":
        "those are the painted training cells; the sound ones say what is usual",
        ("~test & ~painted → test & ~painted", f"{_RATE} hit[painted].mean()"):
        "the yardstick comes from the test part, and painted training cells count",
        "~test & ~painted → test & ~painted":
        "the yardstick comes from the test part; take the training part",
        f"{_RATE} hit[painted].mean()":
        "painted training cells were counted, too; judge by the test part",
        f"{_RATE} hit.mean()":
        "all cells were counted; only the painted ones of the test part are judged",
        f"{_RATE} hit[test & painted].sum()":
        "that is the number of hits; the share is asked",
        f"{_RATE} hit[test & painted].sum() / len(heats)":
        "divided by all cells; divide by the painted ones of the test part",
        f"{_RATE} hit[test & painted].sum() / test.sum()":
        "divided by all test cells; divide by the painted ones among them",
        f"{_RATE} hit[test].mean()":
        "sound cells have nothing to hit; count the painted ones of the test part",
        f"{_RATE} hit[~test & painted].mean()": "that is the training part",
        f"{_RATE} hit[test & ~painted].mean()":
        "those are the sound test cells; count the painted ones",
        f"{_RATE} hit[test | painted].mean()":
        "“or” counts too many cells; both must hold",
        " / sound.std(axis=0) →":
        "each place needs its own spread, that of the sound training cells",
        " / sound.std(axis=0) → / sound.var(axis=0)":
        "that divides by the variance; a spread is a standard deviation",
        "(heats - sound.mean(axis=0)) → heats":
        "each place needs its own mean, that of the sound training cells",
        "unusual.argmax(axis=1) → unusual.argmin(axis=1)":
        "that is the most unusually *low* place; take the highest",
        "- sound.mean(axis=0)) → - heats.mean(axis=0))":
        "the mean still comes from all cells, the spread alone was repaired",
        " / sound.std(axis=0) → / heats.std(axis=0)":
        "the spread still comes from all cells, the mean alone was repaired",
        "unusual.argmax(axis=1) → heats.argmax(axis=1)":
        "the peak was taken of the raw map; take that of the compared one",
        "unusual.argmax(axis=1) → abs(unusual).argmax(axis=1)":
        "unusually low is no evidence *for* a defect; take the highest place",
    },
    hints=("Two things are fitted or judged here: the yardstick, and the hits.",
           "The yardstick may use `~test & ~painted`: sound cells to train on.",
           "The hits that count are those of `test & painted`."),
    lesson="A yardstick is fitted, too: mean and spread belong to the training part.",
)  # fmt: skip


def two_losses(probability, kinds, said, boxes, weight):
    rows = np.arange(len(kinds))
    cross_entropy = -np.log(probability[rows, kinds]).mean()
    there = kinds > 0
    distance = np.sum((said - boxes) ** 2, axis=1)
    return cross_entropy + weight * distance[there].mean()


def _answers(rng):
    for n, classes, weight in ((5, 3, 1.0), (8, 3, 10.0), (4, 2, 0.5), (12, 4, 2.0)):
        probability = rng.dirichlet(np.ones(classes) * 2, n)
        kinds = np.concatenate([[0, 1], rng.integers(0, classes, n - 2)])
        boxes = np.where(kinds[:, None] > 0, rng.random((n, 4)), 0)
        said = rng.random((n, 4))
        told = f"{n} pictures, {classes} kinds, weight {weight:g}"
        yield named(told, probability, kinds, said, boxes, weight)


added = Exercise(
    two_losses, cases=_answers,
    mistakes={
        "distance[there].mean() → distance.mean()":
        "pictures without a defect have no box; leave them out of its loss",
        "distance[there].mean() → distance[there].sum() / len(kinds)":
        "divided by all pictures; only those with a box count here",
        "distance[there].mean() → distance[~there].mean()":
        "those are the pictures without a defect",
        ("distance[there].mean() → distance[there].sum()",
         "kinds]).mean() → kinds]).sum()"):
        "both losses were summed; average each over its pictures",
        "distance[there].mean() → distance[there].sum()":
        "the loss of the box was summed; average it over the pictures that have one",
        "kinds]).mean() → kinds]).sum()":
        "the cross-entropy was summed; average it over the pictures",
        "return cross_entropy + weight → return cross_entropy - weight":
        "both losses are added: both are to become small",
        "return cross_entropy + weight → return cross_entropy * weight":
        "the two losses are added, not multiplied",
        "return cross_entropy + → return": "the cross-entropy is missing",
        "+ weight * distance[there].mean() → + distance[there].mean() / weight":
        "the weight multiplies the loss of the box",
        "-np.log(probability[rows, kinds]) → -np.log(1 - probability[rows, kinds])":
        "that is the probability of all other kinds; take that of the true one",
        "probability[rows, kinds] → probability[rows, kinds - 1]":
        "kinds are counted from 0, as the columns are; subtract nothing",
        "np.sum((said - boxes) ** 2, axis=1) → np.sum(said - boxes, axis=1) ** 2":
        "square first and sum then; otherwise misses in two directions cancel",
        "there = kinds > 0 → there = kinds == 1":
        "every kind but 0 has a box, not kind 1 alone",
        "kinds]).mean() → kinds].mean())":
        "that is the logarithm of a mean; average the logarithms",
        "-np.log(probability[rows, kinds]) → -np.log2(probability[rows, kinds])":
        "that is the logarithm to base 2; take the natural one",
        "-np.log(probability[rows, kinds]) → -np.log10(probability[rows, kinds])":
        "that is the logarithm to base 10; take the natural one",
        "-np.log(probability[rows, kinds]) → -np.log(probability)":
        "all kinds were averaged; only the probability of the true one counts",
        "probability[rows, kinds] → probability[:, kinds]":
        "that pairs every picture with every kind; take one a picture, by its row",
        "probability[rows, kinds] → probability[there, kinds[there]]":
        "pictures of kind 0 have a kind, too; leave them in the cross-entropy",
        "+ weight * distance[there].mean() →":
        "the loss of the box is missing",
        "return cross_entropy + weight → return (1 - weight) * cross_entropy + weight":
        "the weights need not add up to 1; the cross-entropy counts once",
        "+ weight * distance → + distance": "the weight of the box is missing",
        "return cross_entropy → return weight * cross_entropy":
        "the weight belongs to the box alone",
        "- boxes) ** 2, axis=1) → - boxes) ** 2, axis=1) ** 0.5":
        "that is the distance itself; the loss squares it",
        "- boxes) ** 2, axis=1) → - boxes) ** 2, axis=1) / 4":
        "the four squares are summed, not averaged",
        "(said - boxes) ** 2 → abs(said - boxes)":
        "squares are asked, not absolute values",
        "-np.log(probability[rows, kinds]).mean() → "
        "np.log(probability[rows, kinds]).mean()":
        "the minus of the logarithm is missing",
        "-np.log(probability[rows, kinds]) → 1 - (probability[rows, kinds])":
        "cross-entropy takes minus the logarithm of the probability of the true kind",
        "-np.log(probability[rows, kinds]) → -np.log(probability.max(axis=1))":
        "that is the probability of the likeliest kind; take that of the true one",
    },
    hints=("`probability[rows, kinds]` is what each picture gave to its true kind.",
           "Sum the four squares of a box; a picture of kind 0 has none.",
           "Average each loss over the pictures that it is about; then add."),
    lesson="Two heads, one number: the weight says what a box is worth in nats, "
    "the unit of a cross-entropy with natural logarithms.",
)  # fmt: skip
