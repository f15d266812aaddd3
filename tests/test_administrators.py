"""What the page for administrators says, and the containers, follow from the course."""

import json
import re

import nbformat
from course import ROOT, cost, notebook_paths, tagged

PAGE = (ROOT / "docs" / "administrators.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
MODULES = [path.read_text("utf-8") for path in (ROOT / "utils").rglob("*.py")]
CONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))


def memory():
    """GB of each notebook, from its card, in order of size."""
    lessons = [nbformat.read(path, 4) for path in notebook_paths()]
    return sorted(cost(n)["memory"] for n in lessons)


def test_memory_is_that_of_the_cards():
    numbers = r"([\d.]+) GB for the largest notebook, ([\d.]+) to ([\d.]+) GB for the"
    largest, least, most = map(float, re.search(numbers, PAGE).groups())
    assert [least, most, largest] == [memory()[0], memory()[-2], memory()[-1]]


def test_names_on_the_page_exist():
    targets = re.findall(r"(?:`|^)(?:\S+=\S+ )?make ([a-z]+)", PAGE, re.M)
    assert {"lab", "bundle", "course"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target
    for variable in ("COURSE_CACHE", "COURSE_REPOSITORY", "KERAS_HOME"):
        used = any(variable in text for text in [*MODULES, setup_text()])
        assert variable in PAGE and used, variable


def setup_text():
    return tagged(nbformat.read(notebook_paths()[0], 4), "setup").source


def supported(version):
    low, high = re.search(r"\(3, (\d+)\) <= .* <= \(3, (\d+)\)", MAKEFILE).groups()
    major, minor = version.split(".")
    return major == "3" and int(low) <= int(minor) <= int(high)


def test_binder_installs_the_same_lists():
    lines = (ROOT / ".binder/requirements.txt").read_text("utf-8").splitlines()
    named = [line.split() for line in lines if not line.startswith("#")]
    assert named == [["-r", "../requirements.txt"], ["-c", "../constraints.txt"]]
    for _, name in named:
        assert (ROOT / ".binder" / name).is_file()
    runtime = (ROOT / ".binder/runtime.txt").read_text("utf-8")
    assert supported(re.fullmatch(r"python-([\d.]+)\n", runtime)[1])


def test_the_devcontainer_installs_with_the_makefile():
    assert supported(re.fullmatch(r"python:([\d.]+)", CONTAINER["image"])[1])
    venv = re.search(r"^VENV := (.+)$", MAKEFILE, re.M)[1]
    mark = re.search(r"^INSTALLED := \$\(VENV\)(.+)$", MAKEFILE, re.M)[1]
    assert CONTAINER["postCreateCommand"] == f"make {venv}{mark}"
    settings = CONTAINER["customizations"]["vscode"]["settings"]
    assert settings["python.defaultInterpreterPath"].startswith(f"{venv}/")
    given = CONTAINER["hostRequirements"]["memory"].removesuffix("gb")
    assert float(given) >= memory()[-1] + 1  # as the page advises
