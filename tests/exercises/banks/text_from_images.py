"""Correct variants and valid inputs of 14_TextFromImages."""

import difflib
import heapq
import math
from functools import cache
from itertools import groupby, pairwise, product

import keras
import numpy as np
import tensorflow as tf
from scipy import special
from sklearn.model_selection import LeaveOneOut

from utils import reading


def fewest_pairs(word):
    return len(word) + sum(a == b for a, b in pairwise(word))


def fewest_groups(word):
    return sum(2 * len(list(run)) - 1 for _, run in groupby(word))


def fewest_spaced(word):
    written = "".join(
        letter + "-" * (word[i + 1 : i + 2] == letter) for i, letter in enumerate(word)
    )
    return len(written)


def fewest_runs(word):
    return 2 * len(word) - len(list(groupby(word)))


def fewest_arrays(word):
    letters = np.array(list(word))
    return len(word) + int(np.sum(letters[1:] == letters[:-1]))


def fewest_recursive(word):
    if len(word) < 2:
        return len(word)
    return 1 + (word[0] == word[1]) + fewest_recursive(word[1:])


def _collapsed(path):
    return "".join(sign for sign, _ in groupby(path)).replace("-", "")


def word_paths(table, signs):
    found = {}
    for path in product(signs, repeat=len(table)):
        chance = 1.0
        for row, sign in zip(table, path):
            chance *= row[signs.index(sign)]
        word = _collapsed(path)
        found[word] = found.get(word, 0) + chance
    return max(found.items(), key=lambda pair: pair[1])


def word_sorted(table, signs):
    found = {}
    for path in np.ndindex(*(len(signs),) * len(table)):
        word = _collapsed("".join(signs[k] for k in path))
        found.setdefault(word, []).append(table[np.arange(len(table)), path].prod())
    totals = sorted((sum(chances), word) for word, chances in found.items())
    return totals[-1][::-1]


def word_beams(table, signs):
    beams = {"": (1.0, 0.0)}  # word: ends with a blank, ends with its last letter
    for row in table:
        made = {}
        for word, (blank, letter) in beams.items():
            b, a = made.get(word, (0, 0))
            last = row[signs.index(word[-1])] * letter if word else 0
            made[word] = b + (blank + letter) * row[0], a + last
            for k, sign in enumerate(signs[1:], 1):
                chance = blank if word.endswith(sign) else blank + letter
                b, a = made.get(word + sign, (0, 0))
                made[word + sign] = b, a + chance * row[k]
        beams = made
    word = max(beams, key=lambda word: sum(beams[word]))
    return word, sum(beams[word])


def word_logs(table, signs):
    totals = {}
    with np.errstate(divide="ignore"):
        logs = np.log(table)
    for path in product(range(len(signs)), repeat=len(table)):
        word = _collapsed("".join(signs[k] for k in path))
        chance = np.exp(logs[range(len(table)), path].sum())
        totals[word] = totals.get(word, 0) + chance
    best = max(totals, key=totals.get)
    return best, float(totals[best])


def word_list(table, signs):
    return list(word_paths(table, signs))


def word_tensor(table, signs):
    word, chance = word_beams(table, signs)
    return word, tf.constant(chance)


def score_loop(logits, truths, signs):
    words, right = [], 0
    for scores, truth in zip(logits, truths):
        word, before = "", 0
        for step in scores:
            k = int(np.argmax(step))
            if k and k != before:
                word += signs[k - 1]
            before = k
        words.append(word)
        right += word == truth
    return words, right / len(truths)


def score_masks(logits, truths, signs):
    best = np.argmax(logits, axis=2)
    kept = best > 0
    kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    letters = np.array(list(signs))
    words = ["".join(letters[row[k] - 1]) for row, k in zip(best, kept)]
    return words, np.mean(np.array(words) == np.array(truths))


def score_strings(logits, truths, signs):
    names = "-" + signs
    paths = ["".join(names[k] for k in row) for row in logits.argmax(-1)]
    words = [_collapsed(path) for path in paths]
    return words, sum(map(str.__eq__, words, truths)) / len(words)


