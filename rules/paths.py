"""Whether an account's movements can have happened as they stand: all that is impossible, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rules.census import STILL_HERE, Event, Step, in_order
from rules.findings import Finding, Level

_NAMES = {
    Event.ADMIT: "admission", Event.TRANSFER: "transfer", Event.SERVICE: "change of service",
    Event.LEAVE: "leave", Event.RETURN: "return from leave", Event.DISCHARGE: "discharge",
}  # fmt: skip


def impossible(steps: Sequence[Step]) -> list[Finding]:
    """Why a path cannot be, one sentence for each step in the way; an empty path is possible."""
    path = in_order(steps)
    admission = next((step for step in path if step.event is Event.ADMIT), None)
    if path and admission is None:
        return [
            _finding("M101", f"There is no admission before the {_at(path[0])}: enter the admission first.")
        ]
    findings: list[Finding] = []
    inside: Step | None = None  # the admission in force
    away: Step | None = None
    gone: Step | None = None
    for step in path:
        wrong = _missing(step)
        if wrong is None and inside is None and step.event is not Event.ADMIT and admission is not None:
            wrong = ("M102", f"The {_at(step)} is before the {_at(admission)}: correct one of the times.")
        elif wrong is None and gone is not None:
            wrong = (
                "M103",
                f"The {_at(step)} follows the {_at(gone)}: cancel the discharge or open a new account.",
            )
        elif wrong is None:
            wrong = _out_of_turn(step, inside, away)
        if wrong:
            findings.append(_finding(*wrong))
            continue
        if step.event is Event.ADMIT:
            inside = step
        elif step.event is Event.LEAVE:
            away = step
        elif step.event is Event.RETURN:
            away = None
        elif step.event is Event.DISCHARGE:
            gone = step
    return findings


def not_gone(steps: Sequence[Step]) -> list[Finding]:
    """Discharges whose disposition says that the patient has not left."""
    sentence = "Disposition {} is for a patient who is still here: enter where the patient went."
    return [
        Finding(Level.FATAL, "M115", sentence.format(step.disposition), "disposition")
        for step in steps
        if step.event is Event.DISCHARGE and step.disposition in STILL_HERE
    ]


def _missing(step: Step) -> tuple[str, str] | None:
    if step.event is Event.ADMIT and (step.patient_class or "I") == "I":
        if step.unit is None or step.service is None:
            return ("M110", f"The {_at(step)} needs a unit and a service: enter both.")
    elif step.event is Event.TRANSFER and step.unit is None:
        return ("M111", f"The {_at(step)} needs the unit that the patient goes to: enter it.")
    elif step.event is Event.SERVICE and step.service is None:
        return ("M112", f"The {_at(step)} needs the new service: enter it.")
    return None


def _out_of_turn(step: Step, inside: Step | None, away: Step | None) -> tuple[str, str] | None:
    """Why a step cannot follow: ``inside`` is the admission in force, ``away`` the leave that lasts."""
    match step.event:
        case Event.ADMIT if inside is not None:
            turns_inpatient = (step.patient_class or "I") == "I" != (inside.patient_class or "I")
            if not turns_inpatient:
                sentence = (
                    f"The account has an {_at(inside)} already; the {_at(step)} would be a second one: "
                    "correct the first or open a new account."
                )
                return ("M104", sentence)
        case Event.TRANSFER | Event.SERVICE | Event.LEAVE if away is not None:
            return ("M105", f"The {_at(step)} falls into the {_at(away)}: enter the return first.")
        case Event.RETURN if away is None:
            return ("M106", f"The {_at(step)} has no leave before it: enter the leave first.")
        case _:
            pass
    return None


def _at(step: Step) -> str:
    return f"{_NAMES[step.event]} at {step.local.replace('T', ' ')}"


def _finding(code: str, message: str) -> Finding:
    return Finding(Level.FATAL, code, message)
