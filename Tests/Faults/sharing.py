"""Two programs that want one state."""
import signal
import subprocess
import threading
import time

from world import PROGRAM, World, demand, situation, wait_for

# What a command may answer while the daemon comes or goes, beside what it answers otherwise.
BETWEEN = ("state.in-use", "daemon.gone")


@situation("two daemons on one state", quick=True)
def two_daemons(full):
    with World() as world:
        world.subscribe()
        first = world.serve().ready()
        for _ in range(10 if full else 2):
            second = world.serve()
            status = second.wait(20)
            demand(status == 4 and second.says("state.in-use"), f"the second one ended with {status}: {second.tail()}")
            demand(first.problems() == [], "the first one is not ready any more")
            # The second one must not have taken the socket away.
            demand(world.status()["daemon"] is True, "commands do not reach the first one any more")
        first.stop()
        world.no_crash()
    return "the second ends with state.in-use (4), the first goes on"


@situation("a daemon while a CLI import writes", quick=True)
def daemon_during_import(full):
    with World() as world:
        world.subscribe()
        path = world.export(20_000 if full else 4_000)
        importing = subprocess.Popen(
            [PROGRAM, "import", f"hr={path}", "--config", str(world.configuration)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=world.folder)
        # From now on it has the state.
        wait_for((world.state / "fordeler.sqlite-journal").exists, 60, "the import writes nothing")
        refused = 0
        while True:
            daemon = world.serve()
            while daemon.process.poll() is None and not daemon.says("fordeler serves"):
                time.sleep(0.01)
            if daemon.process.poll() is None:
                # The import has just ended.
                break
            demand(daemon.process.returncode == 4 and daemon.says("state.in-use"),
                   f"the daemon ended with {daemon.process.returncode}: {daemon.tail()}")
            refused += 1
        demand(importing.wait(120) == 0, f"the import ended with {importing.returncode}")
        demand(refused > 0, "no daemon was started while the import wrote")
        demand(world.version() == 1, "the import is not there")
        daemon.stop()
        world.verified()
    return f"{refused} daemons ended with state.in-use (4), the import was published"


@situation("commands while the daemon starts and ends")
def commands_during_start(full):
    counts = {}
    with World() as world:
        world.subscribe()
        world.done("import", f"hr={world.export(300)}")
        events = len(world.json("events", "ky", "--max", "100000"))
        stopped, wrong = threading.Event(), []

        def ask(command):
            while not stopped.is_set():
                status, _, complaints = world.cli(*command)
                code = next((code for code in BETWEEN if code in complaints), None)
                answer = code or status
                counts[answer] = counts.get(answer, 0) + 1
                if status != 0 and code is None:
                    wrong.append(f"{command[0]} ended with {status}: {complaints}")

        commands = [("versions",), ("ack", "ky", "--through", "1"), ("events", "ky", "--max", "5"), ("status",)]
        threads = [threading.Thread(target=ask, args=(command,)) for command in commands]
        for thread in threads:
            thread.start()
        try:
            starts = 0
            for _ in range(20 if full else 3):
                daemon = world.serve()
                while daemon.process.poll() is None and not daemon.says("fordeler serves"):
                    time.sleep(0.01)
                if daemon.process.poll() is not None:
                    # A command was writing.
                    demand(daemon.process.returncode == 4, f"the daemon ended with {daemon.tail()}")
                    continue
                starts += 1
                time.sleep(0.1)
                daemon.stop(signal.SIGTERM)
        finally:
            stopped.set()
            for thread in threads:
                thread.join()
        demand(not wrong, "; ".join(wrong[:2]))
        demand(starts > 0, "the daemon never got the state")
        demand(len(world.json("events", "ky", "--max", "100000")) == events - 1, "events were lost or invented")
        world.no_crash()
        world.verified()
    told = ", ".join(f"{count} {answer}" for answer, count in sorted(counts.items(), key=str))
    return f"{starts} starts; answers: {told}"