def score_tensors(logits, truths, signs):
    best = tf.argmax(logits, axis=-1).numpy()
    return score_strings(np.eye(len(signs) + 1)[best], truths, signs)


def score_counted(logits, truths, signs):
    words, _ = score_loop(logits, truths, signs)
    return words, 1 - sum(a != b for a, b in zip(words, truths)) / len(words)


def score_keras(logits, truths, signs):
    n, steps, _ = logits.shape
    decoded, _ = tf.nn.ctc_greedy_decoder(
        np.swapaxes(logits, 0, 1).astype("float32"), np.full(n, steps), blank_index=0
    )
    rows = tf.sparse.to_dense(decoded[0], default_value=0).numpy()
    words = ["".join(signs[k - 1] for k in row if k) for row in rows]
    return words, np.mean([a == b for a, b in zip(words, truths)])


def edits_recursive(truth, read):
    @cache
    def left(i, j):
        if i == len(truth) or j == len(read):
            return len(truth) - i + len(read) - j
        if truth[i] == read[j]:
            return left(i + 1, j + 1)
        return 1 + min(left(i + 1, j), left(i, j + 1), left(i + 1, j + 1))

    return left(0, 0)


def edits_row(truth, read):
    row = list(range(len(read) + 1))
    for i, wanted in enumerate(truth, 1):
        corner, row[0] = row[0], i
        for j, found in enumerate(read, 1):
            best = min(row[j] + 1, row[j - 1] + 1, corner + (wanted != found))
            corner, row[j] = row[j], best
    return row[-1]


def edits_swapped(truth, read):
    return edits_row(read, truth)


def edits_backwards(truth, read):
    return edits_row(truth[::-1], read[::-1])


def edits_lists(truth, read):
    table = [[i + j for j in range(len(read) + 1)] for i in range(len(truth) + 1)]
    for i in range(len(truth)):
        for j in range(len(read)):
            same = truth[i] == read[j]
            table[i + 1][j + 1] = min(
                table[i][j + 1] + 1, table[i + 1][j] + 1, table[i][j] + 1 - same
            )
    return table[-1][-1]


def edits_trimmed(truth, read):
    blocks = difflib.SequenceMatcher(None, truth, read, False).get_matching_blocks()
    start = blocks[0].size if blocks[0].a == blocks[0].b == 0 else 0
    return reading.edits(truth[start:], read[start:])


def attend_softmax(question, places):
    weights = special.softmax(places @ question)
    return weights, weights @ places


def attend_loop(question, places):
    scores = [sum(a * b for a, b in zip(question, place)) for place in places]
    grown = [math.exp(score - max(scores)) for score in scores]
    weights = [one / sum(grown) for one in grown]
    answer = sum(w * np.array(place) for w, place in zip(weights, places))
    return weights, answer


def attend_logs(question, places):
    scores = np.einsum("d,nd->n", question, places)
    weights = np.exp(scores - special.logsumexp(scores))
    return weights, np.average(places, axis=0, weights=weights)


def attend_tensors(question, places):
    scores = tf.linalg.matvec(places, question)
    weights = tf.nn.softmax(scores)
    return weights, tf.reduce_sum(weights[:, None] * places, axis=0)


def attend_keras(question, places):
    layer = keras.layers.Attention(dtype="float64")
    asked = [question[None, None], places[None]]
    answer, weights = layer(asked, return_attention_scores=True)
    return weights[0, 0], answer[0, 0]


def attend_columns(question, places):
    scores = np.sum(places * question, axis=1, keepdims=True)
    grown = np.exp(scores - np.max(scores))
    weights = grown / grown.sum()
    return weights[:, 0], (weights * places).sum(axis=0)


def attend_list(question, places):
    return list(attend_softmax(question, places))


