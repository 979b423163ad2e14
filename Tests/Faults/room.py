"""No room on the disk, a file size limit, too many open files: it waits, and goes on by itself."""
import os
import socket
import subprocess
import time
from pathlib import Path

from world import World, demand, need_program, situation, wait_for

# The daemon looks at everything that may be due at least so often; seconds, with some for a slow machine.
TICK = 30 + 15


def published_and_settled(world):
    """Publishes a small export and settles its first ten events.

    The daemon is started once more: its log lies empty then, so that nothing can be written without more room.
    """
    daemon = world.serve().ready()
    world.deliver(1_000, "20260301")
    daemon.wait_log("file read", verdict="published")
    daemon.settle_first(10)
    daemon.stop()
    daemon = world.serve().ready()
    world.status(wait=True)
    return daemon, 10


def try_acks(daemon, settled, count):
    """Settles one event after the other. Returns through which number it was promised, and how many were refused."""
    refused = 0
    for _ in range(count):
        status, body = daemon.ack(settled + 1)
        if status == 200:
            settled += 1
        else:
            demand(status >= 500, f"an ack without room was answered with {status}: {body[:200]}")
            refused += 1
    return settled, refused


def import_waits(world, daemon):
    """Has the daemon try the file again and again; it must not give it up."""
    for _ in range(7):
        world.cli("status", "--wait")
    run = world.json("runs")[0]
    demand(run["verdict"] == "waiting", f"the file was given up: {run}")
    demand(daemon.problems(), "it says that it is ready")


def is_red(daemon):
    problems = wait_for(daemon.problems, 60, "it is ready although the import found no room")
    demand(any("state.disk-full" in problem for problem in problems), f"/readyz names {problems}")
    daemon.wait_log("state.disk-full")


def goes_on(world, daemon, settled, full):
    """There is room again: everything is done by the same daemon, and nothing was lost or invented."""
    began = time.monotonic()
    if not full:
        # Has it look at once; else it does so within the tick.
        world.status(wait=True)
    daemon.wait_log("file read", TICK, verdict="published")
    took = time.monotonic() - began
    wait_for(lambda: not daemon.problems(), TICK, lambda: f"it is not ready again: {daemon.problems()}")
    first = daemon.events(most=1)[0]
    demand(int(first["sequence"]) == settled + 1, f"event {first['sequence']} comes after {settled} was settled")
    demand(world.version() == 2, f"version {world.version()}")
    demand(daemon.process.poll() is None and world.status()["service"] == 2, "it was started again")
    daemon.stop()
    world.no_crash()
    world.verified()
    return took


@situation("the disk is full")
def disk_full(full):
    with World(state="disk/state") as world:
        disk = world.folder / "disk"
        world.mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", at=disk)
        world.subscribe()
        daemon, settled = published_and_settled(world)
        ballast = disk / "ballast"
        fill(ballast, leave=0)
        settled, refused = try_acks(daemon, settled, 20)
        demand(refused > 0, "every ack found room")
        fill(ballast, leave=300 << 10)
        world.deliver(3_000, "20260302")
        is_red(daemon)
        settled, more = try_acks(daemon, settled, 5)
        fill(ballast, leave=0)
        import_waits(world, daemon)
        memory = daemon.memory()
        for _ in range(300 if full else 50):
            settled, another = try_acks(daemon, settled, 1)
            more += another
            daemon.events(most=10)
        grown = (daemon.memory() - memory) >> 20
        demand(grown < 48, f"the memory grew by {grown} MB")
        ballast.unlink()
        took = goes_on(world, daemon, settled, full)
    return (f"{settled} acks kept, {refused + more} refused, memory {grown:+} MB, "
            f"the import went on {took:.0f} s after there was room")


