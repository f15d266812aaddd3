"""The form of a notebook: each rule is a function that returns its complaints.

`rules(path)` names those that a notebook has to keep: the strict ones for the notebooks
listed in `STRICT`, the older ones for the rest.
"""

import ast
import base64
import builtins
import csv
import functools
import io
import re
import statistics
import symtable
import tokenize
from dataclasses import dataclass

import comparison
import figures
import minutes
import nbformat
from course import ROOT, digest, tags
from IPython.core.inputtransformer2 import TransformerManager
from stamps import badges, setup_cell

# Beginnings of names, such as "04"; each change adds one, until all are here.
STRICT = ()

CLAIMS = ROOT / "tools" / "claims"
CLAIMED = ROOT / "docs" / "claims.csv"
GLOSSARY = ROOT / "docs" / "glossary.csv"

MACHINE_PATH = re.compile(r"(?<![\w./])(/(home|root|tmp|work|Users|mnt|var)/|[A-Z]:\\)")
LARGEST_NOTEBOOK = 1_000_000
LONGEST_CORE = 90  # minutes
LONGEST_CELL, MEDIAN_CELL = 20, 6  # lines as `ruff format` lays them out
FEWEST_BETS, MOST_BETS = 6, 10
FEWEST_EXERCISES, MOST_IN_A_SECTION = 4, 2
SECTIONS = (
    "Your turn",
    "Recap",
    "Where the slides differ from today's libraries",
    "References",
    "Next",
)
STRICT_SECTIONS = ("Recap", "References", "Next")


def with_tag(notebook, tag):
    return [cell for cell in notebook.cells if tag in tags(cell)]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def everything(notebook):
    """All code of a notebook as one text."""
    return "\n".join(cell.source for cell in code_cells(notebook))


def headings(notebook):
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return re.findall(r"^## (.+)$", "\n".join(texts), re.M)


@functools.lru_cache(maxsize=4096)
def parsed(source):
    """(the source with IPython's own lines made Python, its statements).

    Raises:
        SyntaxError: if it is neither Python nor IPython.

    Example:

    >>> parsed("!ls\\nx = 1")[0].splitlines()
    ["get_ipython().system('ls')", 'x = 1']
    """
    python = TransformerManager().transform_cell(source)
    return python, ast.parse(python).body


# For every notebook


def is_valid(notebook, path):
    # Before validate, which mends duplicates.
    ids = [cell.id for cell in notebook.cells]
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"not a valid notebook: {error.message}"]
    return [] if len(ids) == len(set(ids)) else ["two cells have the same id"]


def opens_well(notebook, path):
    first = notebook.cells[0]
    if "title" not in tags(first) or not first.source.startswith("# "):
        return ["the first cell is not a heading tagged `title`"]
    if badges(path) not in first.source:
        return ["the links under the title are not this file's"]
    return []


def is_set_up(notebook, path):
    first = code_cells(notebook)[0]
    packages = first.metadata.get("packages", [])
    if "setup" not in tags(first) or first.source != setup_cell(packages):
        return ["the first code cell is not the course's set-up cell"]
    if "solar_cells" in everything(notebook) and "elpv-dataset" not in packages:
        return ["the set-up cell does not ask for elpv-dataset"]
    if len(with_tag(notebook, "imports")) != 1:
        return ["no single cell is tagged `imports`"]
    return []


def ran_once(notebook, path):
    cells = [cell for cell in code_cells(notebook) if cell.source.strip()]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        return ["not one run from top to bottom"]
    return [
        f"code cell {number} was changed and not executed since: run `make refresh`"
        for number, cell in enumerate(cells)
        if cell.metadata.get("ran") != digest(cell)
    ]


