"""The set-up cell, wherever a kernel may start and whatever it may find there.

Most tests run the real cell on a small stand-in for the course, which says where it is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import stamps
from execution import AsyncFileKernelManager
from nbclient import NotebookClient
from repositories import commit, copy_of_course
from stamps import FOLDER, MARK, setup_cell

COLAB = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('colab')"
USE = "from utils import datasets\nprint(len(datasets.mnist()))"
LOG = """
import os, sys, time
os.write(2, b"a line that C code logs")
print("a warning", file=sys.stderr)
time.sleep(0.5)  # what is logged is shown a moment later
"""
DRAW = """
import matplotlib.pyplot as plt
plt.plot([1])
plt.title("one of 3")
plt.show()
"""
WHERE = """
from pathlib import Path

def setup(seed=0, packages=()):
    print("course in", Path(__file__).resolve().parent.parent)
"""
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="needs git")


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder.resolve()


def stand_in(folder):
    """A course in a folder whose set-up only says where it is."""
    files = {MARK: "", "notebooks/a.ipynb": "", "utils/runtime.py": WHERE}
    return write(folder, {**files, "utils/__init__.py": ""})


@pytest.fixture
def remote(tmp_path):
    """A git repository with the stand-in."""
    return commit(stand_in(tmp_path / "remote"))


def python(code, folder, address="file:///nowhere", **environment):
    """Run code in a new Python in a folder, as a notebook's kernel would."""
    changed = {"COURSE_REPOSITORY": str(address), "LC_ALL": "C", **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, **changed},
        capture_output=True,
        text=True,
    )


def found(done):
    """The places that the cells of a run printed, all of its output."""
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return [line.removeprefix("course in ") for line in done.stdout.splitlines()]


def sentence(done):
    """The last exception of a run that failed: its kind and what it says."""
    assert done.returncode == 1 and "Ready" not in done.stdout
    kinds = [line for line in done.stderr.splitlines() if line.startswith("OSError")]
    return done.stderr[done.stderr.index(kinds[-1]) :]


@pytest.mark.parametrize("place", [".", "notebooks", "notebooks/mine", "notebooks/a/b"])
def test_a_kernel_inside_the_course(tmp_path, place):
    course = stand_in(tmp_path / "any name")
    (course / place).mkdir(parents=True, exist_ok=True)
    assert found(python(setup_cell(), course / place)) == [str(course)]


@pytest.mark.parametrize("name", [FOLDER, f"{FOLDER}-main", "unzipped elsewhere"])
def test_a_kernel_in_the_folder_around_the_course(tmp_path, name):
    course = stand_in(tmp_path / name)
    assert found(python(setup_cell(), tmp_path)) == [str(course)]


def test_a_course_that_a_hub_shares_by_pythonpath(tmp_path):
    course = stand_in(tmp_path / "srv" / "course")
    home = tmp_path / "home"
    home.mkdir()
    done = python(setup_cell(), home, PYTHONPATH=str(course))
    assert found(done) == [str(course)] and not list(home.iterdir())


@needs_git
def test_a_notebook_downloaded_alone_fetches_the_course(tmp_path, remote):
    folder = tmp_path / "my downloads"
    folder.mkdir()
    done = python(setup_cell(), folder, remote.as_uri())
    assert found(done) == [str(folder.resolve() / FOLDER)]


@needs_git
def test_again_in_the_same_place_and_in_others(tmp_path, remote):
    folder = tmp_path / "home"
    folder.mkdir()
    cell = setup_cell()
    again = f"import os, utils.runtime\nfirst = utils.runtime\n{cell}"
    moves = [f"os.chdir({place!r})\n{cell}" for place in (FOLDER, "notebooks", "/")]
    same = "assert utils.runtime is first and sys.path.count(course) == 1"
    code = "\n".join([cell, again, *moves, same])
    done = python(code, folder, remote.as_uri())
    assert found(done) == [str(folder.resolve() / FOLDER)] * 5
    assert len(list(tmp_path.rglob(MARK))) == 2  # the remote's and the clone's


