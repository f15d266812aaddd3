"""Claims are varied: the runner on a small module, and what the repository holds."""

import os
from concurrent.futures import ThreadPoolExecutor

import course
import nbformat
import pytest
import vary
from claims import Paired, paired

TINY = '''
from pathlib import Path

from claims import Row, needs, one_at_a_time

NOTEBOOK = "00_New"
COUNTED = Path(__file__).with_name("computed.txt")


@needs(gigabytes=0.2)
def more_is_more():
    """How much is added."""
    for name, settings in one_at_a_time(added=(1, 2, BROKEN)):
        yield name, lambda: _compare(**settings)


def _compare(added):
    with COUNTED.open("a") as stream:
        stream.write(f"{added}\\n")
    return Row(f"{10 / added:.1f} | before 1", LIMIT)


@needs(gigabytes=0.2)
def other():
    """Nothing."""
    yield "as in the notebook", lambda: Row("2 and 1", True)
'''


class Tiny:
    """A folder with one module of claims, and its csv."""

    def __init__(self, folder):
        self.folder, self.table = folder, folder / "claims.csv"
        self.said = {("00_New", "more_is_more"): ["more is more"]}

    def write(self, broken="4", limit="True", change=("", "")):
        text = TINY.replace("BROKEN", broken).replace("LIMIT", limit)
        (self.folder / "tiny.py").write_text(text.replace(*change))

    def vary(self, **settings):
        vary._loaded.cache_clear()  # a process would be another one
        return vary.vary(self.folder, self.table, report=lambda line: None, **settings)

    @property
    def rows(self):
        return vary.rows(self.table)

    @property
    def computed(self):
        return (self.folder / "computed.txt").read_text().split()

    @property
    def page(self):
        return vary.page(self.rows, self.said, self.folder)


@pytest.fixture
def processes(tmp_path):
    made = Tiny(tmp_path)
    made.write()
    return made


@pytest.fixture
def tiny(processes, monkeypatch):
    """Computed in this process: starting others takes seconds."""
    pool = lambda *_: ThreadPoolExecutor(1)  # noqa: E731
    monkeypatch.setattr(vary, "ProcessPoolExecutor", pool)
    return processes