def is_clean(notebook, path):
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                complaints.append(f"cell {i}: stderr is stored")
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                complaints.append(f"cell {i}: a traceback is stored")
            texts = [output.get("text", ""), *map(str, output.get("data", {}).values())]
            texts = [text for text in texts if len(text) < 50_000]  # not images
            if any(MACHINE_PATH.search(text) for text in texts):
                complaints.append(f"cell {i}: a machine's path in the output")
        if MACHINE_PATH.search(cell.source):
            complaints.append(f"cell {i}: a machine's path")
        if re.search(r"\btf\.keras\b", cell.source):
            complaints.append(f"cell {i}: write keras, not tf.keras")
        hidden = {"nbval-skip", "skip-execution"} & set(tags(cell))
        if "NBVAL_" in cell.source or hidden:
            complaints.append(f"cell {i}: hides from the comparison")
    if "widgets" in notebook.metadata:
        complaints.append("widget state is stored; GitHub cannot show such a notebook")
    return complaints


def is_light(notebook, path):
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for kind, data in output.get("data", {}).items():
                if kind.startswith("image/") and kind != "image/svg+xml":
                    size = len(base64.b64decode(data))
                    if size > figures.LARGEST_IMAGE:
                        complaints.append(f"cell {i}: an image of {size:,} bytes")
    size = len(nbformat.writes(notebook).encode())
    return complaints + ([f"{size:,} bytes in all"] if size > LARGEST_NOTEBOOK else [])


def has_alt_texts(notebook, path):
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                alt = output.metadata.get(kind, {}).get("alt")
                if kind.startswith("image/") and not alt:
                    complaints.append(f"cell {i}: a figure without alt text")
        unsaid = re.search(r"!\[\s*\]\(|<img(?![^>]*\balt=)", cell.source)
        if cell.cell_type == "markdown" and unsaid:
            complaints.append(f"cell {i}: an image without alt text")
    return complaints


def knows_concepts(notebook, path, inventory):
    named = {c for cell in notebook.cells for c in cell.metadata.get("concepts", [])}
    return [f"no concept {name}" for name in sorted(named - set(inventory))]


def leads_on(notebook, path):
    after = notebook.cells[-1].source.partition("## Next")[2]
    linked = re.findall(r"\]\((\d\d_\w+\.ipynb)\)", after)
    if any(not (path.parent / name).exists() for name in linked):
        return ["the next link leads nowhere"]
    if linked or "(planned)" in after:
        return []
    return ["the next notebook is neither linked nor planned"]


def has_narrow_bounds(notebook, path):
    return [
        f"cell {number}: {fault}"
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for fault in comparison.too_wide(cell)
    ]


# For the notebooks that are not yet in STRICT, and what both kinds share


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
    if not re.search(r"<!-- cost -->\n\*\*Cost\*\*.*minute.*GB.*download", card):
        complaints.append("the cost card is not measured")
    return complaints


def _lacking_sections(notebook, needed):
    found = headings(notebook)
    return [f"the section “{name}” is missing" for name in needed if name not in found]


def _unfolded(notebook):
    """Exercises that lack a check or a folded solution right after them."""
    complaints, cells = [], notebook.cells
    for i, cell in enumerate(cells):
        if "exercise" not in tags(cell):
            continue
        after = [tags(cell) for cell in cells[i + 1 : i + 3]]
        if len(after) < 2 or "check" not in after[0] or "solution" not in after[1]:
            complaints.append(f"cell {i}: a check and a solution must follow it")
            continue
        fold = r"<details>.*```python\n.*```.*</details>"
        if not re.search(fold, cells[i + 2].source, re.S):
            complaints.append(f"cell {i + 2}: the solution is not folded in <details>")
    return complaints


def is_short(notebook, path):
    sizes = [minutes.count_lines(cell.source) for cell in code_cells(notebook)]
    complaints = [f"a code cell of {size} lines" for size in sizes if size > 20]
    if statistics.median(sizes) > 5:
        found = statistics.median(sizes)
        complaints.append(f"the median code cell has {found:g} lines")
    return complaints


def has_parts(notebook, path):
    return _opening(notebook) + _lacking_sections(notebook, SECTIONS)


def has_exercises(notebook, path):
    stubs = with_tag(notebook, "exercise")
    complaints = _unfolded(notebook)
    if len(stubs) < 3:
        complaints.append(f"three exercises are needed; there are {len(stubs)}")
    texts = [cell.source for cell in notebook.cells]
    questions = next((text for text in texts if "### Test yourself" in text), "")
    if questions.count("<details>") < 2:
        complaints.append("“Test yourself” needs two questions with folded answers")
    return complaints


