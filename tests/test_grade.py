"""The grader: right answers, wrong ones, and hostile ones: no harm and no gain."""

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the walls are Linux's", allow_module_level=True)

import grade
import handover
import walls
from handed_in import Lesson, Task, Unreadable, answer_cells, code_cells
from judging import NETWORKS, Limits, judge

from utils.exercises import autoencoder, nn_basics, text_from_images

HOLES = walls.holes()
walled = pytest.mark.skipif(bool(HOLES), reason=f"no walls here: {HOLES}")
IMPORTS = "import numpy as np\nfrom utils.exercises import autoencoder as exercises"
STUB = "def image_errors(images, guesses):\n    ...  # your code"
RIGHT = (
    "def image_errors(images, guesses):\n"
    "    return ((images - guesses) ** 2).mean(axis=(1, 2, 3))\n"
)


def judged(source, limits=Limits(40, 1), exercise=autoencoder.image_errors):  # noqa: B008
    return judge(exercise, [IMPORTS, STUB], [source], limits=limits)


def body(*lines):
    """An answer that is right in the end, after these lines."""
    before = "".join(f"    {line}\n" for line in lines)
    head, end = RIGHT.split("\n")[:2]
    return f"{head}\n{before}{end}\n"


def test_right_and_wrong_answers_get_the_check_s_own_sentences():
    assert judged(RIGHT) == (True, autoencoder.image_errors.verdict(right)[1])
    assert judged(STUB)[1].startswith("Not attempted yet")
    for change in list(autoencoder.image_errors.mistakes)[:3]:
        wrong = autoencoder.image_errors.program.text(change)
        said = f"Not yet: {autoencoder.image_errors.reason(change)}."
        assert judged(wrong) == (False, said)


def right(images, guesses):
    return ((images - guesses) ** 2).mean(axis=(1, 2, 3))


def test_functions_generators_texts_and_changed_arguments_cross_over():
    functions = nn_basics.numeric_gradient
    assert judged(functions.source(), exercise=functions)[0]
    texts = text_from_images.distance
    assert judged(texts.source(), exercise=texts)[0]
    generators = autoencoder.noise
    assert judged(generators.source(), exercise=generators)[0]
    assert "`images` in place" in judged(body("images[:] = 0"))[1]
    assert "must take 2 arguments" in judged("def image_errors(images): return 1")[1]
    assert "returned None" in judged("def image_errors(images, guesses): images")[1]


ODD = {  # results of an answer, as an expression of `images` and `e`, the errors
    "a column": "pd.Series(e)",
    "a table": "pd.DataFrame(images[0, 0])",
    "masked and wrong": "np.ma.array(e + (e > e.min()), mask=e > e.min())",
    "text": "np.array(['a', 'b'], object)",
    "a long range": "range(10**15)",
    "a list in itself": "(loop := [], loop.append(loop))[0]",
    "decimals": "[Decimal(1)] * 3",
    "a member": "IntEnum('Kind', 'ONE').ONE",
    "a class": "int",
    "complex": "1 + 1j",
    "another shape of the argument": "(e, setattr(images, 'shape', -1))[0]",
    "another argument, made longer": "(e, images.resize(999, refcheck=False))[0]",
    "stopped": "(_ for _ in ()).throw(KeyboardInterrupt)",
    "a key": "{}['a']",
}


@pytest.mark.parametrize("result", ODD.values(), ids=ODD)
def test_odd_results_get_the_check_s_own_sentences(result):
    source = (
        "import pandas as pd\nfrom decimal import Decimal\nfrom enum import IntEnum\n"
        "def measured(images, guesses):\n"
        "    e = ((images - guesses) ** 2).mean(axis=(1, 2, 3))\n"
        f"    return {result}\n"
        "image_errors = lambda images, guesses: measured(images, guesses)"
    )
    space = {}
    exec(f"{IMPORTS}\n{source}", space)
    asked = autoencoder.image_errors.verdict(space["image_errors"])
    assert judged(source) == asked


def test_what_is_too_large_is_told_and_a_name_without_end_as_well():
    large = "def image_errors(images, guesses): return [np.ones(10**7)]"
    assert "a list of 1 is too large to hand over" in judged(large)[1]
    nameless = (
        "class Answer:\n    def __call__(self, *images): return 1\n"
        "    def __getattr__(self, name): raise KeyboardInterrupt\n"
        "image_errors = Answer()"
    )
    assert "one number, 1, instead of an array" in judged(nameless)[1]


