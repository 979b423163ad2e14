"""What every measurement needs: running a program and what it cost, series of runs, and a table."""
import os
import resource
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# main() goes to ROOT before these are used.
WORK = Path("Benchmarks/work")
BIN = Path(os.environ["FORDELER_BIN"]).absolute() if "FORDELER_BIN" in os.environ else Path(".build/release")
FORDELER = BIN / "fordeler"
GENERATE = BIN / "fordeler-generate"
MEASURE = BIN / "fordeler-measure"
MB = 1e6


def fail(text):
    sys.exit(f"Benchmarks/run: {text}")


class Run:
    """One run of one program: its CPU seconds (user and system) and its peak memory."""

    def __init__(self, cpu, peak_mb, is_floor, output):
        self.cpu, self.peak_mb, self.is_floor, self.output = cpu, peak_mb, is_floor, output

    @classmethod
    def sum(cls, *runs):
        """Programs that do a job together, one after another."""
        return cls(
            sum(run.cpu for run in runs), max(run.peak_mb for run in runs), all(run.is_floor for run in runs), "")


def measure(arguments, keep_output=True, to=None, **environment):
    """Runs a program that must end with 0. `keep_output` reads what it printed; else that goes to the file `to`, or /dev/null."""
    output, errors = WORK / "output.txt", WORK / "errors.txt"
    target = str(output) if keep_output else str(to or os.devnull)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    arguments = [str(argument) for argument in arguments]
    # The system counts the memory of the starting program into the peak of the started one, so this is the least it can
    # say. It stays small, because files are never read as a whole here.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    process = os.posix_spawn(
        arguments[0], arguments, {**os.environ, "FORDELER_MAPPINGS": str(ROOT / "Mappings"), **environment},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, target, flags, 0o644),
            (os.POSIX_SPAWN_OPEN, 2, str(errors), flags, 0o644),
        ])
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.WEXITSTATUS(status)}"
        said = errors.read_text(errors="replace") or (output.read_text(errors="replace") if keep_output else "")
        fail(f"{' '.join(arguments)} ended with {how}:\n{said[:2000]}")
    return Run(
        usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MB, usage.ru_maxrss <= floor,
        output.read_text() if keep_output else "")


def generate(path, employees, *options, kind="opus"):
    print(measure([GENERATE, kind, "--employees", employees, *options, path]).output.strip(), file=sys.stderr)


def folder_bytes(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


class Series:
    """The runs of one measurement, and of its reference where it has one."""

    def __init__(self, name, reference):
        self.name, self.reference = name, reference
        self.runs, self.reference_runs = [], []

    @staticmethod
    def spread(runs):
        values = [run.cpu for run in runs]
        return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"

    @property
    def ratio(self):
        below = statistics.median(run.cpu for run in self.reference_runs)
        return statistics.median(run.cpu for run in self.runs) / below if below > 0 else float("inf")

    @property
    def peak_mb(self):
        return max(run.peak_mb for run in self.runs)

    def row(self, target):
        floor = "<" if all(run.is_floor for run in self.runs) else ""
        reference = self.spread(self.reference_runs) if self.reference_runs else ""
        ratio = ("" if not self.reference_runs else f"{self.ratio:.1f}" if self.ratio >= 2 else f"{self.ratio:.2f}")
        return [
            self.name, self.spread(self.runs), f"{floor}{self.peak_mb:.0f}", self.reference, reference, ratio, target]

    def json(self):
        def told(runs):
            return [{"cpuSeconds": round(run.cpu, 4), "peakMB": round(run.peak_mb, 1)} for run in runs]

        return {
            "measurement": self.name, "runs": told(self.runs), "reference": self.reference,
            "referenceRuns": told(self.reference_runs),
            "ratio": round(self.ratio, 2) if self.reference_runs else None}


def print_table(rows, numbers=(1, 2, 4, 5)):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
