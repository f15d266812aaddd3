"""Compare what a cell printed with what is stored: words exactly, numbers in bounds.

A cell's metadata may hold `moved`: by how much each number of its output moved when
the notebook was executed under other arithmetics (`tools/machines.py`). The bounds:

- a number that moved, or a decimal beside one that did and is printed as finely, may
  differ by `MULTIPLE` times as much;
- any other decimal by one unit of its last printed digit: a rounding that falls the
  other way. That is at most `ROUNDING`, unless the cell has numbers that moved, so is
  known to hold floating-point work, and the number is larger than 1;
- a percentage, or a difference in points, is a decimal however it is printed: it may
  round the other way on a machine that nobody measured. Other whole numbers are exact.
"""

import re
from dataclasses import dataclass

from course import digest, tags

MULTIPLE = 3  # `python tools/machines.py --leave-one-out` shows for which it is enough
ROUNDING = 0.01
WIDEST = 0.03  # of an accuracy
UNCOMPARED = re.compile(r"image/(?!svg)|application/vnd\.jupyter\.widget")
CELL_FILE = re.compile(r"\S*ipykernel_\d+[/\\]\d+\.py")  # a warning names the process

_NUMBER = re.compile(
    r"""
    (?P<word> [^\W\d]\w*          # block15: a name
            | \d+(?:\.\d+){2,} )  # 2.20.0: a version
    | (?P<sign> (?<![\w.)\]])[-+\N{MINUS SIGN}] )?
      (?P<digits> (?:\d{1,3}(?:,\d{3})+(?!\d)|\d+) (?:\.\d*)? | \.\d+ )
      (?P<power> [eE][-+]?\d+ )?
      (?P<percent> \s?% | [ ]points?\b )?
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Number:
    """A printed number; percent and points are fractions.

    `unit` is one step of its last digit.
    """

    text: str
    value: float
    unit: float
    whole: bool
    percent: bool


@dataclass(frozen=True)
class Difference:
    """What disagrees, in a sentence; `kind` is `"words"` or `"number"`."""

    kind: str
    sentence: str

    def __str__(self):
        return self.sentence


def split(text):
    """(the words with a gap for each number, the numbers).

    White space counts as one blank and not at all beside a number, since the width
    of a column follows its numbers.

    >>> words, numbers = split("block5: 1,234 of -0.5  (± 4.6 %)")
    >>> [number.value for number in numbers], words.replace(chr(0), "#")
    ([1234.0, -0.5, 0.046], 'block5:#of#(±#)')
    """
    numbers, pieces, end = [], [], 0
    for match in _NUMBER.finditer(text):
        if match["word"]:
            continue
        pieces += [text[end : match.start()], "\0"]
        numbers.append(_number(match))
        end = match.end()
    words = re.sub(r"\s+", " ", "".join([*pieces, text[end:]])).strip()
    return re.sub(r" ?\0 ?", "\0", words), numbers


def _number(match):
    digits = match["digits"].replace(",", "")
    percent = bool(match["percent"])
    decimals = len(digits.partition(".")[2])
    scale = 10.0 ** (int(match["power"][1:]) if match["power"] else 0)
    scale /= 100 if percent else 1
    sign = -1 if match["sign"] in ("-", "\N{MINUS SIGN}") else 1
    whole = "." not in digits and not match["power"]
    unit = scale * 10.0**-decimals
    return Number(match[0], sign * float(digits) * scale, unit, whole, percent)


def texts(outputs):
    """[(kind, text), …] of all that is compared, streams of one name joined.

    The order within a kind counts, the order of kinds does not: a figure and a
    printed line may be stored either way round.
    """
    found = {}
    for output in outputs:
        if output["output_type"] == "stream":
            found.setdefault(output["name"], [""])[0] += output["text"]
        elif output["output_type"] == "error":
            found.setdefault("error", []).append(
                f"{output['ename']}: {output['evalue']}"
            )
        for kind, data in output.get("data", {}).items():
            if not UNCOMPARED.match(kind):
                found.setdefault(kind, []).append(str(data))
    return [
        (kind, CELL_FILE.sub("CELL.py", text))
        for kind in sorted(found)
        for text in found[kind]
    ]


def allowed(stored, new, moved, floating):
    """By how much two printed numbers may differ.

    Args:
        stored, new: `Number`s.
        moved: by how much the stored one was seen to move, see `steps`.
        floating: whether any number of its cell was seen to move.
    """
    unit = max(stored.unit, 0 if new.whole else new.unit)
    if stored.whole and new.whole and not stored.percent:
        rounding = 0
    elif floating and abs(stored.value) > 1:
        rounding = unit
    else:
        rounding = min(unit, ROUNDING)
    return max(rounding, MULTIPLE * moved)


def steps(numbers, moved):
    """By how much each number of a cell counts as moved.

    A decimal moves with the others of its cell that are printed as finely, fractions
    with fractions: what one did under one arithmetic, another does under the next.
    A whole number stands for itself, since a cell may print exact counts beside others.

    Args:
        numbers: list of `Number`, all of a cell.
        moved: `{index, as str: by how much}`, the cell's metadata.

    Returns:
        A list of floats.

    Example:

    >>> _, numbers = split("0.86 (0.81 to 0.90), 38 of 656")
    >>> steps(numbers, {"0": 0.01, "3": 2})
    [0.01, 0.01, 0.01, 2, 0]
    """
    own = [moved.get(str(index), 0) for index in range(len(numbers))]
    kinds = [
        None if n.whole and not n.percent else (n.unit, abs(n.value) <= 1)
        for n in numbers
    ]
    together = {kind: 0 for kind in kinds}
    for kind, step in zip(kinds, own):
        together[kind] = max(together[kind], step)
    return [step if kind is None else together[kind] for kind, step in zip(kinds, own)]


def differences(stored, new, moved=None):
    """What disagrees between two cells' outputs.

    Args:
        stored, new: lists of outputs as in a notebook.
        moved: `{index of a number, as str: by how much it moved}`, the cell's metadata.

    Returns:
        A list of `Difference`, empty where the two agree.
    """
    moved, stored, new = moved or {}, texts(stored), texts(new)
    if [kind for kind, _ in stored] != [kind for kind, _ in new]:
        sides = [[kind for kind, _ in side] for side in (stored, new)]
        listed = [", ".join(side) or "nothing" for side in sides]
        return [Difference("words", f"stored: {listed[0]}; now: {listed[1]}")]
    counted = iter(steps([n for _, text in stored for n in split(text)[1]], moved))
    found = []
    for (_, old_text), (_, new_text) in zip(stored, new):
        old_words, old_numbers = split(old_text)
        new_words, new_numbers = split(new_text)
        own = [next(counted) for _ in old_numbers]
        if old_words != new_words:
            found.append(Difference("words", _changed_words(old_text, new_text)))
            continue
        for old, other, step in zip(old_numbers, new_numbers, own):
            bound = allowed(old, other, step, bool(moved))
            if abs(old.value - other.value) > bound * (1 + 1e-9) + 1e-12:
                sentence = _moved_number(old_text, old, other, bound)
                found.append(Difference("number", sentence))
    return found


def movement(stored, new):
    """[by how much each number differs], or None where the words do.

    >>> a, b = ([{"output_type": "stream", "name": "stdout", "text": t}]
    ...         for t in ("0.86 of 40", "0.84 of 40"))
    >>> [round(step, 6) for step in movement(a, b)]
    [0.02, 0.0]
    """
    if any(d.kind == "words" for d in differences(stored, new)):
        return None
    pairs = zip(texts(stored), texts(new))
    return [
        abs(old.value - other.value)
        for (_, old_text), (_, new_text) in pairs
        for old, other in zip(split(old_text)[1], split(new_text)[1])
    ]


def too_wide(cell):
    """Fractions of a cell whose bound leaves more than `WIDEST`, in sentences.

    A fraction is a number from -1 to 1 with two digits or more, or a percentage.
    """
    moved = cell.metadata.get("moved", {})
    numbers = [n for _, text in texts(cell.outputs) for n in split(text)[1]]
    bounds = [
        allowed(number, number, step, bool(moved))
        for number, step in zip(numbers, steps(numbers, moved))
    ]
    return [
        f"{number.text} may move by {bound:.2g}; print it coarser"
        for number, bound in zip(numbers, bounds)
        if abs(number.value) <= 1 and number.unit <= 0.01 and bound > WIDEST + 1e-9
    ]


def _changed_words(old, new):
    for before, after in zip(old.splitlines() or [""], new.splitlines() or [""]):
        if split(before)[0] != split(after)[0]:
            return (
                f"the words differ. Stored: {before.strip()!r}; now: {after.strip()!r}"
            )
    return f"one has more lines. Stored: {old[-200:]!r}; now: {new[-200:]!r}"


def _moved_number(text, old, new, bound):
    step = abs(old.value - new.value)
    line = next(line for line in text.splitlines() if old.text in line).strip()
    return (
        f"{old.text.strip()} became {new.text.strip()}: it moved by {step:.3g}, "
        f"{bound:.3g} is allowed. Stored line: {line[:160]!r}"
    )


def ignored(cell):
    """True for a cell whose outputs are not compared."""
    return cell.cell_type != "code" or "nbval-ignore-output" in tags(cell)


def disagreements(one, two):
    """What the outputs of two runs of a notebook disagree in, `["cell 3: …"]`."""
    return [
        f"cell {number}: {difference}"
        for number, (a, b) in enumerate(zip(one.cells, two.cells, strict=True))
        if not ignored(a)
        for difference in differences(a.outputs, b.outputs, a.metadata.get("moved"))
    ]


def keep(stored, fresh):
    """Keep each stored output that still holds; return how many cells are new.

    An output holds if the cell's source is the one that made it and the new run lies
    within its bounds: so another machine's refresh leaves no trace. Where any cell is
    edited every output is the new one, or two cells that tell the same number, above
    and below it, would tell those of two runs.
    """
    pairs = [
        (old, cell)
        for old, cell in zip(stored.cells, fresh.cells, strict=True)
        if cell.cell_type == "code"
    ]
    same = [cell.metadata.get("ran") == digest(cell) for _, cell in pairs]
    new = 0
    for (old, cell), unedited in zip(pairs, same):
        bounds = cell.metadata.get("moved")
        if unedited and (
            ignored(cell) or not differences(old.outputs, cell.outputs, bounds)
        ):
            if all(same):
                cell.outputs = old.outputs
        else:
            new += 1
            cell.metadata["ran"] = digest(cell)
            cell.metadata.pop("moved", None)
    return new
