"""No core cell uses a name that a *More* cell sets."""

import builtins
from dataclasses import dataclass

import minutes

from .effects import effects
from .reading import numbered, parsed

BUILTIN = {*dir(builtins), "get_ipython", "display", "In", "Out", "__name__", "_"}


def core_stands_alone(notebook, path):
    """No core cell needs a *More* cell, by the names that are set and used.

    A name that a core cell uses is a builtin, or was last set by a core cell before it
    or by itself. A *More* cell that sets a core cell's name anew, or deletes it, breaks
    this for the core cells after it, until one of them sets the name again; importing
    the same thing again does not. What a function reads is asked for where the function
    is used, so that it may be defined before what it reads. A branch that may not be
    taken counts as taken. IPython's own lines may stand anywhere.

    Out of reach: an object that a *More* cell changes in place (`rows.append(1)`,
    `model.fit(x)`, `table["a"] = 1`, attributes), names that come from `exec` or from
    an imported `*`, random numbers that a *More* cell draws. The execution without
    *More* cells shows these.
    """
    known, complaints = {}, []
    for number, cell in numbered(notebook):
        try:
            statements = parsed(cell.source)[1]
        except SyntaxError:
            complaints.append(f"cell {number}: not Python")
            continue
        part, found = minutes.part(cell), {}
        for effect in effects(statements):
            lacks = _apply(effect, known, part, number)
            found.update(lacks if part == "core" else {})
        for name, giver in sorted(found.items()):
            who = "no core cell before it" if giver is None else f"More cell {giver}"
            complaints.append(f"cell {number} uses `{name}`, which {who} sets")
    return complaints


@dataclass(frozen=True)
class Known:
    """Who gave a name its value, and what using it takes.

    Args:
        part: `"core"` or `"more"`.
        cell: the cell's number.
        needs: global names that a function reads when it is called.
        binds: global names that it sets (`global`).
        origin: of an import, else None.
    """

    part: str
    cell: int
    needs: frozenset = frozenset()
    binds: frozenset = frozenset()
    origin: str | None = None


def _apply(effect, known, part, number):
    """Do a step to the known names; return {name it lacks: More cell or None}."""
    lacks = {}
    for name in effect.uses:
        lacks.update(_lacking(name, known, set()))
    for name in effect.uses:  # a function that was called set its global names
        for bound in known[name].binds if name in known else ():
            known[bound] = Known(part, number)
    for name in effect.sets:
        origin = dict(effect.origins).get(name)
        same = name in known and origin is not None and known[name].origin == origin
        if not (same and known[name].part == "core"):
            known[name] = Known(part, number, effect.needs, effect.binds, origin)
    for name in effect.deletes:
        known.pop(name, None)
        if part == "more":  # the core may not ask for it any more
            known[name] = Known(part, number)
    return lacks


def _lacking(name, known, seen):
    """What a use of a name lacks, through the functions that it calls as well."""
    if name in seen:
        return {}
    seen.add(name)
    if name not in known:
        starred = "*" in known and known["*"].part == "core"
        return {} if name in BUILTIN or starred else {name: None}
    giver = known[name]
    if giver.part == "more":
        return {name: giver.cell}
    lacks = {}
    for needed in giver.needs:
        lacks.update(_lacking(needed, known, seen))
    return lacks
