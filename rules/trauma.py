"""Trauma scores: an input that is not known makes a score unknown, never a guess and never 0.

AIS severities and ISS regions are keyed by the registrar; the AIS dictionary itself is licensed (AAAM) and is
not here. Scores of a region that is not known, of a severity 9 alone, or of an intubated patient are None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations_with_replacement
from math import exp

from rules.tables import CodeTable

UNSURVIVABLE = 6
NOT_ASSIGNABLE = 9
SEVERITIES = frozenset({1, 2, 3, 4, 5, UNSURVIVABLE, NOT_ASSIGNABLE})
REGIONS = frozenset(range(1, 7))
HIGHEST_ISS = 75  # any AIS 6 gives it: Baker et al., J Trauma 1974;14:187
ATTAINABLE_ISS = frozenset(
    {a * a + b * b + c * c for a, b, c in combinations_with_replacement(range(6), 3)} - {0} | {HIGHEST_ISS}
)
"""The only values an ISS can have: 44 of the numbers from 1 to 75."""

RTS_WEIGHTS = (
    Decimal("0.9368"),
    Decimal("0.7326"),
    Decimal("0.2908"),
)  # Champion et al., J Trauma 1989;29:623
GCS_PARTS = ((1, 4), (1, 5), (1, 6))
TRISS_AGE = 55
BLUNT_BELOW_AGE = 15
DEFAULT_SET = "mtos-1995"


class Mechanism(StrEnum):
    """What kind of energy did the harm, as far as the models tell it apart."""

    BLUNT = "blunt"
    PENETRATING = "penetrating"
    BURN = "burn"


@dataclass(frozen=True, slots=True)
class Injury:
    """An AIS line: severity 1-6, or 9 where none could be assigned; ISS region 1-6. None is not known."""

    severity: int | None
    region: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the scores of one patient are made of. None is not known."""

    injuries: Sequence[Injury] = ()
    gcs: int | None = None
    sbp: int | None = None  # mmHg
    rr: int | None = None  # breaths per minute
    pulse: int | None = None  # beats per minute
    age: int | None = None  # completed years
    mechanism: Mechanism | None = None
    intubated: bool = False


