"""Every notebook has the course's form; each rule of the form catches its breach."""

import base64
import copy

import concepts
import nbformat
import notebook_form as form
import pytest
from course import NOTEBOOKS, digest, notebook_paths
from stamps import stamp

PATHS = notebook_paths()
INVENTORY = concepts.inventory()


def test_there_are_notebooks():
    assert PATHS


@pytest.mark.parametrize(
    ("path", "rule"),
    [(path, rule) for path in PATHS for rule in form.rules(path)],
    ids=lambda value: getattr(value, "stem", None) or value.__name__,
)
def test_form(path, rule):
    assert rule(nbformat.read(path, 4), path) == []


def test_a_listed_notebook_has_the_strict_rules(monkeypatch):
    monkeypatch.setattr(form, "STRICT", ("04",))
    strict, other = (form.rules(NOTEBOOKS / f"{n}_Lesson.ipynb") for n in ("04", "05"))
    assert strict == form.COMMON + form.NEW and other == form.COMMON + form.OLD


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_concepts(path):
    assert form.knows_concepts(nbformat.read(path, 4), path, INVENTORY) == []


def test_inventory_is_whole():
    assert list(INVENTORY) == [f"C{number:03d}" for number in range(1, 521)]


@pytest.fixture
def notebook():
    return copy.deepcopy(nbformat.read(PATHS[0], 4))


def code(source, **output):
    cell = nbformat.v4.new_code_cell(source)
    if output:
        cell.outputs = [nbformat.v4.new_output(**output)]
    return cell


def figure(png, alt=None):
    cell = code("plt.show()", output_type="display_data", data={"image/png": png})
    if alt:
        cell.outputs[0].metadata = nbformat.from_dict({"image/png": {"alt": alt}})
    return cell


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


ERROR = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
SMALL, LARGE = (base64.b64encode(bytes(size)).decode() for size in (100, 60_001))


def drop(tag):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if tag not in form.tags(cell)]

    return change


def add(cell):
    return lambda notebook: notebook.cells.append(cell)


def retitle(notebook):
    first = notebook.cells[0]
    first.source = first.source.replace("/notebooks/", "/elsewhere/")


def reset(notebook):
    form.code_cells(notebook)[0].source += "  # changed"


def unpack(notebook):
    cell = form.code_cells(notebook)[0]
    cell.metadata["packages"] = []
    cell.source = form.setup_cell()


def edit(notebook):
    form.code_cells(notebook)[3].source += "  # another thought"


def widen(notebook):
    cell = code("x", **printed("accuracy 0.81"))
    cell.metadata["moved"] = {"0": 0.02}
    notebook.cells.append(cell)


def unmeasured(notebook):
    form.with_tag(notebook, "cost-card")[0].source = "<!-- cost -->\n<!-- /cost -->"


def renumber(notebook):
    form.code_cells(notebook)[2].execution_count = 99


def duplicate(notebook):
    notebook.cells[1].id = notebook.cells[0].id


def unfold(notebook):
    form.with_tag(notebook, "solution")[0].source = "the solution"


