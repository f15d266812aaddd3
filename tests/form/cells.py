"""Each cell by itself: its length, its width, one statement a line, what it shows."""

import ast
import io
import statistics
import tokenize

import minutes

from .reading import numbered, parsed

LONGEST_CELL, MEDIAN_CELL = 20, 6  # lines as `ruff format` lays them out


def is_short_laid_out(notebook, path):
    """Laid out by `ruff format`, a cell has at most 20 lines, the median cell 6."""
    try:
        sources = minutes.formatted(notebook)
    except ValueError as error:
        return [str(error)]
    sizes = {
        number: minutes.count_lines(sources[number]) for number, _ in numbered(notebook)
    }
    long = {number: size for number, size in sizes.items() if size > LONGEST_CELL}
    complaints = [f"cell {number}: {size} lines" for number, size in long.items()]
    found = statistics.median(sizes.values())
    if found > MEDIAN_CELL:
        complaints.append(f"the median code cell has {found:g} lines")
    return complaints


def is_narrow(notebook, path):
    """Code, printed lines and code in markdown are at most 88 characters wide."""
    complaints = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            code, printed = cell.source, "\n".join(_printed(cell))
        else:
            fences = minutes.FENCE.finditer(cell.source)
            code, printed = "\n".join(fence[0] for fence in fences), ""
        for kind, text in (("code", code), ("printed", printed)):
            widest = max(map(len, text.splitlines()), default=0)
            if widest > minutes.WIDTH:
                fault = f"a {kind} line of {widest} characters; {minutes.WIDTH} fit"
                complaints.append(f"cell {number}: {fault}")
    return complaints


def _printed(cell):
    """The texts under a cell. That of a figure is not shown, so it does not count."""
    for output in cell.outputs:
        data = output.get("data", {})
        yield output.get("text", "")
        if not any(kind.startswith("image/") for kind in data):
            yield data.get("text/plain", "")


def has_one_statement_a_line(notebook, path):
    """Each statement begins its line, no semicolon, no lambda inside an f-string."""
    return [
        f"cell {number}: {fault}"
        for number, cell in numbered(notebook)
        for fault in _crowded(cell.source)
    ]


def _crowded(source):
    """What shares a line in a cell.

    >>> _crowded("if x: y")
    ['line 1: two statements on one line']
    >>> _crowded("x = 1;")
    ['line 1: a semicolon']
    """
    try:
        python, statements = parsed(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(python).readline))
    except (SyntaxError, tokenize.TokenError):
        return ["not Python"]
    lines, faults = python.split("\n"), []
    for node in ast.walk(ast.Module(statements, [])):
        if isinstance(node, ast.stmt):
            before = lines[node.lineno - 1].encode()[: node.col_offset]
            if before.strip():
                faults.append(f"line {node.lineno}: two statements on one line")
        if isinstance(node, ast.JoinedStr):
            if any(isinstance(inner, ast.Lambda) for inner in ast.walk(node)):
                faults.append(f"line {node.lineno}: a lambda inside an f-string")
    places = [t.start[0] for t in tokens if t.type == tokenize.OP and t.string == ";"]
    return faults + [f"line {place}: a semicolon" for place in places]


def shows_something(notebook, path):
    """No cell only asserts: a reader gets nothing from it.

    `evaluation.expect` counts as an assert. Asserts inside `if`, `for` and the like do
    not show anything either; a function that is defined does.
    """
    complaints = []
    for number, cell in numbered(notebook):
        try:
            leaves = list(_leaves(parsed(cell.source)[1]))
        except SyntaxError:
            complaints.append(f"cell {number}: not Python")
            continue
        if leaves and all(map(_asserts, leaves)):
            complaints.append(f"cell {number} only asserts")
    return complaints


def _leaves(statements):
    """Statements without a body of their own, or that define something."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield statement
            continue
        inner = [
            child
            for child in ast.iter_child_nodes(statement)
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case)
        ]
        if not inner:
            if not isinstance(statement, ast.excepthandler | ast.match_case):
                yield statement
            continue
        yield from _leaves(inner)


def _asserts(statement):
    if isinstance(statement, ast.Assert):
        return True
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    return ast.unparse(statement.value.func).split(".")[-1] == "expect"