HARMLESS = {  # what is said of them, and whether they may be right all the same
    "no Python": ("def image_errors(:", False, "cell raised SyntaxError"),
    "a cell that raises": (f"{RIGHT}1 / 0", False, "cell raised ZeroDivisionError"),
    "SystemExit": (body("raise SystemExit('Right.')"), False, "raised SystemExit"),
    "SystemExit in the cell": ("raise SystemExit", False, "cell raised SystemExit"),
    "os._exit": ("import os\nos._exit(0)", False, "its process ended"),
    "os._exit later": (body("import os", "os._exit(0)"), False, "its process ended"),
    "no function": ("image_errors = 'Right.'", False, "a function is needed"),
    "prints": (body("print('Right. ' * 10**6)"), True, "Right. One number"),
    "prints, and is wrong": (
        "def image_errors(*a):\n    print('Right.')\n    return 1", False, "Not yet"),
    "a replaced check": (
        "exercises.image_errors.check = exercises.image_errors.verdict = "
        "lambda answer: (True, 'Right.')\n"
        "exercises.image_errors.judge = exercises.image_errors._compare = print\n"
        "def image_errors(images, guesses): return 1", False, "Not yet"),
    "another NumPy": (
        "np.isclose = np.allclose = lambda *a, **k: np.True_\n"
        "np.ndarray = object\n"
        "def image_errors(images, guesses): return 5", False, "Not yet"),
    "equal to everything": (
        "class Same(float):\n    def __eq__(self, other): return True\n"
        "    __array_priority__ = 9\n"
        "def image_errors(images, guesses): return Same(5)", False, "Not yet"),
    "a process": (body("import os", "os.fork()"), False, "raised PermissionError"),
    "a program": (body("import os", "os.system('kill 1')"), True, "Right."),
    "the network": (
        body("import socket", "socket.create_connection(('127.0.0.1', 9))"),
        False, "raised PermissionError"),
    "a signal": (
        body("import os", "os.kill(os.getppid(), 9)"), False, "raised PermissionError"),
    "a written file": (body("open('own', 'w')"), False, "raised PermissionError"),
    "memory": (
        body("hog = [bytearray(10**8) for i in range(99)]"), False, "MemoryError"),
    "a large result": (
        "def image_errors(images, guesses): return np.ones(10**7)", False, "too large"),
    "a result without end": (
        "def image_errors(images, guesses):\n    while True: yield 1", False,
        "received a generator. Make a list"),
    "a deep result": (
        "def image_errors(images, guesses):\n    a = []\n    a.append(a)\n    return a",
        False, "Not yet"),
    "a name that is a formula": (
        "class X(Exception): pass\nX.__name__ = '=cmd()'\n"
        "def image_errors(images, guesses): raise X", False, "raised cmd"),
}  # fmt: skip


@walled
@pytest.mark.parametrize(("source", "passed", "said"), HARMLESS.values(), ids=HARMLESS)
def test_no_harm_and_no_gain(source, passed, said):
    got = judged(source)
    assert (got[0], said in got[1]) == (passed, True), got


@walled
@pytest.mark.parametrize(
    "where", [RIGHT + "while True: pass", body("while True: pass")]
)
def test_endless_loops_end(where):
    late = "Not judged: it ran for too long; `--seconds` gives it more."
    assert judged(where, Limits(1, 1)) == (False, late)


