"""SIGTERM and SIGINT at every moment of an import."""
import shutil
import signal
import time

from world import Polls, World, demand, situation


def log_size(world):
    """Bytes of the write-ahead log: it grows once the import writes."""
    path = world.state / "fordeler.sqlite-wal"
    return path.stat().st_size if path.exists() else 0


def moments(seconds):
    """Where to stop: spread over the whole import, and while it writes."""
    spread = [(f"after {seconds * part / 10:.1f} s", seconds * part / 10, 0) for part in range(1, 10)]
    return spread + [(f"with {size >> 10} KB written", 0, size) for size in (100 << 10, 1 << 20, 5 << 20, 20 << 20)]


def interrupted(world, moment, number, polls_count):
    """Starts the daemon on a file that waits, and stops it at `moment`. Returns the seconds to its end, and the version."""
    _, delay, size = moment
    began = time.monotonic()
    daemon = world.serve().ready()
    polls = Polls(daemon, polls_count)
    while time.monotonic() - began < delay or log_size(world) < size:
        if daemon.says("file read"):
            break
        time.sleep(0.005)
    took = daemon.stop(number)
    demand(not daemon.says("daemon.restarted"), "it told of a crash")
    answers = polls.join()
    broken = [answer for answer in answers if answer[0] not in (200, 0, 503)]
    demand(not broken, f"a poll was answered with {broken[:1]}")
    world.verified()
    return took, world.version(), daemon


@situation("SIGTERM and SIGINT while an import runs and subscribers wait", quick=True)
def stop_at_every_moment(full):
    employees, polls_count = (60_000, 100) if full else (2_500, 10)
    with World() as world:
        world.subscribe()
        world.deliver(employees, "20260301")
        began = time.monotonic()
        daemon = world.serve()
        daemon.wait_log("file read", 300, verdict="published")
        seconds = time.monotonic() - began
        daemon.stop()
        events = [len(world.json("events", "ky", "--max", "100000"))]
    rounds, slowest, unfinished = 0, 0, 0
    with World() as world:
        world.subscribe()
        world.deliver(employees, "20260301")
        for index, moment in enumerate(moments(seconds) if full else moments(seconds)[1:6:2]):
            took, version, daemon = interrupted(
                world, moment, (signal.SIGTERM, signal.SIGINT)[index % 2], polls_count)
            rounds, slowest = rounds + 1, max(slowest, took)
            published = bool(daemon.says("file read", verdict="published"))
            demand(version == (1 if published else 0), f"{moment[0]}: version {version}, though told: {published}")
            if published:
                # Nothing is left to be interrupted: the next one begins anew.
                shutil.rmtree(world.state)
                world.subscribe()
                continue
            unfinished += 1
            world.no_crash()
            demand(not world.json("events", "ky"), f"{moment[0]}: events of an import that was not finished")
        demand(unfinished > 0, "the import was never interrupted")
        daemon = world.serve()
        wait_published(world, daemon)
        world.no_crash()
        events.append(len(world.json("events", "ky", "--max", "100000")))
        demand(events[0] == events[1], f"{events[1]} events instead of {events[0]}")
        daemon.stop()
    return f"{rounds} stops, {unfinished} of them within an import of {seconds:.0f} s, slowest end {slowest:.1f} s"


def wait_published(world, daemon):
    if world.version() == 0:
        daemon.wait_log("file read", 300)
    runs = world.json("runs")
    demand([run["verdict"] for run in runs] == ["published"], f"the file was not imported after the restart: {runs}")
