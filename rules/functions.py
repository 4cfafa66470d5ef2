"""The functions that a dictionary may name, by name: edits that no structured rule can say, and derived items."""

from __future__ import annotations

from collections.abc import Mapping

from rules import abstract_edits, edit_functions, trauma_items, visit_edits
from rules.edit_functions import ComputedFunction, EditFunction

FUNCTIONS: Mapping[str, EditFunction] = {
    "alive_though_dead": abstract_edits.alive_though_dead,
    "all_different": abstract_edits.all_different,
    "away_within_row": abstract_edits.away_within_row,
    "away_within_stay": abstract_edits.away_within_stay,
    "begins_with": edit_functions.begins_with,
    "begins_without": abstract_edits.begins_without,
    "birth_measures": abstract_edits.birth_measures,
    "code_first": abstract_edits.code_first,
    "column_total": abstract_edits.column_total,
    "day_passed": edit_functions.day_passed,
    "days_add_up": abstract_edits.days_add_up,
    "death_registered_before": abstract_edits.death_registered_before,
    "equal_items": edit_functions.equal_items,
    "excluded_pairs": abstract_edits.excluded_pairs,
    "full_date": abstract_edits.full_date,
    "has_form": visit_edits.has_form,
    "in_use": abstract_edits.in_use,
    "iss_attainable": trauma_items.iss_attainable,
    "iss_region_agrees": trauma_items.iss_region_agrees,
    "linked_rows": abstract_edits.linked_rows,
    "masked": abstract_edits.masked,
    "more_rows_than": abstract_edits.more_rows_than,
    "modifiers_known": visit_edits.modifiers_known,
    "movements_in_order": abstract_edits.movements_in_order,
    "no_digits": abstract_edits.no_digits,
    "not_above": edit_functions.not_above,
    "not_first_listed": visit_edits.not_first_listed,
    "null_together": edit_functions.null_together,
    "pacemaker_set": abstract_edits.pacemaker_set,
    "poa_answered": edit_functions.poa_answered,
    "poa_exempt_code": edit_functions.poa_exempt_code,
    "procedure_in_window": abstract_edits.procedure_in_window,
    "qualifying_injury": trauma_items.qualifying_injury,
    "rows_without_gap": edit_functions.rows_without_gap,
    "same_day": edit_functions.same_day,
    "same_text": abstract_edits.same_text,
    "second_death": abstract_edits.second_death,
    "service_days_agree": abstract_edits.service_days_agree,
    "service_code": visit_edits.service_code,
    "shorter_than": abstract_edits.shorter_than,
    "sides_agree": visit_edits.sides_agree,
    "some_begin": abstract_edits.some_begin,
    "trauma_age_agrees": trauma_items.age_agrees,
    "within_days": edit_functions.within_days,
    "within_stay": abstract_edits.within_stay,
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