# For the notebooks in STRICT


def is_introduced(notebook, path):
    """Objectives, “You need”, a measured cost card, contents; recap, references, next.

    The cell tagged `contents` stands before the first section and holds what
    `minutes.contents` gives: the core's sections, and the *More* sections with minutes.
    """
    complaints = _opening(notebook) + _lacking_sections(notebook, STRICT_SECTIONS)
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


def _first_section(notebook):
    """The number of the first cell with a heading of level 2."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and minutes.headings(cell.source):
            return number
    return len(notebook.cells)


def says_its_parts(notebook, path):
    """Every cell says `part`; what is *More* stands under a heading that says so.

    The heading, of level 2 or 3, begins with “More: ”; it holds until the next one of
    its level or above.
    """
    complaints, marked = [], {2: False, 3: False}
    for number, cell in enumerate(notebook.cells):
        seen = set()
        for level, title in _headings(cell):
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


def _headings(cell):
    return minutes.headings(cell.source) if cell.cell_type == "markdown" else []


def fits_the_time(notebook, path):
    """At most 90 minutes on the core path, by the formula of `minutes`."""
    spent = minutes.core(notebook)
    if spent.total <= LONGEST_CORE:
        return []
    return [f"the core path is longer than {LONGEST_CORE} minutes: {spent}"]


def has_bets(notebook, path):
    """Six to ten bets on the core path; `minutes.is_bet` says what a bet is."""
    bets = minutes.core(notebook).bets
    if FEWEST_BETS <= bets <= MOST_BETS:
        return []
    return [f"{FEWEST_BETS} to {MOST_BETS} bets are needed in the core; it has {bets}"]


def trains_in_the_flow(notebook, path):
    """At least four exercises on the core path, each in the section that it practices.

    A section goes from one heading of level 2 to the next. Before an exercise's stub
    its section has run something: a core code cell that is no bet and belongs to no
    exercise. No section holds more than two exercises, so that they are not gathered at
    the end. The metadata of one stub at least say `builds`: what is built, in words.
    """
    complaints, sections, ran, section = _unfolded(notebook), [], set(), 0
    given = {"setup", "imports", "exercise", "check"}
    builds = False
    for number, cell in enumerate(notebook.cells):
        section += any(level == 2 for level, _ in _headings(cell))
        if cell.cell_type != "code" or minutes.part(cell) != "core":
            continue
        if "exercise" in tags(cell):
            sections.append(section)
            named = cell.metadata.get("builds")
            builds = builds or bool(isinstance(named, str) and named.strip())
            if section not in ran:
                complaints.append(f"cell {number}: its section ran nothing to practice")
        elif not given & set(tags(cell)) and not minutes.is_bet(cell):
            ran.add(section)
    if len(sections) < FEWEST_EXERCISES:
        found = f"the core has {len(sections)}"
        complaints.append(f"{FEWEST_EXERCISES} exercises are needed; {found}")
    if any(sections.count(place) > MOST_IN_A_SECTION for place in sections):
        complaints.append(f"more than {MOST_IN_A_SECTION} exercises in one section")
    if not builds:
        complaints.append("no exercise in the core builds something whole (`builds`)")
    return complaints


def is_narrow(notebook, path):
    """Code, printed lines and code in markdown are at most 88 characters wide."""
    complaints = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            code, printed = cell.source, "\n".join(_printed(cell))
        else:
            fences = minutes.FENCE.finditer(cell.source)
            code, printed = "\n".join(fence[0] for fence in fences), ""
        for kind, text in (("code", code), ("printed", printed)):
            widest = max(map(len, text.splitlines()), default=0)
            if widest > minutes.WIDTH:
                fault = f"a {kind} line of {widest} characters"
                complaints.append(f"cell {number}: {fault}")
    return complaints


def _printed(cell):
    """The texts under a cell. That of a figure is not shown, so it does not count."""
    for output in cell.outputs:
        data = output.get("data", {})
        yield output.get("text", "")
        if not any(kind.startswith("image/") for kind in data):
            yield data.get("text/plain", "")


def has_one_statement_a_line(notebook, path):
    """Each statement begins its line, no semicolon, no lambda inside an f-string."""
    complaints = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            faults = _crowded(cell.source)
            complaints += [f"cell {number}: {fault}" for fault in faults]
    return complaints


def _crowded(source):
    """What shares a line in a cell.

    >>> _crowded("if x: y")
    ['line 1: two statements on one line']
    >>> _crowded("x = 1;")
    ['line 1: a semicolon']
    """
    try:
        python, statements = parsed(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(python).readline))
    except (SyntaxError, tokenize.TokenError):
        return ["not Python"]
    lines, faults = python.split("\n"), []
    for node in ast.walk(ast.Module(statements, [])):
        if isinstance(node, ast.stmt):
            before = lines[node.lineno - 1].encode()[: node.col_offset]
            if before.strip():
                faults.append(f"line {node.lineno}: two statements on one line")
        if isinstance(node, ast.JoinedStr):
            if any(isinstance(inner, ast.Lambda) for inner in ast.walk(node)):
                faults.append(f"line {node.lineno}: a lambda inside an f-string")
    places = [t.start[0] for t in tokens if t.type == tokenize.OP and t.string == ";"]
    return faults + [f"line {place}: a semicolon" for place in places]


def is_short_laid_out(notebook, path):
    """Laid out by `ruff format`, a cell has at most 20 lines, the median cell 6."""
    try:
        sources = minutes.formatted(notebook)
    except ValueError as error:
        return [str(error)]
    sizes = {
        number: minutes.count_lines(sources[number])
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    }
    long = {number: size for number, size in sizes.items() if size > LONGEST_CELL}
    complaints = [f"cell {number}: {size} lines" for number, size in long.items()]
    if statistics.median(sizes.values()) > MEDIAN_CELL:
        found = statistics.median(sizes.values())
        complaints.append(f"the median code cell has {found:g} lines")
    return complaints


def shows_something(notebook, path):
    """No cell only asserts: a reader gets nothing from it.

    `evaluation.expect` counts as an assert. Asserts inside `if`, `for` and the like do
    not show anything either; a function that is defined does.
    """
    complaints = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            leaves = list(_leaves(parsed(cell.source)[1]))
        except SyntaxError:
            complaints.append(f"cell {number}: not Python")
            continue
        if leaves and all(map(_asserts, leaves)):
            complaints.append(f"cell {number} only asserts")
    return complaints


def _leaves(statements):
    """Statements without a body of their own, or that define something."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield statement
            continue
        inner = [
            child
            for child in ast.iter_child_nodes(statement)
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case)
        ]
        if not inner:
            if not isinstance(statement, ast.excepthandler | ast.match_case):
                yield statement
            continue
        yield from _leaves(inner)


