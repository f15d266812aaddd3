"""Every notebook has the course's form, and each rule of the form catches its breach."""

import base64
import copy

import concepts
import nbformat
import notebook_form as form
import pytest
from stamps import notebook_paths

PATHS = notebook_paths()
INVENTORY = concepts.inventory()


def test_there_are_notebooks():
    assert PATHS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", form.RULES, ids=lambda rule: rule.__name__)
def test_form(rule, path):
    assert rule(nbformat.read(path, 4), path) == []


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


SMALL, LARGE = (base64.b64encode(bytes(size)).decode() for size in (100, 60_001))


def drop(tag):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if tag not in form.tags(cell)]

    return change


def add(cell):
    return lambda notebook: notebook.cells.append(cell)


def retitle(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("/notebooks/", "/elsewhere/")


def reset(notebook):
    form.code_cells(notebook)[0].source += "  # changed"


def unpack(notebook):
    cell = form.code_cells(notebook)[0]
    cell.metadata["packages"] = []
    cell.source = form.setup_cell()


def edit(notebook):
    form.code_cells(notebook)[3].source += "  # another thought"


def widen(notebook):
    cell = code("x", output_type="stream", name="stdout", text="accuracy 0.81")
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
    (form.is_clean, add(code("x", output_type="stream", name="stderr", text="warning"))),
    (form.is_clean, add(code("x", output_type="error", ename="E", evalue="", traceback=[]))),
    (form.is_clean, add(code("x", output_type="stream", name="stdout", text="/home/me/x"))),
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
