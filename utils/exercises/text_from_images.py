"""Exercises of 14_TextFromImages: paths, words, readers and their errors, captions."""

from itertools import groupby, product

import numpy as np

from utils.exercises import Exercise, named


def fewest_steps(word):
    steps = len(word)
    for first, second in zip(word, word[1:]):
        steps += first == second
    return steps


fewest = Exercise(
    fewest_steps,
    cases=lambda rng: [
        (word,) for word in ("aab", "hello", "aaaa", "a", "", "abab", "aabbcca", "page")
    ],
    mistakes={
        "steps = len(word) → steps = 0":
        "those are the blanks that are needed; each letter needs a step of its own",
        "first == second → 0": "between two equal letters a blank is needed",
        "first == second → 1":
        "a blank is needed between equal letters only; others need none",
        "first == second → first != second":
        "a blank is needed where two neighbors are equal, not where they differ",
        "return steps → return steps + 2":
        "no blank is needed before the word or behind it",
        "return steps → return steps + 1":
        "no blank is needed before the word or behind it",
        "steps = len(word) → steps = len(set(word))":
        "a letter that comes twice needs two steps",
        "return steps → return len([1 for _ in groupby(word)])":
        "that is how many runs there are; equal neighbors are two letters",
        "return steps → return len(word) + len(word) - len(set(word))":
        "equal letters need a blank between them only where they are neighbors",
        "return steps → return 2 * len(word) + 1":
        "blanks may stand around all letters, but they need not",
    },
    hints=("Each letter needs one step.",
           "Two equal neighbors would melt into one.",
           "The number of letters, plus the number of equal neighbors."),
    lesson="A reader whose steps are too wide can never write such a word.",
)  # fmt: skip


def likeliest(table, signs):
    sums = {}
    for path in product(range(len(signs)), repeat=len(table)):
        word = "".join(signs[k] for k, _ in groupby(path)).replace("-", "")
        chance = np.prod([row[k] for row, k in zip(table, path)])
        sums[word] = sums.get(word, 0) + chance
    best = max(sums, key=sums.get)
    return best, sums[best]


def _tables(rng):
    yield np.array([[0.6, 0.4], [0.6, 0.4]]), "-a"
    yield np.array([[0.9, 0.1], [0.8, 0.2]]), "-a"
    yield np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), "-b"
    yield np.array([[0.5, 0.3, 0.2], [0.55, 0.3, 0.15], [0.5, 0.25, 0.25]]), "-ab"
    yield np.array([[0.45, 0.4, 0.15], [0.45, 0.4, 0.15]]), "-xy"
    for steps, signs, alpha in ((4, "-ab", 0.5), (5, "-cd", 0.3), (3, "-xyz", 1)):
        table = rng.dirichlet(np.full(len(signs), alpha), steps)
        yield named(f"{steps} steps and the signs {signs}", table, signs)


_WORD = '"".join(signs[k] for k, _ in groupby(path)).replace("-", "") →'
_SUM = "sums[word] = sums.get(word, 0) + chance →"

likeliest = Exercise(
    likeliest, cases=_tables, parts=("the word", "its probability"),
    mistakes={
        f"{_SUM} sums[word] = max(sums.get(word, 0), chance)":
        "that is the best path; paths that lead to the same word are added",
        f"{_SUM} sums[word] = chance":
        "each path overwrites the one before; paths to the same word are added",
        f"{_WORD} ''.join(signs[k] for k in path).replace('-', '')":
        "equal neighbors were not merged before the blanks went",
        f"{_WORD} ''.join(s for s, _ in "
        "groupby(''.join(signs[k] for k in path).replace('-', '')))":
        "first merge equal neighbors, then drop the blanks",
        f"{_WORD} ''.join(signs[k] for k, _ in groupby(path))":
        "the blanks are still in the word",
        f"{_WORD} ''.join(signs[k] for k in path)":
        "that is a path; it must be collapsed to a word",
        "np.prod([row[k] for row, k in zip(table, path)]) → "
        "np.sum([row[k] for row, k in zip(table, path)])":
        "along a path probabilities are multiplied, not added",
        "np.prod([row[k] for row, k in zip(table, path)]) → "
        "np.mean([row[k] for row, k in zip(table, path)])":
        "along a path probabilities are multiplied",
        "np.prod([row[k] for row, k in zip(table, path)]) → 1":
        "that counts paths; weigh each by its probability",
        "sums[best] → np.log(sums[best])":
        "that is the logarithm; the probability is asked for",
        "sums[best] → -np.log(sums[best])":
        "that is the CTC loss of the word; its probability is asked for",
        "sums[best] → np.prod(np.max(table, axis=1))":
        "that is the probability of the best path; add up all paths of the word",
        "max(sums → min(sums": "that is the least probable word",
        "best = max(sums, key=sums.get) → "
        "best = max([w for w in sums if w], key=sums.get)":
        "the empty word is a word, too",
    },
    hints=("`product(range(len(signs)), repeat=len(table))` goes through all paths.",
           "A dictionary `{word: sum}`; `sums.get(word, 0) + chance` adds a path.",
           "`max(sums, key=sums.get)` is the word with the largest sum."),
    lesson="Many modest paths can beat the best one: that is why beam search adds up.",
)  # fmt: skip


