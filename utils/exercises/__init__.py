"""Exercises that say what is wrong: one module a notebook, and the engine of all."""

from utils.exercises.engine import Exercise
from utils.exercises.running import named
from utils.exercises.values import Wrong

__all__ = ["Exercise", "Wrong", "named"]
