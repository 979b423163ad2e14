"""What systemd is told, and what it says of our unit."""
import os
import shutil
import signal
import socket
import subprocess
import time

from world import ROOT, Skipped, World, demand, need_program, situation

UNIT = ROOT / "systemd" / "fordeler.service"


class Manager:
    """Listens where systemd would."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def hear(self, seconds, until=None):
        """What is told within `seconds`, or until a message begins with `until`."""
        messages, end = [], time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self.socket.settimeout(rest)
            try:
                messages.append(self.socket.recv(4096).decode())
            except TimeoutError:
                break
            if until and messages[-1].startswith(until):
                break
        return messages


def names(messages):
    return [line.split("=")[0] for message in messages for line in message.splitlines()]


@situation("what the service manager is told", quick=True)
def notifications(full):
    with World() as world:
        manager = Manager(world.folder)
        # The pid is not known yet, and without WATCHDOG_PID the daemon takes the request for its own.
        daemon = world.serve(environment={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "900000"})
        heard = names(manager.hear(30, until="READY"))
        demand(heard[-1:] == ["READY"], f"at the start it told {heard}")
        heard = names(manager.hear(2))
        demand(heard.count("WATCHDOG") >= 3, f"within 2 s it told {heard}")
        demand("STATUS" in heard, f"it told no status: {heard}")
        daemon.send(signal.SIGHUP)
        heard = names(manager.hear(5, until="READY"))
        demand("RELOADING" in heard and "MONOTONIC_USEC" in heard and heard[-1] == "READY", f"SIGHUP: {heard}")
        daemon.send(signal.SIGSTOP)
        manager.hear(0.2)
        heard = manager.hear(3 if full else 1.5)
        demand(not heard, f"stopped, it told {heard}")
        daemon.send(signal.SIGCONT)
        demand("WATCHDOG" in names(manager.hear(5, until="WATCHDOG")), "it told nothing when it went on")
        daemon.stop()
        heard = names(manager.hear(0.5))
        demand("STOPPING" in heard, f"at the end it told {heard}")
        manager.socket.close()
        world.no_crash()
    return "READY, STATUS, WATCHDOG, RELOADING, STOPPING arrive; a stopped process sends none"


@situation("the systemd unit", quick=True)
def unit(full):
    analyze = need_program("systemd-analyze")
    security = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=15", "--no-pager", UNIT], capture_output=True, text=True)
    last = security.stdout.strip().splitlines()[-1:] or [security.stderr.strip()]
    if "unrecognized option" in security.stderr:
        raise Skipped("systemd-analyze is too old")
    demand(security.returncode == 0, f"systemd-analyze security: {last[0]}")
    with World() as world:
        copy = world.folder / "fordeler.service"
        shutil.copy(UNIT, copy)
        verified = subprocess.run(
            [analyze, "verify", "--man=no", copy], capture_output=True, text=True,
            env={**os.environ, "SYSTEMD_LOG_COLOR": "0"})
        complaints = [line for line in (verified.stdout + verified.stderr).splitlines()
                      if "fordeler" in line and "/usr/bin/fordeler is not executable" not in line]
        demand(not complaints, "; ".join(complaints))
    return last[0].lstrip("→ ")
