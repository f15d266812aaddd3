"""Requirements, pins and imports agree."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import colab_runtime
import nbformat
import pytest
from course import ROOT, notebook_paths
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LISTS = ("requirements.txt", "tests/requirements.txt", "docs/requirements.txt")
OWN = {"tests", "tools", "utils"} | {
    path.parent.name if path.stem == "__init__" else path.stem
    for folder in ("tools", "tests")
    for path in (ROOT / folder).rglob("*.py")
}
ABSENT = {"google", "onnxruntime", "ai_edge_litert"}  # Colab's; the benchmark's


def requirements(name):
    lines = [
        line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()
    ]
    return [Requirement(line) for line in lines if line]


def names(*lists):
    return {canonicalize_name(r.name) for name in lists for r in requirements(name)}


PINS = {canonicalize_name(r.name): r for r in requirements("constraints.txt")}


@pytest.mark.parametrize("name", LISTS)
def test_every_requirement_is_pinned_within_its_range(name):
    for requirement in requirements(name):
        pin = PINS[canonicalize_name(requirement.name)]
        version = re.fullmatch(r"==(.+)", str(pin.specifier))[1]
        assert requirement.specifier.contains(version), f"{requirement} against {pin}"


@pytest.mark.parametrize("runtime", colab_runtime.RUNTIMES)
def test_colabs_versions_are_admitted(runtime):
    """Else the set-up cell would have pip change what a learner's Colab has loaded."""
    listed = colab_runtime.versions(runtime)
    lacking = names("requirements.txt") - listed.keys()
    assert lacking == {"elpv-dataset", "jupyterlab", "nbval"}
    for name in ("requirements.txt", "tests/requirements.txt"):
        for requirement in requirements(name):
            version = listed.get(canonicalize_name(requirement.name))
            allowed = not version or requirement.specifier.contains(version)
            assert allowed, f"{requirement} against {version}"


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def uncovered(sources, allowed):
    providers = packages_distributions()
    missing = set()
    for source in sources:
        for module in (
            set(imports(source)) - set(sys.stdlib_module_names) - OWN - ABSENT
        ):
            distributions = {
                canonicalize_name(d) for d in providers.get(module, [module])
            }
            if not distributions & allowed:
                missing.add(module)
    return missing


def python_files(*folders):
    return [
        path.read_text("utf-8")
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
    ]


def test_learners_imports_are_covered():
    cells = [
        "\n".join(
            line
            for line in cell.source.splitlines()
            if not line.lstrip().startswith(("!", "%"))
        )
        for path in notebook_paths()
        for cell in nbformat.read(path, 4).cells
        if cell.cell_type == "code"
    ]
    # brought by scikit-learn and ipykernel
    brought = {"scipy", "joblib", "threadpoolctl", "ipython"}
    assert uncovered(cells + python_files("utils"), names(LISTS[0]) | brought) == set()


def test_maintainers_imports_are_covered():
    # brought by scikit-learn, pytest, Sphinx, nbclient, ipykernel, Jupyter's server
    brought = {
        "scipy", "joblib", "threadpoolctl", "packaging", "docutils",
        "jupyter-client", "traitlets", "ipython", "pyyaml",
    }  # fmt: skip
    allowed = names(*LISTS, "docs/checks.txt") | brought
    assert uncovered(python_files("tools", "tests", "docs"), allowed) == set()


def test_an_uncovered_import_is_caught():
    assert uncovered(["import scipy.stats\nimport numpy"], {"numpy"}) == {"scipy"}
