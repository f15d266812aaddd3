"""The engine of the exercises: a solution, its cases, its mistakes, each written once.

A check prints one of three things: not attempted yet, right, or what is wrong with this
very answer. The answer and the solution run on the same cases. If they differ, the
solution's *mistakes* run too: changes of its source, such as `"lead + 1 → lead"`. The
one that gives what the learner's answer gave, in every case, says its sentence.
"""

import dataclasses
import re
from functools import cached_property, partial
from operator import getitem

import numpy as np

from utils.exercises import progress
from utils.exercises.program import Program
from utils.exercises.running import STUB, Outcome, in_float32, is_stub, quietly, run
from utils.exercises.telling import (
    LEFT_TO_DO,
    SLIPS,
    argument_told,
    difference,
    ordinal,
    parts_told,
    slippery,
)
from utils.exercises.values import Wrong, as_numbers, conform, equal, up_to


class Exercise:
    """A solution, the cases that it is tried on, its mistakes, and hints.

    Args:
        solution: function; its source is stamped into the notebook. If the learner
            answers with a value, a function without arguments that returns it.
        cases: function of a NumPy generator that returns a list of tuples of
            arguments, or of `named(...)` ones: different shapes, edges among them.
        mistakes: `{change: sentence}`. A change is `"old → new"`, where `old` stands
            exactly once in the solution, or a tuple of those; or, without an arrow,
            an expression of the solution's arguments. A sentence may name arguments in
            braces. What it says follows "1.2 instead of 1.5: ".
        hints: tuple of str, from a nudge to nearly the solution.
        lesson: what the right answer shows; a str, or a function that returns it.
        view: function of a result and the case's arguments that returns what counts of
            it: numbers, a tuple, or a dictionary whose keys name the facts. It may
            raise `Wrong`, and whatever else it raises means: not of this kind.
        parts: names of the results, if there are several; or `{name: sentence}`, with
            what to say of a part that no mistake explains; of one result, `sentence`.
        also: changes that are right as well. One may `raise` an error without a text.
        tolerance: relative tolerance, if not that of the numbers' kind.
        repeatable: the answer must give the same when it is called again.
        verify: function of the answer that raises `Wrong`, for what resists.

    Example:

    >>> def half(x):
    ...     return x / 2
    >>> exercise = Exercise(
    ...     half,
    ...     cases=lambda rng: [(8,), (rng.normal(size=3),)],
    ...     mistakes={"x / 2 → x * 2": "halves are smaller than {x}"},
    ...     hints=("Divide.",),
    ...     lesson="Two halves are a whole.",
    ... )
    >>> exercise.check(...)
    Not attempted yet: fill in the cell above, run it, then run this one again.
    >>> exercise.check(lambda x: x + x)
    Not yet: for x = 8, 16 instead of 4: halves are smaller than 8.
    >>> exercise.check(lambda x: x * 0.5)
    Right. Two halves are a whole.
    >>> exercise.hint()
    Hint 1 of 1: Divide.
    """

    def __init__(
        self, solution, cases=None, mistakes=(), hints=(), lesson="", *,
        view=None, parts=(), also=(), tolerance=None, repeatable=False, verify=None,
    ):  # fmt: skip
        self.solution, self.hints, self.lesson = solution, hints, lesson
        self.mistakes, self.also, self.view = dict(mistakes), also, view
        self.parts, self.tolerance = parts, tolerance
        self.repeatable, self.verify = repeatable, verify
        self.program = Program(solution)
        self.parameters = self.program.parameters
        self._draw = cases or (lambda rng: [()])
        self._hints_shown, self._made = 0, {}
        for change in (*self.mistakes, *also):
            self.program.text(change)
        space = solution.__globals__  # a notebook says `exercises.progress()`
        self._module = space["__name__"].rpartition(".")[2]
        space.setdefault("progress", partial(_progress, self._module, space))

    def check(self, answer):
        """Print whether the answer is missing, right, or what is wrong with it.

        The answer computes in float32, whatever precision the notebook chose. That a
        notebook's check was passed is kept for `exercises.progress()`.
        """
        right, said = self.verdict(answer)
        print(said)
        if right:
            for name in _names(self.solution.__globals__, self):
                progress.record(self._module, name)

    def verdict(self, answer):
        """(whether the answer is right, what the check says of it)."""
        if is_stub(answer):
            return False, STUB
        try:
            with quietly(), in_float32():
                self.judge(answer)
            lesson = self.lesson() if callable(self.lesson) else self.lesson
            return True, f"Right. {lesson}"
        except Wrong as reason:
            return False, re.sub(r"([.?…])\.$", r"\1", f"Not yet: {reason}.")
        except BaseException as error:
            told = f"this answer cannot be judged ({type(error).__name__})"
            return False, f"Not yet: {told}."

    def hint(self):
        """Print the next hint; after the last one, start over."""
        shown = self._hints_shown % len(self.hints)
        self._hints_shown += 1
        print(f"Hint {shown + 1} of {len(self.hints)}: {self.hints[shown]}")

    def source(self):
        """The solution as a notebook shows it: its source, or `name = value`.

        >>> def my_sum():
        ...     return 2 + 2
        >>> print(Exercise(my_sum).source())
        my_sum = 2 + 2
        """
        return self.program.shown()

    def judge(self, answer):
        """Raise `Wrong` with the reason if the answer is not right in every case."""
        if self.verify:
            self.verify(answer)
        got = [self._run(answer, case) for case in self.cases]
        self._compare(answer, got)

    def reason(self, change):
        """What is said of a mistake; the tests ask, and have each computed once."""
        got = []
        try:
            with quietly(), in_float32():
                for i in range(len(self.cases)):
                    outcome = dataclasses.replace(self._outcome(change, i))
                    if outcome.facts is outcome.value:
                        outcome.facts = None
                    got.append(outcome)
                self._compare(self.mistake(change), got)
        except Wrong as reason:
            return str(reason)

    def _compare(self, answer, got):
        """Raise `Wrong` if the outcomes are not right."""
        if self.repeatable and not any(outcome.failure for outcome in got):
            self._ask_again(answer, got)
        right = [self._agree(*pair) for pair in zip(self._by_case(got), self.wanted)]
        if all(right):
            return
        for change in self.also:
            others = (self._outcome(change, i) for i in range(len(got)))
            pairs = zip(self._by_case(got), others)
            if all(p[0].raised_like(o) or self._agree(p, o) for p, o in pairs):
                return
        first = right.index(False)
        if failure := got[first].failure:
            reason = self._same_error(got, first) if got[first].error else ""
            raise Wrong(f"{failure.removesuffix('.') if reason else failure}{reason}")
        reason, part, first = self._explain(got, first)
        told = self._told(self.cases[first])
        text = self._difference(got[first], first, part, bool(reason))
        raise Wrong(f"{told}{text}{': ' if reason else ''}{reason}")

    def agrees(self, answer, case):
        """Whether an answer gives on this case what the solution gives."""
        with quietly(), in_float32():
            want = self._run(self.solution, case, own=True)
            return self._agree((self._run(answer, case), case), want)

    # The solution, its cases and its mistakes

    @cached_property
    def cases(self):
        """The list of cases; drawn once, and always the same."""
        return list(self._draw(np.random.default_rng(0)))

    @cached_property
    def wanted(self):
        """What the solution makes of each case."""
        return [self._run(self.solution, case, own=True) for case in self.cases]

    def mistake(self, change):
        """The function that makes this mistake, or these mistakes."""
        return self.program.changed(change)

    def told(self, change):
        """A mistake's sentence as each case fills it in."""
        cases = range(len(self.cases))
        return [self._filled(self.mistakes[change], i) for i in cases]

    def _outcome(self, change, i):
        """What a mistake makes of a case; computed when asked for, once."""
        if change not in self._made:
            self._made[change] = self.mistake(change), {}
        function, made = self._made[change]
        if i not in made:
            made[i] = self._run(function, self.cases[i], own=True)
        return made[i]

    # Running, viewing and comparing

    def _run(self, function, case, own=False):
        """The outcome of a function; with its view, if it is one of our own."""
        if not self.parameters and not own:
            return Outcome(function)
        outcome = run(function, self.parameters, case, self._told(case))
        if own and not outcome.failure:
            outcome.facts = self._facts(outcome.value, case)
        return outcome

    def _facts(self, value, case):
        """What counts of a result of our own."""
        try:
            return self.view(value, *case) if self.view else value
        except Exception:
            return value

    def _seen(self, got, like, case):
        """What counts of a learner's result, in the form of another outcome.

        Raises:
            Wrong: if it is of another kind.
        """
        value = conform(got.value, like.value, self.parts)
        if self.view is None or like.facts is like.value:
            return value
        known = got.facts if value is got.value else None
        facts = self._viewed(value, like, case) if known is None else known
        if value is got.value:
            got.facts = facts
        if isinstance(facts, Wrong):
            raise facts
        return facts

    def _viewed(self, value, like, case):
        """The view of a learner's result; why there is none, if there is none."""
        try:
            return self.view(value, *case)
        except Wrong as reason:
            return reason
        except BaseException:
            return Wrong(
                f"{parts_told(value)} came back; {parts_told(like.value)} is needed"
            )

    def _by_case(self, outcomes):
        return zip(outcomes, self.cases)

    def _agree(self, got_and_case, other, part=None, after=None):
        """Whether an outcome is, in what counts, the same as another."""
        got, case = got_and_case
        if got.failure or other.failure:
            return False
        try:
            seen, facts = self._seen(got, other, case), other.facts
            if part is not None:  # earlier ones are right, so they are in a reason
                pick = getitem if after else up_to
                seen, facts = pick(seen, part), pick(facts, part)
            seen = after(as_numbers(seen)) if after else seen
            return equal(seen, facts, self.tolerance)
        except Exception:
            return False

    def _ask_again(self, answer, got):
        for (outcome, case), want in zip(self._by_case(got), self.wanted):
            try:
                first = conform(outcome.value, want.value)
            except Wrong:  # that is told later
                continue
            again = self._run(answer, case)
            if again.failure or not equal(conform(again.value, want.value), first):
                raise Wrong(
                    f"{self._told(case)}called twice, it gave two results; fix the "
                    "seed, or draw from the generator that is handed in"
                )

    # Finding the reason

    def _same_error(self, got, first):
        """The sentence of the mistake that raises the same errors, if there is one."""
        pairs = list(self._by_case(got))

        def same(i, change):
            other = self._outcome(change, i)
            if got[i].failure:
                return bool(other.error) and other.error == got[i].error
            return self._agree(pairs[i], other)

        for change, sentence in self.mistakes.items():
            if same(first, change) and all(same(i, change) for i in range(len(got))):
                return f": {self._filled(sentence, first)}"
        return ""

    def _explain(self, got, first):
        """A reason, or "", and the part and the case that it explains."""
        facts = self.wanted[0].facts
        parts = range(len(facts)) if isinstance(facts, tuple) else ()
        for part in (None, *(facts if isinstance(facts, dict) else parts)):
            wrong = self._wrong(got, part)
            if not wrong:
                continue
            for sentence, others, share, rest in self._candidates(part):
                if self._fits(got, wrong, others, part, share, rest):
                    return self._filled(sentence, wrong[0]), part, wrong[0]
            if part is not None:  # the first part that is wrong; later ones may follow
                return self._otherwise(got, wrong[0], part), part, wrong[0]
        return self._otherwise(got, first, None), None, first

    def _otherwise(self, got, i, part):
        """What to say of numbers that no mistake explains; nothing of other things."""
        try:
            self._seen(got[i], self.wanted[i], self.cases[i])
        except Wrong:
            return ""
        if isinstance(self.parts, dict) and isinstance(part, int):
            return list(self.parts.values())[part]
        return self.parts if isinstance(self.parts, str) else ""

    def _candidates(self, part):
        """All that may explain an answer: (sentence, outcomes, share, what is left)."""
        for change, sentence in self.mistakes.items():
            yield sentence, partial(self._outcome, change), 1, None
        for sentence, slip in SLIPS.items():
            yield sentence, partial(self._slipped, slip, part), 1, None
        for sentence, rest in LEFT_TO_DO.items():
            yield sentence, self.wanted.__getitem__, 1, rest
        if not isinstance(self.wanted[0].facts, str):  # few texts: chance is likely
            for change, sentence in self.mistakes.items():
                yield sentence, partial(self._outcome, change), 2 / 3, None

    def _slipped(self, slip, part, i):
        """The outcome of somebody who has the right numbers and slips at the end."""
        want = self.wanted[i]
        try:
            if part is None:
                return Outcome(want.value, slip(slippery(want.facts)))
            slipped = slip(slippery(want.facts[part]))
            return Outcome(want.value, up_to(want.facts, part, slipped))
        except Exception:
            return Outcome(failure="does not fit")

    def _wrong(self, got, part):
        """The cases in which a part, or the whole, came back and is not right."""
        return [
            i
            for i, (pair, want) in enumerate(zip(self._by_case(got), self.wanted))
            if not pair[0].failure and not self._agree(pair, want, part)
        ]

    def _fits(self, got, wrong, others, part, share=1, after=None):
        """Whether others' outcomes explain the answer where it is wrong.

        In this share of the cases, the first among them, and in two at least: one may
        be a coincidence if the others stray where the answer is right.
        """
        pairs = list(self._by_case(got))

        def same(i):
            return self._agree(pairs[i], others(i), part, after)

        if not same(wrong[0]):
            return False
        if len(wrong) > 1:
            return sum(map(same, wrong)) >= max(2, share * len(wrong))
        rest = (i for i in range(len(got)) if i != wrong[0] and not got[i].failure)
        return bool(after) or all(map(same, rest))

    # Words

    def _filled(self, sentence, i):
        """The sentence with the case's arguments in its braces."""
        return sentence.format(**dict(zip(self.parameters, self.cases[i])))

    def _told(self, case):
        """The case in words: its name, or its arguments."""
        if hasattr(case, "name"):
            return f"for {case.name}, "
        words = filter(None, map(argument_told, self.parameters, case))
        return f"for {', '.join(words)}, " if case else ""

    def _difference(self, got, i, part, short):
        """The learner's value beside the right one, as precisely as it can be said."""
        want, name = self.wanted[i], ""
        try:
            seen = self._seen(got, want, self.cases[i])
        except Wrong as reason:
            return str(reason)
        facts = want.facts
        while isinstance(facts, (tuple, dict)):
            keys = list(facts if isinstance(facts, dict) else range(len(facts)))
            if isinstance(facts, dict):  # a view may stop where more makes no sense
                keys = [key for key in keys if key in seen]
            off = [k for k in keys if not equal(seen[k], facts[k], self.tolerance)]
            key = part if part in keys else off[0]
            named_parts = isinstance(facts, tuple) and self.parts
            name += f"{list(self.parts)[key] if named_parts else ordinal(key)}: "
            seen, facts, part = seen[key], facts[key], None
        return name + difference(seen, facts, self.tolerance, short)


def _names(space, exercise=None):
    """What a module calls its exercises, in order; or what it calls this one."""
    members = [(n, v) for n, v in space.items() if isinstance(v, Exercise)]
    return [name for name, value in members if exercise in (None, value)]


def _progress(module, space):
    """Print which checks of this notebook were passed."""
    progress.show(module, _names(space))
