"""How reports and cases hold up as they grow: 1,000 to 1,000,000 reports, on both stores.

Run ``python -m benchmarks.hazards [--store sqlite|postgresql|both] [--reports N] [--quick]``
from the checkout. Each step fills up to so many reports and a fifth as many cases, then times a
submission with its commit, the suggestion of duplicates, the console's queue and statistics
over HTTP, and the register's export. One plain INSERT with its commit, and one SELECT by id, are
the baselines. Whole runs over both stores draw ``docs/figures/hazards_growth.svg``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from sqlalchemy import Connection, create_engine, func, select, text

from benchmarks.hazard_measures import (
    Stream,
    Times,
    opened_console,
    plain_inserts,
    plain_selects,
    submissions,
    suggestions,
)
from benchmarks.hazard_rows import REPORTS_PER_CASE, Town, build_town, fill, settle
from bot.cli.collecting import settle_garbage
from hazards.store import hazard_case
from storage import Database, metadata, open_database
from tests.postgres import HASTE, serving

FIGURE = Path(__file__).parent.parent / "docs" / "figures" / "hazards_growth.svg"
STORES = ("sqlite", "postgresql")
MOST_REPORTS, QUICK_REPORTS = 1_000_000, 10_000
FIRST_STEP = 1_000


@dataclass(frozen=True)
class Wanted:
    """What is asked of a figure: its p99 in milliseconds, and the baseline of its median."""

    name: str
    limit: float
    baseline: str


WANTED = (
    Wanted("submit", 20, "INSERT"),
    Wanted("duplicates", 20, "SELECT"),
    Wanted("queue page", 150, "SELECT"),
    Wanted("statistics page", 1000, "SELECT"),
)


@dataclass(frozen=True)
class Step:
    """All that was measured with so many reports."""

    reports: int
    times: dict[str, Times]
    register: Stream


def measure(database: Database, town: Town, reports: int, count: int) -> Step:
    """Measure everything once; ``count`` times what is short."""
    settle_garbage()  # as the service does when it has started
    times = {
        "INSERT": plain_inserts(database, count),
        "SELECT": plain_selects(database, reports // REPORTS_PER_CASE, count),
        "submit": submissions(database, town, count),
        "duplicates": suggestions(database, count),
    }
    with opened_console(database) as console:
        times["queue page"] = console.queue(max(12, count // 5))
        times["statistics page"] = console.statistics(max(3, count // 40))
        register = console.register()
    return Step(reports, times, register)


def steps_up_to(most: int) -> list[int]:
    """Return how many reports each step has: tenfold, and ``most`` as the last."""
    steps = []
    step = FIRST_STEP
    while step < most:
        steps.append(step)
        step *= 10
    return [*steps, most]


def run(database: Database, most: int, count: int) -> Iterator[Step]:
    """Fill and measure step by step."""
    database.write(metadata.create_all)
    town = build_town(database)
    done = 0
    for reports in steps_up_to(most):
        first = database.read(_next_case)
        fill(database, town, range(first, first + reports // REPORTS_PER_CASE - done))
        done = reports // REPORTS_PER_CASE
        settle(database)
        yield measure(database, town, reports, count)


def print_step(step: Step) -> None:
    """Print the table of one step."""
    print(
        f"{f'{step.reports:,} reports':<20}{'median ms':>10}{'p99 ms':>9}{'asked':>8}"
        f"{'ratio':>8}{'CPU ms':>8}"
    )
    for name in ("INSERT", "SELECT"):
        times = step.times[name]
        print(f"{name:<20}{times.median:>10.2f}{times.p99:>9.2f}{'':>16}{times.worked:>8.2f}")
    for one in WANTED:
        times, ratio = step.times[one.name], _ratio(step, one)
        print(
            f"{one.name:<20}{times.median:>10.2f}{times.p99:>9.2f}{one.limit:>8.0f}{ratio:>8.1f}"
            f"{times.worked:>8.2f}{'' if times.p99 < one.limit else '  missed'}"
        )
    taken = step.register
    print(
        f"register: {taken.rows:,} rows, {taken.rows / taken.seconds:,.0f} a second, "
        f"{taken.grown_mib:.1f} MiB more memory",
        flush=True,
    )


def _ratio(step: Step, one: Wanted) -> float:
    return step.times[one.name].median / step.times[one.baseline].median


def draw(found: dict[str, list[Step]], path: Path) -> None:
    """Draw how the figures grow, a line for each store, with the limits."""
    # The same figures make the same bytes, and letters are shapes: no font is needed to see it.
    mpl.rcParams.update({"svg.hashsalt": "lifeline", "svg.fonttype": "path", "font.size": 9})
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    for one, axes in zip(WANTED, figure.subplots(2, 2).flat, strict=True):
        for store, marker in zip(found, "os", strict=False):
            reports = [step.reports for step in found[store]]
            for value, style in (("p99", "-"), ("median", ":")):
                heights = [getattr(step.times[one.name], value) for step in found[store]]
                axes.plot(reports, heights, style, marker=marker, label=f"{store}, {value}")
        axes.axhline(one.limit, color="black", linewidth=0.8)
        axes.set(xscale="log", yscale="log", title=f"{one.name} (asked {one.limit:.0f} ms)")
        axes.set(xlabel="reports", ylabel="ms")
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize=7)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


@contextmanager
def blank(store: str) -> Iterator[Database]:
    """Open a database that is thrown away, as durable as in production."""
    if store == "sqlite":
        with (
            tempfile.TemporaryDirectory() as folder,
            open_database(f"sqlite:///{Path(folder) / 'bench.db'}") as database,
        ):
            yield database
        return
    with serving() as server, server.database(blank=True) as url:
        if "LIFELINE_TEST_POSTGRES_URL" not in os.environ:
            _make_durable(url)
        with open_database(url) as database:
            yield database


def _make_durable(url: str) -> None:
    """Take back the haste of a server that was started for tests."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in HASTE:
            name = setting.split()[0]
            connection.execute(text(f"ALTER SYSTEM RESET {name}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def _next_case(db: Connection) -> int:
    return db.scalar(select(func.max(hazard_case.c.id))) or 0


def main() -> None:
    """Measure, print, and draw what a whole run found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=(*STORES, "both"), default="both")
    parser.add_argument("--reports", type=int, default=MOST_REPORTS)
    parser.add_argument("--quick", action="store_true", help="10,000 reports, fewer tries")
    arguments = parser.parse_args()
    most = min(arguments.reports, QUICK_REPORTS) if arguments.quick else arguments.reports
    found: dict[str, list[Step]] = {}
    for store in STORES if arguments.store == "both" else (arguments.store,):
        print(f"\n{store}")
        with blank(store) as database:
            for step in run(database, most, 60 if arguments.quick else 300):
                print_step(step)
                found.setdefault(store, []).append(step)
    if len(found) == len(STORES) and not arguments.quick:
        draw(found, FIGURE)


if __name__ == "__main__":
    main()
