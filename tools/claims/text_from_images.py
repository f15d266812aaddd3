"""Claims of 14_TextFromImages: readers of strings, a page of 1884, captions."""

from collections import defaultdict
from functools import cache, partial
from itertools import groupby, product

import keras
import numpy as np
from keras import layers, ops
from scipy.special import softmax

from claims import Row, needs, one_at_a_time
from utils import datasets, garments, pages
from utils.lessons.rendered_words import render, words
from utils.lessons.word_boxes import word_boxes
from utils.reading import (
    ALPHABET,
    character_error,
    decode,
    edits,
    encode,
    word_images,
    word_reader,
)

NOTEBOOK = "14_TextFromImages"
FLAT = set("acemnorsuvwxz.,")
NEW = [(2, 3), (4, 5), (6, 0), (1, 6), (5, 2), (3, 1)]
MARKS = ".,;:!?"


@needs(gigabytes=2)
def normalized_speaks():
    """The seed of weights and strings; the learning rate; how long strings are. The
    normalized network's character error is below one half, and both others answer
    blanks in 99 of 100 steps."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2),
        rate=(0.003, 0.001, 0.01),
        longest=(5, 4),
    ):
        yield name, partial(_spoken, **settings)


def _spoken(seed, rate, longest):
    found = {}
    for name in ("plain", "short first", "normalized"):
        keras.utils.set_random_seed(seed)
        model = _string_reader(name == "normalized")
        _taught(model, name == "short first", rate, seed, longest)
        found[name] = _heard(model, longest)
    words = ", ".join(
        f"{k}: error {e:.2f}, blank {b:.2f}" for k, (e, b) in found.items()
    )
    silent = all(found[name][1] > 0.99 for name in ("plain", "short first"))
    return Row(words, bool(silent and found["normalized"][0] < 0.5))


@needs(gigabytes=2)
def he_start_speaks():
    """The seed of weights and strings; how long strings are. The network is the plain
    one but for its start, and speaks: not 99 of 100 steps are blanks."""
    for name, settings in one_at_a_time(seed=(0, 1, 2), longest=(5, 4)):
        yield name, partial(_spoken_by_start, **settings)


def _spoken_by_start(seed, longest):
    keras.utils.set_random_seed(seed)
    model = _string_reader(False, "he_normal")
    _taught(model, False, 0.003, seed, longest)
    error, blank = _heard(model, longest)
    return Row(f"error {error:.2f}, blank {blank:.3f}", bool(blank <= 0.99))


def _heard(model, longest):
    """A reader's character error on strings that it never saw, its share of blanks."""
    tested, codes = _strings("test", 300, range(2, longest + 1), 999)
    logits = model.predict(tested, verbose=0)
    return _error(codes, logits), np.mean(logits.argmax(axis=-1) == 0)


@needs(gigabytes=1.5)
def small_letters():
    """The gap with which words are found; whether the boxes are a pixel wider; what
    counts as flat: with their marks, or words of at least two letters only."""
    for name, settings in one_at_a_time(
        gap=(5, 3, 4, 6), wider=(0, 1, 2), shortest=(1, 3)
    ):
        yield name, partial(_flat_words, **settings)


def _flat_words(gap, wider, shortest):
    page, said = _page(gap, wider)
    flat = np.array([set(word) <= FLAT for word in page.words])
    long = np.array([len(word) >= shortest for word in page.words])
    wrong = np.array([a != b for a, b in zip(page.words, said)])
    shares = wrong[flat & long].mean(), wrong[~flat & long].mean()
    told = f"{np.sum(flat & long)} flat words: {shares[0]:.2f} misread, "
    return Row(f"{told}others {shares[1]:.2f}", bool(shares[0] > shares[1] + 0.2))


@needs(gigabytes=1.5)
def rendered_too():
    """How the words are printed, ten times; other words: those of scikit-learn's texts
    that the reader was never shown. By at least twenty points."""
    for name, settings in one_at_a_time(text=("page", "manual"), seeds=(0, 100)):
        yield name, partial(_printed, **settings)


def _printed(text, seeds):
    truths = list(pages.huckleberry_finn().words)
    if text == "manual":
        truths = words("test")
    flat = np.array([set(word) <= FLAT for word in truths])
    leads = []
    for seed in range(seeds, seeds + 5):
        said = _read(render(truths, seed))
        wrong = np.array([a != b for a, b in zip(truths, said)])
        leads.append(wrong[flat].mean() - wrong[~flat].mean())
    told = f"flat words are misread more often by {min(leads):.2f} to {max(leads):.2f}"
    return Row(told, bool(min(leads) > 0.2))


