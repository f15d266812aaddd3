"""What `make refresh` refuses, and what it does to figures."""

import base64
import io

import figures
import nbformat
import numpy as np
import pytest
import refresh
from course import notebook_paths, tagged
from execution import Run
from PIL import Image
from small_lesson import small_lesson
from stamps import setup_cell


def png(channels):
    stream = io.BytesIO()
    Image.fromarray(channels).save(stream, "PNG")
    return stream.getvalue()


def test_small_figures_are_left_alone():
    figure = png(np.zeros((20, 20, 3), np.uint8))
    assert figures.quantized(figure) == figure


def test_gray_photographs_keep_even_steps():
    ramp = np.linspace(0, 255, 200)[:, None] + np.random.default_rng(0).normal(
        0, 9, (200, 600)
    )
    gray = np.repeat(np.clip(ramp, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    small = figures.quantized(png(gray))
    shown = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))[..., 0].astype(int)
    steps = np.diff(np.unique(shown))
    assert len(small) <= figures.LARGEST_IMAGE and steps.max() - steps.min() <= 1
    assert np.abs(shown - gray[..., 0]).max() <= steps.max() / 2 + 1


def test_rare_colors_beside_a_gray_photograph_stay_what_they_are():
    rng = np.random.default_rng(0)
    photograph = np.linspace(60, 190, 400)[None, :, None].repeat(400, axis=0)
    photograph = (photograph + rng.normal(0, 6, photograph.shape)).astype(np.uint8)
    scale = np.zeros((12, 400, 3), np.uint8)
    scale[:, :200, 0] = np.linspace(255, 130, 200)  # red, fading
    scale[:, 200:, 2] = np.linspace(130, 255, 200)  # blue, growing
    photograph = photograph.repeat(3, axis=2)
    small = figures.quantized(png(np.concatenate([photograph, scale])))
    shown = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))[-6].astype(int)
    assert len(small) <= figures.LARGEST_IMAGE
    assert np.all(shown[:180, 0] > shown[:180, 2] + 60)
    assert np.all(shown[220:, 2] > shown[220:, 0] + 60)


def test_a_figure_that_cannot_be_small_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    with pytest.raises(ValueError, match="draw it smaller"):
        figures.quantized(png(noise))


def test_a_figure_without_alt_text_is_refused():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()")])
    data = {"image/png": base64.b64encode(png(np.zeros((2, 2, 3), np.uint8))).decode()}
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    with pytest.raises(ValueError, match="add `alt` to the cell's metadata\ndraw"):
        figures.make_small(notebook)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os; print(os.getpid())", "two runs differ"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_notebook_that_fails_or_changes_is_left_as_it_was(
    tmp_path, monkeypatch, source, message
):
    monkeypatch.setattr(refresh, "stamp", lambda *_: None)  # it has no parts
    path = tmp_path / "05_New.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        refresh.refresh(path)
    assert path.read_bytes() == before


def test_the_set_up_cell_that_runs_is_the_stamped_one(tmp_path, monkeypatch):
    path, ran, lesson = tmp_path / "05_New.ipynb", [], small_lesson()
    tagged(lesson, "setup").source = ""
    nbformat.write(lesson, path)

    def execute(path, cache):
        ran.append(tagged(nbformat.read(path, 4), "setup").source)
        return Run(None, 0, 0, "stopped")

    monkeypatch.setattr(refresh, "execute", execute)
    with pytest.raises(ValueError, match="stopped"):
        refresh.refresh(path)
    assert ran == [setup_cell()]


def test_a_lacking_tag_is_told_before_anything_is_executed(tmp_path, monkeypatch):
    path, lesson = tmp_path / "05_New.ipynb", small_lesson()
    tagged(lesson, "cost-card").metadata.tags = []
    nbformat.write(lesson, path)
    monkeypatch.setattr(refresh, "execute", pytest.fail)
    with pytest.raises(ValueError, match="'cost-card' is missing"):
        refresh.refresh(path)


def test_alt_text_is_asked_for_before_the_other_arithmetics(tmp_path, monkeypatch):
    path = tmp_path / "05_New.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()")])
    nbformat.write(notebook, path)
    monkeypatch.setattr(refresh, "stamp", lambda *_: None)  # it has no parts
    data = {"image/png": base64.b64encode(png(np.zeros((2, 2, 3), np.uint8))).decode()}
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    monkeypatch.setattr(refresh, "execute", lambda *_: Run(notebook, 0, 0))
    monkeypatch.setattr(refresh.machines, "run_all", pytest.fail)
    with pytest.raises(ValueError, match="without alt text"):
        refresh.refresh(path)


def test_a_second_run_is_never_said_to_take_longer_than_the_first():
    lesson = small_lesson()
    card = tagged(lesson, "cost-card")
    card.metadata["cost"] = {"first": 90, "again": 90, "memory": 1.5}
    refresh.stamp_cost(lesson, Run(lesson, 45, 1.4e9), Run(lesson, 61, 1.2e9))
    assert card.metadata["cost"] == {"first": 60, "again": 60, "memory": 1.5}


def test_a_notebook_outside_the_sequence_is_named(tmp_path, monkeypatch):
    sequence = tmp_path / "sequence.csv"
    sequence.write_text("notebook,subject,data\n", "utf-8")
    monkeypatch.setattr(refresh, "SEQUENCE", sequence)
    with pytest.raises(ValueError, match=f"needs a row for {notebook_paths()[0].stem}"):
        refresh.table()


def test_a_notebook_that_cannot_be_stamped_is_named(tmp_path, monkeypatch):
    path = tmp_path / "05_New.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    monkeypatch.setattr(refresh, "notebook_paths", lambda: [path])
    with pytest.raises(ValueError, match="05_New.ipynb: .*'title' is missing"):
        refresh.derived()


def test_an_unknown_name_is_explained():
    first = notebook_paths()[0].stem
    wanted = f"No notebook begins with 'nothing'. There are: {first}"
    with pytest.raises(ValueError, match=wanted):
        notebook_paths(["nothing"])
