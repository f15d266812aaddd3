"""What a cell claims is varied in tools/claims."""

import ast
import csv

from course import ROOT, exercise_module

CLAIMS = ROOT / "tools" / "claims"
CLAIMED = ROOT / "docs" / "claims.csv"


def has_varied_claims(notebook, path):
    """What a cell claims is varied by a function, and the table has rows of it.

    A cell that states a claim has `"claim": {"says": a sentence, "function": a name}`
    in its metadata, or a list of these. The function stands in the module of
    tools/claims that is called like the notebook's module of exercises.
    """
    complaints, defined, rows = [], _claim_functions(notebook), _claimed(path)
    for number, cell in enumerate(notebook.cells):
        claims = cell.metadata.get("claim", [])
        for claim in claims if isinstance(claims, list) else [claims]:
            said = claim if isinstance(claim, dict) else {}
            says, function = said.get("says"), said.get("function")
            if not (isinstance(says, str) and says.strip() and function):
                complaints.append(f"cell {number}: a claim needs `says` and `function`")
            elif function not in defined:
                fault = f"tools/claims has no {function}{_where(notebook)}"
                complaints.append(f"cell {number}: {fault}")
            elif function not in rows:
                fault = f"{function} has no row in claims.csv: run `make claims`"
                complaints.append(f"cell {number}: {fault}")
    return complaints


def _where(notebook):
    """In which file a claim's function is looked for."""
    module = exercise_module(notebook)
    return f" in {module}.py" if module else ": no cell imports the exercises' module"


def _claim_functions(notebook):
    """Names of the functions in the notebook's module of tools/claims."""
    module = exercise_module(notebook)
    path = CLAIMS / f"{module}.py" if module else None
    if path is None or not path.exists():
        return set()
    body = ast.parse(path.read_text("utf-8")).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    return {name for name in names if not name.startswith("_")}


def _claimed(path):
    """Names of the claims of a notebook that have a row in the table."""
    if not CLAIMED.exists():  # `make claims` was not run yet
        return set()
    with CLAIMED.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        return {row["claim"] for row in rows if row["notebook"] == path.stem}