@needs(gigabytes=1.5)
def old_c():
    """The gap; wider boxes; how the words are printed anew."""
    for name, settings in one_at_a_time(gap=(5, 3), wider=(0, 1, 2), seed=(0, 9)):
        yield name, partial(_lost, **settings)


def _lost(gap, wider, seed):
    page, said = _page(gap, wider)
    has = [i for i, word in enumerate(page.words) if "c" in word]
    anew = [_read(render(list(page.words), seed + k)) for k in range(3)]

    def share(read):
        return np.mean([page.words[i].count("c") > read[i].count("c") for i in has])

    old, fresh = share(said), np.mean([share(one) for one in anew])
    told = (
        f"of {len(has)} words with c lose one: {old:.2f} on the page, {fresh:.2f} anew"
    )
    return Row(told, bool(old > 2 * fresh))


@needs(gigabytes=1.5)
def same_height():
    """The gap; boxes a pixel wider, no more than in the training; without forgiving
    the zero."""
    for name, settings in one_at_a_time(gap=(5, 3), wider=(0, 1), zero=("o", "0")):
        yield name, partial(_forgiven, **settings)


def _forgiven(gap, wider, zero):
    page, said = _page(gap, wider)
    pairs = [(a, b) for a, b in zip(page.words, said) if a != b]
    same = np.mean([a.lower() == b.lower().replace("0", zero) for a, b in pairs])
    return Row(f"{same:.2f} of {len(pairs)} misread words", bool(same > 1 / 3))


@needs(gigabytes=1.5)
def word_list():
    """The gap; which words are listed; whether the nearest must be the only one; if
    short words are left alone."""
    for name, settings in one_at_a_time(
        gap=(5, 3), listed=("train", "train and test"), only=(True, False), least=(1, 5)
    ):
        yield name, partial(_helped, **settings)


def _helped(gap, listed, only, least):
    page, said = _page(gap, 0)
    known = [w for part in listed.split(" and ") for w in words(part)]
    known = {word.strip(MARKS).lower() for word in known}

    def helped(word):
        bare = word.strip(MARKS)
        if len(bare) < least or bare.lower() in known:
            return word
        near = sorted(other for other in known if edits(bare.lower(), other) == 1)
        return (
            word.replace(bare, near[0]) if len(near) == 1 or near and not only else word
        )

    repaired, spoiled = _verdict(page.words, said, [helped(word) for word in said])
    return Row(f"repaired {repaired}, spoiled {spoiled}", spoiled > repaired)


@needs(gigabytes=1.5)
def small_rule():
    """The page; the photograph; the page's words printed anew, four times."""
    for name, settings in one_at_a_time(text=("page", "photograph", 0, 1, 2, 3)):
        yield name, partial(_ruled, **settings)


def _ruled(text):
    page, said = _page(5, 0)
    if text == "photograph":
        page = pages.markers()
        said = _read(word_images(page.text, word_boxes(page.text, 2)))
    elif text != "page":
        said = _read(render(list(page.words), text))
    made = []
    for word, before in zip(said, [".", *said]):
        small = word.replace("0", "o").lower()
        inside = set(small) <= FLAT and not before.endswith(".")
        made.append(small if inside else word)
    repaired, spoiled = _verdict(page.words, said, made)
    return Row(f"repaired {repaired}, spoiled {spoiled}", repaired > spoiled)


@needs(gigabytes=1.5)
def letter_pairs():
    """The page; the gap; the photograph; the page's words printed anew, four times;
    three or ten beginnings that are carried along; half of half the weight."""
    for name, settings in one_at_a_time(
        text=("page", "page, gap 3", "photograph", 0, 1, 2, 3),
        beams=(3, 10),
        weight=(0.5, 0.25),
    ):
        yield name, partial(_by_pairs, **settings)


def _by_pairs(text, beams, weight):
    page = pages.huckleberry_finn()
    if text == "photograph":
        page = pages.markers()
        pictures = word_images(page.text, word_boxes(page.text, 2))
    elif text in ("page", "page, gap 3"):
        gap = 5 if text == "page" else 3
        pictures = word_images(page.text, word_boxes(page.text, gap))
    else:
        pictures = render(list(page.words), text)
    logits = _reader().predict(pictures, batch_size=64, verbose=0)
    table = _pairs_of_letters() ** weight
    made = [_searched(steps, table, beams) for steps in softmax(logits, axis=-1)]
    repaired, spoiled = _verdict(page.words, decode(logits), made)
    return Row(f"repaired {repaired}, spoiled {spoiled}", repaired > spoiled)


