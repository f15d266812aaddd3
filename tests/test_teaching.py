"""The teaching pack: routes fit, what they name exists, what may be cut is not needed.

That its pages are up to date, `test_stamps.py` asks.
"""

import copy
import re

import minutes
import pytest
import routes
import teaching
from course import notebook_paths
from form.names import core_stands_alone

ROUTES = [route["name"] for route in routes.routes()]
SESSIONS = {
    f"{route['name']}: {session['title']}": (route, session)
    for route in routes.routes()
    for session in route["session"]
}
notebooks = pytest.mark.parametrize(
    "path", notebook_paths(), ids=lambda path: path.stem
)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_fits(name):
    route, session = SESSIONS[name]
    rows = routes.timetable(session["rows"])
    assert 0.75 * 60 * route["hours"] <= routes.planned(session) <= 60 * route["hours"]
    assert max(routes.stretches(rows)) <= 90
    for row in rows:
        if row.pause:
            assert 10 <= row.minutes <= 15 or row.text == "Lunch"


@pytest.mark.parametrize("name", SESSIONS)
def test_the_clock_adds_up(name):
    route, session = SESSIONS[name]
    table = routes.page(route).split(f"## {session['title']}\n")[1].split("\n## ")[0]
    now = 0
    for start, spent in re.findall(r"^\| (\d+:\d\d) \| (\d+) \|", table, re.M):
        assert start == routes.clock(now)
        now += int(spent)
    assert f"| **{routes.clock(now)}** |" in table


def test_the_routes_are_those_that_are_promised():
    hours = {route["name"]: route["hours"] for route in routes.routes()}
    assert hours == {"half_day": 3.5, "one_day": 7, "two_days": 7, "semester": 1.5}
    sessions = {route["name"]: len(route["session"]) for route in routes.routes()}
    assert sessions == {"half_day": 1, "one_day": 1, "two_days": 2, "semester": 14}


@notebooks
def test_each_section_names_the_routes_that_take_it(path):
    taken = {
        (route["name"], row.heading)
        for route, session in SESSIONS.values()
        for row in routes.timetable(session["rows"])
        if row.path == path
    }
    lesson = teaching.lesson(path)
    section = {id(cells[0]): heading for heading, cells in lesson.sections.items()}
    for cell in lesson.notebook.cells:
        names = [n for n in ROUTES if (n, section.get(id(cell))) in taken]
        assert cell.metadata.get("route", []) == names, "run tools/refresh.py --stamp"


@notebooks
def test_the_sections_add_up_to_the_core(path):
    lesson = teaching.Lesson(path)
    spent = [lesson.spent(cells).total for cells in lesson.sections.values()]
    assert sum(spent) == pytest.approx(minutes.core(lesson.notebook).total)


@notebooks
def test_what_is_written_for_the_teacher_fits_the_notebook(path):
    assert teaching.faults(path) == []
    known = teaching.source(path)
    for bet in known["bets"]:
        assert not re.search(r"\d[.,]\d", bet["finds"]), "a digit that may move"
    text = teaching.page(path)
    assert text.count("\n### Bet ") == len(known["bets"]) >= 6


@notebooks
def test_nothing_that_is_left_needs_what_is_cut(path):
    lesson = teaching.Lesson(path)
    left = copy.deepcopy(lesson.notebook)
    where = {id(cell): number for number, cell in enumerate(lesson.notebook.cells)}
    for entry in teaching.source(path)["cut"]:
        for cell in lesson.cut(entry):
            left.cells[where[id(cell)]].metadata["part"] = "more"
        assert core_stands_alone(left, path) == [], f"after {entry!r} was cut"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([{"section": "Is 0.83 good?"}], "section after open"),
        ([{"open": "04"}, {"section": "Is 0.84 good?"}], "has no core section"),
        ([{"open": "44"}], "One notebook needs the number"),
        ([{"open": "04"}, {"chapter": 3}], "A row needs talk"),
        ([{"whole": "04", "leave": ["Is 0.84 good?"]}], r"no core section \['Is 0.84"),
        ([{"whole": "04", "show": ["Is 0.84 good?"]}], r"no core section \['Is 0.84"),
        (
            [{"open": "04"}, {"section": "Recap"}, {"section": "Is 0.83 good?"}],
            "too late",
        ),
        (
            [{"open": "04"}, {"section": "Recap"}, {"section": "Recap"}],
            "too late",
        ),
        ([{"open": "04"}, {"section": "Recap", "how": "sing"}], "manner"),
        ([{"pause": "Break"}], "minutes"),
    ],
)
def test_each_fault_of_a_route_is_named(rows, fault):
    with pytest.raises(ValueError, match=fault):
        routes.timetable(rows)


@pytest.mark.parametrize(
    ("rows", "taken"),
    [
        ([{"open": "05"}, {"section": "Why?"}], []),
        ([{"open": "04"}, {"talk": "Hello", "minutes": 5}], [""]),
        ([{"open": "04"}, {"section": "Why?"}, {"open": "05"}], ["", "Why?"]),
        ([{"whole": "04"}, {"whole": "05"}, {"section": "How?"}], ["", "Why?", "How?"]),
        ([{"whole": "04", "leave": ["Why?"]}], ["", "How?"]),
    ],
)
def test_a_route_takes_what_its_rows_name(monkeypatch, rows, taken):
    route = {"name": "short", "session": [{"rows": rows}]}
    monkeypatch.setattr(routes, "routes", lambda: [route])
    found = routes.taken(notebook_paths(["04"])[0], ["", "Why?", "How?"])
    assert found == {heading: ["short"] for heading in taken}


def test_what_is_only_shown_is_homework():
    rows = [{"open": "04"}, {"section": "Is 0.83 good?", "how": "show"}]
    shown, done = ({"rows": rows}, {"rows": [rows[0], rows[1] | {"how": "do"}]})
    names = [[task.name for _, task, _ in routes.homework(s)] for s in (shown, done)]
    assert names == [["balanced_accuracy"], []]
    spent = [routes.timetable(session["rows"])[1].minutes for session in (done, shown)]
    assert spent[0] >= spent[1] + 7


def test_a_more_section_that_is_gone_is_named():
    with pytest.raises(ValueError, match="No More section.*Nothing"):
        routes.home({"rows": [{"open": "04"}], "home": ["Nothing"]})


def test_skipped_sections_are_announced():
    skipped = routes.timetable(
        [{"open": "05"}, {"section": "When should a person look?"}]
    )
    assert skipped[1].above >= 1
    assert "first *Run all above*" in routes._said(skipped[1])
    direct = routes.timetable([{"open": "05"}, {"section": "Where do we start?"}])
    assert direct[1].above == 0


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("aim = ", "goal = ", "needs .*'aim'"),
        ('"Desert or beach?" = "show"', '"Desert or beach?" = "sing"', "manner"),
        ('"Desert or beach?"', '"Desert or shore?"', "must be, in this order"),
        ('name = "my_dusk"', 'name = "my_dawn"', "`bets` must be"),
        ('tempting = "a little', 'tempted = "a little', "bet my_dusk needs"),
        ("exercise lbp_code", "exercise lbp", "There is no 'exercise lbp'"),
        ("asks = ", "ask = ", "a question needs"),
    ],
)
def test_each_fault_of_a_source_is_named(tmp_path, old, new, fault):
    path = notebook_paths(["00"])[0]
    text = (teaching.FOLDER / f"{path.stem}.toml").read_text("utf-8")
    assert old in text
    (tmp_path / f"{path.stem}.toml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ValueError, match=fault):
        teaching.page(path, tmp_path)
