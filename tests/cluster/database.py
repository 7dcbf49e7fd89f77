"""Three database hosts: each with etcd, Patroni and PostgreSQL, one of the others a synchronous standby.

Patroni of Debian 12 (3.0.2) loses acknowledged rows on etcd's v3 interface after a network cut, so it is given
the v2 interface: the section `etcd:`, and etcd with --enable-v2.
"""

import glob
import json
import os
import shutil
import subprocess
import time
import urllib.request

from world import NET, World

HOSTS = ["h1", "h2", "h3"]
USER = "postgres"
SCOPE = "bihuan"
# Seconds: how long a leader may be silent, how often Patroni looks, how long it retries. Patroni's defaults are
# 30, 10, 10; these find a lost leader sooner and were held through the same faults.
TTL, LOOP, RETRY = 20, 3, 3
LEADING = ("leader", "master", "primary")


def newest_postgres() -> str:
    """Returns the folder of the newest PostgreSQL's programs."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if not found:
        raise SystemExit("no PostgreSQL: run tests/cluster/packages.sh")
    return os.path.dirname(max(found, key=lambda path: float(path.split("/")[4])))


class Database:
    """The database of a world."""

    def __init__(self, world: World, front: str, patroni: str):
        self.world, self.front, self.patroni = world, front, patroni
        self.programs = newest_postgres()
        self.addresses = ",".join(world.address[host] for host in HOSTS)

    def start(self) -> float:
        """Starts all three and returns after how many seconds they are whole."""
        for host in HOSTS:
            os.makedirs(self.world.path(host))
            shutil.chown(self.world.path(host), USER, USER)
            with open(self._configuration(host), "w") as file:
                json.dump(self._settings(host), file, indent=1)
            os.chmod(self._configuration(host), 0o644)
            self.start_etcd(host)
        for host in HOSTS:
            self.start_patroni(host)
        return self.wait_whole(180)

    def start_etcd(self, host: str):
        address = self.world.address[host]
        peers = ",".join(f"{name}=http://{self.world.address[name]}:2380" for name in HOSTS)
        self.world.start(host, "etcd", [
            "etcd", "--name", host, "--data-dir", self.world.path(host, "etcd"), "--enable-v2",
            "--listen-peer-urls", f"http://{address}:2380",
            "--initial-advertise-peer-urls", f"http://{address}:2380",
            "--listen-client-urls", f"http://{address}:2379,http://127.0.0.1:2379",
            "--advertise-client-urls", f"http://{address}:2379",
            "--initial-cluster", peers, "--initial-cluster-state", "new", "--logger", "zap"], USER)

    def start_patroni(self, host: str):
        self.world.start(host, "patroni", [self.patroni, self._configuration(host)], USER)

    def stop_host(self, host: str):
        """Stops a host's database as an administrator does: Patroni, which stops PostgreSQL, then etcd."""
        self.world.stop(host, "patroni")
        self.world.stop(host, "etcd")

    def start_host(self, host: str):
        self.start_etcd(host)
        self.start_patroni(host)

    def kill_postmaster(self, host: str):
        """Ends PostgreSQL's first process at once; Patroni lives on."""
        with open(self.world.path(host, "data", "postmaster.pid")) as file:
            os.kill(int(file.readline()), 9)

    def switch_over(self, leader: str, candidate: str):
        """Hands the leadership over as planned."""
        self.world.ask(self.front, ["env", "LC_ALL=C.UTF-8", "patronictl", "-c", self._configuration(leader),
                                    "switchover", "--master", leader, "--candidate", candidate, "--force"])

    def _configuration(self, host: str) -> str:
        return self.world.path(f"{host}.json")

    def _settings(self, host: str) -> dict:
        """Returns Patroni's settings. JSON is YAML."""
        address, folder = self.world.address[host], self.world.path(host)
        trusted = [f"{kind} {what} all {source} trust" for kind, what, source in (
            ("host", "all", "127.0.0.1/32"), ("host", "all", f"{NET}.0/24"),
            ("host", "replication", "127.0.0.1/32"), ("host", "replication", f"{NET}.0/24"))]
        parameters = {
            "synchronous_commit": "on", "fsync": "on", "full_page_writes": "on", "wal_level": "replica",
            "wal_log_hints": "on", "max_connections": 100, "max_wal_senders": 10, "max_replication_slots": 10,
            "shared_buffers": "64MB", "wal_keep_size": "256MB", "wal_sender_timeout": "5s",
            "wal_receiver_timeout": "5s", "wal_retrieve_retry_interval": "1s"}
        return {
            "scope": SCOPE,
            "name": host,
            "restapi": {"listen": f"{address}:8008", "connect_address": f"{address}:8008"},
            "etcd": {"hosts": ",".join(f"{self.world.address[name]}:2379" for name in HOSTS)},
            "bootstrap": {
                "dcs": {"ttl": TTL, "loop_wait": LOOP, "retry_timeout": RETRY, "synchronous_mode": True,
                        "failsafe_mode": True, "maximum_lag_on_failover": 1048576,
                        # A database that died is not started again in its place: another takes over at once.
                        "primary_start_timeout": 0,
                        "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": parameters}},
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"]},
            "postgresql": {
                "listen": f"{address},127.0.0.1:5432", "connect_address": f"{address}:5432",
                "data_dir": f"{folder}/data", "bin_dir": self.programs, "pgpass": f"{folder}/pgpass",
                "authentication": {who: {"username": USER} for who in ("superuser", "replication", "rewind")},
                "parameters": {"unix_socket_directories": folder}, "pg_hba": trusted},
            "watchdog": {"mode": "off"}}

    def sql(self, host: str, statement: str, database: str = "postgres", where: str | None = None) -> str:
        """Runs a statement on one host, from the front or from `where`, and returns its rows as text."""
        address = self.world.address[host] if where is None else "127.0.0.1"
        place = f"host={address} user={USER} dbname={database} connect_timeout=3"
        psql = [f"{self.programs}/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", place]
        return self.world.ask(where or self.front, [*psql, "-c", statement], 120).strip()

    def members(self) -> dict[str, dict]:
        """Returns the members as all that answer see them; none unless they agree on one leader, as a host that
        was cut off keeps telling its old story for a while."""
        views = []
        for host in HOSTS:
            view = self._view(host)
            if view:
                views.append({member["name"]: member for member in view["members"]})
        leaders = {name for view in views for name, member in view.items() if member["role"] in LEADING}
        return views[0] if len(leaders) == 1 else {}

    def _view(self, host: str) -> dict | None:
        url = f"http://{self.world.address[host]}:8008/cluster"
        try:
            return json.loads(self.world.ask(self.front, ["curl", "-s", "-f", "-m", "2", url], 5))
        except (RuntimeError, ValueError, subprocess.TimeoutExpired):
            return None

    def leader(self) -> str:
        found = [name for name, member in self.members().items() if member["role"] in LEADING]
        if not found:
            raise RuntimeError("the database has no leader")
        return found[0]

    def synchronous(self) -> str:
        return next(name for name, member in self.members().items() if member["role"] == "sync_standby")

    def is_whole(self) -> bool:
        """Whether all three run on one timeline, one of them a synchronous standby."""
        members = self.members().values()
        running = [member for member in members if member["state"] in ("running", "streaming")]
        return (len(running) == len(HOSTS) and any(member["role"] == "sync_standby" for member in members)
                and len({member.get("timeline") for member in members}) == 1)

    def wait_whole(self, patience: float = 120) -> float:
        """Waits until it is whole; returns how many seconds that took."""
        began = time.monotonic()
        while time.monotonic() - began < patience:
            if self.is_whole():
                return time.monotonic() - began
            time.sleep(0.5)
        raise RuntimeError(f"not whole within {patience} s: {self.members()}")

    def contents(self, host: str, database: str) -> dict[str, str]:
        """Returns number and digest of the rows of every table."""
        tables = self.sql(host, "SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                                "'public'::regnamespace ORDER BY 1", database).split()
        digest = "SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '')"
        return {table: self.sql(host, f"{digest} FROM {table} t", database) for table in tables}

    def wait_replayed(self, patience: float = 60):
        """Waits until every host has replayed what the leader has written."""
        leader = self.leader()
        written = self.sql(leader, "SELECT pg_current_wal_lsn()")
        for host in HOSTS:
            reached = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
            deadline = time.monotonic() + patience
            while host != leader and self.sql(host, reached) != "t":
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{host} does not catch up")
                time.sleep(0.2)