def read_and_score(logits, truths, signs):
    readings = []
    for row in logits.argmax(axis=-1):
        merged = [k for k, _ in groupby(row)]
        readings.append("".join(signs[k - 1] for k in merged if k > 0))
    right = [reading == truth for reading, truth in zip(readings, truths)]
    return readings, float(np.mean(right))


def _logits(rng):
    def case(paths, truths, signs):
        paths = np.array(paths)
        logits = rng.normal(0, 1, (*paths.shape, len(signs) + 1)) - 1
        rows = np.ogrid[: len(paths), : paths.shape[1]]
        logits[(*rows, paths)] = logits.max(axis=-1) + rng.uniform(0.1, 1, paths.shape)
        told = f"{len(paths)} strings of {paths.shape[1]} steps, signs {signs}"
        return named(told, logits, truths, signs)

    yield case([[1, 1, 0, 1, 2, 0], [0, 2, 2, 2, 0, 1]], ["aab", "ab"], "ab")
    yield case([[10, 0, 1, 1, 0], [3, 3, 0, 3, 0], [0, 0, 0, 0, 0]],
               ["90", "22", ""], "0123456789")  # fmt: skip
    yield case([[0, 3, 0, 1, 0, 3, 3]], ["cat"], "abc")
    yield case([[1, 1, 0], [2, 0, 2]], ["bb", "a"], "ab")  # right words, wrong places
    for n, steps, signs in ((4, 6, "xyz"), (6, 9, "01"), (5, 4, "pqrst")):
        paths = rng.integers(0, len(signs) + 1, (n, steps)).repeat(2, axis=1)
        found = ["".join(signs[k - 1] for k, _ in groupby(p) if k) for p in paths]
        truths = [word if i % 3 else word + signs[0] for i, word in enumerate(found)]
        yield case(paths, truths, signs)


report = Exercise(
    read_and_score, cases=_logits, parts=("the words", "the share that is right"),
    mistakes={
        "merged = [k for k, _ in groupby(row)] → merged = row":
        "equal neighbors were not merged",
        "merged = [k for k, _ in groupby(row)] → "
        "merged = [k for k, _ in groupby([k for k in row if k > 0])]":
        "first merge equal neighbors, then drop the blanks: `aa-ab` is `aab`",
        "merged = [k for k, _ in groupby(row)] → merged = sorted(set(row))":
        "a sign may come twice: merge neighbors only",
        "signs[k - 1] → signs[k % len(signs)]":
        "class 0 is the blank, so class k is `signs[k - 1]`",
        "logits.argmax(axis=-1) → logits.argmin(axis=-1)":
        "that is the worst class at each step",
        "logits.argmax(axis=-1) → 1 + logits[..., 1:].argmax(axis=-1)":
        "the blank must take part in the choice at each step",
        "float(np.mean(right)) → float(np.sum(right))":
        "that is how many are right; a share is asked for",
        "float(np.mean(right)) → 1 - float(np.mean(right))":
        "that is the share that is wrong",
        ("return readings, float(np.mean(right)) → "
         "return float(np.mean(right)), readings"): "the words come first",
        "reading == truth → reading in truths":
        "compare each reading with its own truth, not with all of them",
        "reading == truth → set(reading) == set(truth)":
        "the same letters in another order are another word",
        "reading == truth → len(reading) == len(truth)":
        "a word of the right length is not yet right",
    },
    hints=("`logits.argmax(axis=-1)` is a path a string.",
           "`[k for k, _ in groupby(row)]` merges equal neighbors.",
           "Leave out k = 0; k stands for `signs[k - 1]`."),
    lesson="That is a whole reader: scores, a path, a word, a verdict.",
)  # fmt: skip


