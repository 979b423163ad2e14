"""Measures what many versions cost: publishing, reading old ones, rolling back, comparing, and their room on the disk."""
import csv
import json
import re
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from measuring import FORDELER, GENERATE, MB, ROOT, WORK, Series, fail, folder_bytes, generate, measure

CONFIGURATION_TEXT = """\
state: STATE
timeZone: Europe/Copenhagen
authority: {name: "Ellekærrød Kommune", cvr: "99444359"}
brakes: {removed: off, removed7Days: off, moved: off, unprotected: off, unprotected7Days: off}
retention: RETENTION
sources:
  hr: {mapping: kmd-opus, publish: automatic}
"""

# The curve.
CURVE_EMPLOYEES = 20_000
DAILY_FRACTION = 0.0075
POINTS = [10, 100, 365]
# At each point the median of so many publishes and reads.
PUBLISHES, READS = 5, 3
OLD_VERSION = 5
KEPT = 30
PRUNE_EVERY = 7
BEGIN = date(2025, 9, 30)

# About 100,000 objects, with everything that the export says of them.
DIFF_EMPLOYEES = 34_000
DIFF_KINDS = "unit,person,engagement,user,function"
DIFF_ATTRIBUTES = (
    "accountName,address,addressProtected,contract,contractCode,costCentre,cpr,disabled,ean,email,employeeNumber,fraction,"
    "functionType,givenName,job,jobId,level,losId,name,pNumber,parent,person,phone,positionId,seNumber,shortName,surname,"
    "title,unit,unitType,unitTypeCode")


class Register:
    """A state folder of its own, with its configuration."""

    def __init__(self, name, retention="off"):
        self.state, self.configuration = WORK / name, WORK / f"{name}.yaml"
        self.configuration.write_text(
            CONFIGURATION_TEXT.replace("STATE", name).replace("RETENTION", retention))
        self.empty()

    def empty(self):
        shutil.rmtree(self.state, ignore_errors=True)

    def run(self, *arguments, today=BEGIN, **options):
        return measure(
            [FORDELER, *arguments, "--config", self.configuration, "--today", today.isoformat()], **options)

    def publish(self, path, version, today=BEGIN):
        """Imports, and makes sure that it became this version."""
        run = self.run("import", f"hr={path}", "--json", today=today)
        answer = json.loads(run.output)
        if (answer["verdict"], answer["version"]) != ("published", version):
            fail(f"importing {path.name} gave {answer['verdict']}, version {answer['version']}, not version {version}")
        return run