@dataclass(frozen=True, slots=True)
class Coefficients:
    """b0, b1 (RTS), b2 (ISS), b3 (age) of one TRISS model for both mechanisms, under the name of its set."""

    name: str
    blunt: tuple[float, float, float, float]
    penetrating: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of one patient; None is not known. ``ps_set`` names the coefficients behind ``ps``."""

    iss: int | None = None
    niss: int | None = None
    rts: Decimal | None = None
    triage_rts: int | None = None
    ps: float | None = None
    ps_set: str | None = None
    gcs: int | None = None
    shock_index: Decimal | None = None
    reverse_shock_index_gcs: Decimal | None = None
    gap: int | None = None
    gap_risk: str | None = None
    mgap: int | None = None
    mgap_risk: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """How a facility scores: TRISS coefficients, and whether children count as blunt (MTOS) or as stated."""

    coefficients: Coefficients | None = None
    children_blunt: bool = True


def gcs_total(eye: int | None, verbal: int | None, motor: int | None) -> int | None:
    """The Glasgow Coma Scale as the sum of its parts, 3 to 15; unknown when a part is.

    The same for GCS-40, whose parts may be 0, not testable.
    """
    total = 0
    for part, (low, high) in zip((eye, verbal, motor), GCS_PARTS, strict=True):
        if part is None or not low <= part <= high:
            return None
        total += part
    return total


def iss(injuries: Iterable[Injury]) -> int | None:
    """Injury Severity Score: squares of the worst AIS in the three worst of six regions (Baker 1974).

    Any AIS 6 gives 75. Severity 9 is left out while another is known. No injury, or a line whose severity or
    region is not known, leaves the score unknown.
    """
    injuries = list(injuries)
    if any(injury.severity == UNSURVIVABLE for injury in injuries):
        return HIGHEST_ISS
    worst: dict[int, int] = {}
    for injury in _assignable(injuries):
        if injury.severity is None or injury.region is None or injury.region not in REGIONS:
            return None
        worst[injury.region] = max(worst.get(injury.region, 0), injury.severity)
    return _squares(worst.values())


def niss(injuries: Iterable[Injury]) -> int | None:
    """New Injury Severity Score: squares of the three worst AIS wherever they are (Osler, 1997)."""
    injuries = list(injuries)
    if any(injury.severity == UNSURVIVABLE for injury in injuries):
        return HIGHEST_ISS
    severities = [injury.severity for injury in _assignable(injuries)]
    return _squares(severity for severity in severities if severity is not None)


def _assignable(injuries: list[Injury]) -> list[Injury]:
    """The lines that count; none when one of them has no readable severity, for it might be the worst."""
    if any(injury.severity not in SEVERITIES for injury in injuries):
        return []
    return [injury for injury in injuries if injury.severity != NOT_ASSIGNABLE]


def _squares(severities: Iterable[int]) -> int | None:
    worst = sorted(severities)[-3:]
    return sum(severity * severity for severity in worst) if worst else None


def coded_gcs(gcs: int | None) -> int | None:
    """GCS as the RTS codes it, 0 to 4."""
    if gcs is None or not 3 <= gcs <= 15:
        return None
    return _step(gcs, (13, 9, 6, 4))


def coded_sbp(sbp: int | None) -> int | None:
    """Systolic blood pressure as the RTS codes it, 0 to 4."""
    return None if sbp is None or sbp < 0 else _step(sbp, (90, 76, 50, 1))


def coded_rr(rr: int | None) -> int | None:
    """Respiratory rate as the RTS codes it, 0 to 4: above 29 is 3, worse than normal."""
    if rr is None or rr < 0:
        return None
    return 3 if rr > 29 else 4 if rr >= 10 else _step(rr, (99, 99, 6, 1))


def _step(value: int, floors: tuple[int, int, int, int]) -> int:
    return next((score for score, floor in zip((4, 3, 2, 1), floors, strict=True) if value >= floor), 0)


def rts_parts(case: Case) -> tuple[int, int, int] | None:
    """Coded GCS, pressure and rate; None when one is unknown or when a tube speaks for the patient."""
    coded = (coded_gcs(case.gcs), coded_sbp(case.sbp), coded_rr(case.rr))
    if case.intubated or coded[0] is None or coded[1] is None or coded[2] is None:
        return None
    return coded[0], coded[1], coded[2]


def rts(case: Case) -> Decimal | None:
    """Revised Trauma Score, 0 to 7.8408, to four decimals."""
    parts = rts_parts(case)
    if parts is None:
        return None
    return sum((weight * part for weight, part in zip(RTS_WEIGHTS, parts, strict=True)), Decimal("0.0000"))


def triage_rts(case: Case) -> int | None:
    """The unweighted RTS that triage uses, 0 to 12."""
    parts = rts_parts(case)
    return None if parts is None else sum(parts)


def triage_category(points: int | None, table: CodeTable | None, day: str = "") -> str | None:
    """The triage category of an unweighted RTS; None where the table has none."""
    if points is None or table is None:
        return None
    for row in table.on(day):
        low, high = row.more.get("lowest"), row.more.get("highest")
        if isinstance(low, int) and isinstance(high, int) and low <= points <= high:
            return row.code
    return None


def ps(case: Case, model: Model, *, rts_value: Decimal | None, iss_value: int | None) -> float | None:
    """Probability of survival by TRISS: 1 / (1 + e^-b), b = b0 + b1 RTS + b2 ISS + b3 A, A from age 55.

    Children under 15 take the blunt coefficients whatever the mechanism, unless the facility goes by the
    stated one. Burns are outside the model.
    """
    inputs = (rts_value, iss_value, case.age, case.mechanism, model.coefficients)
    if any(each is None for each in inputs) or case.mechanism is Mechanism.BURN:
        return None
    assert rts_value is not None and iss_value is not None and case.age is not None  # noqa: PT018
    assert model.coefficients is not None
    blunt = case.mechanism is Mechanism.BLUNT or (model.children_blunt and case.age < BLUNT_BELOW_AGE)
    b0, b1, b2, b3 = model.coefficients.blunt if blunt else model.coefficients.penetrating
    b = b0 + b1 * float(rts_value) + b2 * iss_value + b3 * (case.age >= TRISS_AGE)
    return 1 / (1 + exp(-b))


def shock_index(case: Case) -> Decimal | None:
    """Pulse over systolic pressure to two decimals; undefined without a pressure."""
    if case.pulse is None or case.pulse < 0 or case.sbp is None or case.sbp <= 0:
        return None
    return _hundredths(case.pulse, case.sbp)


def reverse_shock_index_gcs(case: Case) -> Decimal | None:
    """Systolic pressure over pulse times GCS, to two decimals; undefined without a pulse."""
    if not case.pulse or case.pulse < 0 or case.sbp is None or case.sbp < 0 or coded_gcs(case.gcs) is None:
        return None
    return _hundredths(case.sbp * (case.gcs or 0), case.pulse)


def _hundredths(over: int, under: int) -> Decimal:
    """A quotient to two decimals, half up; of numbers of any size, however absurd."""
    return Decimal((200 * over + under) // (2 * under)).scaleb(-2)


def shock_alert(
    index: Decimal | None, age: int | None, limits: CodeTable | None, day: str = ""
) -> bool | None:
    """Whether a shock index reaches the limit for the patient's age; None where no limit is set."""
    if index is None or age is None or limits is None:
        return None
    for row in limits.on(day):
        low, high, limit = (row.more.get(key) for key in ("from_age", "to_age", "limit"))
        if isinstance(low, int) and isinstance(high, int) and low <= age <= high:
            return index >= Decimal(str(limit))
    return None