@walled
def test_files_outside_stay(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("kept")
    for act in (
        f"os.remove({str(kept)!r})",
        f"open({str(kept)!r}, 'w')",
        f"open({str(kept)!r}, 'r+')",
        f"os.truncate({str(kept)!r}, 0)",
        f"os.rename({str(kept)!r}, {str(tmp_path / 'other')!r})",
        f"os.chmod({str(kept)!r}, 0)",
        f"os.symlink('a', {str(tmp_path / 'link')!r})",
        f"os.open({str(kept)!r}, os.O_RDONLY | os.O_TRUNC)",
        f"__import__('shutil').rmtree({str(tmp_path)!r})",
    ):
        assert not judged(body("import os", act))[0], act
        assert kept.read_text() == "kept"
        assert list(tmp_path.iterdir()) == [kept]


@walled
def test_messages_that_are_none_are_refused():
    """The answer finds the pipe, and writes to it itself."""
    for said in (b"\0" * 8, b"\xff" * 8, b"\x0a" + b"\0" * 7 + b"x" * 10):
        source = (
            f"import os\nfor pipe in range(3, 30):\n    try: os.write(pipe, {said!r})"
        )
        passed, told = judged(f"{source}\n    except OSError: pass\nos._exit(0)")
        assert not passed and told.startswith("Not judged: "), told


VALUES = [
    None, True, 3, 2.5, "ä\n", [1, (2, [])], {("a", 1): 0.5}, {1, 2}, np.float32(2),
    np.arange(6).reshape(2, 3), np.array(["a", "bc"]), np.zeros((0, 3)), np.str_("a"),
    float("inf"), 10**30, np.arange(4)[::2], np.asfortranarray(np.eye(2, 3)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_cross_over_as_they_are(value):
    back = handover.unpack(handover.pack(value))
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)


def test_a_generator_crosses_over_with_its_children():
    one = np.random.default_rng([3, 4])
    one.spawn(1)
    lent = []
    message = handover.pack(one, lambda f: lent.append(f))
    other = handover.unpack(message, borrow=lent.__getitem__)
    assert other.random() == one.random()
    assert other.spawn(1)[0].random() == one.spawn(1)[0].random()


FORMS = [
    '["elsewhere", "a", ["list", 1], true]', '["elsewhere", "a", {}, true]',
    '["elsewhere", "a", ["array", "<U1", [1], false], true]', '["elsewhere"]',
    '["array", "|O8", [1], false]', '["array", "<f8", [1000000000000], false]',
    '["array", "<f8", [-1], false]', '["array", "<U0", [9], false]', '["array"]',
    '["function", 0]', '["generator", "PCG64", {}]', '["eval", "1"]', '{"a": 1}', "[",
    "[]", '["dict", ["tuple", ["list"], 1]]', "[" * 100_000, '[["a"]]',
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[:40])
def test_what_is_no_value_is_refused(form):
    text = form.encode()
    with pytest.raises(handover.Broken):
        handover.unpack(len(text).to_bytes(4, sys.byteorder) + text + b"1234")


# Folders of notebooks

LESSON = Lesson(
    "08_AutoEncoder", "autoencoder", IMPORTS,
    (Task("image_errors", "image_errors", STUB),
     Task("threshold", "flag", "def flag(normal_errors, errors, rate): ...")),
)  # fmt: skip


def notebook(*sources, tags=("exercise",)):
    cells = [
        {"cell_type": "code", "source": s.splitlines(True), "metadata": {"tags": tags}}
        for s in (IMPORTS, *sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Grades a folder made of {name: content}; returns {file: {exercise: row}}."""
    monkeypatch.setattr(grade, "lessons", lambda: {"autoencoder": LESSON})

    def of(files):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        to = tmp_path / "grades.csv"
        grade.grade(tmp_path, to, Limits(40, 1, walls=not HOLES), say=str)
        with to.open(encoding="utf-8-sig", newline="") as stream:
            found = {}
            for row in csv.DictReader(stream):
                found.setdefault(row["file"], {})[row["exercise"]] = row
        return found

    return of


def test_a_folder_becomes_a_table(table):
    flag = autoencoder.threshold.source()
    here = Path.cwd()
    found = table({
        "=1+1.ipynb": notebook(RIGHT, STUB, flag),
        "ann/untagged.ipynb": notebook(RIGHT, flag, tags=()),
        "renamed.ipynb": notebook(RIGHT.replace("image_errors", "mine"), flag),
        "twice.ipynb": notebook(RIGHT, "def image_errors(a, b): return -1", STUB),
        "split.ipynb": notebook("one = 1", RIGHT.replace("2)", "(1 + one))")),
        "broken.ipynb": notebook(RIGHT)[:-9],
        "list.ipynb": "[]",
        "other.ipynb": notebook("1").replace("autoencoder", "anything"),
        "bytes.ipynb": "\0\0",
        "magic.IPYNB": notebook(f"%%time\n{RIGHT}!ls"),
        "helper.ipynb": notebook("a = 2", "b = 1", RIGHT.replace("2)", "a)"), tags=()),
        "edition.ipynb": notebook("x = 'git clone --branch 2026-fall'", STUB, tags=()),
        "._mac.ipynb": "\0",
    })  # fmt: skip
    assert Path.cwd() == here
    assert tuple(found["'=1+1.ipynb"]["threshold"]) == grade.COLUMNS
    assert {key: row["passed"] for key, row in found["'=1+1.ipynb"].items()} == {
        "image_errors": "yes",
        "threshold": "yes",
    }
    assert found[os.path.join("ann", "untagged.ipynb")]["threshold"]["passed"] == "yes"
    renamed = found["renamed.ipynb"]["image_errors"]
    assert renamed["passed"] == "no" and "renamed?" in renamed["sentence"]
    twice = found["twice.ipynb"]["image_errors"]
    assert twice["passed"] == "no" and "the last one counts" in twice["sentence"]
    assert found["split.ipynb"]["image_errors"]["passed"] == "yes"
    assert found["magic.IPYNB"]["image_errors"]["passed"] == "yes"
    helped = found["helper.ipynb"]["image_errors"]["sentence"]
    assert helped.startswith("(`a` comes from another cell: ")
    old = found["edition.ipynb"]["image_errors"]["sentence"]
    assert old.startswith("(A notebook of `2026-fall`, judged by ")
    assert "._mac.ipynb" not in found
    for name in ("broken", "list", "other", "bytes"):
        (row,) = found[f"{name}.ipynb"].values()
        assert row["sentence"].startswith("Not judged: "), row


def test_cells_are_found_by_what_they_define():
    task = Task("a", "f", "def f(x): ...")
    assert answer_cells([], task)[0] == []
    assert answer_cells([("def f(x): ...", [])], task) == (["def f(x): ..."], "")
    assert answer_cells([("import a\n\nf: int = 1", [])], task)[0]
    assert answer_cells([("def g():\n    f = 1", [])], task)[0] == []
    loose = [("h(f=1)", []), ("a, f = 1, 2", [])]
    assert answer_cells(loose, task) == (["a, f = 1, 2"], "")


def test_links_and_folders_are_no_notebooks(tmp_path):
    (tmp_path / "mine.ipynb").write_text(notebook(RIGHT))
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "mine.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    assert code_cells(tmp_path / "mine.ipynb")
    for name in ("link", "folder"):
        with pytest.raises(Unreadable, match="put the notebook itself there"):
            code_cells(tmp_path / f"{name}.ipynb")


def test_files_that_are_passed_over_are_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "a.ipynb").write_text("{}")
    (tmp_path / "b.ipynb.txt").write_text("{}")
    (tmp_path / ".DS_Store").write_text("")
    monkeypatch.setattr(walls, "holes", list)
    monkeypatch.setattr(walls, "prctl", print)
    monkeypatch.setattr(grade, "grade", lambda *_: None)
    grade.main([str(tmp_path)])
    said = capsys.readouterr().out
    assert "b.ipynb.txt\n" in said and "DS_Store" not in said


def test_networks_are_judged_where_they_are_and_that_is_said():
    from handed_in import lessons

    known = lessons()
    names = {f"{m}.{t.exercise}" for m, lesson in known.items() for t in lesson.tasks}
    assert NETWORKS < names
    passed, said = judge(
        autoencoder.image_errors, [IMPORTS, STUB], [RIGHT], together=True
    )
    assert passed and said.startswith("(Its process judged itself, and may lie.) Right")
    lie = json.dumps([True, "Right."]).encode()
    lie = len(lie).to_bytes(8, sys.byteorder) + lie
    source = f"import os\nfor pipe in range(3, 99):\n    try: os.write(pipe, {lie!r})"
    passed, said = judge(
        autoencoder.image_errors,
        [IMPORTS, STUB],
        [f"{source}\n    except OSError: pass\nos._exit(0)"],
        together=True,
    )
    assert said == "(Its process judged itself, and may lie.) Right."


def test_refusals_say_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="There is no notebook"):
        grade.main([str(tmp_path)])
    with pytest.raises(SystemExit, match="A folder of notebooks is needed"):
        grade.main([str(tmp_path / "none")])
    (tmp_path / "a.ipynb").write_text("{}")
    monkeypatch.setattr(walls, "holes", lambda: ["delete a file"])
    with pytest.raises(SystemExit, match="walls .* do not stand .*delete a file"):
        grade.main([str(tmp_path)])
    assert not (tmp_path / "grades.csv").exists()


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    to = tmp_path / "grades.csv"
    grade.write(to, [("a", "b", "c", "yes", "Right. 2² = 4")])
    before = to.read_bytes()
    with pytest.raises(TypeError):
        grade.write(to, [None])
    assert to.read_bytes() == before
    assert "2²" in before.decode("utf-8-sig")