def fill(path, leave):
    """Makes a file as long as it takes for so many bytes to be free."""
    with open(path, "ab") as file:
        room = os.statvfs(path.parent)
        size = file.tell() + room.f_bavail * room.f_frsize - leave
        if size < file.tell():
            file.truncate(size)
        elif size > file.tell():
            os.posix_fallocate(file.fileno(), file.tell(), size - file.tell())


@situation("a file size limit")
def file_size_limit(full):
    need_program("prlimit")
    with World() as world:
        world.subscribe()
        daemon, settled = published_and_settled(world)
        limit(daemon, "fsize", 4096)
        settled, refused = try_acks(daemon, settled, 5)
        demand(refused == 5, f"{5 - refused} acks were written beyond the limit")
        limit(daemon, "fsize", max(path.stat().st_size for path in world.state.iterdir()) + (200 << 10))
        world.deliver(3_000, "20260302")
        is_red(daemon)
        import_waits(world, daemon)
        limit(daemon, "fsize", "unlimited")
        took = goes_on(world, daemon, settled, full)
    return f"{settled} acks kept, {refused} refused, the import went on {took:.0f} s after the limit went"


def limit(daemon, what, value):
    subprocess.run(["prlimit", "--pid", str(daemon.pid), f"--{what}={value}:"], check=True)


@situation("too many open files")
def too_many_files(full):
    need_program("prlimit")
    with World() as world:
        world.subscribe()
        daemon, settled = published_and_settled(world)
        open_files = len(list(Path(f"/proc/{daemon.pid}/fd").iterdir()))
        before = limit_of(daemon)
        limit(daemon, "nofile", open_files + 4)
        crowd = [connect(daemon) for _ in range(60)]
        processor = daemon.processor_seconds()
        world.deliver(1_000, "20260302", advance=3)
        time.sleep(10 if full else 3)
        seconds = daemon.processor_seconds() - processor
        demand(daemon.process.poll() is None, f"it ended with {daemon.process.returncode}: {daemon.tail()}")
        demand(seconds < (8 if full else 3), f"it took {seconds:.1f} s of the processor while it could do nothing")
        for connection in crowd:
            connection.close()
        wait_for(lambda: daemon.request("GET", "/healthz", timeout=5)[0] == 200, 30,
                 lambda: f"it answers nobody after the crowd has gone: {daemon.tail()}")
        limit(daemon, "nofile", before)
        began = time.monotonic()
        daemon.wait_log("file read", 150, verdict="published")
        took = time.monotonic() - began
        goes_on(world, daemon, settled, full)
        lines = [line for line in daemon.log() if line["level"] in ("warning", "error", "critical")]
    return (f"60 connections at {open_files + 4} files, {seconds:.1f} s of the processor, {len(lines)} warnings, "
            f"the import went on {took:.0f} s later")


@situation("few open files from the start")
def few_files(full):
    with World() as world:
        world.subscribe()
        daemon = world.serve(prefix=[need_program("prlimit"), "--nofile=160:160"]).ready()
        crowd = [connect(daemon) for _ in range(200)]
        processor = daemon.processor_seconds()
        time.sleep(3)
        seconds = daemon.processor_seconds() - processor
        demand(seconds < 0.5, f"it took {seconds:.1f} s of the processor within 3 s")
        world.deliver(300, "20260301")
        daemon.wait_log("file read", verdict="published")
        for connection in crowd:
            connection.close()
        wait_for(lambda: daemon.request("GET", "/healthz", timeout=5)[0] == 200, 30, "it answers nobody any more")
        demand(not daemon.problems(), f"it is not ready: {daemon.problems()}")
        daemon.stop()
    return f"200 connections at 160 files, {seconds:.1f} s of the processor in 3 s, an import meanwhile"


def limit_of(daemon):
    for line in Path(f"/proc/{daemon.pid}/limits").read_text().splitlines():
        if line.startswith("Max open files"):
            return line.split()[3]
    return 1024


def connect(daemon):
    connection = socket.create_connection(("127.0.0.1", daemon.port), timeout=10)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection
