"""Trauma scores against their published answers and identities."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from rules.trauma import (
    ATTAINABLE_ISS,
    Case,
    Injury,
    Mechanism,
    Model,
    coefficients,
    gap,
    gap_risk,
    gcs_total,
    iss,
    mgap,
    mgap_risk,
    niss,
    ps,
    region_of,
    reverse_shock_index_gcs,
    rts,
    score,
    shock_alert,
    shock_index,
    triage_category,
    triage_rts,
)

TABLES = shipped_tables()
MTOS = coefficients(TABLES["triss"], "mtos-1995")
MODEL = Model(MTOS)
STATED = Model(MTOS, children_blunt=False)


def hurt(*lines: tuple[int | None, int | None]) -> list[Injury]:
    return [Injury(severity, region) for region, severity in lines]


def survival(mechanism: str, rts_value: str, iss_value: int, age: int, model: Model = MODEL) -> float | None:
    case = Case(age=age, mechanism=Mechanism(mechanism))
    return ps(case, model, rts_value=Decimal(rts_value), iss_value=iss_value)


class TestInjurySeverity:
    @pytest.mark.parametrize(
        ("injuries", "iss_value", "niss_value"),
        [
            ([(1, 4), (3, 3), (5, 2)], 29, 29),
            ([(1, 4), (1, 5), (3, 3), (5, 2)], 38, 50),
            ([(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1)], 3, 3),
            ([(1, 5), (3, 5), (4, 5), (5, 5)], 75, 75),
            ([(5, 6), (1, 1)], 75, 75),
            ([(None, 6)], 75, 75),
            ([(1, 9), (3, 3)], 9, 9),
            ([(1, 9)], None, None),
            ([], None, None),
            ([(1, None)], None, None),
            ([(None, 3), (1, 4)], None, 25),
            ([(None, 9), (1, 4)], 16, 16),
            ([(1, 7)], None, None),
        ],
    )
    def test_is_the_sum_of_the_three_worst_squares(self, injuries, iss_value, niss_value):
        assert iss(hurt(*injuries)) == iss_value
        assert niss(hurt(*injuries)) == niss_value

    def test_has_44_attainable_values(self):
        runs = [(1, 6), (8, 14), (16, 22), (24, 27), (29, 30), (32, 36), (41, 43)]
        alone = {38, 45, 48, 50, 51, 54, 57, 59, 66, 75}
        assert {n for low, high in runs for n in range(low, high + 1)} | alone == ATTAINABLE_ISS
        assert len(ATTAINABLE_ISS) == 44
        assert not ATTAINABLE_ISS & {7, 15, 23, 28, 31, 37, 39, 40, 44, 46, 47, 49, 52, 53}

    @given(
        st.lists(st.builds(Injury, st.sampled_from([1, 2, 3, 4, 5, 6, 9]), st.integers(1, 6)), max_size=12)
    )
    def test_niss_is_never_below_iss_and_both_are_attainable(self, injuries):
        one, new = iss(injuries), niss(injuries)
        assert (one is None) == (new is None)
        if one is not None and new is not None:
            assert one <= new
            assert {one, new} <= ATTAINABLE_ISS

    @given(st.permutations(hurt((1, 4), (1, 5), (3, 3), (5, 2), (6, 9))))
    def test_the_order_of_the_lines_does_not_matter(self, injuries):
        assert (iss(injuries), niss(injuries)) == (38, 50)


class TestIssRegion:
    @pytest.mark.parametrize(
        ("predot", "region"),
        [
            ("140652", 1), ("251204", 2), ("320212", 1), ("441410", 3), ("544222", 4), ("751151", 5),
            ("853161", 5), ("856151", 5), ("910400", 6), ("650216", 1), ("650432", 3), ("650632", 4),
            ("640201", 1), ("110602", 6), ("710402", 6), ("600000", None), ("", None), ("x", None),
        ],
    )  # fmt: skip
    def test_is_not_the_ais_chapter(self, predot, region):
        assert region_of(predot, TABLES["ais_region"]) == region


class TestGlasgowComaScale:
    @pytest.mark.parametrize(
        ("parts", "total"),
        [((4, 5, 6), 15), ((1, 1, 1), 3), ((None, 5, 6), None), ((0, 5, 6), None), ((4, 6, 6), None)],
    )
    def test_is_the_sum_of_its_parts_or_unknown(self, parts, total):
        assert gcs_total(*parts) == total


class TestRevisedTraumaScore:
    @pytest.mark.parametrize(
        ("gcs", "sbp", "rr", "value", "triage"),
        [
            (15, 90, 10, "7.8408", 12),
            (13, 90, 29, "7.8408", 12),
            (12, 120, 20, "6.9040", 11),
            (8, 76, 30, "4.9438", 8),
            (3, 0, 0, "0.0000", 0),
            (9, 89, 9, "5.5898", 8),
            (5, 49, 5, "1.9602", 3),
        ],
    )
    def test_weighs_the_coded_values(self, gcs, sbp, rr, value, triage):
        case = Case(gcs=gcs, sbp=sbp, rr=rr)
        assert rts(case) == Decimal(value)
        assert triage_rts(case) == triage

    def test_a_rate_above_29_is_worse_than_a_normal_one(self):
        assert rts(Case(gcs=15, sbp=120, rr=30)) == Decimal("7.5500")

    @pytest.mark.parametrize(
        "case",
        [
            Case(gcs=None, sbp=120, rr=16),
            Case(gcs=15, sbp=None, rr=16),
            Case(gcs=15, sbp=120, rr=None),
            Case(gcs=2, sbp=120, rr=16),
            Case(gcs=15, sbp=120, rr=16, intubated=True),
        ],
    )
    def test_is_unknown_when_an_input_is_or_when_intubated(self, case):
        assert rts(case) is None
        assert triage_rts(case) is None

    @pytest.mark.parametrize(
        ("points", "category"),
        [(12, "delayed"), (11, "urgent"), (10, "immediate"), (3, "immediate"), (2, None), (None, None)],
    )
    def test_sorts_at_triage(self, points, category):
        assert triage_category(points, TABLES["triage_rts"]) == category


class TestTriss:
    @pytest.mark.parametrize(
        ("mechanism", "rts_value", "iss_value", "age", "expected"),
        [
            ("blunt", "7.8408", 9, 54, 0.994164),
            ("blunt", "7.84", 10, 30, 0.993655),
            ("blunt", "7.8408", 75, 30, 0.407789),
            ("blunt", "7.8408", 25, 55, 0.886843),
            ("blunt", "4.0936", 34, 30, 0.505194),
            ("penetrating", "6.90", 25, 60, 0.825701),
            ("penetrating", "7.8408", 9, 30, 0.990693),
        ],
    )
    def test_gives_the_published_answers(self, mechanism, rts_value, iss_value, age, expected):
        assert survival(mechanism, rts_value, iss_value, age) == pytest.approx(expected, abs=5e-7)

    def test_children_count_as_blunt_unless_the_facility_goes_by_the_stated_mechanism(self):
        blunt = survival("blunt", "7.8408", 25, 14)
        assert survival("penetrating", "7.8408", 25, 14) == blunt
        assert survival("penetrating", "7.8408", 25, 15) != blunt
        assert survival("penetrating", "7.8408", 25, 14, STATED) == survival("penetrating", "7.8408", 25, 15)

    def test_burns_are_outside_the_model(self):
        assert survival("burn", "7.8408", 9, 30) is None

    @pytest.mark.parametrize(
        "missing", [{"age": None}, {"mechanism": None}, {"gcs": None}, {"injuries": []}, {"intubated": True}]
    )
    def test_any_missing_input_makes_it_unknown(self, missing):
        whole = {
            "injuries": hurt((1, 3)), "gcs": 15, "sbp": 120, "rr": 16, "age": 30, "mechanism": Mechanism.BLUNT,
        }  # fmt: skip
        assert score(Case(**whole), MODEL).ps == 0.994164
        assert score(Case(**whole), MODEL).ps_set == "mtos-1995"
        lacking = score(Case(**whole | missing), MODEL)
        assert (lacking.ps, lacking.ps_set) == (None, None)

    def test_an_empty_coefficient_slot_gives_no_probability(self):
        assert coefficients(TABLES["triss"], "ntdb-2010") is None
        assert ps(Case(age=3), Model(None), rts_value=Decimal(7), iss_value=9) is None
        assert TABLES["triss"].find("mtos-1990").confirm

    @given(st.integers(0, 75), st.sampled_from(["blunt", "penetrating"]), st.integers(15, 100))
    def test_a_worse_injury_never_survives_better(self, iss_value, mechanism, age):
        better = survival(mechanism, "5.0", iss_value, age)
        worse = survival(mechanism, "5.0", iss_value + 1, age)
        assert 0 < worse < better < 1


class TestShockIndex:
    def test_is_pulse_over_pressure(self):
        assert shock_index(Case(pulse=100, sbp=100)) == Decimal("1.00")
        assert shock_index(Case(pulse=75, sbp=120)) == Decimal("0.63")
        assert reverse_shock_index_gcs(Case(pulse=80, sbp=120, gcs=15)) == Decimal("22.50")

    @pytest.mark.parametrize("case", [Case(pulse=100, sbp=0), Case(pulse=None, sbp=100), Case(pulse=100)])
    def test_is_undefined_without_a_pressure_or_pulse(self, case):
        assert shock_index(case) is None
        assert reverse_shock_index_gcs(Case(pulse=0, sbp=100, gcs=15)) is None

    @pytest.mark.parametrize(
        ("age", "index", "alert"),
        [(5, "1.21", False), (5, "1.22", True), (10, "1.0", True), (30, "0.89", False), (30, "0.9", True),
         (2, "2.0", None), (None, "2.0", None)],
    )  # fmt: skip
    def test_asks_for_attention_by_age(self, age, index, alert):
        assert shock_alert(Decimal(index), age, TABLES["shock_index"]) is alert


class TestGapAndMgap:
    @pytest.mark.parametrize(
        ("gcs", "age", "sbp", "mechanism", "gap_value", "mgap_value"),
        [
            (15, 30, 121, Mechanism.BLUNT, 24, 29),
            (3, 60, 59, Mechanism.PENETRATING, 3, 3),
            (15, 60, 120, Mechanism.PENETRATING, 19, 18),
            (8, 59, 60, Mechanism.BLUNT, 15, 20),
            (15, 30, 121, None, 24, None),
            (15, 30, 121, Mechanism.BURN, 24, None),
            (None, 30, 121, Mechanism.BLUNT, None, None),
            (15, None, 121, Mechanism.BLUNT, None, None),
            (15, 30, None, Mechanism.BLUNT, None, None),
        ],
    )
    def test_add_their_points(self, gcs, age, sbp, mechanism, gap_value, mgap_value):
        case = Case(gcs=gcs, age=age, sbp=sbp, mechanism=mechanism)
        assert gap(case) == gap_value
        assert mgap(case) == mgap_value

    def test_have_their_risk_bands(self):
        assert [gap_risk(points) for points in (3, 10, 11, 18, 19, 24)] == [
            "high", "high", "intermediate", "intermediate", "low", "low",
        ]  # fmt: skip
        assert [mgap_risk(points) for points in (17, 18, 22, 23)] == [
            "high", "intermediate", "intermediate", "low",
        ]  # fmt: skip


ANYTHING = st.one_of(st.none(), st.integers())


@given(
    st.builds(
        Case,
        injuries=st.lists(st.builds(Injury, ANYTHING, ANYTHING), max_size=6),
        gcs=ANYTHING, sbp=ANYTHING, rr=ANYTHING, pulse=ANYTHING, age=ANYTHING,
        mechanism=st.one_of(st.none(), st.sampled_from(Mechanism)), intubated=st.booleans(),
    )
)  # fmt: skip
@example(Case(sbp=1, pulse=10**26))
def test_bad_data_never_raise_and_never_give_a_score_out_of_range(case):
    result = score(case, MODEL)
    assert result.iss is None or result.iss in ATTAINABLE_ISS
    assert result.rts is None or 0 <= result.rts <= Decimal("7.8408")
    assert result.ps is None or 0 <= result.ps <= 1
    assert result.gap is None or 3 <= result.gap <= 24
    assert result.mgap is None or 3 <= result.mgap <= 29
