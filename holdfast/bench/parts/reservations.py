"""Reservations and nothing else: checkouts that hold a unit, over HTTP and one by one."""

from holdfast.bench.figures import Figure, Run
from holdfast.bench.parts.loads import SECRET, Expected, Prepared
from holdfast.bench.rig import SKUS, Load, Rig, Stand
from holdfast.bench.stage import ask, sql
from holdfast.ids import token_for

HOT = "B000001"


class Checkouts:
    """Checkouts of one unit of the hot SKU, numbered, each good for one hold."""

    def __init__(self, stand: Stand) -> None:
        self._stand, self._last = stand, 0

    def more(self, count: int) -> range:
        """So many that nobody has used, by their numbers."""
        first, self._last = self._last + 1, self._last + count
        ask(
            self._stand.database_url,
            lambda c: sql.add_checkouts(c, first=first, last=self._last, sku=HOT),
        )
        return range(first, self._last + 1)

    def to_hold(self, count: int) -> list[tuple[str, ...]]:
        """A request for each of so many new ones."""
        return [_hold(f"chk_{number:026d}") for number in self.more(count)]


def measure(rig: Rig) -> list[Figure]:
    figures = []
    for processes in rig.plan.processes:
        with rig.fresh_shop(processes) as stand:
            checkouts = Checkouts(stand)
            over_http = Prepared(stand, checkouts.to_hold, sql.holds_since)
            wanted = [
                Load(
                    "reservations.hot",
                    "reservations, one hot SKU",
                    processes,
                    rig.plan.connections,
                    over_http,
                )
            ]
            if processes == rig.plan.processes[0]:
                wanted += [
                    _reference(stand, checkouts, "reservations.a", "(a) one by one, 10,000 SKUs", SKUS),
                    _reference(stand, checkouts, "reservations.b", "(b) one by one, one hot SKU", 1),
                ]
            figures += stand.in_turns(wanted)
    return figures


def _hold(checkout_id: str) -> tuple[str, ...]:
    body = f'{{"checkout_id":"{checkout_id}"}}'
    token = ("X-Holdfast-Token", token_for(SECRET, checkout_id))
    return ("POST", "/api/v1/holds", body, *token, "Idempotency-Key", f"hold-{checkout_id}")


def _reference(stand: Stand, checkouts: Checkouts, key: str, what: str, skus: int) -> Load:
    expected = Expected()

    def run(clients: int, seconds: int) -> Run:
        per_client = expected.units(seconds) * 2 // clients  # some clients are faster than others
        numbers = checkouts.more(clients * per_client)
        variables = {"skus": skus, "first_checkout": numbers[0] - 1, "per_client": per_client}
        done = stand.one_by_one(
            "reservation.sql", variables, clients=clients, seconds=seconds, count=sql.holds_since
        )
        expected.saw(done)
        return done

    return Load(key, what, 0, stand.rig.plan.clients, run)