def distance(truth, read):
    table = np.zeros((len(truth) + 1, len(read) + 1), int)
    table[:, 0] = np.arange(len(truth) + 1)
    table[0] = np.arange(len(read) + 1)
    for i in range(1, len(truth) + 1):
        for j in range(1, len(read) + 1):
            changed = table[i - 1, j - 1] + (truth[i - 1] != read[j - 1])
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, changed)
    return int(table[-1, -1])


distance = Exercise(
    distance,
    cases=lambda rng: [
        ("account", "aoount"), ("sunday", "saturday"), ("", "abc"), ("abc", ""),
        ("one", "One"), ("ab", "ba"), ("kitten", "sitting"), ("aaa", "a"),
        ("b", "abab"),
        ("flaw", "lawn"), ("clothes", "elothes"), ("", ""),
    ],
    mistakes={
        "changed = table[i - 1, j - 1] + (truth[i - 1] != read[j - 1]) → "
        "changed = table[i - 1, j - 1] + 2 * (truth[i - 1] != read[j - 1])":
        "changing a letter is one edit, not two",
        "changed = table[i - 1, j - 1] + (truth[i - 1] != read[j - 1]) → "
        "changed = table[i - 1, j - 1] + 1":
        "where the two letters are the same, the diagonal costs nothing",
        "table[i - 1, j] + 1, table[i, j - 1] + 1, changed → "
        "table[i, j - 1] + 1, changed, 99": "a letter may be left out as well",
        "table[i - 1, j] + 1, table[i, j - 1] + 1, changed → "
        "table[i - 1, j] + 1, changed, 99": "a letter may be put in as well",
        "table[:, 0] = np.arange(len(truth) + 1) → table[:, 0] = 0":
        "the first column: i letters against none cost i",
        "table[0] = np.arange(len(read) + 1) → table[0] = 0":
        "the first row: no letter against j costs j",
        "return int(table[-1, -1]) → "
        "return sum(a != b for a, b in zip(truth, read)) + abs(len(truth) - len(read))":
        "letter by letter: after one that is lacking, all others are shifted",
        "return int(table[-1, -1]) → return sum(a != b for a, b in zip(truth, read))":
        "letter by letter: after one that is lacking, all others are shifted",
        "return int(table[-1, -1]) → return abs(len(truth) - len(read))":
        "that is the difference of the lengths",
        "return int(table[-1, -1]) → return int(table[-1, -1]) / max(len(truth), 1)":
        "the number of edits is asked for, not their share",
    },
    hints=("Row 0 is 0, 1, 2 …, and so is column 0.",
           "From above or from the left: one more. From the diagonal: one more only "
           "if the letters differ.",
           "The answer stands in the last row and column."),
    lesson="The sum over a page, divided by its characters, is the character error.",
)  # fmt: skip


def attend(question, places):
    scores = places @ question
    weights = np.exp(scores - scores.max())
    weights = weights / weights.sum()
    return weights, weights @ places


def _questions(rng):
    yield named(
        "3 places of 2 numbers",
        np.array([1.0, 0.5]), np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]),
    )  # fmt: skip
    yield named("a question of zeros", np.zeros(3), rng.normal(size=(4, 3)))
    yield named("a single place", rng.normal(size=5), rng.normal(size=(1, 5)))
    places = rng.normal(size=(6, 6)) + 2
    yield named("as many places as numbers", rng.normal(size=6), places)
    yield named("64 places of 8 numbers", rng.normal(size=8), rng.normal(size=(64, 8)))
    yield named("scores from -3000 to 1000", np.array([30.0, 20.0]),
                np.array([[20.0, 20.0], [19.99, 20.01], [-60, -60]]))  # fmt: skip


_SOFT = "np.exp(scores - scores.max()) →"
_TOTAL = "weights / weights.sum() →"
_MEAN = "weights @ places →"

