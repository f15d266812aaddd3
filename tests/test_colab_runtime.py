"""The lists of Colab's packages, environments made from them, and their results."""

import re
import sys

import colab_runtime
import pytest
from colab_runtime import LISTS, RUNTIMES
from course import ROOT

ROW = dict.fromkeys(colab_runtime.COLUMNS, "") | {
    "runtime": "2026-07",
    "python": "3.12.1",
    "tensorflow": "2.20.0",
    "notebook": "04_FeatureExtraction1",
    "date": "2026-11-25",
    "result": "ok",
}


def test_every_list_has_its_python_and_a_line_in_the_table():
    lists = {path.stem.removeprefix("pip-freeze-") for path in LISTS.glob("*.txt")}
    assert lists == set(RUNTIMES)
    page = (LISTS / "README.md").read_text("utf-8")
    for runtime, python in RUNTIMES.items():
        assert re.search(rf"`pip-freeze-{runtime}\.txt` .* \| {python} \|", page)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_list_has_only_released_versions(runtime):
    for line in (LISTS / f"pip-freeze-{runtime}.txt").read_text("utf-8").split():
        assert re.fullmatch(r"[\w.-]+==[\w.!]+", line), line


def test_jupyterlab_alone_is_left_out():
    wanted = "\n".join(colab_runtime.requirements())
    assert "jupyterlab" not in wanted
    for name in ("tensorflow>=", "ipywidgets>=", "nbval>=", "elpv-dataset>="):
        assert name in wanted


def test_names_compare_as_on_pypi():
    assert colab_runtime.canonical("Jupyter_Core") == "jupyter-core"
    assert colab_runtime.canonical("ruamel.yaml") == "ruamel-yaml"


def test_a_build_of_its_own_counts_as_its_release(tmp_path, monkeypatch):
    monkeypatch.setattr(colab_runtime, "LISTS", tmp_path)
    (tmp_path / "pip-freeze-x.txt").write_text("torch==2.9.0+cu128\n")
    assert colab_runtime.versions("x") == {"torch": "2.9.0"}


def test_this_python_is_found():
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert colab_runtime.find_python(own) == sys.executable


def test_a_missing_python_is_named():
    with pytest.raises(LookupError, match="needs Python 3.99.*put python3.99 on PATH"):
        colab_runtime.find_python("3.99")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script as Python")
def test_a_broken_python_on_the_path_is_passed_over(tmp_path, monkeypatch):
    """A shim of pyenv exists, and fails, also where its version is not chosen."""
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2; exit 127\n")
    shim.chmod(0o755)
    good = tmp_path / "pyenv" / "versions" / "3.99.1" / "bin" / "python"
    good.parent.mkdir(parents=True)
    good.write_text("#!/bin/sh\necho 3.99\n")
    good.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert colab_runtime.find_python("3.99") == str(good)


def test_an_environment_is_made_anew_when_its_list_changes(tmp_path, monkeypatch):
    """Neither twice from one list, nor ever taken for made when pip failed."""
    commands, fails = [], False

    def run(*command, **variables):
        commands.append(command)
        if "venv" in command:
            python = colab_runtime.executable(command[-1])
            python.parent.mkdir(parents=True)
            python.touch()
        return int(fails and "pip" in command)

    monkeypatch.setattr(colab_runtime, "BUILD", tmp_path)
    monkeypatch.setattr(colab_runtime, "run", run)
    monkeypatch.setattr(colab_runtime, "find_python", lambda version: "python")
    there = dict.fromkeys(colab_runtime.VERSIONS, "1")
    monkeypatch.setattr(colab_runtime, "installed", lambda python: there)
    fails = True
    with pytest.raises(ChildProcessError, match="pip could not install"):
        colab_runtime.build("2026-07")
    fails = False
    python = colab_runtime.build("2026-07")
    assert python == colab_runtime.executable(tmp_path / "2026-07")
    assert len(commands) == 4
    colab_runtime.build("2026-07")
    assert len(commands) == 4
    pins = (tmp_path / "2026-07" / "constraints.txt").read_text().split()
    assert "numpy==2.0.2" in pins and "jupyter-client==7.4.9" in pins
    monkeypatch.setattr(colab_runtime, "versions", lambda runtime: {"numpy": "2.3.4"})
    colab_runtime.build("2026-07")
    assert len(commands) == 6
    there.clear()
    monkeypatch.setattr(colab_runtime, "versions", lambda runtime: {"numpy": "2.3.5"})
    with pytest.raises(ChildProcessError, match="elsewhere than into"):
        colab_runtime.build("2026-07")