def median(runs):
    return sorted(run.cpu for run in runs)[len(runs) // 2]


def root_unit(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if found := re.search(r'<orgUnit id="([^"]+)"', line):
                return found.group(1)
    fail(f"{path} holds no unit")


def daily_exports(path, days):
    """Writes the export of one day after the other to `path`."""
    generator = subprocess.Popen(
        [GENERATE, "opus", "--employees", str(CURVE_EMPLOYEES), "--advance", str(days - 1), "--fraction",
         str(DAILY_FRACTION), "--daily", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for day in range(days):
        if not generator.stdout.readline():
            fail("the generator ended early")
        yield BEGIN + timedelta(days=day)
        if day < days - 1:
            generator.stdin.write(b"\n")
            generator.stdin.flush()
    generator.stdin.close()
    generator.wait()


def curve(days):
    """Publishes day after day into a state that keeps all and one that keeps the last 30 versions. Returns table rows."""
    export = WORK / "daily.xml"
    everything, kept = Register("everything"), Register("kept", f"{{versions: {KEPT}, days: {KEPT}}}")
    points = sorted({point for point in POINTS if OLD_VERSION < point <= days} | ({days} if days > OLD_VERSION else set()))
    publishes, prunings, rows, document, unit = {everything: [], kept: []}, [], [], [], None
    for version, today in enumerate(daily_exports(export, days), start=1):
        for register, runs in publishes.items():
            runs.append(register.publish(export, version, today))
        if version % PRUNE_EVERY == 0:
            prunings.append(kept.run("prune", today=today))
        unit = unit or root_unit(export)
        if version not in points:
            continue
        oldest = json.loads(kept.run("prune", "--dry-run", "--json", today=today).output)["oldest"]
        figures = {
            "versions": version,
            "publish": median(publishes[everything][-PUBLISHES:]),
            "show": median([show(everything, unit, OLD_VERSION) for _ in range(READS)]),
            "all": median([read_all(everything, OLD_VERSION) for _ in range(READS)]),
            "bytes": folder_bytes(everything.state),
            "keptPublish": median(publishes[kept][-PUBLISHES:]),
            "keptOldest": oldest,
            "keptAll": median([read_all(kept, max(oldest, OLD_VERSION)) for _ in range(READS)]),
            "prune": prunings[-1].cpu if prunings else 0,
            "keptBytes": folder_bytes(kept.state),
        }
        document.append(figures)
        rows.append([
            str(version), f"{figures['publish']:.2f}", f"{figures['show']:.3f}", f"{figures['all']:.2f}",
            f"{figures['bytes'] / MB:.1f}", f"{figures['keptPublish']:.2f}", f"{figures['keptAll']:.2f}",
            f"{figures['prune']:.2f}", f"{figures['keptBytes'] / MB:.1f}"])
        print(f"versions {version}: {figures}", file=sys.stderr)
    for register in publishes:
        register.run("verify")
    header = [
        "versions", "publish, CPU s", "show, CPU s", "read all, CPU s", "state, MB", "publish there", "read all there",
        "prune", "state there, MB"]
    return [header] + rows, document


def show(register, unit, version):
    return register.run("show", "unit", unit, "--version", version, "--json")


def read_all(register, version):
    """Everything as of a version: what it has that the empty register has not."""
    return register.run("diff", "0", version, "--json", keep_output=False)


# What is taken back, and how the generator makes it.
REORGANISATIONS = {
    "30 % of units moved": ["--reorganise", 0.3],
    "30 % of all changed": ["--advance", 1, "--fraction", 0.3],
}


def rollback(first_day, employees, rounds):
    """Rolls a day back on which much changed, beside the first import of the same round."""
    changed, register, measured = WORK / "changed.xml", Register("rolled-back"), []
    for name, options in REORGANISATIONS.items():
        generate(changed, employees, *options)
        published = Series(name, "the first import")
        series = Series(f"{name}, rolled back", "the first import")
        for _ in range(rounds):
            register.empty()
            first = register.publish(first_day, 1)
            published.reference_runs.append(first)
            published.runs.append(register.publish(changed, 2))
            series.reference_runs.append(first)
            series.runs.append(register.run("rollback", 1, "--reason", "measured"))
        measured += [published, series]
    return measured


def diff(employees, rounds):
    """Compares two versions with 1 % changes, beside polars on two CSV snapshots of the same objects."""
    employees = min(employees, DIFF_EMPLOYEES)
    days = [WORK / "diff1.xml", WORK / "diff2.xml"]
    generate(days[0], employees)
    generate(days[1], employees, "--advance", 1, "--fraction", 0.01)
    register = Register("compared")
    register.run("subscription", "add", "all", "--kinds", DIFF_KINDS, "--attributes", DIFF_ATTRIBUTES)
    snapshots, objects = [], 0
    for version, day in enumerate(days, start=1):
        register.publish(day, version)
        snapshots.append(WORK / f"snapshot{version}.csv")
        objects = write_snapshot(register, snapshots[-1])
    polars = installed_polars()
    series = Series(f"diff, 1 % of {objects}", "polars" if polars else "polars (not to be had)")
    for _ in range(rounds):
        series.runs.append(register.run("diff", 1, 2, "--json", keep_output=False))
        if polars:
            series.reference_runs.append(
                measure([sys.executable, ROOT / "Benchmarks" / "polars_diff.py", *snapshots, WORK / "polars.txt"],
                        PYTHONPATH=str(polars.absolute())))
    return [series]


def write_snapshot(register, path):
    """What a subscriber of everything holds, one row for each object and one column for each attribute."""
    told = WORK / "snapshot.json"
    register.run("snapshot", "all", keep_output=False, to=told)

    def objects():
        with open(told, encoding="utf-8") as lines:
            next(lines)  # The position.
            yield from map(json.loads, lines)

    columns, count = sorted({name for thing in objects() for name in thing["data"]}), 0
    with open(path, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["subject"] + columns)
        for count, thing in enumerate(objects(), start=1):
            rows.writerow([thing["subject"]] + [thing["data"].get(name, "") for name in columns])
    return count


def installed_polars():
    """The folder of polars, installed there when it is not; None when pip or the registry cannot be reached."""
    folder = WORK / "polars"
    if not (folder / "polars").exists():
        try:
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "polars"], check=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        except (subprocess.SubprocessError, OSError):
            return None
    return folder