attend = Exercise(
    attend, cases=_questions, parts=("the weights", "the answer"),
    mistakes={
        f"{_SOFT} scores": "divided by their sum, scores are no softmax: take `np.exp` "
        "first",
        f"{_SOFT} np.exp(scores)":
        "`np.exp` of large scores is infinite: subtract the largest score first",
        f"{_SOFT} np.exp((scores - scores.max()) / np.sqrt(len(question)))":
        "transformers divide the scores by √d; here they are taken as they are",
        f"{_SOFT} np.exp(-np.sum((places - question) ** 2, axis=1))":
        "compare by the dot product, not by the distance",
        f"{_SOFT} np.exp(scores / np.linalg.norm(places, axis=1))":
        "the rows of `places` are compared as they are, not scaled to length 1",
        f"{_SOFT} np.exp(scores.max() - scores)":
        "the sign is turned: the best fit must get the largest weight",
        f"{_SOFT} 2.0 ** (scores - scores.max())": "a softmax takes `np.exp`",
        (f"{_SOFT} 1 / (1 + np.exp(-scores))", f"{_TOTAL} weights"):
        "that is a sigmoid for each place; weights must share one whole",
        f"{_TOTAL} weights": "the weights do not add up to 1: divide by their sum",
        f"{_TOTAL} weights / np.linalg.norm(weights)":
        "the weights must add up to 1, not their squares",
        f"{_TOTAL} 1.0 * (np.arange(len(scores)) == scores.argmax())":
        "that is the one best place; a softmax gives some weight to each",
        f"{_TOTAL} np.full(len(scores), 1 / len(scores))":
        "all places have the same weight; the question was not asked",
        f"{_MEAN} places.mean(axis=0)": "that mean ignores the weights",
        f"{_MEAN} weights @ places / len(places)":
        "the weights add up to 1 already: do not divide again",
        f"{_MEAN} places[weights.argmax()]":
        "that is the best place alone; its weighted mean with the others is needed",
        f"{_MEAN} weights[:, None] * places": "add the weighted places up",
        f"{_MEAN} scores @ places": "weigh with the softmax, not with the scores",
        "return weights, weights @ places → return weights @ places, weights":
        "the weights come first",
    },
    hints=("`places @ question` is a score for each place.",
           "The softmax: `np.exp(scores - scores.max())`, divided by its sum.",
           "`weights @ places` is the weighted mean."),
    lesson="A whole picture passes through such a mean, and each word asks anew.",
)  # fmt: skip


def beam_search(first, following, k, length):
    beams = [([word], chance) for word, chance in enumerate(first)]
    for _ in range(length - 1):
        beams = sorted(beams, key=lambda beam: beam[1])[-k:]
        beams = [
            ([*words, word], chance * after)
            for words, chance in beams
            for word, after in enumerate(following[words[-1]])
        ]
    return max(beams, key=lambda beam: beam[1])


def _languages(rng):
    first = np.array([0.6, 0.4])
    following = np.array([[0.55, 0.45], [0.1, 0.9]])
    for k in (2, 1):
        yield named(f"2 words, k = {k}, length 2", first, following, k, 2)
    # The best sentence goes on with a word that is not the most probable one.
    following = np.array([[0.1, 0.5, 0.4], [0.34, 0.33, 0.33], [0.02, 0.03, 0.95]])
    for first in ([0.9, 0.06, 0.04], [0.7, 0.25, 0.05]):
        yield named("3 words, k = 2, length 3", np.array(first), following, 2, 3)
    yield named("length 1", np.array([0.2, 0.5, 0.3]), np.full((3, 3), 1 / 3), 2, 1)
    for n, k, length in ((3, 2, 3), (4, 2, 5), (5, 3, 4), (6, 1, 4), (4, 9, 3)):
        first = rng.dirichlet(np.full(n, 3.0))
        following = rng.dirichlet(np.full(n, 0.5), n)
        told = f"{n} words, k = {k}, length {length}"
        yield named(told, first, following, k, length)


_CUT = "sorted(beams, key=lambda beam: beam[1])[-k:] →"

