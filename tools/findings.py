"""How far each finding is from falling: the margins of a notebook's asserts.

A finding is an `assert` with a comparison, or a call of `evaluation.expect`. In a
measured run each of them also writes down its margin: by how much the comparison
holds. Under another arithmetic the margin moves; a finding is safe while it is at least
`SAFETY` times that movement.
"""

import ast
import json

import nbformat

SAFETY = 2
ORDERINGS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}

RECORDER = """
def __holds__(finding, operators, sides, file={file!r}):
    import json, operator, numpy
    known = {{"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}}
    for name, left, right in zip(operators, sides, sides[1:]):
        try:
            low, high = (left, right) if name[0] == "<" else (right, left)
            step = numpy.subtract(high, low)
            margin = float(numpy.min(step.astype(float)))
            with open(file, "a") as stream:
                stream.write(json.dumps([finding, margin]) + "\\n")
        except Exception:  # not numbers: nothing can move
            pass
        verdict = known[name](left, right)
        if numpy.ndim(verdict) == 0 and not verdict:
            break
    return verdict
"""


def watched(source, cell):
    """The cell's source with every ordering in an assert, and every `expect`, recorded.

    >>> print(watched("assert low < score, 'why'", "c1"))
    assert __holds__('c1:1', ['<'], [low, score]), 'why'
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command
        return source
    changes = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            for inner in ast.walk(node.test):
                if isinstance(inner, ast.Compare):
                    changes += _recorded(source, inner, cell)
        elif (
            isinstance(node, ast.Call)
            and _name(node.func) == "expect"
            and len(node.args) > 2
        ):
            value, low, high = (
                ast.get_source_segment(source, a) for a in node.args[:3]
            )
            call = ast.get_source_segment(source, node)
            sides = f"[{low}, {value}, {high}]"
            recorded = f"__holds__('{cell}:{node.lineno}', ['<=', '<='], {sides})"
            changes.append((node, f"({recorded}, {call})[1]"))
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    text, outermost = source.encode(), len(source.encode()) + 1
    for node, new in sorted(changes, key=lambda c: (-c[0].lineno, -c[0].col_offset)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        if end <= outermost:  # not around one that was changed already
            text, outermost = text[:start] + new.encode() + text[end:], start
    return text.decode()


def _name(function):
    return getattr(function, "attr", getattr(function, "id", ""))


def _recorded(source, node, cell):
    names = [ORDERINGS.get(type(operator)) for operator in node.ops]
    if None in names:
        return []
    sides = [
        ast.get_source_segment(source, side) for side in (node.left, *node.comparators)
    ]
    place = f"{cell}:{node.lineno}"
    return [(node, f"__holds__({place!r}, {names}, [{', '.join(sides)}])")]


def watch(notebook, file):
    """A copy of the notebook that writes the margins of its findings to a file."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.source = watched(cell.source, cell.id)
    copy.cells.insert(0, nbformat.v4.new_code_cell(RECORDER.format(file=str(file))))
    return copy


def margins(file):
    """{finding: [margins]} that a run wrote; a finding in a loop has several."""
    found = {}
    if file.exists():
        for line in file.read_text("utf-8").splitlines():
            finding, margin = json.loads(line)
            found.setdefault(finding, []).append(margin)
    return found


def weak(usual, others):
    """Findings that could fall on another machine, in sentences.

    Args:
        usual: `{finding: [margins]}` of the stored run.
        others: `{machine: the same}`.
    """
    found = []
    for finding, values in usual.items():
        for machine, run in others.items():
            pairs = list(zip(values, run.get(finding, [])))
            for margin, other in pairs:
                if abs(margin) < SAFETY * abs(other - margin):
                    found.append(
                        f"finding {finding} holds by {margin:.3g} and moves by "
                        f"{abs(other - margin):.3g} under {machine}"
                    )
                    break
    return found