@cache
def _pairs_of_letters():
    codes = encode(words("train"))
    before = np.pad(codes, ((0, 0), (1, 0)))[:, :-1]
    counts = np.full((74, 74), 0.1)
    np.add.at(counts, (before[codes > 0], codes[codes > 0]), 1)
    return counts / counts.mean(axis=1, keepdims=True)


def _searched(steps, table, beams):
    kept = {(): np.array([1.0, 0.0])}
    for row in steps:
        made = defaultdict(lambda: np.zeros(2))
        for word, (blank, letter) in kept.items():
            last = word[-1] if word else 0
            made[word] += (blank + letter) * row[0], letter * row[last]
            for sign in 1 + np.flatnonzero(row[1:] > 0.001):
                so_far = blank if sign == last else blank + letter
                made[(*word, sign)][1] += so_far * row[sign] * table[last, sign]
        best = sorted(made, key=lambda word: -made[word].sum())[:beams]
        kept = {word: made[word] for word in best}
    return "".join(ALPHABET[sign - 1] for sign in best[0])


def _verdict(truths, before, after):
    was = np.array([a == b for a, b in zip(truths, before)])
    now = np.array([a == b for a, b in zip(truths, after)])
    return int(np.sum(now & ~was)), int(np.sum(was & ~now))


@needs(gigabytes=2)
def fluent():
    """The seed; which pairs are new; the learning rate. Nine of ten sentences are
    grammatical, less than half are right."""
    for name, settings in one_at_a_time(
        seed=(0, 1), pairs=("as listed", "others"), rate=(3e-3, 1.5e-3)
    ):
        yield name, partial(_fluent, **settings)


def _fluent(pairs, **settings):
    _, said, true = _captions(False, pairs=pairs, **settings)
    form = (said[:, [1, 4]] == 2) & (said[:, [2, 5]] >= 5)
    grammatical = np.mean(form.all(axis=1) & (said[:, 6] == 1))
    right = np.all(said == true, axis=1).mean()
    told = f"grammatical {grammatical:.2f}, right {right:.2f}"
    return Row(told, bool(grammatical > 0.9 and right < 0.5))


@needs(gigabytes=2)
def attention_ahead():
    """The seed; which pairs are new; the learning rate."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), pairs=("as listed", "others"), rate=(3e-3, 1.5e-3, 6e-3)
    ):
        yield name, partial(_both, **settings)


def _both(**settings):
    right = []
    for attends in (False, True):
        _, said, true = _captions(attends, **settings)
        right.append(np.all(said == true, axis=1).mean())
    told = "right with a vector {:.2f}, with attention {:.2f}".format(*right)
    return Row(told, bool(right[1] > right[0]))


@needs(gigabytes=2)
def looks_at_its_own():
    """The seed; which pairs are new; the learning rate."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), pairs=("as listed", "others"), rate=(3e-3, 1.5e-3, 6e-3)
    ):
        yield name, partial(_looks, **settings)


def _looks(pairs, **settings):
    model, _, true = _captions(True, pairs=pairs, **settings)
    asked, _ = _captioned("test", 500, _new(pairs), 5)
    gaze = keras.Model(model.inputs, model.get_layer("attention").output[1])
    weights = gaze.predict([asked, true[:, :-1]], verbose=0)[:, [1, 4]]
    pixels = 4 * np.stack(np.divmod(weights.argmax(axis=-1), 8), axis=-1) + 2
    lying = garments.pairs("test", 500, _new(pairs), 5)
    order = np.argsort(lying.relations, kind="stable")
    elsewhere = np.empty_like(lying.places)
    elsewhere[order] = np.roll(lying.places[order], 1, axis=0)
    places = lying.places, lying.places[:, ::-1], elsewhere
    own, other, blind = (
        np.mean(np.all((c <= pixels) & (pixels < c + 14), axis=-1)) for c in places
    )
    told = f"its own {own:.2f}, the other {other:.2f}, of another picture {blind:.2f}"
    return Row(told, bool(own > max(other, blind)))


# Strings of digits


@cache
def _digits(part):
    data = datasets.mnist(part)
    halved = data.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    return (halved / 255).astype("float32"), data.labels


def _strings(part, n, lengths, seed):
    rng = np.random.default_rng(seed)
    digits, labels = _digits(part)
    pictures, codes = np.zeros((n, 14, 56, 1), "float32"), np.zeros((n, 5), "int32")
    for picture, code in zip(pictures, codes):
        chosen = rng.integers(len(digits), size=rng.choice(lengths))
        code[: len(chosen)] = labels[chosen] + 1
        left = rng.integers(0, 53 - 10 * len(chosen))
        for digit in digits[chosen]:
            place = picture[:, left : left + 14, 0]
            np.maximum(place, digit, out=place)
            left += 10
    return pictures, codes


