"""The whole journey: cart, lines, checkout, its fields, completion, the sandbox's webhook, paid."""

import time
from datetime import datetime

import msgspec

from holdfast.bench.figures import Figure, Run
from holdfast.bench.rig import SKUS, Load, Rig, Stand
from holdfast.bench.stage import ask, sql
from holdfast.bench.wrong import WrongAnswers

PAID_WITHIN_S = 120
LOOK_EVERY_S = 0.5


def measure(rig: Rig) -> list[Figure]:
    figures = []
    for processes in rig.plan.processes:
        with rig.fresh_shop(processes) as stand:
            figures += stand.in_turns([_journeys(stand)])
    return figures


def _journeys(stand: Stand) -> Load:
    def run(connections: int, seconds: int) -> Run:
        number = stand.rig.next_run()
        since = ask(stand.database_url, sql.now)
        placed = stand.over_http(
            "journeys.lua",
            [SKUS, f"{number:06d}", number],
            connections=connections,
            seconds=seconds,
            count=sql.orders_since,
            answers=lambda told: told.finished,
        )
        paid = ask(stand.database_url, lambda c: sql.paid_since(c, since=since)).rows
        _wait_for_money(stand, since)
        waiting = placed.answers - paid + (placed.backlog or 0)
        return msgspec.structs.replace(placed, answers=paid, backlog=max(0, waiting))

    crowds = stand.rig.plan.connections
    return Load("journey.paid", "whole journeys, paid", stand.processes, crowds, run)


def _wait_for_money(stand: Stand, since: datetime) -> None:
    """Every order that was placed becomes paid; raise WrongAnswers when one does not."""
    until = time.monotonic() + PAID_WITHIN_S
    while True:
        placed = ask(stand.database_url, lambda c: sql.orders_since(c, since=since)).rows
        paid = ask(stand.database_url, lambda c: sql.paid_since(c, since=since)).rows
        if paid >= placed:
            return
        if time.monotonic() > until:
            raise WrongAnswers(f"journeys: of {placed} orders {placed - paid} were never paid")
        time.sleep(LOOK_EVERY_S)
