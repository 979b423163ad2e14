"""Power cuts: a file system is shut down without its log, so that what was not flushed is gone."""
import datetime
import os
import random
import subprocess
import threading
import time

from world import Failed, Skipped, World, demand, need_program, need_root, situation

# On each file system; fewer for a first look.
CUTS = int(os.environ.get("FORDELER_CUTS", "30"))

# Makes flushing do nothing, for the control: with it the test must notice losses.
NO_FLUSH = """\
int fsync(int descriptor) { (void)descriptor; return 0; }
int fdatasync(int descriptor) { (void)descriptor; return 0; }
"""


class Disk:
    """A file system on a loop device, at state's parent; drop folder and configuration lie outside."""

    def __init__(self, world, kind):
        need_root()
        need_program("xfs_io")
        self.world, self.place = world, world.folder / "disk"
        self.image = world.folder / "image"
        with open(self.image, "wb") as file:
            file.truncate(400 << 20)
        make = {"ext4": ["mkfs.ext4", "-q"], "xfs": ["mkfs.xfs", "-q"]}[kind]
        made = subprocess.run([need_program(make[0]), *make[1:], self.image], capture_output=True, text=True)
        if made.returncode != 0:
            raise Skipped(f"{make[0]}: {made.stderr.strip()}")
        try:
            world.mount("-o", "loop", str(self.image), at=self.place)
        except Skipped as reason:
            raise Skipped(f"{kind} on a loop device: {reason}") from None
        # What lies there from the start is not what the cuts are about.
        subprocess.run(["sync", "-f", self.place], check=True)

    def cut(self):
        subprocess.run(["xfs_io", "-x", "-c", "shutdown", self.place], check=True, capture_output=True)

    def again(self):
        # The kernel may hold it for a moment after the last process has gone.
        for _ in range(50):
            if subprocess.run(["umount", self.place], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True)


class Subscriber:
    """Reads and settles as fast as it can, and keeps outside the disk what it was told."""

    def __init__(self, daemon, settled):
        self.daemon = daemon
        # Through which number it has the daemon's word, what it asked for last, and the identifier of each event.
        self.settled = self.asked = settled
        self.read = {}
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ends.is_set():
            try:
                events = self.daemon.events(most=3, wait=1)
            except Failed:
                return
            # What comes after the cut has begun is nobody's promise.
            if self.ends.is_set() or not events:
                continue
            self.read.update({int(event["sequence"]): event["id"] for event in events})
            self.asked = max(self.read)
            if self.daemon.ack(self.asked)[0] == 200 and not self.ends.is_set():
                self.settled = self.asked


def losses(world, daemon, subscriber, version):
    """What of the promises is gone after a cut."""
    lost = []
    if world.version() < version:
        lost.append(f"version {version} is gone")
    ahead = daemon.events(after=subscriber.settled, most=1000)
    there = {int(event["sequence"]): event["id"] for event in ahead}
    # Events that were read, but not settled: they come again as they were.
    missing = [number for number, name in subscriber.read.items()
               if number > subscriber.asked - 3 and number > subscriber.settled and there.get(number, name) != name]
    if missing:
        lost.append(f"event {missing[0]} is another one")
    first = min(there, default=None)
    everything = daemon.events(most=1)
    unsettled = int(everything[0]["sequence"]) if everything else None
    if unsettled is not None and unsettled <= subscriber.settled:
        lost.append(f"event {unsettled} comes again, though {subscriber.settled} was settled")
    if unsettled is not None and unsettled > subscriber.asked + 1:
        lost.append(f"event {unsettled} is the first, though only {subscriber.asked} were asked to be settled")
    if subscriber.read and daemon.ack(subscriber.asked)[0] != 200:
        lost.append(f"event {subscriber.asked} was read and is gone")
    if first is not None and sorted(there) != list(range(first, first + len(there))):
        lost.append("the numbers have gaps")
    return lost


def cut_again_and_again(world, kind, count, environment=None):
    """Cuts the power while files are imported and events settled.

    Returns losses, the number of cuts, of events that were settled and of versions.
    """
    disk = Disk(world, kind)
    world.subscribe()
    subprocess.run(["sync", "-f", disk.place], check=True)
    subscriber, version, lost = None, 0, []
    for number in range(1, count + 1):
        day = datetime.date(2026, 3, 1) + datetime.timedelta(number)
        world.deliver(150 + 10 * (number % 7), day.strftime("%Y%m%d"))
        daemon = world.serve(environment=environment).ready(30)
        if subscriber:
            lost = losses(world, daemon, subscriber, version)
            if lost:
                return lost, number - 1, subscriber.settled, version
        subscriber = Subscriber(daemon, subscriber.asked if subscriber else 0)
        end = time.monotonic() + random.uniform(0.1, 2.5)
        while time.monotonic() < end:
            time.sleep(0.01)
        told = [int(line["version"]) for line in daemon.says("file read", verdict="published")]
        version = max([version, *told])
        subscriber.ends.set()
        settled, asked, read = subscriber.settled, subscriber.asked, dict(subscriber.read)
        disk.cut()
        daemon.kill()
        subscriber.thread.join(30)
        # The last one to be asked for may have raced the cut.
        subscriber.settled, subscriber.read, subscriber.asked = settled, read, max(asked, subscriber.asked)
        disk.again()
        status, _, complaints = world.cli("verify")
        if status != 0:
            return [f"verify ended with {status}: {complaints.strip()[:150]}"], number, settled, version
    return lost, count, subscriber.settled, version


def powercut(kind, count):
    with World(state="disk/state") as world:
        lost, cuts, settled, version = cut_again_and_again(world, kind, count)
        demand(not lost, f"after {cuts} cuts: {'; '.join(lost)}")
    return f"{cuts} cuts, {settled} settled events and {version} versions, nothing lost"


@situation("power cuts on ext4")
def powercut_ext4(full):
    return powercut("ext4", CUTS)


@situation("power cuts on xfs")
def powercut_xfs(full):
    return powercut("xfs", CUTS // 2)


@situation("power cuts on a disk that flushes nothing, the control")
def powercut_control(full):
    with World(state="disk/state") as world:
        source, library = world.folder / "noflush.c", world.folder / "noflush.so"
        source.write_text(NO_FLUSH)
        subprocess.run([need_program("cc"), "-shared", "-fPIC", "-o", library, source], check=True)
        try:
            lost, cuts, settled, version = cut_again_and_again(
                world, "ext4", CUTS, {"LD_PRELOAD": str(library)})
        except Failed as reason:
            return f"noticed: {reason}"
        demand(lost, f"{cuts} cuts lost nothing of {settled} events and {version} versions: the test is blind")
    return f"noticed after {cuts} cuts: {'; '.join(lost)}"
