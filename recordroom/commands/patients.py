"""``recordroom patients``: charts that may be one person, the weights they are compared with, registration rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from recordroom.commands.common import notice, opened_store, store_options

if TYPE_CHECKING:
    from db.patient_index.match_file import Line

WIDTH = 60  # cells of the reasons in the table
IMPORT_S = 5.0  # that an import takes longer at most, so that who looks alike is on the list at once


def compare_new() -> None:
    """Compare the charts that an import has brought with all others, and say how many are left."""
    from db.patient_index import duplicates

    if left := duplicates.catch_up_beside(IMPORT_S):
        charts = "1 chart is" if left == 1 else f"{left:,} charts are"
        notice(f"{charts} not compared yet: 'recordroom patients duplicates' compares the whole index.")


@click.group()
def patients() -> None:
    """The patient index: duplicates, weights, check."""


@patients.command()
@click.option("--review", is_flag=True, help="List the pairs that a person has to look at too.")
@click.option(
    "--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True,
    help="A table, or one JSON object a line.",
)  # fmt: skip
@store_options
def duplicates(review: bool, form: str) -> None:
    """Compare the whole index and list charts that are the same person, likeliest first.

    Every chart is compared with all others that share a key; the pairs are kept for the review screen (DUP). The
    score is in bits above even odds: 10 is a thousand to one. Each reason is a field, how it agrees, and its weight.
    """
    from db.patient_index.match_file import SAME, whole_file

    with opened_store() as signed_on:
        found = whole_file(signed_on.actor, _say)
    shown = [line for line in found if review or line.match == SAME]
    if form == "jsonl":
        for line in shown:
            click.echo(json.dumps({
                "mrn_a": line.mrn_a, "mrn_b": line.mrn_b, "score": line.score, "match": line.match,
                "reasons": line.reasons,
            }))  # fmt: skip
        return
    _table(shown)


def _table(lines: Sequence[Line]) -> None:
    from tabulate import tabulate

    from rules.text import clean

    rows = [
        (
            clean(line.mrn_a),
            clean(line.mrn_b),
            f"{line.score:.1f}",
            line.match,
            clean("; ".join(line.reasons)),
        )
        for line in lines
    ]
    click.echo(tabulate(rows, ("MRN", "MRN", "score", "match", "reasons"), disable_numparse=True))
    click.echo(f"{len(lines)} pairs")


def _say(step: str, done: int, of: int) -> None:
    """Progress on stderr, to somebody who watches."""
    if sys.stderr.isatty():
        end = "\n" if done >= of else ""
        click.echo(f"\r{step}: {done:,} of {of:,}   {end}", err=True, nl=False)


@patients.command()
@click.option(
    "--estimate", is_flag=True, help="Estimate them from the index, and put them in force from today."
)
@store_options
def weights(estimate: bool) -> None:
    """Print the weights that charts are compared with: m, u and bits of each agreement.

    --estimate finds m and u from the agreement patterns of the index itself (expectation maximisation), without
    anybody having said which pairs are one person.
    """
    from math import log2

    from tabulate import tabulate

    from db.patient_index import match_people, match_rates

    with opened_store() as signed_on:
        if estimate:
            match_rates.estimate_from_index(signed_on.actor, _say)
        rates = match_people.rates()
    rows = [
        (field, band, f"{m:.5f}", f"{u:.7f}", f"{log2(m / u):+.1f}")
        for (field, band), (m, u) in rates.items()
    ]
    click.echo(tabulate(rows, ("field", "agreement", "m", "u", "bits"), disable_numparse=True))


@patients.command()
@click.option("--rules", "show_rules", is_flag=True, help="List the rules instead.")
@store_options
def check(show_rules: bool) -> None:
    """Check all registrations by the rules that are on; exit 1 when one is broken."""
    from tabulate import tabulate

    from db.patient_index import registration
    from rules.text import clean

    with opened_store() as signed_on:
        if show_rules:
            rows = [
                (rule.id, rule.level, "on" if rule.on else "off", "locked" if rule.locked else "", rule.text)
                for rule in registration.rules()
            ]
            click.echo(tabulate(rows, ("rule", "level", "", "", "what it asks"), disable_numparse=True))
            return
        counts: dict[str, int] = {}
        for mrn, finding in registration.check_all(signed_on.actor, _say):
            counts[finding.code] = counts.get(finding.code, 0) + 1
            click.echo(f"{clean(mrn)}\t{finding.code}\t{finding.level}\t{clean(finding.message)}")
    click.echo(f"{sum(counts.values())} findings by {len(counts)} rules", err=True)
    click.get_current_context().exit(1 if counts else 0)
