"""A request moves by the table of steps; entitlement fails closed; accountings list what each law asks for."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from rules.authorization import Defect, defects, missing_elements, paragraph
from rules.disclosure import OPEN, STEPS, Status, accounting_from, due_day, next_status, permitted_steps
from rules.entitlement import (
    DEFAULT,
    NEUTRAL_HOLD,
    NEUTRAL_REFUSAL,
    Decision,
    Inquiry,
    Outcome,
    classes_of,
    decide,
    entitlement_row,
)
from rules.tables import CodeTable, TableRow, listed

TABLES = shipped_tables()
TODAY = "2026-11-21"
SENSITIVE_WORDS = ("drug", "alcohol", "substance", "sud", "hiv", "aids", "sickle", "psych", "7332", "part 2")
GOOD: dict[str, object] = {
    "information": "Discharge summary of 2026", "discloser": "General Hospital", "recipient": "A. Lawyer",
    "purpose": "at the request of the individual", "expires_on": "2027-01-01", "signed_by": "patient",
    "signed_on": "2026-11-01", "patient": "Jane Doe", "revocation_notice": True, "conditioning_notice": True,
    "redisclosure_notice": True,
}  # fmt: skip
ANYTHING = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text())


def codes(table: str) -> list[str]:
    return [row.code for row in TABLES[table].rows]


def asked(requester: str, authority: str, *classes: str, facility: str = "va", **more: Any) -> Inquiry:
    return Inquiry(requester, authority, facility, TODAY, classes or ("GENERAL",), **more)


def answer(*words: str, **more: Any) -> Decision:
    return decide(asked(*words, **more), TABLES)


def letters(decision: Decision) -> str:
    return "H" * decision.flags.hipaa + "P" * decision.flags.privacy_act


class TestSteps:
    def test_the_short_way_is_approve_complete_close(self) -> None:
        status: Status | None = Status.RECEIVED
        for word in ("APPROVE", "COMPLETE", "CLOSE"):
            assert status is not None
            status = next_status(status, word)
        assert status is Status.CLOSED

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (Status.RECEIVED, "ACK REVIEW ASK FEES HOLD EXTEND APPROVE DENY WITHDRAW VOID"),
            (Status.REVIEW, "ACK ASK FEES HOLD EXTEND APPROVE DENY WITHDRAW VOID"),
            (Status.WAITING, "ACK ANSWER EXTEND DENY WITHDRAW VOID"),
            (Status.HELD, "ACK CLEAR EXTEND DENY WITHDRAW"),
            (Status.APPROVED, "ACK ASK FEES HOLD EXTEND PART COMPLETE DENY WITHDRAW VOID"),
            (Status.PARTIAL, "ACK ASK FEES HOLD EXTEND PART COMPLETE DENY WITHDRAW"),
            (Status.COMPLETE, "RESEND CLOSE REOPEN"),
            (Status.DENIED, "CLOSE REOPEN"),
            (Status.WITHDRAWN, "CLOSE REOPEN"),
            (Status.CLOSED, "REOPEN"),
            (Status.VOID, "REOPEN"),
        ],
    )
    def test_the_whole_table(self, status: Status, words: str) -> None:
        assert [step.word for step in permitted_steps(status)] == words.split()
        refused = set(STEPS) - set(words.split())
        assert all(next_status(status, word) is None for word in refused)

    def test_an_unknown_step_leads_nowhere(self) -> None:
        assert next_status(Status.RECEIVED, "SHRED") is None

    def test_nothing_is_released_from_a_hold_or_before_approval(self) -> None:
        assert {s for s in Status if next_status(s, "COMPLETE")} == {Status.APPROVED, Status.PARTIAL}

    @given(st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
    def test_any_keys_lead_to_a_status_from_which_there_is_a_way_on(self, words: list[str]) -> None:
        status = Status.RECEIVED
        for word in words:
            status = next_status(status, word) or status
        assert permitted_steps(status)
        assert (status in OPEN) == (next_status(status, "DENY") is not None)


class TestAuthorization:
    """45 CFR 164.508."""

    def test_a_complete_one_is_valid(self) -> None:
        assert defects(GOOD, ("hipaa", "7332", "part2"), TODAY, TABLES) == []

    @pytest.mark.parametrize("element", ["information", "discloser", "recipient", "purpose", "signed_by",
                                         "signed_on", "expires_on", "revocation_notice",
                                         "conditioning_notice", "redisclosure_notice"])  # fmt: skip
    def test_each_element_and_notice_is_needed(self, element: str) -> None:
        given = {key: value for key, value in GOOD.items() if key != element}
        assert defects(given, ("hipaa",), TODAY, TABLES) == [Defect.INCOMPLETE]

    def test_there_are_six_core_elements(self) -> None:
        assert {row.more["core"] for row in TABLES["authorization_elements"].rows if "core" in row.more} == {
            1, 2, 3, 4, 5, 6,
        }  # fmt: skip

    def test_an_event_may_stand_for_the_expiry_date(self) -> None:
        given = {**GOOD, "expires_on": "", "expires_event": "end of the claim"}
        assert defects(given, ("hipaa",), TODAY, TABLES) == []
        assert defects({**given, "expired_event": True}, ("hipaa",), TODAY, TABLES) == [Defect.EXPIRED]

    def test_a_representative_shows_the_authority(self) -> None:
        given = {**GOOD, "signed_by": "representative"}
        assert [row.code for row in missing_elements(given, ("hipaa",), TABLES)] == ["REPRESENTATIVE"]
        given["representative_authority"] = "court order"
        assert missing_elements(given, ("hipaa",), TABLES) == []

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            ({"expires_on": "2026-11-20"}, [Defect.EXPIRED]),
            ({"expires_on": TODAY}, []),
            ({"purpose": "  "}, [Defect.INCOMPLETE]),
            ({"expires_on": "2026-02-30"}, [Defect.INCOMPLETE]),
            ({"signed_on": "2026-11-22"}, [Defect.INCOMPLETE]),
            ({"revoked_on": TODAY}, [Defect.REVOKED]),
            ({"revoked_on": "2026-11-22"}, []),
            ({"revoked_on": "by letter"}, [Defect.REVOKED]),
            ({"combined": True}, [Defect.COMPOUND]),
            ({"conditioned": True}, [Defect.COMPOUND]),
            ({"known_false": True}, [Defect.FALSE]),
            (
                {"expires_on": "2026-01-01", "purpose": "", "revoked_on": TODAY, "combined": True,
                 "known_false": True},
                list(Defect),
            ),
        ],
    )  # fmt: skip
    def test_the_five_defects(self, change: dict[str, object], found: list[Defect]) -> None:
        assert defects({**GOOD, **change}, ("hipaa",), TODAY, TABLES) == found

    def test_each_defect_has_its_own_paragraph_and_none_reveals_a_class(self) -> None:
        paragraphs = [paragraph(defect, TABLES) for defect in Defect]
        assert len(set(paragraphs)) == 5
        assert all(paragraphs)
        assert not [word for text in paragraphs for word in SENSITIVE_WORDS if word in text.lower().split()]

    def test_a_defective_one_opens_no_door(self) -> None:
        decision = answer("ATTORNEY", "AUTH", authorization={**GOOD, "revoked_on": TODAY})
        assert decision.outcome is Outcome.OBTAIN
        assert decision.defects == (Defect.REVOKED,)

    @given(st.dictionaries(st.sampled_from([*GOOD, "revoked_on", "classes", "combined"]), ANYTHING))
    def test_whatever_is_keyed_never_raises(self, given: dict[str, object]) -> None:
        defects(given, ("hipaa", "part2"), TODAY, TABLES)
        decide(asked("ATTORNEY", "AUTH", "HIV", authorization=given), TABLES)


class TestEntitlementTable:
    def test_it_has_31_rows_and_the_default(self) -> None:
        numbers = codes("entitlement")
        assert len(numbers) == 32
        split = {8, 12, 14, 19}
        expected = [f"{n}{half}" for n in range(1, 28) for half in (("a", "b") if n in split else ("",))]
        assert numbers == [*expected, DEFAULT]

    def test_every_row_cites_its_rule(self) -> None:
        assert all(row.citation for row in TABLES["entitlement"].rows)

    def test_rows_and_cells_hold_known_words_alone(self) -> None:
        plain = {"patient", "b7", "suspendable", "accounting", "unless_tpo", "unless_facility"}
        tables = {"requesters": "requester_kinds", "authorities": "disclosure_authorities",
                  "facilities": "facility_kinds", "clocks": "clocks"}  # fmt: skip
        heads = {
            "general",
            "sensitive",
            "notes",
            "minor",
            "deceased",
            *map(str.lower, codes("information_classes")),
        }
        tails = {"7332", "part2", *codes("facility_kinds")}
        for row in TABLES["entitlement"].rows:
            for key, value in row.more.items():
                words = {code for word in listed(value) for code in word.split("|")}
                if key in tables:
                    assert words <= set(codes(tables[key])), row.code
                elif key not in plain:
                    head, _, tail = key.partition("_")
                    assert head in heads, key
                    assert not tail or tail in tails, key
                    assert words <= set(codes("disclosure_documents")), row.code

    def test_no_two_rows_answer_for_one_pair_at_one_kind_of_facility(self) -> None:
        seen: dict[tuple[str, str, str], str] = {}
        for row in TABLES["entitlement"].rows:
            for key in product(listed(row.more["requesters"]), listed(row.more["authorities"]),
                               listed(row.more.get("facilities")) or codes("facility_kinds")):  # fmt: skip
                assert key not in seen, f"{row.code} and {seen.get(key)}"
                seen[key] = row.code

    @pytest.mark.parametrize("facility", codes("facility_kinds"))
    def test_every_triple_has_a_row_or_fails_closed(self, facility: str) -> None:
        words = product(
            [*codes("requester_kinds"), "NOBODY", ""],
            [*codes("disclosure_authorities"), "WISH", ""],
            [*codes("information_classes"), "RUMOR"],
        )
        for requester, authority, class_ in words:
            decision = answer(requester, authority, class_, facility=facility)
            row = entitlement_row(requester, authority, facility, TABLES)
            assert decision.outcome is not Outcome.RELEASE  # no papers, no release
            assert decision.citations
            if row.code == DEFAULT or class_ == "RUMOR":
                assert (decision.row, decision.outcome) == (DEFAULT, Outcome.REFUSE)
                assert decision.tell == NEUTRAL_REFUSAL

    def test_an_unknown_facility_fails_closed(self) -> None:
        assert answer("PATIENT", "ACCESS", facility="spa").row == DEFAULT

    def test_asking_for_nothing_is_refused(self) -> None:
        inquiry = Inquiry("PATIENT", "ACCESS", "va", TODAY, ())
        assert decide(inquiry, TABLES).outcome is Outcome.REFUSE

    def test_a_table_without_its_default_row_still_refuses(self) -> None:
        bare = {**TABLES, "entitlement": CodeTable("entitlement", "Empty", (TableRow("1", "One"),))}
        assert decide(asked("PATIENT", "ACCESS"), bare).outcome is Outcome.REFUSE

    @given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.text(), st.text())
    def test_any_words_are_answered_with_a_refusal(
        self, requester: str, authority: str, classes: list[str], facility: str, day: str
    ) -> None:
        inquiry = Inquiry(requester, authority, facility, day, tuple(classes))
        assert decide(inquiry, TABLES).outcome is Outcome.REFUSE


class TestDecisions:
    def test_a_patient_with_a_signed_request_and_proof_of_identity_gets_the_record(self) -> None:
        decision = answer("PATIENT", "ACCESS", documents=frozenset({"SIGNED_REQUEST", "ID"}))
        assert (decision.outcome, decision.row, decision.flags.privacy_act) == (Outcome.RELEASE, "1", False)

    def test_a_patient_is_told_what_to_send(self) -> None:
        decision = answer("PATIENT", "ACCESS", "HIV", documents=frozenset({"SIGNED_REQUEST"}))
        assert decision.outcome is Outcome.OBTAIN
        assert decision.tell == "Please send: Proof of identity."

    def test_what_is_done_here_is_not_asked_of_the_requester(self) -> None:
        assert answer("FOIA", "FOIA").tell == "Please send: Request that describes the records."
        assert answer("FOIA", "FOIA", documents=frozenset({"FOIA"})).tell == NEUTRAL_HOLD

    def test_a_valid_authorization_serves_an_attorney(self) -> None:
        assert answer("ATTORNEY", "AUTH", authorization=GOOD).outcome is Outcome.RELEASE

    def test_a_protected_class_that_it_does_not_name_is_held_in_neutral_words(self) -> None:
        decision = answer("ATTORNEY", "AUTH", "GENERAL", "HIV", authorization=GOOD)
        assert (decision.outcome, decision.tell) == (Outcome.HOLD, NEUTRAL_HOLD)
        named = answer("ATTORNEY", "AUTH", "GENERAL", "HIV", authorization={**GOOD, "classes": ["HIV"]})
        assert named.outcome is Outcome.RELEASE

    def test_notes_need_an_authorization_of_their_own(self) -> None:
        assert answer("ATTORNEY", "AUTH", "PSYNOTES", authorization=GOOD).outcome is Outcome.HOLD
        own = {**GOOD, "own_form": True}
        assert answer("ATTORNEY", "AUTH", "PSYNOTES", authorization=own).outcome is Outcome.RELEASE
        assert answer("PATIENT", "ACCESS", "PSYNOTES").outcome is Outcome.REFUSE

    @pytest.mark.parametrize("facility", codes("facility_kinds"))
    def test_nothing_told_to_a_requester_reveals_a_class(self, facility: str) -> None:
        for row in TABLES["entitlement"].rows:
            for requester, authority in product(
                listed(row.more["requesters"]), listed(row.more["authorities"])
            ):
                plain = answer(requester, authority, facility=facility)
                for class_ in ("SUD", "HIV", "SICKLE", "PSYNOTES", "SUDNOTES"):
                    decision = answer(requester, authority, "GENERAL", class_, facility=facility)
                    neutral = {NEUTRAL_HOLD, NEUTRAL_REFUSAL, plain.tell}
                    assert decision.tell in neutral, (row.code, class_)

    def test_a_subpoena_without_a_judge_is_enough_outside_the_government_alone(self) -> None:
        papers = frozenset({"SUBPOENA", "ASSURANCE"})
        federal = answer("ATTORNEY", "SUBPOENA", documents=papers)
        assert (federal.outcome, federal.row) == (Outcome.REFUSE, "12a")
        other = answer("ATTORNEY", "SUBPOENA", facility="nonfederal", documents=papers)
        assert (other.outcome, other.row, letters(other)) == (Outcome.RELEASE, "12b", "H")

    def test_va_needs_no_consent_to_treat_and_part_2_does(self) -> None:
        papers = frozenset({"TREATMENT"})
        assert answer("PROVIDER", "TREATMENT", "SUD", documents=papers).outcome is Outcome.RELEASE
        assert (
            answer("PROVIDER", "TREATMENT", "SUD", facility="ihs", documents=papers).outcome is Outcome.HOLD
        )
        emergency = papers | {"EMERGENCY"}
        assert (
            answer("PROVIDER", "TREATMENT", "SUD", facility="ihs", documents=emergency).outcome
            is Outcome.RELEASE
        )

    def test_rights_end_or_begin_with_death_and_age(self) -> None:
        assert answer("GUARDIAN", "ACCESS", deceased=True).row == DEFAULT
        assert answer("EXECUTOR", "PERSREP", deceased=False).row == DEFAULT
        assert answer("EXECUTOR", "PERSREP", deceased=True).row == "18"
        assert answer("PARENT", "ACCESS", minor=False).row == DEFAULT
        assert "MINOR_RIGHT" in answer("PATIENT", "ACCESS", minor=True).missing
        assert "DESIGNATED" in answer("PARENT", "ACCESS", minor=True, facility="ihs").missing

    def test_the_worst_class_decides(self) -> None:
        papers = frozenset({"B7_LETTER", "LAW_BRANCH"})
        assert answer("POLICE", "LAW", documents=papers).outcome is Outcome.RELEASE
        assert answer("POLICE", "LAW", "GENERAL", "SUD", documents=papers).outcome is Outcome.HOLD
        assert (
            answer("POLICE", "LAW", "GENERAL", "SUD", "PSYNOTES", documents=papers).outcome is Outcome.REFUSE
        )

    def test_rows_to_confirm_are_named(self) -> None:
        assert answer("VBA", "NEED").confirm == ("entitlement 8b", "clocks POLICY")
        assert answer("PATIENT", "ACCESS").confirm == ("clocks VA_ACCESS",)
        assert answer("PATIENT", "ACCESS", facility="nonfederal").confirm == ()

    def test_parts_of_the_record_stand_for_their_classes(self) -> None:
        assert classes_of(["DS", "LAB", "HIV"], TABLES) == ("GENERAL", "HIV")
        assert classes_of([], TABLES) == ("GENERAL",)
        assert answer("PATIENT", "ACCESS", *classes_of(["DIARY"], TABLES)).row == DEFAULT


class TestAccountingFlags:
    @pytest.mark.parametrize(
        ("requester", "authority", "va", "nonfederal"),
        [
            ("PATIENT", "ACCESS", "", ""), ("GUARDIAN", "ACCESS", "", ""), ("PARENT", "ACCESS", "", ""),
            ("ATTORNEY", "AUTH", "P", ""), ("PATIENT", "DIRECTED", "P", ""), ("PROVIDER", "TREATMENT", "P", ""),
            ("PAYER", "PAYMENT", "P", ""), ("UNIT", "NEED", "", ""), ("VBA", "NEED", "H", "H"),
            ("DODVA", "INTERCHANG", "HP", "H"), ("SSA", "AUTH", "P", ""), ("COURT", "ORDER", "HP", "H"),
            ("LITIGANT", "SUBPOENA", "HP", "H"), ("POLICE", "LAW", "HP", "H"),
            ("OVERSIGHT", "OVERSIGHT", "HP", "H"), ("ACCREDITOR", "ASSOCIATE", "P", ""),
            ("PUBHEALTH", "PUBHEALTH", "HP", "H"), ("PROTECTIVE", "ABUSE", "HP", "H"),
            ("CORONER", "DECEDENT", "H", "H"), ("EXECUTOR", "PERSREP", "", ""), ("FAMILY", "INVOLVED", "", ""),
            ("RESEARCHER", "RESEARCH", "HP", "H"), ("RESEARCHER", "AUTH", "P", ""), ("CONGRESS", "CONSTIT", "P", ""),
            ("COMMITTEE", "CONGRESS", "HP", "H"), ("CUSTODIAN", "CUSTODY", "P", ""), ("COMMAND", "COMMAND", "HP", "H"),
            ("FOIA", "FOIA", "", "H"), ("LESSENER", "THREAT", "HP", "H"), ("OWCP", "WORKCOMP", "HP", "H"),
            ("HIE", "EXCHANGE", "P", ""), ("NOBODY", "WISH", "HP", "H"),
        ],
    )  # fmt: skip
    def test_each_row(self, requester: str, authority: str, va: str, nonfederal: str) -> None:
        assert letters(answer(requester, authority)) == va
        assert letters(answer(requester, authority, facility="nonfederal")) == nonfederal

    def test_the_privacy_act_protects_the_living_citizen_and_resident(self) -> None:
        assert letters(answer("POLICE", "LAW", deceased=True)) == "H"
        assert letters(answer("POLICE", "LAW", us_person=False)) == "H"
        assert letters(answer("POLICE", "LAW", us_person=None)) == "HP"

    def test_interchange_for_treatment_is_outside_the_hipaa_accounting(self) -> None:
        assert letters(answer("DODVA", "INTERCHANG", purpose="TREATMENT")) == "P"

    def test_a_command_is_no_other_agency_to_its_own_facility(self) -> None:
        assert letters(answer("COMMAND", "COMMAND", facility="dod")) == "H"

    def test_law_enforcement_can_be_withheld_and_suspended(self) -> None:
        flags = answer("POLICE", "LAW").flags
        assert (flags.b7, flags.suspendable) == (True, True)
        assert not answer("PUBHEALTH", "PUBHEALTH").flags.suspendable
        assert not answer("POLICE", "LAW", facility="nonfederal").flags.b7

    def test_part_2_lists_consented_disclosures_and_treatment_through_a_record_system(self) -> None:
        assert answer("ATTORNEY", "AUTH", "SUD", facility="ihs").flags.part2
        assert not answer("ATTORNEY", "AUTH", "SUD").flags.part2  # VA: 42 CFR 2.12(c)(1)
        assert not answer("ATTORNEY", "AUTH", "GENERAL", facility="ihs").flags.part2
        paper = answer("PROVIDER", "TREATMENT", "SUD", facility="ihs", medium="PAPER")
        record_system = answer("PROVIDER", "TREATMENT", "SUD", facility="ihs", medium="ELECTRONIC")
        assert (paper.flags.part2, record_system.flags.part2) == (False, True)


class TestDueDay:
    def test_the_earliest_clock_of_the_row_holds(self) -> None:
        clocks = answer("PATIENT", "ACCESS").clocks
        assert due_day(clocks, "va", date(2026, 11, 20), TABLES) == (date(2026, 12, 20), "HIPAA_ACCESS")
        assert due_day(clocks, "va", date(2026, 3, 2), TABLES) == (date(2026, 3, 30), "VA_ACCESS")
        assert due_day(clocks, "nonfederal", date(2026, 3, 2), TABLES) == (date(2026, 4, 1), "HIPAA_ACCESS")

    def test_no_clock_no_day(self) -> None:
        assert due_day(("POLICY", "NOSUCH"), "va", date(2026, 3, 2), TABLES) == (None, "")

    @pytest.mark.parametrize(
        ("regime", "expected"),
        [("HIPAA", date(2018, 2, 28)), ("PART2", date(2021, 2, 28)), ("PA", None), ("NONE", None)],
    )
    def test_accountings_look_back_as_far_as_their_law(self, regime: str, expected: date | None) -> None:
        assert accounting_from(regime, date(2024, 2, 29), TABLES) == expected
