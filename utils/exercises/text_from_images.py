"""Exercises of 14_TextFromImages: paths, the best word, a reader, edit distance."""

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
