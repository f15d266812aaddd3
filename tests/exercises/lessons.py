"""The exercises as they stand in the notebooks: stub, check and folded solution."""

import ast
import contextlib
import dataclasses
import io
import re

import nbformat
from course import exercise_cells, exercise_module, notebook_paths, tagged, tags


@dataclasses.dataclass
class Lesson:
    """One exercise of a notebook, in its own words."""

    module: str
    name: str  # of the exercise
    answer: str  # what the check judges
    imports: str
    stub: str
    check: str
    solution: str
    uses: frozenset  # names in the notebook's other code

    def prints(self, answer=""):
        """What the check cell says, with nothing run before but imports and stub."""
        namespace, printed = {}, io.StringIO()
        for source in (self.imports, self.stub, answer):
            exec(source, namespace)
        with contextlib.redirect_stdout(printed):
            exec(self.check, namespace)
        return printed.getvalue()


def names(cells):
    """All names in the code of a notebook but for its exercises."""
    for cell in cells:
        if cell.cell_type == "code" and not {"exercise", "check"} & set(tags(cell)):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Name):
                    yield node.id
                elif isinstance(node, (ast.FunctionDef, ast.alias)):
                    yield getattr(node, "asname", None) or node.name


def lessons():
    """A `Lesson` for each exercise of each notebook."""
    for path in notebook_paths():
        notebook = nbformat.read(path, 4)
        module, imports = exercise_module(notebook), tagged(notebook, "imports").source
        uses = frozenset(names(notebook.cells))
        for cells in exercise_cells(notebook):
            yield Lesson(
                module,
                cells.name,
                cells.answer,
                imports,
                cells.stub.source,
                cells.check.source,
                re.search(r"```python\n(.*?)```", cells.solution.source, re.S)[1],
                uses,
            )


LESSONS = {f"{lesson.module}.{lesson.name}": lesson for lesson in lessons()}
