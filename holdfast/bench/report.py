"""The report as tables for people; ``--json`` writes the same as data."""

from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdfast.bench.bars import JUDGED_PROCESSES
from holdfast.bench.figures import Fact, Figure, Machine, Report, Run, Verdict

CORES_SHOWN_MIN = 0.05
KINDS = ("postgres", "http", "worker", "sandbox", "load")


def rendered(report: Report) -> RenderableType:
    """Machine, figures, facts and bars."""
    parts: list[RenderableType] = [_machine(report.machine, report), Text()]
    if report.figures:
        parts += [_figures(report.figures), Text()]
    if report.facts:
        parts += [_facts(report.facts), Text()]
    return Group(*parts, _verdicts(report.verdicts))


def _machine(machine: Machine, report: Report) -> Text:
    return Text(
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_mb / 1000:.1f} GB; {machine.kernel};"
        f" PostgreSQL {machine.postgresql}, Python {machine.python}, Holdfast {machine.holdfast};"
        f" {machine.at:%Y-%m-%d}. Best of {report.rounds} runs of {report.seconds} s by each crowd."
    )


def _figures(figures: Iterable[Figure]) -> Table:
    table = Table(title="Per second, and what it took", title_justify="left", box=None, pad_edge=False)
    table.add_column("What", no_wrap=True)
    for column in ("HTTP", "at once", "per second", "runs", "p50 ms", "p99 ms", "batch", "backlog"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("cores used", no_wrap=True)
    for figure in figures:
        best, runs = figure.best, figure.others
        table.add_row(
            figure.what,
            str(figure.processes or ""),
            str(best.crowd),
            f"[bold]{best.per_second:,.0f}[/]",
            f"{min(runs):,.0f} to {max(runs):,.0f}" if len(runs) > 1 else "",
            _number(best.p50_ms, ".1f"),
            _number(best.p99_ms, ".1f"),
            _number(best.batch, ".1f"),
            _number(best.backlog, ".0f"),
            _cores(best),
        )
    return table


def _facts(facts: Iterable[Fact]) -> Table:
    table = Table("What", title="Single numbers", title_justify="left", box=None, pad_edge=False)
    table.add_column("", justify="right")
    for fact in facts:
        table.add_row(fact.what, f"[bold]{fact.value:,.4g}[/] {fact.unit}")
    return table


def _verdicts(verdicts: Iterable[Verdict]) -> Table:
    title = f"Bars (two cores, {JUDGED_PROCESSES} HTTP processes)"
    table = Table("What", "Bar", title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("Reached", justify="right")
    table.add_column("")
    for verdict in verdicts:
        words = {True: "[green]met[/]", False: "[red]not met[/]", None: "not measured"}
        table.add_row(verdict.what, verdict.bar, _number(verdict.value, ".2f"), words[verdict.met])
    return table


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _cores(run: Run) -> str:
    return " ".join(
        f"{kind} {used:.2f}" for kind, used in _per_second(run).items() if used >= CORES_SHOWN_MIN
    )


def _per_second(run: Run) -> Mapping[str, float]:
    return {kind: run.cpu[kind] / run.seconds for kind in KINDS if kind in run.cpu}
