"""A world for one situation: a folder with a configuration and exports, the real daemon, and ways to ask it things.

Nothing stays behind: processes that were started are ended by their number, mounts are undone, the folder goes away.
"""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(os.environ.get("FORDELER_PROGRAMS", ROOT / ".build" / "debug"))
PROGRAM = str(PROGRAMS / "fordeler")

CONFIGURATION = """\
state: {state}
timeZone: Europe/Copenhagen
authority: {{name: Andeby Kommune, cvr: "99000001"}}
sources:
  hr: {{mapping: kmd-opus, files: "drop/ZLPE*.xml", publish: automatic, quiet: 0{hr}}}
brakes: {{removed: off, removed7Days: off, moved: off, unprotected: off, unprotected7Days: off, damaged: off, reassigned: off, changed: off}}
http: {{port: 0}}
"""

SITUATIONS = []


class Failed(Exception):
    """The program did not do what it promises."""


class Skipped(Exception):
    """The machine lacks what the situation needs."""


def situation(text, quick=False):
    """Names a function as a situation. It takes whether it runs in full and returns its outcome in a few words."""
    def add(function):
        SITUATIONS.append((text, quick, function))
        return function
    return add


def demand(condition, text):
    if not condition:
        raise Failed(text)


def need_root():
    if os.geteuid() != 0:
        raise Skipped("needs root")


def need_program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Skipped(f"{name} is not installed")
    return path


def wait_for(condition, seconds, text):
    """Returns the first true answer of `condition`; fails with `text` when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Failed(f"{text() if callable(text) else text} (after {seconds} s)")
        time.sleep(0.02)


class Daemon:
    """A running `fordeler serve`."""

    def __init__(self, world, prefix=(), environment=None, clock=None):
        self.world = world
        self.log_path = world.folder / f"log-{len(world.daemons)}"
        arguments = [*prefix, PROGRAM, "serve", "--config", str(world.configuration)]
        if clock:
            arguments += ["--clock", str(clock)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=world.folder,
                env={**os.environ, **(environment or {})})
        self.pid = self.process.pid
        self._port = None

    def log(self):
        lines = []
        for line in self.log_path.read_text(errors="replace").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                lines.append({"message": line, "level": "text"})
        return lines

    def tail(self):
        return " | ".join(line["message"] for line in self.log()[-4:])

    def says(self, message, **fields):
        return [line for line in self.log() if message in line["message"]
                and all(line.get(key) == value for key, value in fields.items())]

    def wait_log(self, message, seconds=60, count=1, **fields):
        def found():
            lines = self.says(message, **fields)
            if len(lines) >= count:
                return lines
            demand(self.process.poll() is None,
                   f"the daemon ended with {self.process.returncode} before it said '{message}': {self.tail()}")
            return None
        return wait_for(found, seconds, lambda: f"the daemon did not say '{message}': {self.tail()}")

    def ready(self, seconds=60):
        self.wait_log("fordeler serves", seconds)
        return self

    @property
    def port(self):
        if self._port is None:
            self._port = int(self.wait_log("fordeler serves")[0]["port"])
        return self._port

    def request(self, method, path, body=None, token=None, timeout=60):
        """Status and body; (0, reason) when there was no whole answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {token or self.world.token}"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error)
        finally:
            connection.close()

    def events(self, after=0, most=1000, wait=0):
        status, body = self.request(
            "GET", f"/api/v1/subscriptions/ky/events?after={after}&max={most}&wait={wait}", timeout=wait + 60)
        demand(status == 200, f"reading events was answered with {status}: {body[:200]}")
        return json.loads(body)

    def ack(self, through):
        return self.request("POST", "/api/v1/subscriptions/ky/ack", json.dumps({"through": through}))

    def settle_first(self, through):
        """Reads events, as a subscriber does, and settles them up to this number."""
        read = self.events(most=through, wait=10)
        demand(len(read) == through, f"{len(read)} events instead of {through}: {self.tail()}")
        status, body = self.ack(through)
        demand(status == 200, f"the first ack was answered with {status}: {body[:200]}")

    def problems(self):
        """What /readyz names; empty when it is ready."""
        status, body = self.request("GET", "/readyz")
        demand(status in (200, 503), f"/readyz was answered with {status}: {body[:200]}")
        problems = json.loads(body)["problems"]
        demand((status == 200) == (not problems), f"/readyz answers {status} with {problems}")
        return problems

    def memory(self):
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=30):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"the daemon runs still after {seconds} s: {self.tail()}") from None

    def stop(self, number=signal.SIGTERM, within=5.0):
        """Ends it as an administrator does. Returns the seconds that it took."""
        began = time.monotonic()
        self.send(number)
        status = self.wait(within + 10)
        took = time.monotonic() - began
        demand(status == 0, f"it ended with {status} instead of 0: {self.tail()}")
        demand(took <= within, f"it took {took:.1f} s to end")
        return took

    def kill(self):
        if self.process.poll() is None:
            # A stopped process takes SIGKILL, too.
            self.process.kill()
            self.process.wait()


