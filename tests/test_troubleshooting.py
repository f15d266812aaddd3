"""Each message on the page of troubles is the one that comes when it is provoked."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
from course import ROOT, notebook_paths, tagged
from repositories import commit
from stamps import FOLDER, setup_cell
from test_make import NO_LAB, RUNS_HERE, make, pretend, script
from test_setup_cell import python, stand_in, write

from utils import backbones, datasets, feature_files, files, runtime

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
MESSAGES = dict(re.findall(r"^### ([^\n]+)\n\n```text\n(.+?)\n```", PAGE, re.M | re.S))
PROVOKE = {}


def provokes(heading):
    """Enter a function that provokes what the page quotes under a heading."""

    def entered(function):
        PROVOKE[heading] = function
        return function

    return entered


def is_quoted(message, text):
    """True if the text has the page's message, whatever its three dots stand for."""
    pattern = ".*?".join(map(re.escape, message.split("…")))
    return bool(re.search(pattern, text, re.S))


def test_three_dots_stand_for_anything():
    assert is_quoted("a … (c)", "so: a b (c)") and not is_quoted("a … (c)", "a b c")


@pytest.mark.parametrize("heading", re.findall(r"^### (.+)$", PAGE, re.M))
def test_the_message_is_the_one_that_comes(heading, tmp_path, monkeypatch):
    said = PROVOKE[heading](tmp_path, monkeypatch)  # None: it asserted by itself
    assert (said is None) == (heading not in MESSAGES)
    assert said is None or is_quoted(MESSAGES[heading], said), said


def test_every_provocation_is_on_the_page():
    assert [heading for heading in PROVOKE if f"\n### {heading}\n" not in PAGE] == []


def raised(function, *arguments):
    """The kind of an exception and what it says, as a notebook shows it."""
    with pytest.raises(Exception) as error:  # noqa: B017: the page says which
        function(*arguments)
    return f"{error.type.__name__}: {error.value}"


def needs_git():
    if not shutil.which("git"):
        pytest.skip("needs git")


@cache
def mounts():
    """True if a user may mount a file system in a name space of their own."""
    if not sys.platform.startswith("linux") or not shutil.which("unshare"):
        return False
    trial = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return not subprocess.run(trial, capture_output=True).returncode


def on_disk(folder, options, code):
    """What code says in a new Python in a folder that is a small or read-only disk."""
    if not mounts():
        pytest.skip("needs Linux, and leave to mount in a name space")
    folder.mkdir()
    command = f'mount -t tmpfs -o {options} tmpfs "$1" && cd "$1" && exec "$2" -c "$3"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, "sh", folder, sys.executable, code],
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    return done.stderr


# The first cell


@provokes("The course cannot be fetched")
def no_network(tmp_path, monkeypatch):
    needs_git()
    return python(setup_cell(), tmp_path, "https://course.invalid/x").stderr


@provokes("A folder of the same name is in the way")
def folder_in_the_way(tmp_path, monkeypatch):
    needs_git()
    remote = commit(stand_in(tmp_path / "remote"))
    home = write(tmp_path / "home", {f"{FOLDER}/their.txt": ""})
    return python(setup_cell(), home, remote.as_uri()).stderr


@provokes("The folder is read-only")
def read_only_folder(tmp_path, monkeypatch):
    needs_git()
    remote = commit(stand_in(tmp_path / "remote"))
    monkeypatch.setenv("COURSE_REPOSITORY", remote.as_uri())
    alone = f"import sys\nsys.path.remove({str(ROOT)!r})\n{setup_cell()}"
    return on_disk(tmp_path / "disk", "ro", alone)


@provokes("The copy of the course is older than the notebook")
def old_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    runtime._explain_missing_modules()
    return raised(exec, "import utils.newer")


@provokes("A package is missing")
def missing_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    return raised(runtime.setup)