def _asserts(statement):
    if isinstance(statement, ast.Assert):
        return True
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    return ast.unparse(statement.value.func).split(".")[-1] == "expect"


def has_varied_claims(notebook, path):
    """What a cell claims is varied by a function, and the table has rows of it.

    A cell that states a claim has `"claim": {"says": a sentence, "function": a name}`
    in its metadata, or a list of these. The function stands in the module of
    tools/claims that is called like the notebook's module of exercises.
    """
    complaints, defined, rows = [], _claim_functions(notebook), _claimed(path)
    for number, cell in enumerate(notebook.cells):
        claims = cell.metadata.get("claim", [])
        for claim in claims if isinstance(claims, list) else [claims]:
            says, function = claim.get("says"), claim.get("function")
            if not (isinstance(says, str) and says.strip() and function):
                complaints.append(f"cell {number}: a claim needs `says` and `function`")
            elif function not in defined:
                complaints.append(f"cell {number}: tools/claims has no {function}")
            elif function not in rows:
                complaints.append(f"cell {number}: {function} has no row in claims.csv")
    return complaints


def _claim_functions(notebook):
    """Names of the functions in the notebook's module of tools/claims."""
    module = re.search(r"from utils\.exercises import (\w+)", everything(notebook))
    path = CLAIMS / f"{module[1]}.py" if module else None
    if path is None or not path.exists():
        return set()
    body = ast.parse(path.read_text("utf-8")).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    return {name for name in names if not name.startswith("_")}


