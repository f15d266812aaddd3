"""The form of a notebook: each of `RULES` is a function that returns its complaints."""

from .cells import (
    has_one_statement_a_line,
    is_narrow,
    is_short_laid_out,
    shows_something,
)
from .claims import has_varied_claims
from .names import core_stands_alone
from .parts import (
    is_introduced,
    is_set_up,
    leads_on,
    opens_well,
    says_its_parts,
)
from .practice import fits_the_time, has_bets, trains_in_the_flow
from .stored import (
    has_alt_texts,
    has_narrow_bounds,
    is_clean,
    is_light,
    is_valid,
    ran_once,
)
from .terms import explains_its_terms

RULES = (
    is_valid, opens_well, is_set_up, ran_once, is_clean, is_light, has_alt_texts,
    leads_on, has_narrow_bounds, is_introduced, says_its_parts, core_stands_alone,
    fits_the_time, has_bets, trains_in_the_flow, is_narrow, has_one_statement_a_line,
    is_short_laid_out, shows_something, has_varied_claims, explains_its_terms,
)  # fmt: skip
