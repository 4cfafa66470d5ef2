"""Reviews of the demo hospital: a plan of abstracts and one of worksheets, one review compared and one settled."""

from __future__ import annotations

from typing import Final

from db.actors import Actor, Role
from db.store import current
from db.worklist import review_acts, reviews
from db.worklist.review_acts import Asked
from rules.moments import iso_date
from rules.reviews import Decision, Method

PERIOD_DAYS: Final = 60
SECOND: Final = Actor(0, "coder", frozenset({Role.CODER}), "demo")


def plan_reviews(actor: Actor) -> None:
    """Draw both samples; the demo's coder has reviewed two abstracts and differs in the one and the other."""
    today = current().now().day
    period = (iso_date(today - PERIOD_DAYS), iso_date(today))
    try:
        number = review_acts.plan(
            actor, Asked("blind", "Coding review", "abstract", *period, "", Method.RANDOM, "10", seed="demo")
        )
        review_acts.plan(
            actor, Asked("closed", "Closed records", "", *period, "", Method.RANDOM, "5", seed="demo")
        )
    except review_acts.NotReviewed:  # a hospital too young to have discharges
        return
    plan = reviews.plan(number)
    for turn, one in enumerate(reviews.of_plan(plan.id, limit=2) if plan else ()):
        second = reviews.first_of(one)
        second["diagnoses[1].poa"] = "N" if second.get("diagnoses[1].poa") != "N" else "Y"
        last = max(
            (path for path in second if path.startswith("diagnoses[") and path.endswith(".code")), default=""
        )
        if turn and last != "diagnoses[1].code":
            second = {
                path: value
                for path, value in second.items()
                if not path.startswith(last.removesuffix("code"))
            }
        done = review_acts.file_blind(SECOND, one.number, second)
        for each in reviews.differences(done.id)[: 1 - turn]:
            review_acts.settle(SECOND, one.number, each.id, Decision.FIRST)