class World:
    cache = None

    def __init__(self, state="state", hr=""):
        self.folder = Path(tempfile.mkdtemp(prefix="fordeler-faults-"))
        self.daemons = []
        self.undo = []
        self.drop = self.folder / "drop"
        self.drop.mkdir()
        self.state = self.folder / state
        self.configuration = self.folder / "fordeler.yaml"
        self.configuration.write_text(CONFIGURATION.format(state=state, hr=hr))
        self.token = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
        for undo in reversed(self.undo):
            undo()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cli(self, *arguments, timeout=300, environment=None):
        result = subprocess.run(
            [PROGRAM, *arguments, "--config", str(self.configuration)], capture_output=True, text=True,
            cwd=self.folder, timeout=timeout, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        return result.returncode, result.stdout, result.stderr

    def done(self, *arguments, statuses=(0,)):
        """What a command that must succeed answers."""
        status, out, complaints = self.cli(*arguments)
        demand(status in statuses, f"fordeler {' '.join(arguments)} ended with {status}: {complaints or out}")
        return out

    def json(self, *arguments, statuses=(0,)):
        return [json.loads(line) for line in self.done(*arguments, "--json", statuses=statuses).splitlines()]

    def subscribe(self):
        self.done("subscription", "add", "ky", "--kinds", "unit,engagement", "--attributes", "name,parent,unit,title")
        self.token = self.done("subscription", "token", "ky").strip()

    def status(self, wait=False):
        return self.json("status", *(["--wait"] if wait else []), statuses=(0, 5))[0]

    def verified(self):
        out = self.done("verify")
        demand("all in order" in out, f"verify says: {out}")

    def no_crash(self):
        crashes = self.status()["crashes"]
        demand(crashes == 0, f"status tells of {crashes} crashes")

    def version(self):
        return self.status()["version"]

    def serve(self, **options):
        daemon = Daemon(self, **options)
        self.daemons.append(daemon)
        return daemon

    @classmethod
    def export(cls, employees, advance=0):
        if cls.cache is None:
            cls.cache = Path(tempfile.mkdtemp(prefix="fordeler-exports-"))
        path = cls.cache / f"{employees}-{advance}.xml"
        if not path.exists():
            part = path.with_suffix(".part")
            subprocess.run(
                [PROGRAMS / "fordeler-generate", "opus", "--employees", str(employees), "--advance", str(advance), part],
                check=True, stdout=subprocess.DEVNULL)
            part.rename(path)
        return path

    def deliver(self, employees, day, advance=0):
        """Renames an export into the drop folder, under a name with `day` (yyyyMMdd)."""
        part = self.folder / f"arriving-{day}"
        shutil.copy(self.export(employees, advance), part)
        part.rename(self.drop / f"ZLPE{day}.xml")

    @classmethod
    def forget_exports(cls):
        if cls.cache is not None:
            shutil.rmtree(cls.cache, ignore_errors=True)
            cls.cache = None

    def mount(self, *arguments, at):
        need_root()
        at.mkdir(parents=True, exist_ok=True)
        result = subprocess.run(["mount", *arguments, str(at)], capture_output=True, text=True)
        if result.returncode != 0:
            raise Skipped(f"mount: {result.stderr.strip()}")
        self.undo.append(lambda: subprocess.run(["umount", str(at)], capture_output=True))


class Polls:
    """Subscribers that wait for events until somebody answers."""

    def __init__(self, daemon, count, after=1_000_000):
        self.answers = []
        # Nothing has numbers that high, so all of them wait.
        path = f"/api/v1/subscriptions/ky/events?after={after}&wait=60"
        self.threads = [
            threading.Thread(target=lambda: self.answers.append(daemon.request("GET", path, timeout=90)), daemon=True)
            for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(30)
        return self.answers


class Injection:
    """strace, attached to a running daemon, makes its system calls fail."""

    def __init__(self, daemon, *expressions):
        need_program("strace")
        self.log = daemon.world.folder / "strace"
        self.process = subprocess.Popen(
            ["strace", "-f", "-o", str(self.log), *[part for text in expressions for part in ("-e", text)],
             "-p", str(daemon.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "attached" not in line:
            self.process.wait()
            raise Skipped(f"strace cannot attach: {line.strip()}")

    def hits(self):
        return self.log.read_text(errors="replace").count("(INJECTED)") if self.log.exists() else 0

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stderr.close()
