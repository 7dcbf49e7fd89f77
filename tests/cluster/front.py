"""The front host: two processes of the program on one database, HAProxy before them, and the people who use them."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from database import HOSTS, USER
from world import World

HOST = "front"
NAME = "city"
# Seconds after which people send a thing again, under the same key, while the first may still be under way.
ANSWER_WITHIN = 3
APPS = {"app1": 8081, "app2": 8082}
UNITS = """code,name_zh,name_en,class,parent,aliases
city,示例市,Sample City,city,,
hotline,12345 热线,12345 Hotline,department,city,
urban,城市管理局,Urban Management,department,city,
inspect,督查办,Inspection,department,city,
"""
STAFF = [("operator", "hotline", "read,register,answer"), ("dispatcher", "hotline", "read,assign"),
         ("handler", "urban", "read,handle"), ("supervisor", "inspect", "read,verify,strike")]

HAPROXY = """
global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 70s
  timeout server 70s
  timeout check 2s
  option redispatch
  retries 3
listen city
  bind {address}:8080
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter 1s fastinter 500ms downinter 500ms fall 2 rise 1
{servers}
"""


@dataclass
class Loaded:
    """What a load reported, and what the checker found of it afterwards."""

    report: dict
    checked: dict


class Front:
    """The program as people reach it."""

    def __init__(self, world: World, program: str):
        self.world, self.program = world, program
        self.address = world.address[HOST]
        self.url = f"http://{self.address}:8080"
        hosts = ",".join(world.address[host] for host in HOSTS)
        self.environment = {
            "BIHUAN_DATABASE_URL": f"postgres://{USER}@{hosts}/{NAME}?target_session_attrs=read-write",
            "BIHUAN_LOG": "info"}
        self.loads = 0

    def bihuan(self, *arguments: str, check: bool = True, timeout: float = 600) -> str:
        """Runs a command of the program and returns what it prints."""
        command = self.world.command(HOST, [self.program, *arguments])
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=timeout, env={**os.environ, **self.environment})
        if check and done.returncode:
            raise RuntimeError(f"bihuan {' '.join(arguments)}: {done.stderr.strip()}{done.stdout.strip()}")
        return done.stdout

    def found(self):
        """Founds the installation with its units, and a token for everybody whose work moves a case."""
        data = self.place()
        self.bihuan("init", "--for-testing", *data)
        units = self.world.path("units.csv")
        with open(units, "w") as file:
            file.write(UNITS)
        self.bihuan("unit", "import", units, *data)
        tokens = []
        for role, unit, scope in STAFF:
            self.bihuan("user", "add", role, "--name-zh", role, "--unit", unit, "--role", role, *data)
            tokens.append(self.bihuan("token", "create", role, "--scope", scope, *data).strip())
        self.environment["BIHUAN_SIM_TOKENS"] = ",".join(tokens)

    def place(self) -> list[str]:
        return ["--data", self.world.path("data")]

    def start(self):
        """Starts both processes and the proxy."""
        for app in APPS:
            self.start_app(app)
        for app in APPS:
            self.wait_ready(app)
        servers = "\n".join(f"  server {app} {self.address}:{port}" for app, port in APPS.items())
        with open(self.world.path("haproxy.cfg"), "w") as file:
            file.write(HAPROXY.format(address=self.address, servers=servers))
        self.world.start(HOST, "haproxy", ["haproxy", "-db", "-f", self.world.path("haproxy.cfg")])

    def start_app(self, app: str):
        self.world.start(HOST, app, [self.program, "serve", "--listen", f"{self.address}:{APPS[app]}",
                                     "--rate-limit", "off", *self.place()], environment=self.environment)

    def wait_ready(self, app: str, patience: float = 60):
        """Waits until a process answers and reaches the database."""
        deadline = time.monotonic() + patience
        while not self.is_ready(app):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{app} is not ready within {patience} s")
            time.sleep(0.2)

    def is_ready(self, app: str) -> bool:
        url = f"http://{self.address}:{APPS[app]}/readyz"
        try:
            self.world.ask(HOST, ["curl", "-s", "-f", "-m", "2", "-o", "/dev/null", url], 5)
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
        return True

    def restart_app(self, app: str):
        """Restarts a process as an administrator does."""
        self.world.stop(HOST, app)
        self.start_app(app)
        self.wait_ready(app)

    def begin_load(self, rate: float, reads: int, writes: int) -> "Load":
        self.loads += 1
        return Load(self, self.loads, rate, reads, writes)

    def check(self, journal: str) -> dict:
        """Holds a journal against the servers."""
        return json.loads(self.bihuan("sim", "check", "--url", self.url, "--journal", journal, check=False))


class Load:
    """People who use the servers until they are asked to stop."""

    def __init__(self, front: Front, number: int, rate: float, reads: int, writes: int):
        self.front = front
        self.journal = front.world.path(f"journal-{number}.jsonl")
        command = [front.program, "sim", "load", "--url", front.url, "--rate", f"{rate}/s", "--reads", str(reads),
                   "--writes", str(writes), "--seconds", "3600", "--answer-within", str(ANSWER_WITHIN), "--unit", "urban", "--seed", str(number),
                   "--run", f"run{os.getpid()}n{number}", "--journal", self.journal]
        self.process = subprocess.Popen(
            front.world.command(HOST, command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, **front.environment})

    def lines(self) -> int:
        """Returns how many writes were acknowledged so far."""
        if not os.path.exists(self.journal):
            return 0
        with open(self.journal, "rb") as file:
            return sum(1 for _ in file)

    def wait_flowing(self, seconds: float, patience: float):
        """Waits until writes are acknowledged in each of as many seconds as are given."""
        deadline = time.monotonic() + patience
        flowing, before = 0, self.lines()
        while flowing < seconds and time.monotonic() < deadline:
            time.sleep(1)
            now = self.lines()
            flowing = flowing + 1 if now > before else 0
            before = now

    def end(self, patience: float = 120) -> Loaded:
        """Lets nobody else arrive, waits for those under way, and checks what was acknowledged."""
        self.process.send_signal(signal.SIGTERM)
        out, complaint = self.process.communicate(timeout=patience)
        if self.process.returncode:
            raise RuntimeError(f"the load ended badly: {complaint}")
        return Loaded(json.loads(out), self.front.check(self.journal))
