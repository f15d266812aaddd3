"""The source of a solution: as a notebook shows it, and with a mistake in it."""

import ast
import inspect
import textwrap


class Program:
    """A function, and what becomes of its source.

    Args:
        function: plain function; decorators are left out.

    Example:

    >>> def half(x):
    ...     return x / 2
    >>> program = Program(half)
    >>> program.changed("/ 2 → / 4")(8), program.changed("x")(8)
    (2.0, 8)
    >>> program.text("x → y")
    Traceback (most recent call last):
    ValueError: `half` must hold once what changes. Received: 'x', found 2 times
    """

    def __init__(self, function):
        self.function, self.name = function, function.__name__
        self.parameters = list(inspect.signature(function).parameters)
        source = textwrap.dedent(inspect.getsource(function))
        self.source = source[source.index("def ") :].rstrip()

    def shown(self):
        """The source, or `name = value` for a function without parameters."""
        if self.parameters:
            return self.source
        body = textwrap.dedent(self.source.split(":\n", 1)[1])
        return body.replace("return", f"{self.name} =")

    def text(self, change):
        """The source with a change, several, or an expression in place of the body."""
        steps = (change,) if isinstance(change, str) else change
        if "→" not in steps[0]:
            arguments = ast.unparse(ast.parse(self.source).body[0].args)
            return f"def {self.name}({arguments}):\n    return {steps[0]}\n"
        text = self.source
        for step in steps:
            old, new = step.split("→")
            old, new = old.removesuffix(" "), new.removeprefix(" ")
            if text.count(old) != 1:
                raise ValueError(
                    f"`{self.name}` must hold once what changes. "
                    f"Received: {old!r}, found {text.count(old)} times"
                )
            text = text.replace(old, new)
        return text

    def changed(self, change):
        """The function that makes this mistake, or these mistakes."""
        space = dict(self.function.__globals__)
        exec(compile(self.text(change), f"<{change}>", "exec"), space)
        return space[self.name]
