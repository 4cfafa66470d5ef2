"""The functions that a dictionary may name, by name: edits that no structured rule can say, and derived items."""

from __future__ import annotations

from collections.abc import Mapping

from rules import edit_functions, trauma_items
from rules.edit_functions import ComputedFunction, EditFunction

FUNCTIONS: Mapping[str, EditFunction] = {
    "begins_with": edit_functions.begins_with,
    "day_passed": edit_functions.day_passed,
    "equal_items": edit_functions.equal_items,
    "iss_attainable": trauma_items.iss_attainable,
    "iss_region_agrees": trauma_items.iss_region_agrees,
    "not_above": edit_functions.not_above,
    "null_together": edit_functions.null_together,
    "poa_answered": edit_functions.poa_answered,
    "poa_exempt_code": edit_functions.poa_exempt_code,
    "procedure_in_window": edit_functions.procedure_in_window,
    "qualifying_injury": trauma_items.qualifying_injury,
    "rows_without_gap": edit_functions.rows_without_gap,
    "same_day": edit_functions.same_day,
    "trauma_age_agrees": trauma_items.age_agrees,
    "within_days": edit_functions.within_days,
}
"""Edits of kind ``function``."""

COMPUTED: Mapping[str, ComputedFunction] = {
    "age_on_admission": edit_functions.age_on_admission,
    "trauma_age": trauma_items.age,
    "trauma_ed_minutes": trauma_items.ed_minutes,
    "trauma_gap": trauma_items.gap,
    "trauma_iss": trauma_items.iss,
    "trauma_los_days": trauma_items.los_days,
    "trauma_mgap": trauma_items.mgap,
    "trauma_niss": trauma_items.niss,
    "trauma_ps": trauma_items.ps,
    "trauma_ps_set": trauma_items.ps_set,
    "trauma_rts": trauma_items.rts,
    "trauma_shock_index": trauma_items.shock_index,
    "trauma_triage_rts": trauma_items.triage_rts,
}
"""Items with ``computed``."""
