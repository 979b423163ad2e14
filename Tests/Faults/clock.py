"""Clocks that jump, and a week in which nobody was there."""
import datetime
import functools
import os
import time
from pathlib import Path

from world import Skipped, World, demand, situation, wait_for

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class Clock:
    """The real clock of a daemon, as libfaketime shows it."""

    def __init__(self, world, start):
        if not LIBRARY.exists():
            raise Skipped("faketime is not installed")
        self.world, self.file = world, world.folder / "faketime"
        self.set(start)
        # libfaketime sets a variable where it is loaded first, and then Swift does not find its arguments: so that is env.
        self.daemon = world.serve(prefix=["env"], environment={
            "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "TZ": "UTC"})
        world.undo += [functools.partial(Path(f"/dev/shm/{name}_{self.daemon.pid}").unlink, missing_ok=True)
                       for name in ("faketime_shm", "sem.faketime_sem")]
        self.daemon.ready()
        said = self.daemon.log()[0]["time"]
        if not said.startswith(start[:10]):
            raise Skipped(f"libfaketime has no effect: the daemon says {said}")

    def set(self, instant):
        """The clock is set, and goes on from there. UTC, such as 2026-03-28 10:00:00."""
        part = self.file.with_suffix(".new")
        part.write_text(f"@{instant}\n")
        os.replace(part, self.file)

    def jump(self, instant):
        """Sets it and has the daemon do all that is due."""
        self.set(instant)
        self.world.cli("status", "--wait")
        return self.world.status()["day"]

    def turned(self):
        return [line["day"] for line in self.daemon.says("day turned")]


def fires(world):
    """How many files were read."""
    return sum(run["verdict"] in ("published", "unchanged") for run in world.json("runs"))


@situation("a clock that is set forward and back")
def jumps(full):
    with World(hr=", schedule: \"02:30\"") as world:
        world.subscribe()
        world.deliver(120, "20260320")
        clock = Clock(world, "2026-03-20 10:00:00")
        daemon = clock.daemon

        def deliver_and_expect(day, instant, count, why):
            if day:
                world.deliver(100 + int(day[-2:]), day)
            clock.jump(instant)
            demand(fires(world) == count, f"{why}: {fires(world)} files were read instead of {count}")

        # The first look is due at once; then each file waits for 02:30 local time, which is 01:30 UTC.
        deliver_and_expect(None, "2026-03-20 10:05:00", 1, "the first look")
        deliver_and_expect("20260321", "2026-03-20 10:10:00", 1, "a file before its due")
        deliver_and_expect(None, "2026-03-21 01:31:00", 2, "its due")
        # A day ahead, and back.
        deliver_and_expect("20260322", "2026-03-22 10:00:00", 3, "a day ahead")
        deliver_and_expect("20260323", "2026-03-21 10:00:00", 3, "set back, before the due")
        deliver_and_expect(None, "2026-03-22 01:31:00", 4, "set back by a day, the next real due")
        # Two days back; the next due of that time fires.
        # The name is newer than what was taken, and no more than two days ahead: else it would not be read at all.
        clock.jump("2026-03-23 10:00:00")
        deliver_and_expect("20260323010000", "2026-03-21 10:00:00", 4, "set back by two days, before the due")
        deliver_and_expect(None, "2026-03-22 01:31:00", 5, "set back by two days, the next real due")
        days = clock.turned()
        demand(days == sorted(set(days)), f"days were turned twice or backwards: {days}")
        before = world.status()["day"]
        # 60 days ahead: nobody believes that, and it heals.
        clock.jump("2026-05-21 10:00:00")
        demand(world.status()["day"] == before, "60 days were turned at once")
        demand(any("day.waits" in problem for problem in daemon.problems()), f"/readyz names {daemon.problems()}")
        clock.jump("2026-03-24 10:00:00")
        demand(world.status()["day"] == "2026-03-24", f"the day is {world.status()['day']} after the clock was set right")
        demand(not daemon.problems(), f"it is not ready after the clock was set right: {daemon.problems()}")
        seconds = daemon.processor_seconds()
        time.sleep(10)
        seconds = daemon.processor_seconds() - seconds
        demand(seconds < 1, f"{seconds:.1f} s of the processor in 10 s of rest")
        daemon.stop()
        world.verified()
    return f"5 files, each at its due; {len(days)} days turned, each once; {seconds:.1f} s of the processor in 10 s of rest"


@situation("daylight saving begins and ends")
def daylight_saving(full):
    read = []
    # 02:30 does not exist on the first day, and comes twice on the second. Instants are UTC: one hour before the due, within
    # the doubled or missing hour, and after it.
    for night, steps, expected in (
            ("2026-03-29", ["2026-03-29 00:20:00", "2026-03-29 01:05:00", "2026-03-29 01:40:00"], 2),
            ("2026-10-25", ["2026-10-25 00:20:00", "2026-10-25 00:35:00", "2026-10-25 01:20:00", "2026-10-25 01:40:00"], 2)):
        with World(hr=", schedule: \"02:30\"") as world:
            date = datetime.date.fromisoformat(night)
            names = [(date + datetime.timedelta(number)).strftime("%Y%m%d") for number in (-1, 0, 1)]
            world.subscribe()
            world.deliver(101, names[0])
            clock = Clock(world, f"{date - datetime.timedelta(1)} 10:00:00")
            clock.jump(f"{date - datetime.timedelta(1)} 10:01:00")
            demand(fires(world) == 1, "the first look found nothing")
            world.deliver(102, names[1])
            counts = [(clock.jump(step), fires(world))[1] for step in steps]
            demand(counts[-1] == expected, f"{night}: {counts} files were read at {steps}")
            # A second fire would read this one.
            world.deliver(103, names[2])
            clock.jump(f"{night} 03:00:00")
            demand(fires(world) == expected, f"{night}: the schedule fired twice")
            demand(clock.turned()[-1:] == [night], f"{night}: days turned: {clock.turned()}")
            clock.jump(f"{date + datetime.timedelta(1)} 02:00:00")
            demand(fires(world) == expected + 1, f"{night}: the next due was missed")
            seconds = clock.daemon.processor_seconds()
            read.append(f"{night}: {counts}")
            time.sleep(3)
            demand(clock.daemon.processor_seconds() - seconds < 1, f"{night}: it does not rest")
            clock.daemon.stop()
            world.verified()
    return "; ".join(read)


@situation("a week in which nobody was there")
def absence(full):
    with World() as world:
        world.subscribe()
        file = world.folder / "clock"

        def at(instant):
            part = file.with_suffix(".new")
            part.write_text(instant)
            os.replace(part, file)

        at("2026-03-01T10:00:00Z")
        world.deliver(500, "20260301")
        daemon = world.serve(clock=file).ready()
        daemon.wait_log("file read", verdict="published")
        highest = max(int(event["sequence"]) for event in all_events(daemon))
        daemon.kill()
        # Seven days of files came, and nobody read them.
        for day in range(2, 9):
            world.deliver(500, f"202603{day:02}", advance=day - 1)
        at("2026-03-08T10:00:00Z")
        daemon = world.serve(clock=file).ready()
        world.status(wait=True)
        runs = world.json("runs")
        verdicts = {run["file"]: run["verdict"] for run in runs}
        newest = verdicts.pop("ZLPE20260308.xml", None)
        first = verdicts.pop("ZLPE20260301.xml", None)
        demand((first, newest) == ("published", "published"), f"the newest file: {newest}, the first one: {first}")
        demand(set(verdicts.values()) == {"superseded"} and len(verdicts) == 6, f"the older ones: {verdicts}")
        status = world.status()
        demand(status["day"] == "2026-03-08", f"the register's day is {status['day']}")
        demand(status["crashes"] == 1, f"it was killed once, and tells of {status['crashes']} crashes")
        events = all_events(daemon)
        numbers = [int(event["sequence"]) for event in events]
        demand(numbers == list(range(1, len(numbers) + 1)), "the numbers have gaps")
        demand(len(numbers) > highest, "there is nothing new")
        days = [event["effectivedate"] for event in events if "effectivedate" in event]
        demand(days == sorted(days), f"days are out of order: {sorted(set(days))}")
        wait_for(lambda: not daemon.problems(), 60, lambda: f"it is not ready: {daemon.problems()}")
        daemon.stop()
        world.verified()
    return f"the newest file was published, 6 superseded, {len(numbers) - highest} new events in order of {len(set(days))} days"


def all_events(daemon):
    events = []
    while batch := daemon.events(after=int(events[-1]["sequence"]) if events else 0):
        events += batch
    return events