def _claimed(path):
    """Names of the claims of a notebook that have a row in the table."""
    return {row["claim"] for row in _rows(CLAIMED) if _is_of(row["notebook"], path)}


def _rows(table):
    """The rows of a table of docs/; none where it was not made yet."""
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _is_of(name, path):
    """Whether a notebook is meant: 04_FeatureExtraction1, with `.ipynb`, or 04."""
    return path.stem == name.removesuffix(".ipynb") or path.stem.startswith(f"{name}_")


# Terms


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
    rows = _rows(GLOSSARY)
    patterns = {row["term"]: _pattern(row) for row in rows}
    needed, complaints = _needed(notebook), []
    whole = _first_uses(notebook, patterns, ("core", "more"))
    core = _first_uses(notebook, patterns, ("core",))
    for row in rows:
        term, section = row["term"], row["section"].removeprefix(minutes.MORE)
        if _is_of(row["notebook"], path):
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


def _pattern(row):
    """Finds a term of the table, in any spelling."""
    names = [row["term"], *(row.get("also") or "").split("|")]
    return re.compile("|".join(_spelled(name) for name in names if name.strip()))


def _spelled(name):
    """A pattern of one spelling and its plural.

    >>> [bool(re.search(_spelled(name), text)) for name, text in (
    ...     ("fold", "Five folds"), ("fold", "unfold"), ("fold", "k-fold"),
    ...     ("PCA", "pca"), ("feature map", "Feature\\nmaps"))]
    [True, False, False, False, True]
    """
    words = r"\s+".join(map(re.escape, name.split()))
    flags = "" if name != name.lower() else "i"
    return rf"(?<![\w-])(?{flags}:{words}(?:s|es)?)(?![\w-])"


def _needed(notebook):
    """The text under “You need”."""
    texts = [cell.source for cell in with_tag(notebook, "objectives")]
    return "\n".join(texts).partition("You need")[2]


_TITLE = re.compile(r"^## (.+?)\s*$", re.M)
_HEADING = re.compile(r"^#+ .*$", re.M)
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.S)
_LINK = re.compile(r"(?<=\[)([^\]]*)\]\(([^)]*)\)")


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


def _holds(match, use):
    return match.start(1) <= use.start and use.end <= match.end(1)


def _leads_to(link, notebook):
    """Whether an address is that of the glossary or of a notebook."""
    name = link.partition("#")[0].rpartition("/")[2]
    number = notebook.partition("_")[0]
    return name == "glossary.md" or bool(re.match(rf"{number}_\w+\.ipynb$", name))


# Names


@dataclass(frozen=True)
class Known:
    """Who gave a name its value, and what using it takes.

    Args:
        part: `"core"` or `"more"`.
        cell: the cell's number.
        needs: global names that a function reads when it is called.
        binds: global names that it sets (`global`).
        origin: of an import, else None.
    """

    part: str
    cell: int
    needs: frozenset = frozenset()
    binds: frozenset = frozenset()
    origin: str | None = None


BUILTIN = {*dir(builtins), "get_ipython", "display", "In", "Out", "__name__", "_"}


def core_stands_alone(notebook, path):
    """No core cell needs a *More* cell, by the names that are set and used.

    A name that a core cell uses is a builtin, or was last set by a core cell before it
    or by itself. A *More* cell that sets a core cell's name anew, or deletes it, breaks
    this for the core cells after it, until one of them sets the name again; importing
    the same thing again does not. What a function reads is asked for where the function
    is used, so that it may be defined before what it reads. A branch that may not be
    taken counts as taken. IPython's own lines may stand anywhere.

    Out of reach: an object that a *More* cell changes in place (`rows.append(1)`,
    `model.fit(x)`, `table["a"] = 1`, attributes), names that come from `exec` or from
    an imported `*`, random numbers that a *More* cell draws. The execution without
    *More* cells shows these.
    """
    known, complaints = {}, []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            statements = parsed(cell.source)[1]
        except SyntaxError:
            complaints.append(f"cell {number}: not Python")
            continue
        part, found = minutes.part(cell), {}
        for effect in _effects(statements):
            lacks = _apply(effect, known, part, number)
            found.update(lacks if part == "core" else {})
        for name, giver in sorted(found.items()):
            who = "no core cell before it" if giver is None else f"More cell {giver}"
            complaints.append(f"cell {number} uses `{name}`, which {who} sets")
    return complaints


