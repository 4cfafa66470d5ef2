"""The demo hospital's HL7 feed, sent through the listener, leads to the census that direct loading leads to."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from db import store
from db.access import sign_on
from db.actors import Actor
from db.feeds import intake
from db.hospital import site
from db.statistics import census
from exchange.hl7_intake import ListenerIntake, refuse
from exchange.hl7_message import read_message, split_messages
from exchange.mllp import FrameReader, Listener, framed
from recordroom.demo import feed
from recordroom.demo.hospital import Hospital
from recordroom.demo.load import load
from recordroom.demo.model import DAY, Plan

PLAN = Plan(date(2026, 11, 3), beds=24, months=1, seed=3)

Counts = dict[tuple[int, str, str, bool | None], tuple[int, ...]]


def census_of_the_open_store() -> tuple[Counts, list[tuple[str, ...]]]:
    """The whole day summary by codes, and who lies where now."""
    units, services = site.codes("unit"), site.codes("service")
    summary = {
        (row.day, units[row.unit_id], services[row.service_id], row.newborn): (
            row.census, row.same_day, row.admissions, row.discharges, row.deaths, row.deaths_under_48h, row.unit_in,
            row.unit_out, row.leave_out, row.leave_in, row.discharge_days,
        )
        for row in census.day_summary(PLAN.first_day - 60, PLAN.until.toordinal())
    }  # fmt: skip
    now = [
        (one.account, one.unit, one.bed, one.service, one.on_leave, one.admitted_at)
        for one in census.inpatients(limit=500)
    ]
    return summary, now


@pytest.fixture(scope="module")
def messages() -> list[bytes]:
    return [message.text.encode() for message in feed.messages(Hospital(PLAN))]


async def _sent(actor: Actor, messages: list[bytes]) -> tuple[Counter[str], dict[str, int]]:
    """Send messages over one connection to a listener on loopback; answers and the run's counts."""
    run = ListenerIntake.begin(actor, "loopback")
    listener = Listener(run.take, refuse)
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(listener.serve(stop, port.set_result))
    reader, writer = await asyncio.open_connection("127.0.0.1", await port)

    async def send() -> None:
        for message in messages:
            writer.write(framed(message))
            await writer.drain()

    sending, frames, answers = asyncio.create_task(send()), FrameReader(), Counter[str]()
    while answers.total() < len(messages):
        for frame in frames.feed(await reader.read(65536)):
            answer = read_message(frame.data)
            assert answer is not None
            answers[answer.first("MSA").text(1)] += 1
    await sending
    writer.close()
    stop.set()
    await serving
    return answers, run.close()


class TestTheFeed:
    def test_gives_the_census_of_direct_loading(
        self, admin: Actor, messages: list[bytes], template_store: Path, tmp_path: Path
    ) -> None:
        load(admin, PLAN)
        summary, in_house = census_of_the_open_store()
        assert not census.self_check(PLAN.first_day - 60, PLAN.until.toordinal())
        store.close_store()

        directory = tmp_path / "fed"
        shutil.copytree(template_store, directory)
        actor = sign_on.with_passphrase(directory, "admin", "correct horse battery").actor
        answers, counts = asyncio.run(_sent(actor, messages))
        census.bring_up_to_date()

        assert answers == {"AA": len(messages)}
        assert counts["read"] == sum(counts.values()) - counts["read"] == len(messages)
        assert counts["refused"] == 0
        held = intake.held_messages(actor, limit=5)
        assert not [message.reason for message in held]
        fed, fed_in_house = census_of_the_open_store()
        assert len(in_house) > 10
        assert fed_in_house == in_house
        assert fed == summary

    def test_holds_every_kind_of_message(self) -> None:
        big = feed.messages(Hospital(Plan(PLAN.until, beds=120, months=3, seed=3)))
        kinds = {message.kind.split("^")[1] for message in big}
        admissions, moves, people = (
            {"A01", "A02", "A03", "A04"},
            {"A11", "A12", "A13", "A21", "A22"},
            {"A28", "A31"},
        )
        assert admissions | moves | people | {"A08", "A40", "T02"} <= kinds

    def test_is_written_as_a_file_a_day(self, tmp_path: Path, messages: list[bytes]) -> None:
        kinds = feed.write(tmp_path / "feed", PLAN)
        assert kinds.total() == len(messages)
        files = sorted((tmp_path / "feed").iterdir())
        assert {date.fromisoformat(file.stem) for file in files} == {
            date.fromordinal(message.at // DAY) for message in feed.messages(Hospital(PLAN))
        }
        found = [part for file in files for part in split_messages(file.read_bytes())]
        assert found == [message.rstrip(b"\r") for message in messages]
