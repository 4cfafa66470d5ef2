"""The disclosure request as a data set: what each kind of request has to hold."""

import pytest

from config.data_sets import library
from rules.dictionary import Context
from rules.edits import findings
from rules.records import choices, decode

REQUEST = library().of("disclosure")
NOW = Context(now="2026-11-21T10:00", tables=library().tables)

BY_AUTHORIZATION = {
    "mrn": "00123456", "received_on": "2026-11-16", "received_by_method": "MAIL", "priority": "ROUTINE",
    "requester_kind": "ATTORNEY", "requester_name": "Roe and Roe", "requester_address": "1 Main St, Juneau AK",
    "authority": "AUTH", "purpose": "LEGAL", "parts": "DS OP LAB", "service_from": "2025",
    "service_to": "2026-06-30", "authorization_signed_on": "2026-11-01", "authorization_signed_by": "PATIENT",
    "authorization_expires_on": "2027-11-01", "authorization_complete": "1",
}  # fmt: skip
BY_ACCESS = {
    "received_on": "2026-11-16", "received_by_method": "PERSON", "requester_kind": "PATIENT",
    "requester_name": "Jo Doe", "identity_verified": "PHOTO", "authority": "ACCESS", "purpose": "PERSONAL",
    "parts": "ALL",
}  # fmt: skip


def found(record: dict[str, str], **changes: str) -> set[tuple[str, str]]:
    return {(each.code, each.field) for each in findings(REQUEST, {**record, **changes}, NOW)}


class TestARequest:
    @pytest.mark.parametrize("record", [BY_AUTHORIZATION, BY_ACCESS])
    def test_that_is_complete_has_no_findings(self, record):
        assert found(record) == set()

    @pytest.mark.parametrize(
        ("changes", "code", "path"),
        [
            ({"service_from": "2026-07"}, "R101", "service_to"),
            ({"authorization_expires_on": "2026-10-31"}, "R102", "authorization_expires_on"),
            ({"authorization_expires_on": ""}, "R103", "authorization_expires_on"),
            ({"authorization_expires_on": "2026-11-20"}, "R104", "authorization_expires_on"),
            ({"authorization_revoked_on": "2026-11-18"}, "R105", "authorization_revoked_on"),
            ({"service_to": "2026-12-31"}, "R107", "received_on"),
            ({"authority": "ACCESS"}, "R108", "authority"),
            ({"received_by_method": "PHONE"}, "R109", "received_by_method"),
            ({"authorization_signed_on": ""}, "D004", "authorization_signed_on"),
            ({"requester_address": ""}, "D004", "requester_address"),
            ({"requester_kind": "PARENT"}, "D004", "identity_verified"),
            ({"received_on": "2026-11-22"}, "D008", "received_on"),
            ({"parts": "DS XRAY"}, "D003", "parts"),
        ],
    )
    def test_is_told_what_it_lacks(self, changes, code, path):
        assert (code, path) in found(BY_AUTHORIZATION, **changes)

    def test_an_authorization_is_good_on_its_last_day_and_until_its_event(self):
        assert found(BY_AUTHORIZATION, authorization_expires_on="2026-11-21") == set()
        event = {"authorization_expires_on": "", "authorization_expires_event": "settlement"}
        assert found(BY_AUTHORIZATION, **event) == set()

    def test_parts_are_several_codes_each_from_the_list(self):
        assert decode(REQUEST, NOW.tables, "parts", "DS OP") == "Discharge summary; Operative reports"
        offered = choices(REQUEST, NOW.tables, "parts", "DS OP LA", {}, "", 5)
        assert [row.code for row in offered] == ["DS OP LAB"]

    def test_its_items_are_those_of_the_table_that_holds_it(self):
        columns = {item.column: id_ for id_, item in REQUEST.by_id.items() if item.column}
        assert columns == {f"request.{id_}": id_ for id_ in columns.values()}
        assert set(columns.values()) >= {
            "requester_name", "requester_kind", "requester_address", "authority", "purpose", "parts",
            "service_from", "service_to", "received_on", "received_by_method", "authorization_signed_on",
            "authorization_expires_on", "identity_verified", "pages", "fee_cents", "note",
        }  # fmt: skip