@dataclass(frozen=True)
class Effect:
    """What one step of a cell does with names.

    Args:
        uses: names that are read.
        sets: names that get a value.
        deletes: names that lose it.
        needs, binds: of the function that `sets` names.
        origins: `{name: what is imported}`.
    """

    uses: frozenset = frozenset()
    sets: frozenset = frozenset()
    deletes: frozenset = frozenset()
    needs: frozenset = frozenset()
    binds: frozenset = frozenset()
    origins: tuple = ()


def _apply(effect, known, part, number):
    """Do a step to the known names; return {name it lacks: More cell or None}."""
    lacks = {}
    for name in effect.uses:
        lacks.update(_lacking(name, known, set()))
    for name in effect.uses:  # a function that was called set its global names
        for bound in known[name].binds if name in known else ():
            known[bound] = Known(part, number)
    for name in effect.sets:
        origin = dict(effect.origins).get(name)
        same = name in known and origin is not None and known[name].origin == origin
        if not (same and known[name].part == "core"):
            known[name] = Known(part, number, effect.needs, effect.binds, origin)
    for name in effect.deletes:
        known.pop(name, None)
        if part == "more":  # the core may not ask for it any more
            known[name] = Known(part, number)
    return lacks


def _lacking(name, known, seen):
    """What a use of a name lacks, through the functions that it calls as well."""
    if name in seen:
        return {}
    seen.add(name)
    if name not in known:
        starred = "*" in known and known["*"].part == "core"
        return {} if name in BUILTIN or starred else {name: None}
    giver = known[name]
    if giver.part == "more":
        return {name: giver.cell}
    lacks = {}
    for needed in giver.needs:
        lacks.update(_lacking(needed, known, seen))
    return lacks


