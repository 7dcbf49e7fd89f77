"""What is broken under load, one after the other, and how it is mended."""

import subprocess
import time
from dataclasses import dataclass
from typing import Callable

import front as front_host
from database import HOSTS, USER, Database
from front import Front
from world import World


@dataclass
class Trial:
    """Everything that can be broken."""

    world: World
    database: Database
    front: Front


@dataclass
class Fault:
    """Something that is broken; whoever breaks it says how it is mended."""

    title: str
    strike: Callable[[Trial], Callable[[], None] | None]
    # How long it stays broken at least, in seconds.
    hold: float = 8


def planned(trial: Trial):
    trial.database.switch_over(trial.database.leader(), trial.database.synchronous())


def crash(trial: Trial):
    trial.database.kill_postmaster(trial.database.leader())


def standby(trial: Trial):
    return lose(trial, trial.database.synchronous())


def host(trial: Trial):
    return lose(trial, trial.database.leader())


def lose(trial: Trial, lost: str):
    """A host dies with all that runs on it."""
    trial.world.kill_host(lost)
    return lambda: trial.database.start_host(lost)


def cut(trial: Trial):
    """The primary's cable is pulled, with everything on it still running."""
    lost = trial.database.leader()
    trial.world.cut(lost)
    return lambda: trial.world.heal(lost)


def part(trial: Trial):
    """The primary loses sight of the other database hosts, the apps do not lose sight of it; and whoever waits
    there for a standby is ended by force. Such a commit stays behind on the old primary alone, where a retry
    can find it: whoever takes that for an acknowledgement loses it."""
    database, lost = trial.database, trial.database.leader()
    others = [name for name in HOSTS if name != lost]
    trial.world.part(lost, others)
    for _ in range(12):
        time.sleep(0.5)
        try:
            database.sql(lost, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
                         where=lost)
        except RuntimeError:
            # It has seen by now that it is no longer the primary.
            break
    return lambda: trial.world.join(lost, others)


def app(trial: Trial):
    trial.world.kill(front_host.HOST, "app1")

    def mend():
        trial.front.start_app("app1")
        trial.front.wait_ready("app1")
    return mend


def rolling(trial: Trial):
    """Everything is restarted, one after the other, the primary last and after a planned switch."""
    for name in front_host.APPS:
        trial.front.restart_app(name)
        # The proxy looks every half second whether it is back.
        time.sleep(2)
    first = trial.database.leader()
    for name in [*(name for name in HOSTS if name != first), first]:
        if name == first:
            trial.database.switch_over(first, trial.database.synchronous())
            time.sleep(2)
            trial.database.wait_whole()
        trial.database.stop_host(name)
        time.sleep(1)
        trial.database.start_host(name)
        time.sleep(2)
        trial.database.wait_whole()


def etcd(trial: Trial):
    """All three members of etcd die; Patroni's failsafe mode keeps the primary as long as all answer it."""
    for name in HOSTS:
        trial.world.kill(name, "etcd")

    def mend():
        for name in HOSTS:
            trial.database.start_etcd(name)
    return mend


FAULTS = {
    "planned": Fault("planned switch of the primary", planned),
    "crash": Fault("`kill -9` of the primary's PostgreSQL", crash),
    "standby": Fault("the synchronous standby's host dies", standby),
    "host": Fault("the primary's host dies", host),
    "cut": Fault("the primary is cut off the network, and healed", cut, hold=40),
    "part": Fault("the primary sees the apps but no other host, and its waiting sessions are ended", part, hold=35),
    "app": Fault("`kill -9` of an app process", app),
    "rolling": Fault("rolling restart: both apps, all three database hosts", rolling),
    "etcd": Fault("all of etcd dead for 30 s", etcd, hold=30),
}


@dataclass
class Trap:
    """A statement that an isolated primary was asked, and what it said."""

    statement: str
    said: str
    kept: bool = False


def spring_traps(trial: Trial) -> list[Trap]:
    """Shows on an isolated primary what a cancelled commit and a retry that writes nothing are worth: all of it
    within the few seconds in which the old primary still believes to be one."""
    database = trial.database
    leader = database.leader()
    database.sql(leader, "CREATE TABLE IF NOT EXISTS trap (key text PRIMARY KEY, tries int NOT NULL DEFAULT 1)")
    database.wait_replayed()
    insert = "INSERT INTO trap VALUES ('k')"
    nothing = f"{insert} ON CONFLICT DO NOTHING"
    update = f"{insert} ON CONFLICT (key) DO UPDATE SET tries = trap.tries + 1"
    trial.world.cut(leader)
    try:
        cancelled = Isolated(trial, leader, insert)
        time.sleep(0.4)
        cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        database.sql(leader, cancel, where=leader)
        traps = [Trap(f"{insert}, cancelled while it waited for the standby", cancelled.said(1)),
                 Trap(f"{nothing}, by the retry", Isolated(trial, leader, nothing).said(1)),
                 Trap(f"{update}, by a retry that writes", Isolated(trial, leader, update).said(1))]
        time.sleep(35)
    finally:
        trial.world.heal(leader)
    time.sleep(5)
    database.wait_whole()
    kept = database.sql(database.leader(), "SELECT key FROM trap")
    database.sql(database.leader(), "DROP TABLE trap")
    for trap in traps:
        trap.kept = kept != ""
    return traps


class Isolated:
    """A statement on its way, sent from the primary's own host, as by a program that was cut off with it."""

    def __init__(self, trial: Trial, host_name: str, statement: str):
        psql = [f"{trial.database.programs}/psql", "-X", "-d", f"host=127.0.0.1 user={USER} dbname=postgres"]
        self.process = subprocess.Popen(
            trial.world.command(host_name, [*psql, "-c", statement]), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def said(self, patience: float) -> str:
        """Returns what the server answered."""
        try:
            said, _ = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            # The connection is closed; the statement is not cancelled.
            self.process.kill()
            self.process.communicate()
            return "nothing: it waits"
        return "; ".join(line for line in said.splitlines() if not line.startswith("DETAIL"))
