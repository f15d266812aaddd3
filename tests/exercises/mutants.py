"""Small changes of a program, one at a time, as mutation testing makes them.

`PYTHONPATH=.. python -m exercises.mutants nn_basics`, in `tests/`, prints what was
refused and what was not.
"""

import ast
import copy
import sys

import numpy as np

from . import EXERCISES, bank, said

SWAPPED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Pow: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.MatMult: ast.Mult,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
TURNED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.GtE}
FUNCTIONS = (
    ("mean", "sum"), ("mean", "median"), ("max", "min"), ("max", "mean"),
    ("std", "var"), ("abs", "square"), ("any", "all"), ("repeat", "tile"),
    ("argmax", "argmin"), ("maximum", "minimum"), ("zeros", "ones"), ("floor", "ceil"),
    ("exp", "log"), ("log", "log10"), ("sqrt", "square"), ("vstack", "hstack"),
    ("Add", "Multiply"), ("Conv2D", "Conv2DTranspose"), ("ReLU", "LeakyReLU"),
    ("argsort", "sort"), ("accuracy_score", "balanced_accuracy_score"),
)  # fmt: skip
SIMPLE = ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.For
WORDS = {"same": "valid", "valid": "same", "relu": "sigmoid"}


def mutants(source):
    """Pairs of what was changed and the changed source."""
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        for label, change in _changes(node):
            mutant = copy.deepcopy(tree)
            twin = list(ast.walk(mutant))[place]
            before = ast.unparse(twin)
            change(twin)
            try:
                text = ast.unparse(ast.fix_missing_locations(mutant))
            except Exception:
                continue
            line = getattr(node, "lineno", 0)
            yield f"{line}: {before.splitlines()[0][:60]}: {label}", text


def _set(name, value):
    return lambda node: setattr(node, name, value)


def _drop(name, index):
    return lambda node: getattr(node, name).pop(index)


def _swap(name, i, j):
    def change(node):
        items = getattr(node, name)
        items[i], items[j] = items[j], items[i]

    return change


def _changes(node):
    """Pairs of a label and a function that changes a node like this one."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPPED:
        other = SWAPPED[type(node.op)]
        yield other.__name__, _set("op", other())
    if isinstance(node, ast.BinOp):
        if isinstance(
            node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.Pow | ast.MatMult
        ):
            yield "sides", lambda n: (n.left, n.right).__class__ and _turn(n)
        for side in ("left", "right"):
            yield f"only the {side}", lambda n, side=side: _only(n, side)
    if isinstance(node, ast.Compare):
        for table in (SWAPPED, TURNED):
            if type(node.ops[0]) in table:
                other = table[type(node.ops[0])]
                yield other.__name__, _set("ops", [other()])
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    if isinstance(node, ast.UnaryOp):
        yield "no sign", lambda n: _only(n, "operand")
    if isinstance(node, ast.If):
        yield "never", _set("test", ast.Constant(False))
        yield "always", _set("test", ast.Constant(True))
    if isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            yield f"without {keyword.arg}", _drop("keywords", i)
        if len(node.args) > 1:
            yield "arguments swapped", _swap("args", 0, 1)
    if isinstance(node, ast.Attribute | ast.Name):
        key = "attr" if isinstance(node, ast.Attribute) else "id"
        for pair in FUNCTIONS:
            for one, other in (pair, pair[::-1]):
                if getattr(node, key) == one:
                    yield other, _set(key, other)
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        if len(node.elts) > 1:
            yield "first two swapped", _swap("elts", 0, 1)
            yield "last dropped", _drop("elts", -1)
    if isinstance(node, ast.FunctionDef | ast.For | ast.If):
        for i, statement in enumerate(node.body):
            if isinstance(statement, SIMPLE):
                yield (
                    f"without line {statement.lineno}",
                    lambda n, i=i: n.body.__setitem__(i, ast.Pass()),
                )


def _turn(node):
    node.left, node.right = node.right, node.left


def _only(node, side):
    """The node becomes one of its parts."""
    part = getattr(node, side)
    node.__class__, node.__dict__ = part.__class__, dict(part.__dict__)


def _constants(value):
    if isinstance(value, bool):
        yield str(not value), _set("value", not value)
    elif isinstance(value, int | float):
        for other in {value + 1, value - 1, 0} - {value}:
            yield str(other), _set("value", other)
    elif value in WORDS:
        yield WORDS[value], _set("value", WORDS[value])


def judged(module, name, exercise):
    """(refused, survivors, equivalent): lists of labels."""
    refused, survivors, equivalent = [], [], []
    most = getattr(bank(module), "TRIES", {}).get(name, 1000)
    same = getattr(bank(module), "EQUIVALENT", {}).get(name, ())
    other = getattr(bank(module), "SURVIVORS", {}).get(name, ())
    for label, text in mutants(exercise.source()):
        space = dict(exercise.solution.__globals__)
        try:
            exec(text, space)
            answer = space[exercise.solution.__name__]  # a function, or a value
        except Exception:
            continue
        if said(exercise, answer).startswith("Not yet"):
            refused.append(label)
            continue
        if label in other:  # found, read and listed before
            survivors.append(label)
            continue
        rng, draw = np.random.default_rng(1), bank(module).INPUTS[name]
        tries = min(most, 20) if label in same else most  # read and tried before
        agree = all(exercise.agrees(answer, draw(rng)) for _ in range(tries))
        (equivalent if agree else survivors).append(label)
    return refused, survivors, equivalent


if __name__ == "__main__":
    for (module, name), exercise in EXERCISES.items():
        if sys.argv[1:] and module not in sys.argv[1:]:
            continue
        refused, survivors, equivalent = judged(module, name, exercise)
        print(f"{module}.{name}: {len(refused)} refused")
        print("  survivors:", *survivors, sep="\n    ")
        print("  equivalent:", *equivalent, sep="\n    ")