def _effects(statements):
    """The steps of some statements, in the order in which they run."""
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            uses, _, needs, binds = _scan(node)
            name = frozenset([node.name])
            yield Effect(uses=uses, sets=name, needs=needs, binds=binds)
        elif isinstance(node, ast.ClassDef):
            yield _of_class(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield _of_import(node)
        elif isinstance(node, ast.Delete):
            names = [t for t in node.targets if isinstance(t, ast.Name)]
            for place in [t for t in node.targets if t not in names]:
                yield _of_simple(ast.Expr(place))
            yield Effect(deletes=frozenset(name.id for name in names))
        elif isinstance(node, ast.For | ast.AsyncFor):
            yield _of_simple(_set(node.target, node.iter))
            yield from _effects(node.body + node.orelse)
        elif isinstance(node, ast.While | ast.If):
            yield _of_simple(ast.Expr(node.test))
            yield from _effects(node.body + node.orelse)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                given = item.optional_vars
                use = ast.Expr(item.context_expr)
                yield _of_simple(_set(given, item.context_expr) if given else use)
            yield from _effects(node.body)
        elif isinstance(node, ast.Try | ast.TryStar):
            yield from _effects(node.body)
            for handler in node.handlers:
                if handler.type:
                    yield _of_simple(ast.Expr(handler.type))
                if handler.name:
                    yield Effect(sets=frozenset([handler.name]))
                yield from _effects(handler.body)
            yield from _effects(node.orelse + node.finalbody)
        elif isinstance(node, ast.Match):
            yield _of_simple(ast.Expr(node.subject))
            for case in node.cases:
                yield _of_pattern(case.pattern)
                if case.guard:
                    yield _of_simple(ast.Expr(case.guard))
                yield from _effects(case.body)
        elif not isinstance(node, ast.Global | ast.Break | ast.Continue | ast.Pass):
            yield _of_simple(node)


def _set(target, value):
    """`target = value`, what a loop or a `with` does."""
    return ast.fix_missing_locations(ast.Assign([target], value))


def _of_simple(node):
    """Of a statement without a body: it reads first, then it sets."""
    uses, sets, needs, binds = _scan(node)
    value = getattr(node, "value", None)
    if isinstance(node, ast.Assign) and isinstance(value, ast.Lambda):
        return Effect(uses=uses, sets=sets, needs=needs, binds=binds)
    named = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        uses = uses | {node.target.id}
    if isinstance(node, ast.AnnAssign) and value is None:
        sets = frozenset()
    return Effect(uses=(uses | needs) - named, sets=sets | binds)


def _of_class(node):
    """A class's body runs at once, its functions later."""
    uses, sets, needs, binds = _scan(node)
    now = set()
    for table in _table(node).get_children():
        if table.get_type() == "class":
            now |= {s.get_name() for s in table.get_symbols() if _is_read(s)}
    return Effect(uses=uses | now, sets=sets, needs=needs - now, binds=binds)


def _of_import(node):
    module = "." * getattr(node, "level", 0) + (getattr(node, "module", "") or "")
    origins = []
    for alias in node.names:
        whole = isinstance(node, ast.Import) and not alias.asname
        name = alias.name.partition(".")[0] if whole else alias.asname or alias.name
        origins.append((name, f"{module}:{name if whole else alias.name}"))
    return Effect(sets=frozenset(name for name, _ in origins), origins=tuple(origins))


def _of_pattern(pattern):
    """Of a `case`: it reads classes and constants, and sets names."""
    nodes = list(ast.walk(pattern))
    uses = {node.id for node in nodes if isinstance(node, ast.Name)}
    sets = {getattr(node, "name", None) for node in nodes}
    sets |= {getattr(node, "rest", None) for node in nodes}
    return Effect(uses=frozenset(uses), sets=frozenset(sets - {None}))


def _table(node):
    return symtable.symtable(ast.unparse(node), "cell", "exec")


def _is_read(symbol):
    return symbol.is_global() and symbol.is_referenced()


def _scan(node):
    """Names of a statement, by Python's own symbol table.

    Returns:
        Four frozensets: what it reads and sets itself; what its functions, lambdas and
        comprehensions read and set outside of themselves.

    Example:

    >>> scanned = _scan(ast.parse("y = [a + b for a in c if (w := a)]").body[0])
    >>> [sorted(names) for names in scanned]
    [['c'], ['y'], ['b'], ['w']]
    """
    top = _table(node)
    symbols = top.get_symbols()
    uses = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    sets = {symbol.get_name() for symbol in symbols if symbol.is_assigned()}
    sets |= {symbol.get_name() for symbol in symbols if symbol.is_imported()}
    needs, binds, tables = set(), set(), list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if _is_read(symbol):
                needs.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                binds.add(symbol.get_name())
    steps = [n.target for n in ast.walk(node) if isinstance(n, ast.AugAssign)]
    counted = {target.id for target in steps if isinstance(target, ast.Name)}
    needs = (needs - binds) | (counted & binds)  # `global x` and `x += 1` reads x
    return frozenset(uses), frozenset(sets), frozenset(needs), frozenset(binds)


COMMON = (
    is_valid, opens_well, is_set_up, ran_once, is_clean, is_light, has_alt_texts,
    leads_on, has_narrow_bounds,
)  # fmt: skip
OLD = (has_parts, has_exercises, is_short)
NEW = (
    is_introduced, says_its_parts, core_stands_alone, fits_the_time, has_bets,
    trains_in_the_flow, is_narrow, has_one_statement_a_line, is_short_laid_out,
    shows_something, has_varied_claims, explains_its_terms,
)  # fmt: skip


def rules(path):
    """The rules that a notebook has to keep."""
    return COMMON + (NEW if path.stem.startswith(STRICT) else OLD)
