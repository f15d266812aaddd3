"""No answer, however odd, ends in a traceback, or without a sentence."""

from . import all_exercises, said
from .odd import FUNCTIONS, VALUES


def answers(exercise):
    """{what it is: answer}: each value as it is, each returned by a function."""
    for label, value in VALUES.items():
        yield label, value()
        yield f"returns {label}", lambda *_, value=value: value()
    yield from FUNCTIONS.items()


@all_exercises
def test_every_odd_answer_gets_a_sentence(module, name, exercise, capfd):
    for label, answer in answers(exercise):
        message = said(exercise, answer).split("\n")[-1]
        assert message.startswith("Not yet: "), f"{label}: {message}"
        assert len(message) > 25 and "cannot be judged" not in message, label
        assert " at 0x" not in message and len(message) < 600, message