def beam_logs(first, following, k, length):
    with np.errstate(divide="ignore"):
        first, following = np.log(first), np.log(following)
    beams = [(chance, (word,)) for word, chance in enumerate(first)]
    for _ in range(1, length):
        beams = [
            (chance + after, (*words, word))
            for chance, words in heapq.nlargest(k, beams)
            for word, after in enumerate(following[words[-1]])
        ]
    chance, words = max(beams)
    return words, np.exp(chance)


def beam_arrays(first, following, k, length):
    paths, chances = np.arange(len(first))[:, None], first
    for _ in range(length - 1):
        kept = np.argsort(-chances)[:k]
        paths, chances = paths[kept], chances[kept]
        chances = (chances[:, None] * following[paths[:, -1]]).ravel()
        words = np.tile(np.arange(len(first)), len(paths))[:, None]
        paths = np.hstack([paths.repeat(len(first), axis=0), words])
    best = chances.argmax()
    return paths[best], chances[best]


def beam_cut_later(first, following, k, length):
    order = np.argsort(first)[::-1][:k]
    beams = [([int(word)], first[word]) for word in order]
    while len(beams[0][0]) < length:
        longer = []
        for words, chance in beams:
            for word in range(len(first)):
                longer.append(([*words, word], chance * following[words[-1], word]))
        beams = sorted(longer, key=lambda pair: pair[1], reverse=True)[:k]
    return beams[0]


def beam_dictionary(first, following, k, length):
    found = {(word,): chance for word, chance in enumerate(first)}
    for _ in range(length - 1):
        kept = sorted(found, key=found.get, reverse=True)[:k]
        found = {
            (*words, word): found[words] * following[words[-1]][word]
            for words in kept
            for word in range(len(first))
        }
    best = max(found, key=found.get)
    return list(best), found[best]


def beam_started(first, following, k, length):
    """With an empty beginning, whose next word has the chances `first`."""
    beams = [((), 1.0)]
    for _ in range(length):
        longer = [
            (words + (word,), chance * after)
            for words, chance in beams
            for word, after in enumerate(following[words[-1]] if words else first)
        ]
        beams = sorted(longer, key=lambda pair: -pair[1])[:k]
    return beams[0]


def beam_recursive(first, following, k, length):
    def longer(beams):
        if len(beams[0][1]) == length:
            return max(beams)
        beams = sorted(beams)[::-1][:k]
        return longer(
            [(c * q, [*w, j]) for c, w in beams for j, q in enumerate(following[w[-1]])]
        )

    chance, words = longer([(chance, [word]) for word, chance in enumerate(first)])
    return words, tf.constant(chance)


def fair_subtracted(edits, characters):
    chosen = (edits.sum(axis=0) - edits).argmin(axis=1)
    return edits[np.arange(len(edits)), chosen].sum() / characters.sum()


def fair_masks(edits, characters):
    pages = np.arange(len(edits))
    kept = [edits[pages != page].mean(axis=0).argmin() for page in pages]
    return np.sum([edits[page, gap] for page, gap in zip(pages, kept)]) / sum(
        characters
    )


def fair_rates(edits, characters):
    """Other pages have the same characters at each gap: their rate chooses alike."""
    chosen = []
    for page in range(len(edits)):
        rest = np.delete(edits, page, 0).sum(0) / np.delete(characters, page).sum()
        chosen.append(edits[page][np.argmin(rest)])
    return sum(chosen) / sum(characters)


def fair_weighted(edits, characters):
    chosen = (edits.sum(axis=0) - edits).argmin(axis=1)
    rates = edits[range(len(edits)), chosen] / characters
    return np.average(rates, weights=characters)


def fair_lists(edits, characters):
    edits, total = edits.tolist(), 0
    for page, row in enumerate(edits):
        others = edits[:page] + edits[page + 1 :]
        sums = [sum(column) for column in zip(*others)]
        total += row[sums.index(min(sums))]
    return total / int(sum(characters))


