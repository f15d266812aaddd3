"""The workflow can be read, and what it runs exists."""

import re

import pytest
import yaml
from colab_runtime import RUNTIMES
from course import ROOT

FOLDER = ROOT / ".github/workflows"
WORKFLOW = yaml.safe_load((FOLDER / "test.yml").read_text("utf-8"))
JOBS = WORKFLOW["jobs"]
SITE = yaml.safe_load((FOLDER / "site.yml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
WEEKLY = "github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'"


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_it_runs_at_a_push_weekly_and_by_hand():
    events = WORKFLOW[True]  # YAML reads the key `on` as true
    assert {"push", "pull_request", "schedule", "workflow_dispatch"} <= set(events)


@pytest.mark.parametrize("job", JOBS)
def test_every_job_says_where_and_for_how_long_at_most(job):
    assert JOBS[job]["runs-on"] and JOBS[job]["timeout-minutes"] <= 360
    assert JOBS[job].get("if", WEEKLY) == WEEKLY
    for step in JOBS[job]["steps"]:
        assert ("run" in step) != ("uses" in step)


def test_what_it_makes_has_a_target():
    targets = [
        found
        for job in JOBS
        for command in commands(job)
        for found in re.findall(r"^make ([\w-]+)", command)
    ]
    assert {"test", "test-colab", "machines"} == set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_it_names_files_that_are_there():
    ran = "\n".join(command for job in JOBS for command in commands(job))
    named = set(re.findall(r"[\w/]+\.(?:txt|args)", ran))
    assert {"requirements.txt", "tests/nbval.args"} <= named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_it_runs_every_runtime_of_colab_on_its_python():
    rows = JOBS["colab"]["strategy"]["matrix"]["include"]
    assert {row["runtime"]: row["python"] for row in rows} == RUNTIMES


def test_notebooks_run_on_other_systems():
    job = JOBS["elsewhere"]
    assert job["strategy"]["matrix"]["os"] == ["macos-latest", "windows-latest"]
    steps = [step for step in job["steps"] if "nbval" in step.get("run", "")]
    assert [step["if"] for step in steps] == [WEEKLY]


def test_the_site_is_looked_at_before_it_is_published():
    build, publish = SITE["jobs"]["build"], SITE["jobs"]["publish"]
    ran = [step["run"] for step in build["steps"] if "run" in step]
    assert ran.index("make site") < ran.index("make slides") < len(ran) - 2
    assert ran[-2] == ".venv/bin/python tools/check_site.py"
    assert build["steps"][-1]["with"]["path"] == "build/site"
    assert publish["needs"] == "build" and "main" in publish["if"]
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert SITE[True]["push"] == {"branches": ["main"]}


def test_links_are_asked_weekly_and_stop_no_publishing():
    links = SITE["jobs"]["links"]
    assert "schedule" in SITE[True] and "schedule" in links["if"]
    assert "links" not in SITE["jobs"]["publish"]["needs"]
    assert "make links" in [step.get("run") for step in links["steps"]]


def test_what_makes_the_site_is_there():
    ran = [
        s["run"] for job in SITE["jobs"].values() for s in job["steps"] if "run" in s
    ]
    for command in ran:
        for target in re.findall(r"^make ([\w-]+)", command):
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        for name in re.findall(r"(?:docs|tools)/[\w/.]+", command):
            assert (ROOT / name).is_file(), name
    assert all(job["timeout-minutes"] <= 60 for job in SITE["jobs"].values())
