"""What the statements of a cell do with names, by Python's own syntax and symbols."""

import ast
import copy
import symtable
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """What one step of a cell does with names.

    Args:
        uses: names that are read.
        sets: names that get a value.
        deletes: names that lose it.
        needs, binds: of the function that `sets` names.
        origins: `{name: what is imported}`.
    """

    uses: frozenset = frozenset()
    sets: frozenset = frozenset()
    deletes: frozenset = frozenset()
    needs: frozenset = frozenset()
    binds: frozenset = frozenset()
    origins: tuple = ()


def effects(statements):
    """The steps of some statements, in the order in which they run."""
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            uses, _, needs, binds = _scan(node)
            name = frozenset([node.name])
            yield Effect(uses=uses, sets=name, needs=needs, binds=binds)
        elif isinstance(node, ast.ClassDef):
            yield _of_class(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield _of_import(node)
        elif isinstance(node, ast.Delete):
            names = [t for t in node.targets if isinstance(t, ast.Name)]
            for place in [t for t in node.targets if t not in names]:
                yield _of_simple(ast.Expr(place))
            yield Effect(deletes=frozenset(name.id for name in names))
        elif isinstance(node, ast.For | ast.AsyncFor):
            yield _of_simple(_set(node.target, node.iter))
            yield from effects(node.body + node.orelse)
        elif isinstance(node, ast.While | ast.If):
            yield _of_simple(ast.Expr(node.test))
            yield from effects(node.body + node.orelse)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                given = item.optional_vars
                use = ast.Expr(item.context_expr)
                yield _of_simple(_set(given, item.context_expr) if given else use)
            yield from effects(node.body)
        elif isinstance(node, ast.Try | ast.TryStar):
            yield from effects(node.body)
            for handler in node.handlers:
                if handler.type:
                    yield _of_simple(ast.Expr(handler.type))
                if handler.name:
                    yield Effect(sets=frozenset([handler.name]))
                yield from effects(handler.body)
            yield from effects(node.orelse + node.finalbody)
        elif isinstance(node, ast.Match):
            yield _of_simple(ast.Expr(node.subject))
            for case in node.cases:
                yield _of_pattern(case.pattern)
                if case.guard:
                    yield _of_simple(ast.Expr(case.guard))
                yield from effects(case.body)
        elif not isinstance(node, ast.Global | ast.Break | ast.Continue | ast.Pass):
            yield _of_simple(node)


def _set(target, value):
    """`target = value`, what a loop or a `with` does."""
    return ast.fix_missing_locations(ast.Assign([target], value))


def _of_simple(node):
    """Of a statement without a body: it reads first, then it sets."""
    uses, sets, needs, binds = _scan(node)
    value = getattr(node, "value", None)
    if isinstance(node, ast.Assign) and isinstance(value, ast.Lambda):
        return Effect(uses=uses, sets=sets, needs=needs, binds=binds)
    named = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        uses = uses | {node.target.id}
    if isinstance(node, ast.AnnAssign) and value is None:
        sets = frozenset()
    return Effect(uses=(uses | needs) - named, sets=sets | binds)


def _of_class(node):
    """A class's body runs at once, its functions later."""
    uses, sets, needs, binds = _scan(node)
    now = set()
    for table in _table(node).get_children():
        if table.get_type() == "class":
            now |= {s.get_name() for s in table.get_symbols() if _is_read(s)}
    return Effect(uses=uses | now, sets=sets, needs=needs - now, binds=binds)


def _of_import(node):
    module = "." * getattr(node, "level", 0) + (getattr(node, "module", "") or "")
    origins = []
    for alias in node.names:
        whole = isinstance(node, ast.Import) and not alias.asname
        name = alias.name.partition(".")[0] if whole else alias.asname or alias.name
        origins.append((name, f"{module}:{name if whole else alias.name}"))
    return Effect(sets=frozenset(name for name, _ in origins), origins=tuple(origins))


def _of_pattern(pattern):
    """Of a `case`: it reads classes and constants, and sets names."""
    nodes = list(ast.walk(pattern))
    uses = {node.id for node in nodes if isinstance(node, ast.Name)}
    sets = {getattr(node, "name", None) for node in nodes}
    sets |= {getattr(node, "rest", None) for node in nodes}
    return Effect(uses=frozenset(uses), sets=frozenset(sets - {None}))


def _scan(node):
    """Names of a statement, by Python's own symbol table.

    Returns:
        Four frozensets: what it reads and sets itself; what its functions, lambdas and
        comprehensions read and set outside of themselves.

    Example:

    >>> scanned = _scan(ast.parse("y = [a + b for a in c if (w := a)]").body[0])
    >>> [sorted(names) for names in scanned]
    [['c'], ['y'], ['b'], ['w']]
    """
    top = _table(node)
    symbols = top.get_symbols()
    uses = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    sets = {symbol.get_name() for symbol in symbols if symbol.is_assigned()}
    sets |= {symbol.get_name() for symbol in symbols if symbol.is_imported()}
    needs, binds, tables = set(), set(), list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if _is_read(symbol):
                needs.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                binds.add(symbol.get_name())
    steps = [n.target for n in ast.walk(node) if isinstance(n, ast.AugAssign)]
    counted = {target.id for target in steps if isinstance(target, ast.Name)}
    needs = (needs - binds) | (counted & binds)  # `global x` and `x += 1` reads x
    return frozenset(uses), frozenset(sets), frozenset(needs), frozenset(binds)


def _table(node):
    text = ast.unparse(_Generators().visit(copy.deepcopy(node)))
    return symtable.symtable(text, "cell", "exec")


class _Generators(ast.NodeTransformer):
    """Comprehensions as generators: only they have own symbols from Python 3.12 on."""

    def visit_ListComp(self, node):
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node):
        self.generic_visit(node)
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return ast.GeneratorExp(pair, node.generators)


def _is_read(symbol):
    return symbol.is_global() and symbol.is_referenced()
