"""What `make refresh` refuses, and what it does to figures."""

import base64
import io

import figures
import nbformat
import numpy as np
import pytest
import refresh
from course import NOTEBOOKS, notebook_paths
from execution import execute
from PIL import Image
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


def test_a_figure_that_cannot_be_small_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)
    with pytest.raises(ValueError, match="draw it smaller"):
        figures.quantized(png(noise))


def test_a_figure_without_alt_text_is_refused():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()")])
    data = {"image/png": base64.b64encode(png(np.zeros((2, 2, 3), np.uint8))).decode()}
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    with pytest.raises(ValueError, match="without alt text"):
        figures.make_small(notebook)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os; print(os.getpid())", "two runs differ"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_notebook_that_fails_or_changes_is_left_as_it_was(tmp_path, source, message):
    path = tmp_path / "05_New.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        refresh.refresh(path)
    assert path.read_bytes() == before


def test_an_unknown_name_is_explained():
    with pytest.raises(
        ValueError, match=f"There are: {sorted(NOTEBOOKS.glob('*.ipynb'))[0].stem}"
    ):
        notebook_paths(["nothing"])


def test_a_figure_is_stored_with_what_its_titles_say(tmp_path):
    path = tmp_path / "05_New.ipynb"
    draw = (
        "import matplotlib.pyplot as plt\n"
        "plt.plot([1])\nplt.title('one of 3')\nplt.show()"
    )
    cells = [nbformat.v4.new_code_cell(source) for source in (setup_cell(), draw)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    done = execute(path, folder=NOTEBOOKS)
    (shown,) = (
        o for o in done.notebook.cells[1].outputs if "image/png" in o.get("data", {})
    )
    assert shown.data["text/plain"] == "Figure: one of 3"