beam = Exercise(
    beam_search, cases=_languages, parts=("the words", "their probability"),
    mistakes={
        "enumerate(following[words[-1]]) → "
        "[max(enumerate(following[words[-1]]), key=lambda pair: pair[1])]":
        "each beginning went on with its best word alone; the best k of all "
        "continuations are carried along",
        f"{_CUT} sorted(beams, key=lambda beam: beam[1])[-1:]":
        "that is greedy: one beginning was carried along, not k",
        f"{_CUT} beams": "all beginnings were carried along; keep the best k at each "
        "word",
        f"{_CUT} sorted(beams, key=lambda beam: beam[1])[:k]":
        "those are the k least probable beginnings",
        f"{_CUT} beams[:k]": "those are the first k, not the best k",
        f"{_CUT} sorted(beams, key=lambda beam: following[beam[0][-1]].max())[-k:]":
        "the beginnings are kept for what may follow; keep the most probable ones",
        "chance * after → after":
        "the probability of the beginning is lost: multiply by it",
        "chance * after → chance + after": "along a sentence probabilities are "
        "multiplied",
        "following[words[-1]] → following[:, words[-1]]":
        "row i of `following` holds what comes after word i; that is its column",
        "following[words[-1]] → following[words[0]]":
        "what follows depends on the last word, not on the first",
        "following[words[-1]] → first":
        "after the first word, `following` says how probable the next one is",
        "range(length - 1) → range(length)": "that is one word too many",
        "range(length - 1) → range(length - 2)": "that is one word too few",
        "return max(beams, key=lambda beam: beam[1]) → "
        "return min(beams, key=lambda beam: beam[1])":
        "of the last ones that is the least probable",
        "return max(beams, key=lambda beam: beam[1]) → "
        "best = max(beams, key=lambda beam: beam[1]); return best[0], np.log(best[1])":
        "that is the logarithm; the probability is asked for",
        "return max(beams, key=lambda beam: beam[1]) → "
        "return max(beams, key=lambda beam: beam[1])[::-1]": "the words come first",
    },
    hints=("A beginning is a pair: its words, and its probability.",
           "Sort by the probability, keep k, and continue each with every word.",
           "The new probability is the old one times `following[last][word]`."),
    lesson="Greedy is the beam of width 1: its good first word may lead nowhere.",
)  # fmt: skip


def fair_error(edits, characters):
    total = 0
    for page in range(len(edits)):
        others = np.delete(edits, page, axis=0)
        gap = others.sum(axis=0).argmin()
        total += edits[page, gap]
    return total / characters.sum()


def _counted(rng):
    for pages, gaps in ((3, 4), (5, 3), (8, 6), (4, 5)):
        characters = rng.integers(40, 900, pages)
        rates = rng.uniform(0.02, 0.3, (pages, gaps))
        edits = np.rint(rates * characters[:, None]).astype(int)
        yield named(f"{pages} pages and {gaps} gaps", edits, characters)


_GAP = "others.sum(axis=0).argmin() →"
_RESULT = "return total / characters.sum() →"
_RATES = "edits / characters[:, None]"

repaired = Exercise(
    fair_error, cases=_counted,
    mistakes={
        f"{_RESULT} return ({_RATES}).min(axis=1).mean()":
        "nothing is repaired yet: each page chooses its own gap, and a short page "
        "counts as much as a long one",
        "others = np.delete(edits, page, axis=0) → others = edits[[page]]":
        "each page still chooses the gap that is best for itself",
        "others = np.delete(edits, page, axis=0) → others = edits":
        "the page that is judged still takes part in the choice",
        ("total += edits[page, gap] → total += edits[page, gap] / characters[page]",
         f"{_RESULT} return total / len(edits)"):
        "the choice is fair; but it is still a mean over pages, long or short",
        f"{_GAP} others.sum(axis=0).argmax()": "that is the worst gap",
        f"{_GAP} np.delete({_RATES}, page, axis=0).mean(axis=0).argmin()":
        "the gap was chosen by a mean over pages: add up the edits there, too",
        f"{_GAP} 0": "the first gap was taken everywhere; choose it on the other pages",
        f"{_GAP} np.median(others, axis=0).argmin()":
        "the gap was chosen by a median: add up the edits there, too",
        "total += edits[page, gap] → total += others[:, gap].sum()":
        "judge the page that was left out, not those that chose",
        f"{_RESULT} return total": "edits for each character are asked for",
        f"{_RESULT} return total / len(edits)":
        "those are edits a page; edits for each character are asked for",
        f"{_RESULT} return total / edits.sum()":
        "divide by the characters, not by the edits",
    },
    hints=("Two faults: who chooses the gap, and how pages are put together.",
           "For each page, add up the edits of the *other* pages; the gap with the "
           "fewest is its gap.",
           "Add up the edits of all pages, and divide once, by all characters."),
    lesson="No page chose for itself: a page that comes tomorrow will not, either.",
)  # fmt: skip
