"""A small world: hosts as network namespaces on a bridge, and the processes that run in them.

The bridge lies in a namespace of its own, so nothing that runs here listens outside. Everything that runs in
one of these namespaces was started by this test, or by what it started; closing the world ends exactly that, by
process id, and removes the namespaces and the folder.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time

BRIDGE = "bridge"
NET = "10.87.0"


def run(*command: str, check: bool = True, timeout: float = 60) -> str:
    """Runs a command to its end and returns what it prints."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=timeout)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class World:
    """Hosts by name, each with an address."""

    def __init__(self, hosts: list[str], folder: str):
        self.prefix = f"bihuan{os.getpid()}-"
        self.folder = tempfile.mkdtemp(prefix="bihuan-cluster-", dir=folder)
        os.chmod(self.folder, 0o755)
        self.address = {host: f"{NET}.{11 + at}" for at, host in enumerate(hosts)}
        self.processes: dict[tuple[str, str], subprocess.Popen] = {}
        try:
            self._namespace(BRIDGE)
            self._ip(BRIDGE, "link", "add", "bridge", "type", "bridge")
            self._ip(BRIDGE, "link", "set", "bridge", "up")
            for host in hosts:
                self._plug_in(host)
        except RuntimeError:
            self.close(keep=False)
            raise

    def _namespace(self, host: str):
        run("ip", "netns", "add", self.prefix + host)
        self._ip(host, "link", "set", "lo", "up")

    def _ip(self, host: str, *arguments: str):
        run("ip", "-netns", self.prefix + host, *arguments)

    def _plug_in(self, host: str):
        self._namespace(host)
        self._ip(host, "link", "add", "eth0", "type", "veth", "peer", "name", f"to-{host}",
                 "netns", self.prefix + BRIDGE)
        self._ip(BRIDGE, "link", "set", f"to-{host}", "master", "bridge", "up")
        self._ip(host, "address", "add", f"{self.address[host]}/24", "dev", "eth0")
        self._ip(host, "link", "set", "eth0", "up")

    def cut(self, host: str):
        """Pulls the cable of a host: packets vanish, connections stay open."""
        self._ip(BRIDGE, "link", "set", f"to-{host}", "down")

    def heal(self, host: str):
        """Puts the cable back."""
        self._ip(BRIDGE, "link", "set", f"to-{host}", "up")

    def part(self, host: str, others: list[str]):
        """Lets a host reach some others no more, and stay in touch with the rest."""
        for other in others:
            self._ip(host, "route", "add", "blackhole", f"{self.address[other]}/32")

    def join(self, host: str, others: list[str]):
        """Undoes `part`."""
        for other in others:
            self._ip(host, "route", "delete", "blackhole", f"{self.address[other]}/32")

    def path(self, *parts: str) -> str:
        return os.path.join(self.folder, *parts)

    def command(self, host: str, command: list[str], user: str | None = None) -> list[str]:
        """Returns a command as it runs on a host."""
        as_user = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if user else []
        return ["ip", "netns", "exec", self.prefix + host, *as_user, *command]

    def start(self, host: str, name: str, command: list[str], user: str | None = None,
              environment: dict[str, str] | None = None) -> subprocess.Popen:
        """Starts something that goes on running; its output goes to a file of its name."""
        with open(self.path(f"{host}-{name}.log"), "ab") as log:
            started = subprocess.Popen(self.command(host, command, user), stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, cwd=self.folder, start_new_session=True,
                                       env={**os.environ, "HOME": self.folder, **(environment or {})})
        self.processes[host, name] = started
        return started

    def ask(self, host: str, command: list[str], timeout: float = 30) -> str:
        """Runs a command on a host and returns what it prints."""
        return run(*self.command(host, command), timeout=timeout)

    def stop(self, host: str, name: str, patience: float = 60):
        """Asks a process to end and waits until it has."""
        process = self.processes[host, name]
        process.terminate()
        process.wait(patience)

    def kill(self, host: str, name: str):
        """Ends a process at once."""
        process = self.processes[host, name]
        process.kill()
        process.wait(10)

    def pids(self, host: str) -> list[int]:
        found = run("ip", "netns", "pids", self.prefix + host, check=False)
        return [int(pid) for pid in found.split()]

    def kill_host(self, host: str):
        """Ends everything on a host at once."""
        for pid in self.pids(host):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for (where, _), process in self.processes.items():
            if where == host:
                process.wait(10)

    def tail(self, lines: int = 15) -> str:
        """Returns the ends of all logs, to be read when something went wrong."""
        ends = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                with open(self.path(name), errors="replace") as log:
                    ends.append(f"---- {name}\n{''.join(log.readlines()[-lines:])}")
        return "\n".join(ends)

    def close(self, keep: bool):
        """Ends and removes all of it; `keep` leaves the folder to be looked into."""
        for host in [*self.address, BRIDGE]:
            deadline = time.monotonic() + 10
            while self.pids(host) and time.monotonic() < deadline:
                self.kill_host(host)
                time.sleep(0.1)
            run("ip", "netns", "delete", self.prefix + host, check=False)
        if keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
