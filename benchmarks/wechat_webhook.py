"""What one WeChat text message costs from the socket to the durable commit, against others.

One worker pinned to a core does the full work of a message (signature, parse, dedupe row,
session, search, stored reply, durable commit); wrk loads it from another core with messages
that are all different. In the same run: WeRoBot's hello world as its documentation runs it, a
bare Starlette echo over wechatpy, and a bare Starlette constant. Prints the CPU microseconds a
message, messages a second, the ratios, and p99 at half of the saturating rate; first with the
data on tmpfs, then on disk with its fdatasync rate.

Needs wrk and taskset; WeRoBot is put into a virtual environment of its own.

The figures are CPU time and ratios; each stands beside what was aimed at. On a machine that
does other work as well, all contestants slow down, and not by the same amount.

usage: python -m benchmarks.wechat_webhook [--seconds 5] [--minutes 0] [--no-baselines]
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answering import held_back_questions
from benchmarks.webhook_contestants import Server, running
from benchmarks.webhook_load import CONNECTIONS, Load, Sender

SERVER_CORE, LOAD_CORE = 0, 1
PORT = 18_780
MEMORY = Path("/dev/shm")  # noqa: S108 - the benchmark asks for tmpfs
WARMING_SECONDS = 1
SEALED_RATE = 150.0  # a second, so that sealing keeps up on a core of its own
MOST_CPU, AIM_CPU = 950, 630
LEAST_TIMES_WEROBOT, GOAL_TIMES_WEROBOT, AIM_OF_ECHO = 2.0, 3.0, 0.5
MOST_P99_MS = 100
TARGETS = {
    "werobot": f"at least {LEAST_TIMES_WEROBOT:g}, goal {GOAL_TIMES_WEROBOT:g}",
    "echo": f"aim {AIM_OF_ECHO:g}",
}
# Two writes at once lock WeRoBot's store: it fails, or stands still for seconds. One after
# another is what it does best.
CONNECTIONS_TO = {"werobot": 1}
NAMES = {
    "ours": "the whole job",
    "werobot": "WeRoBot hello world",
    "echo": "Starlette echo, wechatpy",
    "constant": "Starlette constant",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One contestant's figures at full load."""

    load: Load
    cpu_microseconds: float


def saturated(
    server: Server, sender: Sender, seconds: float, connections: int = CONNECTIONS
) -> Measured:
    """Load a server fully, after a second to warm up."""
    sender.saturate(server.url, WARMING_SECONDS, connections)
    before = server.cpu_seconds
    load = sender.saturate(server.url, seconds, connections)
    cpu = server.cpu_seconds - before
    return Measured(load, cpu / max(load.requests, 1) * 1e6)


def show(name: str, found: Measured) -> None:
    """Print one contestant's row."""
    load = found.load
    target = f"  (at most {MOST_CPU} µs, aim {AIM_CPU})" if name == "ours" else ""
    print(
        f"{NAMES[name]:28}{found.cpu_microseconds:9.0f} µs CPU{load.rate:9.0f}/s"
        f"{load.errors:7} errors{target}",
        flush=True,
    )


def syncs_per_second(folder: Path, count: int = 200) -> float:
    """Return how often a second this folder's disk makes a page durable."""
    with (folder / "sync").open("wb", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(count):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
    return count / (time.perf_counter() - began)


def compare(folder: Path, names: list[str], seconds: float) -> dict[str, Measured]:
    """Run the contestants one after another with their data in ``folder``."""
    sender = Sender(held_back_questions(), folder, LOAD_CORE)
    found: dict[str, Measured] = {}
    for place, name in enumerate(names):
        with running(name, folder / name, PORT + place, SERVER_CORE) as server:
            connections = CONNECTIONS_TO.get(name, CONNECTIONS)
            found[name] = saturated(server, sender, seconds, connections)
            show(name, found[name])
            if name == "ours":
                show_latency(sender.paced(server.url, found[name].load.rate / 2, seconds))
    return found


def show_latency(load: Load) -> None:
    """Print how long messages take at half of the saturating rate."""
    print(
        f"{'':28}at {load.rate:.0f}/s: p50 {load.latency_ms(0.5):.1f} ms, "
        f"p99 {load.latency_ms(0.99):.1f} ms (at most {MOST_P99_MS}), {load.errors} errors"
    )


def compare_sealed(folder: Path, seconds: float) -> None:
    """Print what a message costs in the clear and in safe mode, both at the same rate.

    wrk cannot encrypt, so the messages are sealed beforehand. At a low rate each message has
    a commit of its own, so both cost more than at full load.
    """
    sender = Sender(held_back_questions(), folder, LOAD_CORE)
    costs: list[float] = []
    for name, send in (("ours", sender.paced), ("ours_safe", sender.sealed)):
        with running(name, folder / f"sealed {name}", PORT + 8, SERVER_CORE) as server:
            send(server.url, SEALED_RATE, WARMING_SECONDS)
            before = server.cpu_seconds
            load = send(server.url, SEALED_RATE, seconds)
            costs.append((server.cpu_seconds - before) / max(load.requests, 1) * 1e6)
    print(
        f"at {SEALED_RATE:.0f}/s: {costs[0]:.0f} µs CPU in the clear, {costs[1]:.0f} encrypted",
        flush=True,
    )


def show_ratios(found: dict[str, Measured]) -> None:
    """Print our throughput as a multiple of each baseline's."""
    ours = found["ours"].load.rate
    for name, other in found.items():
        if name != "ours":
            target = f" ({TARGETS[name]})" if name in TARGETS else ""
            print(f"our rate is {ours / other.load.rate:.2f} times that of {NAMES[name]}{target}")


def run_steadily(folder: Path, minutes: float, rate: float) -> None:
    """Run at a steady rate and print how the memory grows."""
    sender = Sender(held_back_questions(), folder, LOAD_CORE)
    with running("ours", folder / "steady", PORT + 9, SERVER_CORE) as server:
        sender.paced(server.url, rate, 10)
        print(f"{minutes:g} minutes at {rate:.0f}/s: {server.resident_mib:.0f} MiB after 10 s")
        for minute in range(1, max(1, round(minutes)) + 1):
            load = sender.paced(server.url, rate, 60 * minutes / max(1, round(minutes)))
            print(
                f"minute {minute:3}: {server.resident_mib:.0f} MiB, {load.errors} errors, "
                f"p99 {load.latency_ms(0.99):.1f} ms",
                flush=True,
            )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0, help="of each full load")
    parser.add_argument("--minutes", type=float, default=0.0, help="at a steady rate afterwards")
    parser.add_argument("--no-baselines", action="store_true")
    options = parser.parse_args()
    names = ["ours"] if options.no_baselines else ["ours", "werobot", "echo", "constant"]
    os.sched_setaffinity(0, {LOAD_CORE})
    with tempfile.TemporaryDirectory(dir=MEMORY) as memory:
        print("data on tmpfs")
        found = compare(Path(memory), names, options.seconds)
        show_ratios(found)
        compare_sealed(Path(memory), options.seconds)
        if options.minutes:
            run_steadily(Path(memory), options.minutes, found["ours"].load.rate / 2)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as disk:
        print(f"data on disk, {syncs_per_second(Path(disk)):,.0f} fdatasync a second")
        stored = [name for name in names if name in {"ours", "werobot"}]
        show_ratios(compare(Path(disk), stored, options.seconds))


if __name__ == "__main__":
    main()
