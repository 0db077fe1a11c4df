"""``demo``: the whole shop on the embedded PostgreSQL, with goods on its shelves and a test bank."""

import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from holdfast.accounts.roles import Role
from holdfast.cli.books.prove import seed_database, with_database
from holdfast.cli.crew import Crew, crew
from holdfast.cli.options import settings_from
from holdfast.cli.people import make_key

TRY = """
[bold]The shop runs.[/]

  API          {url}/api/v1/products
  Reference    {url}/docs
  Test bank    {bank}
  Staff key    {key}

[bold]Three things to try[/] (in another terminal)

1. Buy something, and pay for it on the test bank's page:
   curl -s {url}/api/v1/orders -H 'Idempotency-Key: my-demo-order-0001' \\
     -H 'Content-Type: application/json' \\
     -d '{{"lines":[{{"sku":"{sku}","quantity":1}}],"email":"you@example.com","shipping_option":"standard",
          "payment_method":"stripe","shipping_address":{{"name":"You","line1":"1 High Street",
          "city":"Leeds","postal_code":"LS1 1AA","country":"GB"}}}}'
   Open payment.next_action.url of the answer in a browser and press Pay, then look at the order:
   curl -s {url}/api/v1/orders/ORDER_ID -H 'X-Holdfast-Token: TOKEN'

2. Send the first command again: the same key gives the same answer, and nothing is ordered twice.

3. Kill anything you like (kill -9), then prove the books:
   {holdfast} audit --data-dir {data_dir}

Ctrl-C stops everything.
"""


def demo(
    port: Annotated[int, typer.Option(help="The shop's port.")] = 8000,
    sandbox_port: Annotated[int, typer.Option(help="The test bank's port.")] = 8002,
    workers: Annotated[int, typer.Option(help="HTTP processes.")] = 1,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where everything is kept (default .holdfast).")
    ] = None,
) -> None:
    """Run the whole shop: embedded PostgreSQL, HTTP, worker, sandbox, and a seeded catalogue."""
    settings = settings_from(data_dir=data_dir)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    console = Console(soft_wrap=True, highlight=False)
    console.print("Starting PostgreSQL, the shop, its worker and the test bank …")
    with crew(
        settings.data_dir, host="127.0.0.1", port=port, sandbox_port=sandbox_port, workers=workers,
        settings={"HOLDFAST_LOG_LEVEL": "warning"},
    ) as people:  # fmt: skip
        _greet(people, console, sandbox_port, settings.data_dir)
        ended.wait()
        console.print("Stopping …")
    console.print("Stopped; the data stays for the next time.")


def _greet(people: Crew, console: Console, sandbox_port: int, data_dir: Path) -> None:
    with_database(people.database_url, seed_database)
    key = with_database(
        people.database_url,
        lambda database: make_key(database, email="demo@example.com", role=Role.ADMIN, label="demo"),
    ).key
    console.print(
        TRY.format(
            url=people.url,
            bank=f"http://127.0.0.1:{sandbox_port}",
            key=key,
            sku=DEMO_SKU,
            holdfast=shlex.quote(sys.argv[0]),
            data_dir=shlex.quote(str(data_dir)),
        )
    )


DEMO_SKU = "LHM-7"
