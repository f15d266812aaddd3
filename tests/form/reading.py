"""What the rules read of a notebook."""

import ast
import functools

import minutes
from course import tags
from IPython.core.inputtransformer2 import TransformerManager


def with_tag(notebook, tag):
    return [cell for cell in notebook.cells if tag in tags(cell)]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def numbered(notebook):
    """[(number among all cells, code cell), …]."""
    cells = enumerate(notebook.cells)
    return [(number, cell) for number, cell in cells if cell.cell_type == "code"]


def all_code(notebook):
    """All code of a notebook as one text."""
    return "\n".join(cell.source for cell in code_cells(notebook))


def headings(cell):
    """[(level, title), …] of levels 2 and 3; none in code."""
    return minutes.headings(cell.source) if cell.cell_type == "markdown" else []


@functools.lru_cache(maxsize=4096)
def parsed(source):
    """(the source with IPython's own lines made Python, its statements).

    Raises:
        SyntaxError: if it is neither Python nor IPython.

    Example:

    >>> parsed("!ls\\nx = 1")[0].splitlines()
    ["get_ipython().system('ls')", 'x = 1']
    """
    python = TransformerManager().transform_cell(source)
    return python, ast.parse(python).body
