"""Exercises that say what is wrong: one module a notebook, and the engine they share."""

from utils.exercises.engine import Exercise, Wrong, named

__all__ = ["Exercise", "Wrong", "named"]