def unrecap(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("## Recap", "## The end")


def store_widgets(notebook):
    notebook.metadata["widgets"] = {}


def no_next(notebook):
    notebook.cells[-1].source = "## Next\n\nGo on."


def dead_next(notebook):
    notebook.cells[-1].source = "## Next\n\n[more](99_Nothing.ipynb)"


BREACHES = [
    (form.is_valid, duplicate),
    (form.opens_well, drop("title")),
    (form.opens_well, retitle),
    (form.is_set_up, drop("setup")),
    (form.is_set_up, reset),
    (form.is_set_up, drop("imports")),
    (form.is_set_up, unpack),
    (form.has_parts, drop("objectives")),
    (form.has_parts, unmeasured),
    (form.has_parts, unrecap),
    (form.has_exercises, drop("exercise")),
    (form.has_exercises, drop("check")),
    (form.has_exercises, drop("solution")),
    (form.has_exercises, unfold),
    (form.ran_once, renumber),
    (form.ran_once, add(code("1 + 1"))),
    (form.ran_once, edit),
    (form.is_clean, add(code("x", **printed("a warning", "stderr")))),
    (form.is_clean, add(code("x", **ERROR))),
    (form.is_clean, add(code("x", **printed("/home/me/x")))),
    (form.is_clean, add(code("open('/tmp/x')"))),
    (form.is_clean, add(code("tf.keras.Model"))),
    (form.is_clean, add(code("# NBVAL_SKIP\nx"))),
    (form.is_clean, store_widgets),
    (form.is_light, add(figure(LARGE, "a figure"))),
    (form.is_light, add(code("x" * 1_000_001))),
    (form.has_alt_texts, add(figure(SMALL))),
    (form.has_alt_texts, add(nbformat.v4.new_markdown_cell("![](a.png)"))),
    (form.is_short, add(code("x = 1\n" * 21))),
    (form.has_narrow_bounds, widen),
    (form.leads_on, no_next),
    (form.leads_on, dead_next),
]


@pytest.mark.parametrize(("rule", "breach"), BREACHES)
def test_rule_catches(notebook, rule, breach):
    breach(notebook)
    assert rule(notebook, PATHS[0]) != []


def test_median_is_caught(notebook):
    for cell in form.code_cells(notebook):
        cell.source = "x = 1\n" * 6
    assert form.is_short(notebook, PATHS[0]) == ["the median code cell has 6 lines"]


def test_unknown_concept_is_caught(notebook):
    notebook.cells[3].metadata["concepts"] = ["C521"]
    assert form.knows_concepts(notebook, PATHS[0], INVENTORY) == ["no concept C521"]


# The strict form: a small lesson that has all parts, and what each rule says of a lack.

LESSON = NOTEBOOKS / "04_Lesson.ipynb"
TERMS = """\
term,sentence,notebook,section,portuguese,also
feature map,A table of numbers.,04,What is a map?,mapa,
PCA,Fewer numbers.,04,More: Why so many?,PCA,principal component analysis
average pooling,The mean of a map.,02,Where?,agrupamento,
pooling,Fewer places.,02,Where?,agrupamento,pooled
kernel,A small table.,02,Where?,filtro,
"""
CLAIM = {"says": "a map helps", "function": "a_map_helps"}
TITLE = """\
# A lesson

<!-- badges -->
<!-- /badges -->

Why you should care."""
OBJECTIVES = """\
**You will be able to**

- draw a map;
- count it;
- shrink it.

**You need** the words

- *kernel* ([02](02_CNNAnatomy.ipynb))."""
MAP = """\
## What is a map?

A **feature map** is a table; feature maps shrink under
[average pooling](02_CNNAnatomy.ipynb), and
[pooling](../docs/glossary.md) has kernels."""
FOLDED = """\
<details><summary>Solution</summary>

```python
answer = 5
```

</details>"""
END = """\
## Recap

1. Maps are tables.

## References

- A. Author, *A book*, 2020.

## Next

05 (planned)."""


def markdown(source, part="core", **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata={"part": part, **metadata})


def python(source, part="core", **metadata):
    return nbformat.v4.new_code_cell(source, metadata={"part": part, **metadata})


def exercise(number, **metadata):
    name = f"answer_{number}"
    return [
        python(f"{name} = ...  # your code", tags=["exercise"], **metadata),
        python(f"exercises.first.check({name})", tags=["check"]),
        markdown(FOLDED, tags=["solution"]),
    ]


def small_lesson():
    """All parts of the strict form, stamped and as if executed."""
    cost = {"first": 60, "again": 60, "memory": 1.0}
    cells = [
        markdown(TITLE, tags=["title"]),
        markdown(OBJECTIVES, tags=["objectives"]),
        markdown("<!-- cost -->\n<!-- /cost -->", tags=["cost-card"], cost=cost),
        markdown("<!-- contents -->\n<!-- /contents -->", tags=["contents"]),
        python("", tags=["setup"]),
        python("from utils.exercises import lesson as exercises", tags=["imports"]),
        markdown(MAP),
        python("my_size = None  # your bet"),
        python("size = 5\nprint(size, my_size)", claim=CLAIM),
        *exercise(1),
        *exercise(2),
        markdown("## How large?"),
        *(python(f"my_{name} = None") for name in ("width", "height", "depth")),
        python("sizes = [size, size]\nassert sum(sizes) == 10\nsizes"),
        *exercise(3, builds="a network"),
        markdown("## More: Why so many?\n\n**PCA** needs fewer.", "more"),
        python("fewer = sizes[:1]\nfewer", "more"),
        markdown("## How small?"),
        python("my_first, my_last = None, None"),
        python("my_mean = None  # from 0 to 1"),
        python("smallest = min(sizes)\nsmallest"),
        *exercise(4),
        markdown(END),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    stamp(notebook, LESSON)
    for number, cell in enumerate(form.code_cells(notebook), 1):
        cell.execution_count = number
        cell.metadata["ran"] = digest(cell)
    return notebook


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(form, "CLAIMS", tmp_path)
    monkeypatch.setattr(form, "CLAIMED", tmp_path / "claims.csv")
    monkeypatch.setattr(form, "GLOSSARY", tmp_path / "glossary.csv")
    form.GLOSSARY.write_text(TERMS, "utf-8")
    source = "def a_map_helps():\n    pass\n\n\ndef nobody_ran_this():\n    pass\n"
    (tmp_path / "lesson.py").write_text(source, "utf-8")
    rows = "notebook,claim,variation\n04_Lesson,a_map_helps,seed 1\n"
    form.CLAIMED.write_text(rows, "utf-8")
    return small_lesson()


@pytest.mark.parametrize(
    "rule",
    form.COMMON + form.NEW,
    ids=lambda rule: rule.__name__,
)
def test_a_small_lesson_has_the_strict_form(lesson, rule):
    assert rule(lesson, LESSON) == []


def replace(old, new):
    """Change a text wherever it stands; it has to stand somewhere."""

    def breach(notebook):
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return breach


def put(*cells, before="## Recap"):
    """Insert cells before the one that begins with a text."""

    def breach(notebook):
        starts = [cell.source.startswith(before) for cell in notebook.cells]
        place = starts.index(True)
        notebook.cells[place:place] = copy.deepcopy(cells)

    return breach


def swap_exercises(notebook):
    """All exercises in one section at the end."""
    taken = [cell for cell in notebook.cells if {*form.tags(cell)} & TRIO]
    rest = [cell for cell in notebook.cells if not {*form.tags(cell)} & TRIO]
    notebook.cells = [*rest[:-1], markdown("## Your turn"), *taken, rest[-1]]


TRIO = {"exercise", "check", "solution"}


def say(key, value, start):
    """Set a key of the metadata of the cells that begin with a text."""

    def breach(notebook):
        cells = [cell for cell in notebook.cells if cell.source.startswith(start)]
        assert cells
        for cell in cells:
            cell.metadata[key] = value
            if value is None:
                del cell.metadata[key]

    return breach


def lift_contents(notebook):
    (listing,) = form.with_tag(notebook, "contents")
    notebook.cells.remove(listing)
    notebook.cells.append(listing)


def shown(text):
    cell = python("x")
    cell.outputs = [nbformat.v4.new_output(**printed(text))]
    return cell


def claimed(**claim):
    return put(python("1", claim=claim))


LONG = "x = 1\n" * 21
WIDE = "x" * 89
CALL = f"f({', '.join(f'argument_{i}' for i in range(20))})"
STRICT_BREACHES = [
    (form.is_introduced, drop("objectives"), "three to five objectives"),
    (form.is_introduced, replace("- count it;\n- shrink it.", ""), "three to five"),
    (form.is_introduced, replace("**You need**", "**Know**"), "lack “You need”"),
    (form.is_introduced, replace("**Cost**", "cost"), "not measured"),
    (form.is_introduced, drop("contents"), "no cell is tagged `contents`"),
    (form.is_introduced, lift_contents, "after the first section"),
    (form.is_introduced, replace("## How small?", "## How tiny?"), "out of date"),
    (form.is_introduced, replace("- Why so many? (5", "- Why so many? (15"), "out of"),
    (form.is_introduced, replace("## Recap", "## End"), "“Recap” is missing"),
    (form.says_its_parts, say("part", None, "smallest"), "lack `part`"),
    (form.says_its_parts, say("part", "extra", "smallest"), "lack `part`"),
    (form.says_its_parts, say("part", "more", "smallest"), "more and not under a"),
    (form.says_its_parts, say("part", "core", "fewer"), "core and under a “More: ”"),
    (form.says_its_parts, replace("## More: Why", "## Why"), "more and not under a"),
    (form.says_its_parts, put(markdown("### More: b", "core")), "core and under a"),
    (form.says_its_parts, put(markdown("## a\n\n### More: b")), "headings in one cell"),
    (form.core_stands_alone, replace("size = 5", "width = 5"), "`size`, which no core"),
    (form.core_stands_alone, put(python("fewer")), "`fewer`, which More cell"),
    (form.fits_the_time, put(markdown("word " * 180 * 60)), "longer than 90 minutes"),
    (form.fits_the_time, put(*exercise(5) * 12), "longer than 90 minutes"),
    (form.has_bets, put(*[python("my_x = None")] * 5), "the core; it has 11"),
    (form.has_bets, replace("my_mean = None", "mean = None"), "it has 5"),
    (form.has_bets, replace("= None", "= 5"), "it has 0"),
    (form.has_bets, say("tags", ["exercise"], "my_"), "it has 0"),
    (form.trains_in_the_flow, drop("exercise"), "4 exercises are needed"),
    (form.trains_in_the_flow, drop("check"), "a check and a solution must follow"),
    (form.trains_in_the_flow, drop("solution"), "a check and a solution must follow"),
    (form.trains_in_the_flow, replace("<details>", ""), "not folded"),
    (form.trains_in_the_flow, say("part", "more", "answer_4"), "the core has 3"),
    (form.trains_in_the_flow, say("builds", None, "answer_3"), "builds something"),
    (form.trains_in_the_flow, say("builds", " ", "answer_3"), "builds something"),
    (form.trains_in_the_flow, swap_exercises, "ran nothing to practice"),
    (form.trains_in_the_flow, swap_exercises, "more than 2 exercises in one section"),
    (form.is_narrow, put(python(f"# {WIDE}")), "a code line of 91"),
    (form.is_narrow, put(shown(WIDE)), "a printed line of 89"),
    (form.is_narrow, put(markdown(f"```python\n{WIDE}\n```")), "a code line of 89"),
    (form.has_one_statement_a_line, put(python("a = 1; b = 2")), "a semicolon"),
    (form.has_one_statement_a_line, put(python("a = 1;")), "a semicolon"),
    (form.has_one_statement_a_line, put(python("if a: b")), "two statements"),
    (form.has_one_statement_a_line, put(python("if a:\n    b\nelse: c")), "line 3"),
    (form.has_one_statement_a_line, put(python("def f(): ...")), "two statements"),
    (form.has_one_statement_a_line, put(python("f'{(lambda: 1)()}'")), "a lambda"),
    (form.has_one_statement_a_line, put(python("a = = 1")), "not Python"),
    (form.is_short_laid_out, put(python(LONG)), ": 21 lines"),
    (form.is_short_laid_out, put(python(CALL)), ": 22 lines"),
    (form.is_short_laid_out, put(*[python("x = 1\n" * 7)] * 20), "has 7 lines"),
    (form.is_short_laid_out, put(python("a = = 1")), "ruff cannot lay out"),
    (form.shows_something, put(python("assert size == 5")), "only asserts"),
    (form.shows_something, put(python("expect(1, 0, 2, 'x')")), "only asserts"),
    (form.shows_something, put(python("for x in []:\n    assert x")), "only asserts"),
    (form.has_varied_claims, claimed(says="a"), "needs `says` and `function`"),
    (form.has_varied_claims, claimed(function="a_map_helps"), "needs `says`"),
    (form.has_varied_claims, claimed(says="a", function="b"), "tools/claims has no b"),
    (form.has_varied_claims, claimed(says="a", function="nobody_ran_this"), "no row"),
    (form.has_varied_claims, drop("imports"), "tools/claims has no a_map_helps"),
    (form.explains_its_terms, replace("**feature map**", "feature map"), "not in bold"),
    (form.explains_its_terms, replace("**PCA**", "It"), "introduced here and never"),
    (form.explains_its_terms, replace("What is a map?", "What?"), "not in “What is a"),
    (form.explains_its_terms, replace("*kernel*", "*map*"), "“kernel” is neither"),
    (form.explains_its_terms, replace("](02_CNNAnatomy.ipynb), ", "](x)"), "“average"),
    (form.explains_its_terms, replace("[pooling](", "pooled ("), "“pooling” is"),
]


@pytest.mark.parametrize(("rule", "breach", "says"), STRICT_BREACHES)
def test_strict_rule_catches(lesson, rule, breach, says):
    breach(lesson)
    found = rule(lesson, LESSON)
    assert any(says in complaint for complaint in found)


def test_figures_and_lines_for_ipython_are_no_printed_lines(lesson):
    cell = figure(SMALL, "a figure")
    cell.outputs[0].data["text/plain"] = WIDE
    put(cell, python("%matplotlib inline\n!ls; pwd"))(lesson)
    assert form.is_narrow(lesson, LESSON) == []
    assert form.has_one_statement_a_line(lesson, LESSON) == []


def test_a_cell_that_defines_or_prints_does_not_only_assert(lesson):
    sources = (
        "def f():\n    assert x",
        "print(1)\nassert x",
        "for x in []:\n    print(x)\n    assert x",
        "# a thought",
    )
    put(*map(python, sources))(lesson)
    assert form.shows_something(lesson, LESSON) == []


def names(*cells):
    """What a notebook of (part, source) complains of, as `name: cell that sets it`."""
    cells = [python(source, part) for part, source in cells]
    complaints = form.core_stands_alone(nbformat.v4.new_notebook(cells=cells), LESSON)
    return [complaint.split(" uses ")[1] for complaint in complaints]


@pytest.mark.parametrize(
    "source",
    [
        "a = 1\nprint(a, len([]))",
        "rows = [i * j for i in range(2) for j in range(i)]",
        "table = {k: v for k, v in zip('ab', [1, 2]) if k != v}",
        "if (n := len('ab')) > 1:\n    print(n)",
        "print(last := 1, last)",
        "total = 0\nfor i, (j, *k) in []:\n    total += i + j\nprint(k)",
        "with open('x') as (a, b):\n    print(a, b)",
        "try:\n    import os\nexcept OSError as e:\n    print(e)\nelse:\n    os",
        "import os.path as p, sys\nfrom a.b import c as d\nprint(p, sys, d)",
        "import os.path\nos.path",
        "def f(n, *a, k=1, **kw):\n    m = n, a, k, kw\n    return m, f(n)\nf(1)",
        "def f():\n    return later\nlater = 1\nf()",
        "f = lambda x: x + later\nlater = 1\nf(1)",
        "def f():\n    global seen\n    seen = 1\nf()\nseen",
        "def outer():\n    x = 1\n    def inner():\n        nonlocal x\n        x = 2",
        "class A:\n    a = 1\n    b = 2 * a\n    def f(self):\n        return A",
        "match [1, 2]:\n    case [x, *rest] if x:\n        print(x, rest)",
        "x = {}\nx['a'] = 1\ndel x['a']\nx.b = x",
        "%matplotlib inline\n!ls\nfiles = !ls\nprint(files)",
        "%%time\nanything(goes)",
        "from math import *\nsqrt(2)",
        "x: int = 1\nx",
        "@print\ndef f(): ...",
    ],
)
def test_names_that_core_cells_set_themselves(source):
    assert names(("core", source)) == []


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("x", "x"),
        ("x += 1", "x"),
        ("x = x", "x"),
        ("x.a = 1", "x"),
        ("x[0] = 1", "x"),
        ("f(a=x)", "f x"),
        ("[i for i in x]", "x"),
        ("[x for i in 'ab']\ni", "i x"),
        ("for i in x: pass", "x"),
        ("while x:\n    pass", "x"),
        ("with x as y: pass", "x"),
        ("f'{x:{y}}'", "x y"),
        ("def f(a=x): ...", "x"),
        ("def f(a: x) -> y: ...", "x y"),
        ("def f():\n    return x\nf()", "x"),
        ("def f():\n    return x\ndef g():\n    return f()\n[g]", "x"),
        ("def f():\n    global x\n    x += 1\nf()", "x"),
        ("sorted([], key=lambda i: x)", "x"),
        ("@x\ndef f(): ...", "x"),
        ("class A(x):\n    y = z", "x z"),
        ("class A:\n    def f(self):\n        return x\nA()", "x"),
        ("x = 1\ndel x\nx", "x"),
        ("x: int\nx", "x"),
        ("match 1:\n    case x.y: pass", "x"),
        ("try:\n    pass\nexcept x: pass", "x"),
    ],
)
def test_names_that_nobody_sets(source, lacking):
    said = "`{}`, which no core cell before it sets"
    expected = [said.format(name) for name in lacking.split()]
    assert names(("core", source)) == expected