def test_processes_with_one_thread_compute(processes, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # `make test` says 1
    job = "Row(f'{os.getpid()} {os.environ[\"OMP_NUM_THREADS\"]}', True)"
    processes.write(change=('Row("2 and 1", True)', job))
    text = (processes.folder / "tiny.py").read_text()
    (processes.folder / "tiny.py").write_text(f"import os\n{text}")
    before = dict(os.environ)
    assert processes.vary() == {} and len(processes.rows) == 4
    row = processes.rows["00_New", "other", "as in the notebook"]
    process, threads = row["result"].split()
    assert threads == "1" and int(process) != os.getpid()
    assert os.environ == before


def test_a_stopped_run_goes_on_where_it_was(tiny):
    assert tiny.vary() == {}
    assert len(tiny.rows) == 4 and sorted(tiny.computed) == ["1", "2", "4"]
    lines = tiny.table.read_text().splitlines(keepends=True)
    assert lines[0] == ",".join(vary.COLUMNS) + "\n"
    tiny.table.write_text("".join(line for line in lines if "added: 2" not in line))
    assert tiny.vary() == {}
    assert tiny.computed[3:] == ["2"]  # no other was computed again
    names = [key[1:] for key in tiny.rows]
    assert names == [
        ("more_is_more", "as in the notebook"),
        ("more_is_more", "added: 2"),
        ("more_is_more", "added: 4"),
        ("other", "as in the notebook"),
    ]
    row = tiny.rows["00_New", "more_is_more", "added: 2"]
    assert row["result"] == "5.0 | before 1" and row["holds"] == "yes"
    assert float(row["seconds"]) >= 0 and "numpy" in row["versions"]


def test_every_row_is_there_before_the_next(tiny):
    seen = []
    report = lambda line: seen.append(len(vary.rows(tiny.table)))  # noqa: E731
    vary.vary(tiny.folder, tiny.table, report=report)
    assert seen == [1, 2, 3, 4]


def test_changed_source_runs_anew_and_another_comment_does_not(tiny):
    tiny.vary()
    tiny.write(change=("return Row", "# why\n    return Row"))
    tiny.vary()
    assert len(tiny.computed) == 3
    tiny.write(change=("before 1", "before 2"))  # in what the claim calls
    tiny.vary()
    assert len(tiny.computed) == 6
    results = {key[1:]: row["result"] for key, row in tiny.rows.items()}
    assert results["more_is_more", "added: 2"] == "5.0 | before 2"
    tiny.vary(anew=True)
    assert len(tiny.computed) == 9


def test_a_fallen_claim_is_red(tiny):
    tiny.vary()
    assert vary.RED not in tiny.page and "### more_is_more: holds" in tiny.page
    assert "> more is more" in tiny.page and "How much is added." in tiny.page
    assert "| added: 2 | 5.0 &#124; before 1 | yes |" in tiny.page
    tiny.write(limit="added != 2")
    tiny.vary()
    assert vary.fallen(tiny.rows) == [("00_New", "more_is_more")]
    assert f"### more_is_more: {vary.RED} fell in 1 of 3 variations" in tiny.page
    assert f"Of 2 claims, {vary.RED} 1 fell." in tiny.page
    assert "### other: holds" in tiny.page


def test_a_broken_variation_is_named_and_the_others_are_computed(tiny):
    tiny.write(broken="0")
    broken = tiny.vary()
    assert list(broken) == [("00_New", "more_is_more", "added: 0")]
    assert "ZeroDivisionError" in broken["00_New", "more_is_more", "added: 0"]
    assert len(tiny.rows) == 3


def test_a_claim_that_cannot_be_listed_is_named(tiny):
    tiny.write(change=('"""Nothing."""', "1 / 0"))
    broken = tiny.vary()
    assert "ZeroDivisionError" in broken["00_New", "other"] and len(tiny.rows) == 3


def test_other_notebooks_rows_stay_and_gone_variations_go(tiny):
    tiny.vary()
    other = dict.fromkeys(vary.COLUMNS, "x") | {"notebook": "01_Other"}
    known = tiny.rows | {("01_Other", "x", "x"): other}
    vary.write(known, tiny.table)
    tiny.write(change=("(1, 2, 4)", "(1, 2)"))
    tiny.vary(notebooks={"00_New"})
    assert ("01_Other", "x", "x") in tiny.rows
    assert ("00_New", "more_is_more", "added: 4") not in tiny.rows


@pytest.mark.parametrize("fell, broken, status", [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_exit_status(tiny, monkeypatch, capsys, fell, broken, status):
    tiny.write(broken="0" if broken else "4", limit="False" if fell else "True")
    vary._loaded.cache_clear()
    real = vary.vary
    monkeypatch.setattr(vary, "TABLE", tiny.table)
    monkeypatch.setattr(vary, "write_page", lambda: None)
    monkeypatch.setattr(vary, "rows", lambda table=tiny.table: _rows(table))
    monkeypatch.setattr(vary, "sentences", lambda: tiny.said)
    monkeypatch.setattr(
        course, "notebook_paths", lambda names: [tiny.folder / "00_New"]
    )
    monkeypatch.setattr(
        vary, "vary", lambda **settings: real(tiny.folder, tiny.table, **settings)
    )
    monkeypatch.setattr("sys.argv", ["vary.py", "00"])
    with pytest.raises(SystemExit) as stopped:
        vary.main()
    assert stopped.value.code == status
    told = capsys.readouterr().out
    assert ("more_is_more fell: more is more" in told) == bool(fell)
    assert ("added: 0 could not be computed" in told) == bool(broken)


def test_a_claim_that_no_module_varies_is_told(tiny, monkeypatch, capsys):
    claim = ("00_New", "nobody_varies_this")
    monkeypatch.setattr(vary, "rows", lambda: {})
    monkeypatch.setattr(vary, "write_page", lambda: None)
    monkeypatch.setattr(vary, "sentences", lambda: {claim: ["more is less"]})
    monkeypatch.setattr(
        course, "notebook_paths", lambda names: [tiny.folder / "00_New"]
    )
    monkeypatch.setattr("sys.argv", ["vary.py", "--page"])
    with pytest.raises(SystemExit) as stopped:
        vary.main()
    assert stopped.value.code == 1
    assert 'for NOTEBOOK = "00_New" has this function' in capsys.readouterr().out


@pytest.mark.parametrize("claim", ["more is more", {"says": "more is more"}])
def test_a_claim_in_another_form_is_explained(tmp_path, monkeypatch, claim):
    cell = nbformat.v4.new_markdown_cell("", metadata={"claim": claim})
    path = tmp_path / "00_New.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    monkeypatch.setattr(course, "notebook_paths", lambda: [path])
    with pytest.raises(ValueError, match="00_New.ipynb: .*Received: .*more is more"):
        vary.sentences()


_rows = vary.rows


def test_workers_fit_memory_and_processors(tiny, monkeypatch):
    waiting = vary.listed(tiny.folder)[0]
    monkeypatch.setattr(vary.os, "sched_getaffinity", lambda _: range(8), raising=False)
    memory = vary.psutil.virtual_memory()
    for free, expected in ((0.1e9, 1), (0.5e9, 2), (64e9, 4)):  # 4 variations
        now = memory._replace(available=free)
        monkeypatch.setattr(vary.psutil, "virtual_memory", lambda now=now: now)
        assert vary.workers(waiting) == expected


def test_corrected_interval_is_wider_than_the_plain_one():
    lead = paired([0.8, 0.9, 0.85, 0.95, 0.9], [0.8, 0.8, 0.8, 0.8, 0.8])
    # t(4) = 2.776, standard deviation 0.0570, 1/5 + 1/4 instead of 1/5
    assert lead.mean == pytest.approx(0.08)
    assert lead.high - lead.mean == pytest.approx(2.776 * 0.0570 * 0.45**0.5, rel=1e-3)
    assert Paired(0.01, -0.01, 0.03).level and not Paired(0.01, -0.01, 0.03).above
    wanted = r"one score for each of at least two folds.*\(2,\) and \(1,\)"
    with pytest.raises(ValueError, match=wanted):
        paired([0.8, 0.9], [0.8])


# What the repository holds


def test_every_variation_has_its_row():
    variations, broken = vary.listed()
    assert not broken
    waiting = [variation.key for variation in vary.missing(variations, vary.rows())]
    assert not waiting, "run `make claims`"
    assert set(vary.rows()) == {variation.key for variation in variations}


def test_page_is_up_to_date():
    text = vary.PAGE.read_text("utf-8")
    assert text == vary.page(vary.rows(), vary.sentences()), "run `make claims`"


def test_claims_of_notebooks_are_functions():
    known = {
        (module.NOTEBOOK, claim.__name__)
        for module in vary.modules()
        for claim in vary.functions(module)
    }
    assert set(vary.sentences()) <= known


def test_modules_are_called_as_the_exercises_are():
    for path in course.notebook_paths():
        imported = course.exercise_module(nbformat.read(path, 4))
        for module in vary.modules():
            if module.NOTEBOOK == path.stem:
                assert module.__name__ == f"claims.{imported}"


def test_every_claim_says_what_is_varied():
    for module in vary.modules():
        assert {path.stem for path in course.notebook_paths()} >= {module.NOTEBOOK}
        for claim in vary.functions(module):
            assert claim.__doc__, f"{module.__name__}.{claim.__name__}"