@needs_git
def test_the_stamped_branch_or_tag_is_fetched(tmp_path, remote, monkeypatch):
    subprocess.run(["git", "tag", "v2"], cwd=remote, check=True)
    write(remote, {"utils/runtime.py": "raise SystemExit('not this one')"})
    commit(remote)
    monkeypatch.setattr(stamps, "settings", lambda: {"repository": "", "branch": "v2"})
    folder = tmp_path / "home"
    folder.mkdir()
    done = python(setup_cell(), folder, remote.as_uri())
    assert found(done) == [str(folder.resolve() / FOLDER)]


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ({"utils.py": ""}, "import utils"),
        ({"utils/__init__.py": "", "utils/runtime.py": ""}, "import utils.runtime"),
        ({"utils/plots.py": ""}, "import utils.plots"),
    ],
    ids=["module", "package", "namespace"],
)
def test_another_utils_is_put_aside(tmp_path, files, taken):
    course = stand_in(tmp_path / FOLDER)
    write(tmp_path, files)
    code = f"{taken}\n{setup_cell()}\nassert 'utils.plots' not in sys.modules"
    assert found(python(code, tmp_path)) == [str(course)]


@needs_git
@pytest.mark.parametrize(
    "files",
    [{"their.txt": ""}, {"utils/__init__.py": "", "utils/runtime.py": WHERE}],
    ids=["another folder", "a copy that is too old"],
)
def test_a_folder_of_the_same_name_is_in_the_way(tmp_path, remote, files):
    home = tmp_path / "home"
    write(home / FOLDER, files)
    for _ in range(2):
        said = sentence(python(setup_cell(), home, remote.as_uri()))
        assert f"{FOLDER}' already exists" in said
        assert "Rename what is in the way" in said
    (home / FOLDER).rename(home / "theirs")
    done = python(setup_cell(), home, remote.as_uri())
    assert found(done) == [str(home.resolve() / FOLDER)]


@needs_git
def test_a_newer_notebook_in_a_copy_that_is_too_old(tmp_path, remote):
    old = write(tmp_path / "old", {"utils/runtime.py": WHERE, "notebooks/a.ipynb": ""})
    done = python(setup_cell(), old / "notebooks", remote.as_uri())
    assert found(done) == [str(old / "notebooks" / FOLDER)]


def test_git_is_missing(tmp_path):
    said = sentence(python(setup_cell(), tmp_path, PATH=str(tmp_path)))
    assert "git" in said.partition("git failed: ")[2].splitlines()[0]
    assert "get git" in said and "unzip file:///nowhere here" in said


@needs_git
def test_no_network_or_no_such_address(tmp_path):
    said = sentence(python(setup_cell(), tmp_path, "https://course.invalid/x"))
    assert "unable to access 'https://course.invalid/x/'" in said
    assert "go online" in said
    assert not list(tmp_path.iterdir())


def test_the_cell_is_worth_reading():
    for packages in ((), ("elpv-dataset",)):
        lines = setup_cell(packages).splitlines()
        assert len(lines) <= 20 and max(map(len, lines)) <= 88
    assert setup_cell(["a", "b"]).endswith('setup(seed=0, packages=("a", "b"))')


@pytest.fixture(scope="module")
def whole_course(tmp_path_factory):
    return copy_of_course(tmp_path_factory.mktemp("remote"))


def test_all_of_it_in_a_kernel_as_in_colab(whole_course, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", whole_course.as_uri())
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # it keeps ipykernel from showing logs
    cell = setup_cell(["elpv-dataset"])
    cells = map(nbformat.v4.new_code_cell, [COLAB, cell, cell, USE, DRAW, LOG])
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=list(cells)),
        timeout=300,
        kernel_name="python3",
        kernel_manager_class=AsyncFileKernelManager,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    processes = []

    def be_patient(**_):
        client.km.shutdown_wait_time = 120  # seconds, before it is killed
        processes.append(client.km.provisioner.process)

    client.on_cell_executed = be_patient
    outputs = [cell.outputs for cell in client.execute().cells]
    assert processes[0].returncode == 0  # it ended by itself
    assert Path(tmp_path / FOLDER / "data" / "mnist.npz").exists()
    assert "Runtime > Change runtime type" in outputs[1][0].text
    assert outputs[2] == outputs[1]
    assert outputs[3][0].text == "4000\n"
    (figure,) = outputs[4]  # stored with what its titles say
    assert "image/png" in figure.data
    assert figure.data["text/plain"] == "Figure: one of 3"
    assert [output.text for output in outputs[5]] == ["a warning\n"]
