"""A small feed: messages with sensible defaults, of which a test names what it is about."""

from __future__ import annotations

import re
from itertools import count
from typing import Final

from db.actors import Actor
from db.connect import writing
from db.feeds.intake import Settled
from exchange.hl7_intake import Intake

_IDS = count(1)
ADMITTED: Final = "202601051000"


def adt(
    event: str,
    at: str = ADMITTED,
    *,
    mrn: str = "00123",
    account: str = "A1",
    name: str = "MILLER^RUTH^A",
    place: str = "5W^501^A",
    prior: str = "",
    service: str = "MED",
    patient_class: str = "I",
    kind: str = "",
    admitted: str = ADMITTED,
    discharged: str = "",
    disposition: str = "",
    attending: str = "1001^JONES^MARY",
    mrg: str = "",
    control_id: str = "",
    more_pid: str = "",
    more: str = "",
) -> bytes:
    """An ADT message; ``at`` stands in EVN-2, ``kind`` is PV1-18, ``more_pid`` follows PID-18."""
    pv1 = {
        2: patient_class, 3: place, 6: prior, 7: attending, 10: service, 18: kind, 36: disposition,
        44: admitted, 45: discharged,
    }  # fmt: skip
    lines = (
        f"MSH|^~\\&|ADT|GEN|RR|GEN|{at}||ADT^{event}|{control_id or f'C{next(_IDS):06}'}|P|2.5",
        f"EVN|{event}|{at}",
        f"PID|1||{mrn}^^^GEN^MR||{name}||19510309|F||||||||||{account}{more_pid}",
        f"MRG|{mrg}" if mrg else "",
        "PV1|1|" + "|".join(pv1.get(number, "") for number in range(2, 46)),
        more,
    )
    return "".join(f"{line}\r" for line in lines if line).encode()


def without(message: bytes, segment: str) -> bytes:
    """The message without its segments of a name."""
    return re.sub(rb"(?m)(?:^|(?<=\r))" + segment.encode() + rb"\|[^\r]*\r", b"", message)


def send(actor: Actor, *messages: bytes) -> list[Settled]:
    """What becomes of messages taken one after the other."""
    return [settled for settled, _ in send_counted(actor, *messages)]


def send_counted(actor: Actor, *messages: bytes) -> list[tuple[Settled, dict[str, int]]]:
    """As ``send``, with the counts of the run after each message."""
    run = Intake(actor, "test")
    found = []
    with writing():
        run.open()
    for message in messages:
        with writing():
            found.append((run.take(message).settled, dict(run.counts)))
    return found
