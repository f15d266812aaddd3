"""Title, set-up, objectives, cost card, contents, sections, core and *More*."""

import re

import minutes
from course import tags
from stamps import badges, setup_cell

from .reading import all_code, code_cells, headings, with_tag

SECTIONS = ("Recap", "References", "Next")


def opens_well(notebook, path):
    """A title, and the links to this very file."""
    first = notebook.cells[0]
    if "title" not in tags(first) or not first.source.startswith("# "):
        return ["the first cell is not a heading tagged `title`"]
    if badges(path) not in first.source:
        return ["the links under the title are not this file's: run `make refresh`"]
    return []


def is_set_up(notebook, path):
    """The course's set-up cell first, as it is stamped; one cell of imports."""
    first = code_cells(notebook)[0]
    packages = first.metadata.get("packages", [])
    if "setup" not in tags(first) or first.source != setup_cell(packages):
        fault = "the first code cell is not the course's set-up cell, tagged `setup`"
        return [f"{fault}: run `make refresh`"]
    if "solar_cells" in all_code(notebook) and "elpv-dataset" not in packages:
        return ["the set-up cell does not ask for elpv-dataset"]
    if len(with_tag(notebook, "imports")) != 1:
        return ["no single cell is tagged `imports`"]
    return []


def leads_on(notebook, path):
    """“Next” links to a notebook that is there, or says that it is planned."""
    after = notebook.cells[-1].source.partition("## Next")[2]
    linked = re.findall(r"\]\((\d\d_\w+\.ipynb)\)", after)
    if any(not (path.parent / name).exists() for name in linked):
        return ["the next link leads nowhere"]
    if linked or "(planned)" in after:
        return []
    return ["the next notebook is neither linked nor planned"]


def knows_concepts(notebook, path, inventory):
    """The concepts that cells name are rows of the inventory."""
    named = {c for cell in notebook.cells for c in cell.metadata.get("concepts", [])}
    return [f"no concept {name}" for name in sorted(named - set(inventory))]


def is_introduced(notebook, path):
    """Objectives, “You need”, a measured cost card, contents; recap, references, next.

    The cell tagged `contents` stands before the first section and holds what
    `minutes.contents` gives: the core's sections, and the *More* sections with minutes.
    """
    complaints = _opening(notebook) + _lacking_sections(notebook)
    listing = with_tag(notebook, "contents")
    if not listing:
        return [*complaints, "no cell is tagged `contents`"]
    place, first = notebook.cells.index(listing[0]), _first_section(notebook)
    if place > first:
        complaints.append("the contents stand after the first section")
    stamped = f"<!-- contents -->\n{minutes.contents(notebook)}\n<!-- /contents -->"
    if stamped not in listing[0].source:
        complaints.append("the contents are out of date: run `make refresh`")
    return complaints


def _opening(notebook):
    """What objectives and cost card lack."""
    complaints = []
    objectives = "\n".join(cell.source for cell in with_tag(notebook, "objectives"))
    for words in ("You will be able to", "You need"):
        if words not in objectives:
            complaints.append(f"the objectives lack “{words}”")
    if not 3 <= len(re.findall(r"^- ", objectives.partition("You need")[0], re.M)) <= 5:
        complaints.append("three to five objectives are needed")
    card = "\n".join(cell.source for cell in with_tag(notebook, "cost-card"))
    if not card:
        complaints.append("no cell is tagged `cost-card`")
    elif not re.search(r"<!-- cost -->\n\*\*Cost\*\*.*minute.*GB.*download: \S", card):
        complaints.append("the cost card is not measured: run `make refresh`")
    return complaints


def _lacking_sections(notebook):
    found = [heading for cell in notebook.cells for heading in headings(cell)]
    titles = {title for level, title in found if level == 2}
    return [
        f"the section “{name}” is missing" for name in SECTIONS if name not in titles
    ]


def _first_section(notebook):
    """The number of the first cell with a heading below the title."""
    found = (number for number, cell in enumerate(notebook.cells) if headings(cell))
    return next(found, len(notebook.cells))


def says_its_parts(notebook, path):
    """Every cell says `part`; what is *More* stands under a heading that says so.

    The heading, of level 2 or 3, begins with “More: ”; it holds until the next one of
    its level or above.
    """
    complaints, marked = [], {2: False, 3: False}
    for number, cell in enumerate(notebook.cells):
        seen = set()
        for level, title in headings(cell):
            marked[level] = title.startswith(minutes.MORE)
            if level == 2:
                marked[3] = False
            seen.add(any(marked.values()))
        if len(seen) > 1:
            complaints.append(f"cell {number}: core and More headings in one cell")
        named, under_more = cell.metadata.get("part"), any(marked.values())
        if named not in ("core", "more"):
            complaints.append(f"cell {number}: its metadata lack `part`, core or more")
        elif (named == "more") != under_more:
            where = "under a" if under_more else "not under a"
            complaints.append(f"cell {number} is {named} and {where} “More: ” heading")
    return complaints