def test_a_users_settings_do_not_shine_through(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org/simple")
    used = colab_runtime.environment()
    assert "PYTHONPATH" not in used and used["PIP_USER"] == "0"
    assert used["PIP_INDEX_URL"] == "https://example.org/simple"


def test_what_failed_is_read_from_a_real_report(tmp_path):
    (tmp_path / "test_good.py").write_text("def test_good(): pass")
    (tmp_path / "test_bad.py").write_text("def test_bad(): assert False")
    (tmp_path / "test_odd.py").write_text("def test_odd(no_such_fixture): pass")
    arguments = ["-q", "-p", "no:cacheprovider", "-c", str(tmp_path / "none.ini")]
    (tmp_path / "none.ini").write_text("[pytest]\n")
    quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    found = colab_runtime.outcome(sys.executable, [*arguments, str(tmp_path)], **quick)
    assert found["result"] == "failed"
    assert found["cells failed"] == "test_bad test_odd"
    (tmp_path / "empty").mkdir()
    arguments.append(str(tmp_path / "empty"))
    nothing = colab_runtime.outcome(sys.executable, arguments, **quick)
    assert nothing["cells failed"] == "nothing ran"


def test_numbers_stand_for_cells(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase name="Cell 4"/>'
        '<testcase name="Cell 28"><failure>0.7 is not 0.8</failure></testcase>'
        '<testcase name="Cell 29"><skipped/></testcase></testsuite></testsuites>'
    )
    assert colab_runtime.failed_cells(report) == ["28"]


def test_a_row_replaces_only_its_own(tmp_path):
    path = tmp_path / "green.csv"
    other = ROW | {"notebook": "05_FeatureExtraction2"}
    for row in (other, ROW, ROW | {"result": "failed", "cells failed": "3 4"}):
        colab_runtime.record(row, path)
    rows = colab_runtime.read(path)
    assert [row["notebook"][:2] for row in rows] == ["04", "05"]
    assert [row["result"] for row in rows] == ["failed", "ok"]


def test_last_green_is_the_newest_that_is_green(tmp_path):
    path = tmp_path / "green.csv"
    name = ROW["notebook"]
    assert colab_runtime.last_green(name, path) is None
    colab_runtime.record(ROW, path)
    old = "2026-07 (Python 3.12, TensorFlow 2.20.0), run on 2026-11-25"
    assert colab_runtime.last_green(name, path) == old
    new = ROW | {"runtime": "2026-08", "python": "3.13.0", "result": "failed"}
    colab_runtime.record(new, path)
    assert colab_runtime.last_green(name, path) == old
    colab_runtime.record(new | {"result": "ok"}, path)
    assert colab_runtime.last_green(name, path).startswith("2026-08 (Python 3.13,")
    assert colab_runtime.last_green("01_NNBasics", path) is None


def test_results_are_of_known_runtimes():
    rows = colab_runtime.read()
    assert rows
    for row in rows:
        assert set(row) == set(colab_runtime.COLUMNS) and row["runtime"] in RUNTIMES
        assert (row["result"] == "ok") == (row["cells failed"] == "")


def test_one_command_line_for_notebooks():
    """`make test` and the workflow say what Colab's runtimes are tested with."""
    line = "-m pytest " + " ".join(colab_runtime.NBVAL)
    assert line in (ROOT / "Makefile").read_text("utf-8")
    assert line in (ROOT / ".github/workflows/test.yml").read_text("utf-8")


def test_tests_run_side_by_side_as_in_make_test():
    text = (ROOT / "Makefile").read_text("utf-8")
    assert " ".join(colab_runtime.OURS[1:]) in text
    for name, value in colab_runtime.ONE_THREAD.items():
        assert f"export {name} ?= {value}\n" in text
