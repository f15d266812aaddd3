"""The terms of docs/glossary.csv: explained or linked where they are first used."""

import functools
import re
from dataclasses import dataclass

import glossary
import minutes

from .reading import with_tag

GLOSSARY = glossary.TABLE

_TITLE = re.compile(r"^## (.+?)\s*$", re.M)
_HEADING = re.compile(r"^#+ .*$", re.M)
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.S)
_LINK = re.compile(r"(?<=\[)([^\]]*)\]\(([^)]*)\)")


def explains_its_terms(notebook, path):
    """A term of docs/glossary.csv is explained or linked where it is first used.

    Counted is what is to be read from the first section on: no headings, formulas,
    folded or stamped text, references; of code in a sentence only what is a term as a
    whole. A term is any spelling of the column `also` too, and its plural; a spelling
    with a capital is taken as it is. A term inside a longer one (“pooling” in “average
    pooling”) is not a use of the shorter.

    - In the notebook that introduces a term its first use is in bold, in the section
      that the table names.
    - In another notebook its first use on the core path lies in a link to that notebook
      or to the glossary, unless the term stands under “You need”.
    """
    rows = glossary.terms(GLOSSARY) if GLOSSARY.exists() else []
    patterns = {row["term"]: glossary.pattern(row) for row in rows}
    needed, complaints = _needed(notebook), []
    whole = _first_uses(notebook, patterns, ("core", "more"))
    core = _first_uses(notebook, patterns, ("core",))
    for row in rows:
        term, section = row["term"], row["section"].removeprefix(minutes.MORE)
        if path.stem.startswith(f"{row['notebook']}_"):
            use = whole.get(term)
            if use is None:
                complaints.append(f"“{term}” is introduced here and never used")
            elif not use.bold:
                complaints.append(f"cell {use.cell}: the first “{term}” is not in bold")
            elif use.section != section:
                fault = f"the first “{term}” is not in “{section}”"
                complaints.append(f"cell {use.cell}: {fault}")
        elif term in core and not patterns[term].search(needed):
            use = core[term]
            if not _leads_to(use.link, row["notebook"]):
                fault = f"the first “{term}” is neither linked nor under “You need”"
                complaints.append(f"cell {use.cell}: {fault}")
    return complaints


def _needed(notebook):
    """The text under “You need”."""
    texts = [cell.source for cell in with_tag(notebook, "objectives")]
    return "\n".join(texts).partition("You need")[2]


def _leads_to(link, number):
    """Whether an address is that of the glossary or of the notebook with a number."""
    name = link.partition("#")[0].rpartition("/")[2]
    return name == "glossary.md" or bool(re.match(rf"{number}_\w+\.ipynb$", name))


@dataclass(frozen=True)
class Use:
    """Where a term is first used.

    Args:
        cell: the cell's number.
        section: its heading of level 2.
        bold: whether it is in bold.
        link: the address of the link it lies in, or "".
    """

    cell: int
    section: str
    bold: bool
    link: str


def _first_uses(notebook, patterns, parts):
    """{term: its first `Use` in cells of these parts}."""
    found, section = {}, None
    for number, text in enumerate(minutes.visible(notebook)):
        text = minutes.FENCE.sub(_blank, text)
        titles = [(0, section)]
        titles += [(match.start(), match[1]) for match in _TITLE.finditer(text)]
        section = titles[-1][1]
        if section is None or minutes.part(notebook.cells[number]) not in parts:
            continue
        bolds, links = list(_BOLD.finditer(text)), list(_LINK.finditer(text))
        for use in _uses(_read(text, patterns), patterns):
            place = [title for start, title in titles if start <= use.start][-1]
            if place is None or use.term in found:
                continue
            addresses = [link[2] for link in links if _holds(link, use)]
            found[use.term] = Use(
                number,
                place.removeprefix(minutes.MORE),
                any(_holds(bold, use) for bold in bolds),
                addresses[0] if addresses else "",
            )
    return found


def _holds(match, use):
    return match.start(1) <= use.start and use.end <= match.end(1)


@dataclass(frozen=True)
class Place:
    """A term found in a text, from `start` to `end`."""

    term: str
    start: int
    end: int


def _uses(text, patterns):
    """The places of all terms in a text, in order, none inside a longer one."""
    if not text.strip():
        return []
    places = [
        Place(term, *match.span())
        for term, pattern in patterns.items()
        for match in pattern.finditer(text)
    ]
    places.sort(key=lambda place: (place.start, -place.end))
    kept, last = [], None
    for place in places:
        same = last and (place.start, place.end) == (last.start, last.end)
        if last is None or same or place.end > last.end:
            kept.append(place)
            last = place
    return kept


def _read(text, patterns):
    """A text as long as it was, blank where no term is looked for."""
    text = _FORMULA.sub(_blank, _HEADING.sub(_blank, text))
    text = _LINK.sub(lambda link: link[1] + " " * (len(link[0]) - len(link[1])), text)
    any_term = _any_of(tuple(patterns.values()))

    def inline(code):
        return f" {code[1]} " if any_term.fullmatch(code[1]) else _blank(code)

    return _CODE.sub(inline, text)


@functools.lru_cache(maxsize=4)
def _any_of(patterns):
    return re.compile("|".join(pattern.pattern for pattern in patterns))


def _blank(match):
    """As many blanks as a match is long: what comes after stays where it is."""
    return re.sub(r"[^\n]", " ", match[0])
