"""The set-up cell in an empty folder outside the repository, as in Colab."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from kernels import AsyncFileKernelManager
from nbclient import NotebookClient
from stamps import FOLDER, ROOT, setup_cell

COLAB = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')"
USE = "from utils import datasets\nprint(len(datasets.mnist()))"


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """A git repository with the files of this checkout as they are now."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git and a git checkout")
    folder = tmp_path_factory.mktemp("remote")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    identity = ["-c", "user.name=course", "-c", "user.email=course@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "course"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def run(cells, folder, address, monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", str(address))
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "colab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", allow_errors=True,
        kernel_manager_class=AsyncFileKernelManager,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    client.execute()
    return notebook.cells


def test_setup_cell_fetches_the_course(remote, tmp_path, monkeypatch):
    cells = run([COLAB, setup_cell(), setup_cell(), USE], tmp_path, f"file://{remote}", monkeypatch)
    for cell in cells:
        assert not [output for output in cell.outputs if output.output_type == "error"], cell
    assert (tmp_path / FOLDER / "data" / "mnist.npz").exists()
    assert cells[-1].outputs[0].text == "4000\n"
    assert "Runtime > Change runtime type" in cells[1].outputs[0].text


def test_setup_cell_explains_a_failed_clone(tmp_path, monkeypatch):
    cells = run([COLAB, setup_cell()], tmp_path, tmp_path / "nowhere", monkeypatch)
    error = next(o for o in cells[1].outputs if o.output_type == "error")
    assert error.ename == "OSError" and "could not be fetched from" in error.evalue


def test_setup_cell_does_nothing_elsewhere():
    source = f"{setup_cell()}\nprint(course.resolve().name)"
    environment = {**os.environ, "COURSE_REPOSITORY": "file:///nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT / "notebooks", env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ROOT.name