def _block(width, kernel, pool, normal=True, start="glorot_uniform"):
    same = layers.Conv2D(width, kernel, padding="same", kernel_initializer=start)
    norm = [layers.BatchNormalization(momentum=0.9)] if normal else []
    return [same, *norm, layers.ReLU(), layers.MaxPooling2D(pool)]


def _string_reader(normal, start="glorot_uniform"):
    parts = [keras.Input((14, 56, 1)), *_block(16, 3, 2, normal, start)]
    parts += [*_block(32, 3, (7, 1), normal, start), layers.Reshape((28, 1, 32))]
    parts += _block(64, (5, 1), 1, normal, start)
    return keras.Sequential([*parts, layers.Reshape((28, -1)), layers.Dense(11)])


def _taught(model, short_first, rate, seed, longest):
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, keras.losses.CTC(), steps_per_execution=10)
    for turn in range(4):
        lengths = (1, 2) if short_first and turn == 0 else range(2, longest + 1)
        lesson = _strings("train", 2000, lengths, 100 * seed + turn)
        model.fit(*lesson, batch_size=32, verbose=0)


def _error(codes, logits):
    truths = ["".join(str(code - 1) for code in row if code) for row in codes]
    paths = logits.argmax(axis=-1)
    said = ["".join(str(k - 1) for k, _ in groupby(path) if k) for path in paths]
    return character_error(truths, said)


# The page


@cache
def _reader():
    return word_reader()


def _read(pictures):
    return decode(_reader().predict(pictures, batch_size=64, verbose=0))


@cache
def _page(gap, wider):
    page = pages.huckleberry_finn()
    boxes = word_boxes(page.text, gap) + np.array([-wider, -wider, wider, wider])
    boxes = np.clip(boxes, 0, np.tile(page.text.shape[::-1], 2))
    return page, _read(word_images(page.text, boxes))


# Captions


def _captioned(part, n, allowed, seed):
    axis = np.linspace(-1, 1, 32)
    where = np.stack(np.meshgrid(axis, axis), axis=-1)
    some = garments.pairs(part, n, allowed, seed)
    nouns, relation = 5 + some.groups, 3 + some.relations
    start, end, a = (np.full(n, k) for k in range(3))
    sentence = [start, a, nouns[:, 0], relation, a, nouns[:, 1], end]
    places = np.broadcast_to(where, (n, 32, 32, 2))
    pictures = np.concatenate([some.images[..., None] / 255, places], axis=-1)
    return pictures.astype("float32"), np.stack(sentence, axis=1).astype("int32")


def _new(pairs):
    return NEW if pairs == "as listed" else [(second, first) for first, second in NEW]


def _captions(attends, seed, pairs, rate):
    """A network after its training; what it says of new pairs, and what is true."""
    new = _new(pairs)
    seen = [pair for pair in product(range(7), repeat=2) if pair not in new]
    pictures, sentences = _captioned("train", 2500, seen, seed)
    keras.utils.set_random_seed(seed)
    model = _captioner(attends)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, steps_per_execution=10)
    told = [pictures, sentences[:, :-1]]
    model.fit(told, sentences[:, 1:], batch_size=32, epochs=5, verbose=0)
    asked, true = _captioned("test", 500, new, 5)
    said = np.zeros((len(asked), 1), "int32")
    for _ in range(6):
        scores = ops.convert_to_numpy(model([asked, said], training=False))
        said = np.column_stack([said, scores[:, -1].argmax(axis=-1)])
    return model, said, true


def _captioner(attends):
    picture = keras.Input((32, 32, 3))
    so_far = keras.Input((None,), dtype="int32")
    look = []
    for width, step in ((16, 2), (32, 2), (64, 1)):
        look += [layers.Conv2D(width, 3, step, "same")]
        look += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
    places = keras.Sequential([*look, layers.Reshape((64, 64))])(picture)
    memory = layers.LSTM(64, return_sequences=True)
    told = layers.Embedding(12, 32)(so_far)
    if attends:
        said = memory(told)
        asked = [layers.Dense(64)(said), places]
        compare = layers.Attention(name="attention")
        answer, _ = compare(asked, return_attention_scores=True)
        said = layers.Dense(64, "relu")(layers.Concatenate()([said, answer]))
    else:
        vector = layers.Dense(64)(layers.Flatten()(places))
        said = memory(told, initial_state=[vector, vector])
    return keras.Model([picture, so_far], layers.Dense(12)(said))