def fair_folds(edits, characters):
    total = 0
    for others, page in LeaveOneOut().split(edits):
        total += edits[page, edits[others].sum(axis=0).argmin()].item()
    return tf.constant(total / characters.sum())


RIGHT = {
    "fewest": {
        "pairs": fewest_pairs,
        "runs of letters": fewest_groups,
        "written out": fewest_spaced,
        "twice the letters less the runs": fewest_runs,
        "arrays": fewest_arrays,
        "recursive": fewest_recursive,
    },
    "likeliest": {
        "a loop over signs": word_paths,
        "sorted": word_sorted,
        "beams that are never cut": word_beams,
        "logarithms": word_logs,
        "a list": word_list,
        "a tensor": word_tensor,
    },
    "report": {
        "loops": score_loop,
        "masks": score_masks,
        "strings": score_strings,
        "TensorFlow's argmax": score_tensors,
        "wrong ones counted": score_counted,
        "TensorFlow's decoder": score_keras,
    },
    "distance": {
        "recursive": edits_recursive,
        "one row": edits_row,
        "swapped": edits_swapped,
        "from the end": edits_backwards,
        "lists": edits_lists,
        "without a common beginning": edits_trimmed,
    },
    "attend": {
        "SciPy's softmax": attend_softmax,
        "loops": attend_loop,
        "logarithms": attend_logs,
        "TensorFlow": attend_tensors,
        "Keras' layer": attend_keras,
        "columns": attend_columns,
        "a list": attend_list,
    },
    "beam": {
        "logarithms": beam_logs,
        "arrays": beam_arrays,
        "cut behind each word": beam_cut_later,
        "a dictionary": beam_dictionary,
        "an empty beginning": beam_started,
        "recursive": beam_recursive,
    },
    "repaired": {
        "all less one": fair_subtracted,
        "masks": fair_masks,
        "rates of the others": fair_rates,
        "weighted mean of rates": fair_weighted,
        "lists": fair_lists,
        "scikit-learn's folds": fair_folds,
    },
}


def _word(rng, longest=8):
    return "".join(rng.choice(list("abc"), rng.integers(0, longest)))


def _words(rng):
    return (_word(rng),)


def _tables(rng):
    signs = "-abc"[: int(rng.integers(2, 5))]
    return rng.dirichlet(np.ones(len(signs)), int(rng.integers(2, 5))), signs


def _logits(rng):
    signs = "vwxyz"[: int(rng.integers(1, 6))]
    n, steps = int(rng.integers(1, 6)), int(rng.integers(1, 9))
    truths = ["".join(rng.choice(list(signs), rng.integers(0, 4))) for _ in range(n)]
    return rng.normal(size=(n, steps, len(signs) + 1)), truths, signs


def _two(rng):
    return _word(rng), _word(rng)


def _question(rng):
    n, size = int(rng.integers(1, 9)), int(rng.integers(1, 7))
    return rng.normal(size=size), rng.normal(size=(n, size))


def _language(rng):
    n, k, length = (int(rng.integers(low, 6)) for low in (2, 1, 1))
    return rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n), n), k, length


def _edits(rng):
    pages, gaps = int(rng.integers(2, 9)), int(rng.integers(2, 7))
    return rng.integers(0, 99, (pages, gaps)), rng.integers(99, 900, pages)


INPUTS = {
    "fewest": _words,
    "likeliest": _tables,
    "report": _logits,
    "distance": _two,
    "attend": _question,
    "beam": _language,
    "repaired": _edits,
}
# Equality and minimum know no order; the zeros are written over; the least sum and the
# least mean stand at the same gap.
EQUIVALENT = {
    "fewest": {"3: zip(word, word[1:]): arguments swapped"},
    "report": {"6: zip(readings, truths): arguments swapped"},
    "distance": {
        "2: np.zeros: ones",
        "8: min(table[i - 1, j] + 1, table[i, j - 1] + 1, changed): arguments swapped",
        "9: (-1, -1): first two swapped",
    },
    "repaired": {"5: others.sum: mean"},
}