MORE_SETS = ["`x`, which More cell 1 sets"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([("core", "y = 1"), ("more", "x = 1"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "x = 2"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "x += 2"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "del x"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "for x in []: pass"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "x = 2"), ("core", "x = 3\nx")], []),
        ([("core", "x = 1"), ("more", "x = 2"), ("core", "x += 3")], MORE_SETS),
        ([("core", "x = 1"), ("more", "[x for x in 'ab']"), ("core", "x")], []),
        ([("core", "x = 1"), ("more", "def f():\n    x = 2\nf()"), ("core", "x")], []),
        (
            [
                ("core", "x = 1"),
                ("more", "def f():\n    global x\n    x = 2\nf()"),
                ("core", "x"),
            ],
            MORE_SETS,
        ),
        (
            [
                ("core", "x = 1\ndef f():\n    return x"),
                ("more", "x = 2"),
                ("core", "f()"),
            ],
            MORE_SETS,
        ),
        ([("core", "import x"), ("more", "import x"), ("core", "x")], []),
        ([("core", "import x"), ("more", "import y as x"), ("core", "x")], MORE_SETS),
        ([("core", "y = 1"), ("more", "import x"), ("core", "x")], MORE_SETS),
        ([("core", "y = 1"), ("more", "from x import *"), ("core", "y")], []),
        ([("more", "x = unknown"), ("more", "x")], []),
    ],
)
def test_names_that_more_cells_set(cells, expected):
    assert names(*cells) == expected


