#!/usr/bin/python3
"""The cluster test: breaks a three-host database under the program's own load and counts what is lost.

Run as root by `make cluster-test`; needs the packages of packages.sh and the built program. Prints a table in
Markdown; exits with 1 if anything acknowledged was lost or doubled, or the hosts differ in the end.
docs/CLUSTER.md describes it and its results.
"""

import argparse
import json
import os
import platform
import signal
import sys
import time
from dataclasses import dataclass

from database import HOSTS, LOOP, RETRY, TTL, Database
from faults import FAULTS, Fault, Trial, Trap, spring_traps
from front import APPS, HOST, NAME, Front, Loaded
from world import World, run


@dataclass
class Row:
    """A fault and what it led to."""

    fault: Fault
    primaries: str
    back: float
    loaded: Loaded


def main() -> int:
    options = arguments()
    if os.geteuid():
        raise SystemExit("network namespaces need root")
    # So that what is started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    world = World([*HOSTS, HOST], options.folder)
    try:
        return trial(options, world)
    except Exception:
        print(world.tail(), file=sys.stderr)
        raise
    finally:
        world.close(options.keep)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="target/release/bihuan", help="the program under test")
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, in which order")
    parser.add_argument("--rate", type=float, default=90, help="arrivals a second")
    parser.add_argument("--reads", type=int, default=2, help="parts of them that read")
    parser.add_argument("--writes", type=int, default=1, help="parts of them that write")
    parser.add_argument("--traps", action=argparse.BooleanOptionalAction, default=True,
                        help="show the two traps on an isolated primary too")
    parser.add_argument("--folder", default="/var/tmp", help="where the world is made, on a real disk")
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs")
    parser.add_argument("--patroni", default="/usr/bin/patroni")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if not os.access(options.program, os.X_OK):
        raise SystemExit(f"{options.program} is not there: cargo build --release")
    unknown = [name for name in options.faults.split(",") if name not in FAULTS]
    if unknown:
        raise SystemExit(f"no such faults: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    return options


def trial(options: argparse.Namespace, world: World) -> int:
    database = Database(world, HOST, options.patroni)
    front = Front(world, options.program)
    say(f"three hosts whole after {database.start():.0f} s")
    database.sql(database.leader(), f"CREATE DATABASE {NAME} TEMPLATE template0 ENCODING 'UTF8'")
    front.found()
    front.start()
    broken = Trial(world, database, front)
    rows = [under_load(broken, FAULTS[name], options) for name in options.faults.split(",")]
    traps = spring_traps(broken) if options.traps else []
    everything = world.path("journal-all.jsonl")
    with open(everything, "w") as together:
        for number in range(1, front.loads + 1):
            with open(world.path(f"journal-{number}.jsonl")) as one:
                together.write(one.read())
    wait_for_apps(front)
    checked = front.check(everything)
    doctor = json.loads(front.bihuan("doctor", "--json", *front.place(), check=False))
    for app in APPS:
        world.stop(HOST, app)
    unequal = differences(database)
    verified = json.loads(front.bihuan("verify", "--json", *front.place(), check=False))
    print(table(options, database, rows, traps, checked, unequal, verified, doctor))
    for difference in verified["differences"][:20]:
        say(f"{difference['check']}: {difference['subject']}: {difference['problem']}")
    whole = all(row.loaded.checked["whole"] for row in rows) and checked["whole"]
    return 0 if whole and not unequal and verified["whole"] and doctor["worst"] != "refuse" else 1


def under_load(trial: Trial, fault: Fault, options: argparse.Namespace) -> Row:
    """Breaks something under load, mends it, and checks what was acknowledged meanwhile."""
    trial.database.wait_whole()
    wait_for_apps(trial.front)
    before = trial.database.leader()
    load = trial.front.begin_load(options.rate, options.reads, options.writes)
    load.wait_flowing(5, 30)
    struck = time.monotonic()
    mend = fault.strike(trial)
    time.sleep(max(0.0, struck + fault.hold - time.monotonic()))
    load.wait_flowing(5, 90)
    if mend:
        mend()
    mended = time.monotonic()
    time.sleep(2)
    trial.database.wait_whole()
    back = time.monotonic() - mended
    load.wait_flowing(3, 60)
    loaded = load.end()
    row = Row(fault, f"{before} → {trial.database.leader()}", back, loaded)
    say(f"{fault.title}: {json.dumps(summary(row), ensure_ascii=False)}")
    return row


def wait_for_apps(front: Front):
    for app in APPS:
        front.wait_ready(app)


def differences(database: Database) -> list[str]:
    """Returns the tables that are not the same on all three hosts; nobody writes any longer."""
    database.wait_whole()
    database.wait_replayed()
    contents = {host: database.contents(host, NAME) for host in HOSTS}
    tables = sorted(set().union(*contents.values()))
    if not tables:
        return ["no table at all"]
    return [table for table in tables if len({contents[host].get(table) for host in HOSTS}) > 1]


def summary(row: Row) -> dict:
    report, checked = row.loaded.report, row.loaded.checked
    return {
        "outage_seconds": report["longest_outage_seconds"],
        "acknowledged": checked["messages"] + checked["entries"],
        "sent_again": report["writes"]["sent_again"],
        "in_doubt": checked["in_doubt"],
        "lost": checked["lost"],
        "doubled": checked["doubled"],
        "errors": report["errors"],
    }


def table(options, database: Database, rows: list[Row], traps: list[Trap], checked: dict, unequal: list[str],
          verified: dict, doctor: dict) -> str:
    """Returns the result as Markdown."""
    patroni = run(options.patroni, "--version").strip()
    postgres = run(f"{database.programs}/postgres", "--version").strip()
    etcd = run("etcd", "--version").splitlines()[0]
    haproxy = run("haproxy", "-v").split(" 20")[0].strip()
    lines = [
        f"{postgres}; {patroni} on etcd's v2 interface, ttl {TTL}, loop_wait {LOOP}, retry_timeout {RETRY}; {etcd}; "
        f"{haproxy}; {platform.system()} {platform.release()}, {os.cpu_count()} cores for all four hosts and the load; "
        f"{options.rate:g} arrivals a second, {options.reads} reads to {options.writes} writes.",
        "",
        "| fault | outage for writers, s | acknowledged | sent again | refused, failed reads | lost | doubled "
        "| primary | three healthy hosts again, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        report, checked_row = row.loaded.report, row.loaded.checked
        acknowledged = checked_row["messages"] + checked_row["entries"]
        reads = report["reads"]
        lines.append(
            f"| {row.fault.title} | {report['longest_outage_seconds']:.1f} | {acknowledged:,} "
            f"| {report['writes']['sent_again']:,} | {reads['failed']:,} of {reads['sent']:,} "
            f"| {checked_row['lost']} | {checked_row['doubled']} | {row.primaries} | {row.back:.0f} |")
    lines += [
        "",
        f"All together: {checked['messages']:,} messages and {checked['entries']:,} steps and replies acknowledged, "
        f"{checked['lost']} lost, {checked['doubled']} doubled; {checked['in_doubt']} never acknowledged, of which "
        f"{checked['in_doubt_there']} are there all the same.",
        f"The three hosts are {'equal in every table' if not unequal else 'NOT EQUAL: ' + ', '.join(unequal)}. "
        f"`bihuan verify`: {'whole' if verified['whole'] else 'NOT WHOLE'}, {verified['cases']:,} cases, "
        f"{verified['events']:,} events.",
        "`bihuan doctor`: " + "; ".join(f"{finding['en']}: {finding['grade']}" for finding in doctor["findings"]
                                         if finding["area"] == "cluster" or finding["grade"] != "ok") + ".",
    ]
    if traps:
        lines += ["", "| asked of the primary that was cut off | it said | there in the end |", "|---|---|---|"]
        lines += [f"| {trap.statement} | {trap.said} | {'yes' if trap.kept else 'no'} |" for trap in traps]
    return "\n".join(lines)


def say(text: str):
    print(f"# {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
