"""Each rule of the form catches its breach.

The rules of what is stored are tried on a real notebook, the others on a small lesson.
"""

import base64
import copy

import concepts
import form
import form.claims
import form.terms
import nbformat
import pytest
from course import notebook_paths, tags
from form.parts import knows_concepts
from form.reading import code_cells, with_tag
from small_lesson import PATH as LESSON
from small_lesson import TERMS, exercise, markdown, python, small_lesson
from stamps import setup_cell

REAL = notebook_paths()[0]


@pytest.fixture
def notebook():
    return copy.deepcopy(nbformat.read(REAL, 4))


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
        notebook.cells = [cell for cell in notebook.cells if tag not in tags(cell)]

    return change


def add(cell):
    return lambda notebook: notebook.cells.append(cell)


def retitle(notebook):
    first = notebook.cells[0]
    first.source = first.source.replace("/notebooks/", "/elsewhere/")


def reset(notebook):
    code_cells(notebook)[0].source += "  # changed"


def unpack(notebook):
    cell = code_cells(notebook)[0]
    cell.metadata["packages"] = []
    cell.source = setup_cell()


def edit(notebook):
    code_cells(notebook)[3].source += "  # another thought"


def widen(notebook):
    cell = code("x", **printed("accuracy 0.81"))
    cell.metadata["moved"] = {"0": 0.02}
    notebook.cells.append(cell)


def renumber(notebook):
    code_cells(notebook)[2].execution_count = 99


def duplicate(notebook):
    notebook.cells[1].id = notebook.cells[0].id


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
    (form.has_alt_texts, add(nbformat.v4.new_code_cell("x", metadata={"alt": "a"}))),
    (form.has_alt_texts, add(nbformat.v4.new_markdown_cell("![](a.png)"))),
    (form.has_narrow_bounds, widen),
    (form.leads_on, no_next),
    (form.leads_on, dead_next),
]


@pytest.mark.parametrize(("rule", "breach"), BREACHES)
def test_rule_catches(notebook, rule, breach):
    before = rule(notebook, REAL)
    breach(notebook)
    assert set(rule(notebook, REAL)) - set(before)


def test_unknown_concept_is_caught(notebook):
    notebook.cells[3].metadata["concepts"] = ["C521"]
    assert knows_concepts(notebook, REAL, concepts.inventory()) == ["no concept C521"]


# What a small lesson shows


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(form.claims, "CLAIMS", tmp_path)
    monkeypatch.setattr(form.claims, "CLAIMED", tmp_path / "claims.csv")
    monkeypatch.setattr(form.terms, "GLOSSARY", tmp_path / "glossary.csv")
    form.terms.GLOSSARY.write_text(TERMS, "utf-8")
    source = "def a_map_helps():\n    pass\n\n\ndef nobody_ran_this():\n    pass\n"
    (tmp_path / "nn_basics.py").write_text(source, "utf-8")
    rows = "notebook,claim,variation\n04_Lesson,a_map_helps,seed 1\n"
    form.claims.CLAIMED.write_text(rows, "utf-8")
    return small_lesson()


@pytest.mark.parametrize("rule", form.RULES, ids=lambda rule: rule.__name__)
def test_a_small_lesson_has_the_form(lesson, rule):
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
    taken = [cell for cell in notebook.cells if {*tags(cell)} & TRIO]
    rest = [cell for cell in notebook.cells if not {*tags(cell)} & TRIO]
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
    (listing,) = with_tag(notebook, "contents")
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
LESSON_BREACHES = [
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


@pytest.mark.parametrize(("rule", "breach", "says"), LESSON_BREACHES)
def test_rule_catches_in_a_lesson(lesson, rule, breach, says):
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


def test_the_rules_without_tables(lesson, tmp_path):
    form.terms.GLOSSARY.unlink()
    form.claims.CLAIMED.unlink()
    assert form.explains_its_terms(lesson, LESSON) == []
    (found,) = form.has_varied_claims(lesson, LESSON)
    assert "a_map_helps has no row" in found