def test_a_term_under_you_need_or_inside_a_longer_one_needs_no_link(lesson):
    replace("**You need** the words", "**You need** *average pooling*, *PCA*")(lesson)
    replace("[average pooling](02_CNNAnatomy.ipynb)", "average pooling")(lesson)
    assert form.explains_its_terms(lesson, LESSON) == []


@pytest.mark.parametrize(
    "first",
    [
        "`pool(kernel)` and $pooling$",
        "<details>pooled</details>",
        "```python\npooling\n```",
        "## Why pooling?",
        "Carpooling and pooling-free",
        "[maps](pooling.md)",
    ],
)
def test_what_is_no_use_of_a_term(lesson, first):
    put(markdown("## Zero"), markdown(first), before="## What")(lesson)
    assert form.explains_its_terms(lesson, LESSON) == []


@pytest.mark.parametrize("first", ["`pooling`", "Pooled", "**pooling**", "*pooling*s"])
def test_what_is_a_use_of_a_term(lesson, first):
    put(markdown("## Zero"), markdown(first), before="## What")(lesson)
    assert "“pooling” is neither" in form.explains_its_terms(lesson, LESSON)[0]


def test_terms_in_more_cells_of_another_notebook_need_no_link(lesson):
    cells = markdown("## More: Zero", "more"), markdown("Pooled", "more")
    put(*cells, before="## What")(lesson)
    assert form.explains_its_terms(lesson, LESSON) == []


def test_the_strict_rules_without_tables(lesson, tmp_path):
    form.GLOSSARY.unlink()
    form.CLAIMED.unlink()
    assert form.explains_its_terms(lesson, LESSON) == []
    (found,) = form.has_varied_claims(lesson, LESSON)
    assert "a_map_helps has no row" in found
