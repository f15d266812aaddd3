"""No core cell needs a *More* cell: what is read of the names in a cell."""

import sys

import form
import IPython
import nbformat
import pytest

OLD_IPYTHON = pytest.mark.skipif(
    IPython.version_info[0] < 8 and sys.version_info >= (3, 12),
    reason="IPython 7 reads an assigned shell command up to Python 3.11 only",
)


def names(*cells):
    """What a notebook of (part, source) complains of, as `name: cell that sets it`."""
    new = nbformat.v4.new_code_cell
    cells = [new(source, metadata={"part": part}) for part, source in cells]
    notebook = nbformat.v4.new_notebook(cells=cells)
    complaints = form.core_stands_alone(notebook, path=None)
    return [complaint.split(" uses ")[1] for complaint in complaints]


@pytest.mark.parametrize(
    "source",
    [
        "a = 1\nprint(a, len([]))",
        "rows = [i * j for i in range(2) for j in range(i)]",
        "table = {k: v for k, v in zip('ab', [1, 2]) if k != v}",
        "if (n := len('ab')) > 1:\n    print(n)",
        "print(last := 1, last)",
        "total = 0\nfor i, (j, *k) in []:\n    total += i + j\nprint(k)",
        "with open('x') as (a, b):\n    print(a, b)",
        "try:\n    import os\nexcept OSError as e:\n    print(e)\nelse:\n    os",
        "import os.path as p, sys\nfrom a.b import c as d\nprint(p, sys, d)",
        "import os.path\nos.path",
        "def f(n, *a, k=1, **kw):\n    m = n, a, k, kw\n    return m, f(n)\nf(1)",
        "def f():\n    return later\nlater = 1\nf()",
        "f = lambda x: x + later\nlater = 1\nf(1)",
        "def f():\n    global seen\n    seen = 1\nf()\nseen",
        "def outer():\n    x = 1\n    def inner():\n        nonlocal x\n        x = 2",
        "class A:\n    a = 1\n    b = 2 * a\n    def f(self):\n        return A",
        "match [1, 2]:\n    case [x, *rest] if x:\n        print(x, rest)",
        "x = {}\nx['a'] = 1\ndel x['a']\nx.b = x",
        "%matplotlib inline\n!ls",
        pytest.param(
            "%matplotlib inline\n!ls\nfiles = !ls\nprint(files)", marks=OLD_IPYTHON
        ),
        "%%time\nanything(goes)",
        "from math import *\nsqrt(2)",
        "x: int = 1\nx",
        "@print\ndef f(): ...",
    ],
)
def test_names_that_core_cells_set_themselves(source):
    assert names(("core", source)) == []


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("x", "x"),
        ("x += 1", "x"),
        ("x = x", "x"),
        ("x.a = 1", "x"),
        ("x[0] = 1", "x"),
        ("f(a=x)", "f x"),
        ("[i for i in x]", "x"),
        ("[x for i in 'ab']\ni", "i x"),
        ("for i in x: pass", "x"),
        ("while x:\n    pass", "x"),
        ("with x as y: pass", "x"),
        ("f'{x:{y}}'", "x y"),
        ("def f(a=x): ...", "x"),
        ("def f(a: x) -> y: ...", "x y"),
        ("def f():\n    return x\nf()", "x"),
        ("def f():\n    return x\ndef g():\n    return f()\n[g]", "x"),
        ("def f():\n    global x\n    x += 1\nf()", "x"),
        ("sorted([], key=lambda i: x)", "x"),
        ("@x\ndef f(): ...", "x"),
        ("class A(x):\n    y = z", "x z"),
        ("class A:\n    def f(self):\n        return x\nA()", "x"),
        ("x = 1\ndel x\nx", "x"),
        ("x: int\nx", "x"),
        ("match 1:\n    case x.y: pass", "x"),
        ("try:\n    pass\nexcept x: pass", "x"),
    ],
)
def test_names_that_nobody_sets(source, lacking):
    said = "`{}`, which no core cell before it sets"
    expected = [said.format(name) for name in lacking.split()]
    assert names(("core", source)) == expected


MORE_SETS = ["`x`, which More cell 1 sets"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([("core", "y = 1"), ("more", "x = 1"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "x = 2"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "x += 2"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "del x"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "for x in []: pass"), ("core", "x")], MORE_SETS),
        ([("core", "x = 1"), ("more", "x = 2"), ("core", "x = 3\nx")], []),
        ([("core", "x = 1"), ("more", "x = 2"), ("core", "x += 3")], MORE_SETS),
        ([("core", "x = 1"), ("more", "[x for x in 'ab']"), ("core", "x")], []),
        ([("core", "x = 1"), ("more", "def f():\n    x = 2\nf()"), ("core", "x")], []),
        (
            [
                ("core", "x = 1"),
                ("more", "def f():\n    global x\n    x = 2\nf()"),
                ("core", "x"),
            ],
            MORE_SETS,
        ),
        (
            [
                ("core", "x = 1\ndef f():\n    return x"),
                ("more", "x = 2"),
                ("core", "f()"),
            ],
            MORE_SETS,
        ),
        ([("core", "import x"), ("more", "import x"), ("core", "x")], []),
        ([("core", "import x"), ("more", "import y as x"), ("core", "x")], MORE_SETS),
        ([("core", "y = 1"), ("more", "import x"), ("core", "x")], MORE_SETS),
        ([("core", "y = 1"), ("more", "from x import *"), ("core", "y")], []),
        ([("more", "x = unknown"), ("more", "x")], []),
    ],
)
def test_names_that_more_cells_set(cells, expected):
    assert names(*cells) == expected