@provokes("A package is too old")
def old_package(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.15.0")
    return raised(runtime._load, "tensorflow")


@provokes("TensorFlow is installed, but cannot be imported")
def broken_package(tmp_path, monkeypatch):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('libcudart')")
    monkeypatch.delitem(sys.modules, "tensorflow")
    monkeypatch.syspath_prepend(tmp_path)
    return raised(runtime._load, "tensorflow")


@provokes("There is no GPU")
def no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    return runtime._report(runtime.Runtime("CPU", 1, 0))  # what setup prints


# Installing


def small_course(folder):
    """A folder with the Makefile and lists that ask for nothing."""
    if not RUNS_HERE:
        pytest.skip("needs make")
    lists = ("requirements.txt", "tests/requirements.txt", "docs/requirements.txt")
    write(folder, dict.fromkeys((*lists, "constraints.txt"), ""))
    shutil.copy2(ROOT / "Makefile", folder)
    return folder


@provokes("This Python does not fit")
def python_314(tmp_path, monkeypatch):
    new = pretend(tmp_path / "python", (3, 14, 0))
    return make(small_course(tmp_path / "course"), "lab", f"PYTHON={new}").stderr


@provokes("The kernel's Python does not fit")
def kernel_314(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    return raised(runtime._load, "tensorflow")


@provokes("pip finds no TensorFlow for this machine")
def no_tensorflow(tmp_path, monkeypatch):
    wheel = tmp_path / "tensorflow-2.20.0-cp311-cp311-win_amd64.whl"
    zipfile.ZipFile(wheel, "w").close()  # pip asks no more than its name
    intel = "--platform macosx_12_0_x86_64 --only-binary=:all: --no-index".split()
    found = ["--find-links", tmp_path, "tensorflow>=2.20,<2.22"]
    command = [sys.executable, "-m", "pip", "download", "-d", tmp_path, *intel, *found]
    return subprocess.run(command, capture_output=True, text=True).stderr


@provokes("A bundle was made for another Python or system")
def bundle_of_another_python(tmp_path, monkeypatch):
    course = small_course(tmp_path / "course")
    other = "Python 3.9 on linux-x86_64\n"
    write(course, {"requirements.txt": "course-extra\n", "wheels/FOR.txt": other})
    # an environment that is whole, and whose pip finds nothing
    script(course / ".venv/bin/python", '[ "$2" != pip ]')
    return make(course, "lab").stderr


# While you work


@provokes("A cell knows no name")
def out_of_order(tmp_path, monkeypatch):
    lesson = nbformat.read(notebook_paths()[4], 4)
    cells = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
    return python(cells[2], tmp_path).stderr


def imports():
    source = tagged(nbformat.read(notebook_paths()[0], 4), "imports").source
    return "\n".join(line for line in source.splitlines() if "utils" in line)


@provokes("No module is named utils")
def no_first_cell(tmp_path, monkeypatch):
    return python(imports(), tmp_path).stderr


@provokes("Another module is called utils")
def another_utils(tmp_path, monkeypatch):
    (tmp_path / "utils.py").touch()
    return python("from utils import datasets", tmp_path).stderr


@provokes("Other numbers than those stored")
def run_twice(tmp_path, monkeypatch):
    def draw(first_cell):
        if first_cell:
            keras.utils.set_random_seed(0)
        return float(keras.random.normal(()))

    draws = [draw(first_cell) for first_cell in (True, False, True)]
    assert draws[1] != draws[0] == draws[2]


@provokes("The kernel has died")
def killed(tmp_path, monkeypatch):
    """JupyterLab's sentence is in its files; what the page says of ours is true."""
    half = f"""
import os, signal
from utils.files import write_atomically
def stopped(stream):
    stream.write(b"half")
    stream.flush()
    os.kill(os.getpid(), signal.SIGTERM)
write_atomically({str(tmp_path / "features.npz")!r}, stopped)
"""
    done = python(half, ROOT)
    assert done.returncode
    assert len(list(tmp_path.iterdir())) == 1  # the half
    feature_files.store(tmp_path / "features.npz", np.zeros((1, 1), np.float32))
    assert [path.name for path in tmp_path.iterdir()] == ["features.npz"]
    jupyterlab = pytest.importorskip("jupyterlab", reason=NO_LAB)
    scripts = Path(jupyterlab.__file__).parent.glob("static/jlab_core*.js")
    text = "".join(script.read_text("utf-8") for script in scripts)
    return text.replace("%1", "04_FeatureExtraction1.ipynb")


@provokes("Memory is used up")
def no_memory(tmp_path, monkeypatch):
    return raised(np.empty, 10**15)


@provokes("Another notebook at the same time")
def two_at_once(tmp_path, monkeypatch):
    keep = f"""
import numpy as np
from pathlib import Path
from utils.feature_files import store, stored
path = Path({str(tmp_path)!r}) / "features.npz"
values = np.ones((1000, 100), np.float32)
for _ in range(20):
    store(path, values)
    assert (stored(path, (1000, 100)) == values).all()
"""
    both = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", keep], cwd=ROOT)
        for _ in range(2)
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["features.npz"]


KEEP = """
import numpy as np
from pathlib import Path
from utils.feature_files import store
print(store(Path("features/a.npz").resolve(), np.zeros((1000, 100), np.float32)))
"""


@provokes("The disk is full")
def full_disk(tmp_path, monkeypatch):
    return on_disk(tmp_path / "disk", "size=64k", KEEP)


@provokes("The cache cannot be written")
def read_only_cache(tmp_path, monkeypatch):
    return on_disk(tmp_path / "disk", "ro", KEEP)


@provokes("A shipped file is damaged")
def damaged_file(tmp_path, monkeypatch):
    write(tmp_path, {"a.npz": "other", "SHA256SUMS": f"{'0' * 64}  a.npz\n"})
    return raised(files.data_file, "a.npz", tmp_path)


def offline(**arguments):
    raise Exception("URL fetch failure on https://…: None -- no route")


@provokes("CIFAR-10 without a network")
def no_cifar10(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", offline)
    datasets._cifar10_parts.cache_clear()
    return raised(datasets.load, "cifar10")


@provokes("Other weights without a network")
def no_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    return raised(backbones.load, "ResNet50")


def test_a_shared_cache_that_nobody_may_write_is_read(tmp_path):
    """What the page for administrators promises of a folder filled beforehand."""
    code = """
import subprocess, warnings
import numpy as np
from pathlib import Path
from utils.feature_files import store, stored
warnings.simplefilter("error")
path = Path("features/a.npz").resolve()
assert store(path, np.ones((3, 4), np.float32))
subprocess.run(["mount", "-o", "remount,ro", "."], check=True)
raise SystemExit(f"read: {stored(path, (3, 4)).sum():.0f}")
"""
    assert on_disk(tmp_path / "disk", "size=1m", code) == "read: 12\n"
