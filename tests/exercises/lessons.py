"""The exercises as they stand in the notebooks: stub, check and folded solution."""

import ast
import contextlib
import dataclasses
import io
import re

import nbformat
from course import notebook_paths, tags


@dataclasses.dataclass
class Lesson:
    """One exercise of a notebook, in its own words."""

    module: str
    name: str  # of the exercise
    answer: str  # what the check judges
    imports: str
    stub: str
    check: str
    uses: frozenset  # names in the notebook's other code
    solution: str = ""

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
        imports = stub = module = lesson = None
        cells = nbformat.read(path, 4).cells
        uses = frozenset(names(cells))
        for cell in cells:
            if "imports" in tags(cell):
                imports = cell.source
                module = re.search(r"from utils\.exercises import (\w+)", imports)[1]
            elif "exercise" in tags(cell):
                stub = cell.source
            elif "check" in tags(cell):
                called = re.match(r"exercises\.(\w+)\.check\((\w+)\)", cell.source)
                lesson = Lesson(
                    module, *called.groups(), imports, stub, cell.source, uses
                )
            elif "solution" in tags(cell):
                code = re.search(r"```python\n(.*?)```", cell.source, re.S)
                yield dataclasses.replace(lesson, solution=code[1])


LESSONS = {f"{lesson.module}.{lesson.name}": lesson for lesson in lessons()}
