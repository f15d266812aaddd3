"""The form of a notebook: each rule is a function that returns its complaints.

`rules(path)` names those that a notebook has to keep: the strict ones for the notebooks
listed in `STRICT`, the older ones for the rest.
"""

from .cells import (
    has_one_statement_a_line,
    is_narrow,
    is_short,
    is_short_laid_out,
    shows_something,
)
from .claims import has_varied_claims
from .names import core_stands_alone
from .parts import (
    has_parts,
    is_introduced,
    is_set_up,
    leads_on,
    opens_well,
    says_its_parts,
)
from .practice import fits_the_time, has_bets, has_exercises, trains_in_the_flow
from .stored import (
    has_alt_texts,
    has_narrow_bounds,
    is_clean,
    is_light,
    is_valid,
    ran_once,
)
from .terms import explains_its_terms

# Beginnings of names, such as "04"; each change adds one, until all are here.
STRICT = ("00", "01", "02", "03", "04", "05", "06", "07", "10", "11")

COMMON = (
    is_valid, opens_well, is_set_up, ran_once, is_clean, is_light, has_alt_texts,
    leads_on, has_narrow_bounds,
)  # fmt: skip
OLD = (has_parts, has_exercises, is_short)
NEW = (
    is_introduced, says_its_parts, core_stands_alone, fits_the_time, has_bets,
    trains_in_the_flow, is_narrow, has_one_statement_a_line, is_short_laid_out,
    shows_something, has_varied_claims, explains_its_terms,
)  # fmt: skip


def rules(path):
    """The rules that a notebook has to keep."""
    return COMMON + (NEW if path.stem.startswith(STRICT) else OLD)