def gap(case: Case) -> int | None:
    """GCS, age, pressure: 3 to 24 (Kondo et al., Crit Care 2011;15:R191)."""
    pressure = _pressure_points(case.sbp, above=6, between=4)
    if pressure is None or coded_gcs(case.gcs) is None or case.gcs is None or case.age is None:
        return None
    return case.gcs + pressure + (3 if case.age < 60 else 0)


def gap_risk(points: int | None) -> str | None:
    """``high`` to 10 points, ``intermediate`` to 18, then ``low``."""
    return None if points is None else "high" if points <= 10 else "intermediate" if points <= 18 else "low"


def mgap(case: Case) -> int | None:
    """Mechanism, GCS, age, pressure: 3 to 29 (Sartorius et al., Crit Care Med 2010;38:831)."""
    pressure = _pressure_points(case.sbp, above=5, between=3)
    known = coded_gcs(case.gcs) is not None and case.age is not None
    if pressure is None or not known or case.mechanism in (None, Mechanism.BURN):
        return None
    blunt = 4 if case.mechanism is Mechanism.BLUNT else 0
    return (case.gcs or 0) + pressure + blunt + (5 if (case.age or 0) < 60 else 0)


def mgap_risk(points: int | None) -> str | None:
    """``low`` from 23 points, ``intermediate`` from 18, else ``high``."""
    return None if points is None else "low" if points >= 23 else "intermediate" if points >= 18 else "high"


def _pressure_points(sbp: int | None, *, above: int, between: int) -> int | None:
    if sbp is None or sbp < 0:
        return None
    return above if sbp > 120 else between if sbp >= 60 else 0


def score(case: Case, model: Model) -> Scores:
    """Every score of one patient."""
    iss_value, rts_value = iss(case.injuries), rts(case)
    survival = ps(case, model, rts_value=rts_value, iss_value=iss_value)
    gap_points, mgap_points = gap(case), mgap(case)
    return Scores(
        iss=iss_value,
        niss=niss(case.injuries),
        rts=rts_value,
        triage_rts=triage_rts(case),
        ps=None if survival is None else round(survival, 6),
        ps_set=model.coefficients.name if survival is not None and model.coefficients else None,
        gcs=case.gcs if coded_gcs(case.gcs) is not None else None,
        shock_index=shock_index(case),
        reverse_shock_index_gcs=reverse_shock_index_gcs(case),
        gap=gap_points,
        gap_risk=gap_risk(gap_points),
        mgap=mgap_points,
        mgap_risk=mgap_risk(mgap_points),
    )


def coefficients(table: CodeTable | None, name: str, day: str = "") -> Coefficients | None:
    """The TRISS set of that name from its table; None when it is absent or its slot is still empty."""
    row = table.find(name, day) if table else None
    if row is None:
        return None
    blunt, penetrating = (_four(row.more, key) for key in ("blunt", "penetrating"))
    return Coefficients(name, blunt, penetrating) if blunt and penetrating else None


def _four(more: Mapping[str, object], key: str) -> tuple[float, float, float, float] | None:
    values = more.get(key)
    if (
        not isinstance(values, list)
        or len(values) != 4
        or not all(isinstance(v, int | float) for v in values)
    ):
        return None
    return float(values[0]), float(values[1]), float(values[2]), float(values[3])


def region_of(predot: str, table: CodeTable | None, day: str = "") -> int | None:
    """The ISS region of an AIS pre-dot code: the longest beginning that the table knows decides."""
    for length in range(len(predot), 0, -1):
        row = table.find(predot[:length], day) if table else None
        if row is not None:
            region = row.more.get("region")
            return region if isinstance(region, int) and region in REGIONS else None
    return None
