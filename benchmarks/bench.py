"""Measures the project against the floor, Polars, chDB and pandas, at several sizes.

    python benchmarks/bench.py                      1 and 3 times the real week, three runs each
    python benchmarks/bench.py --scales 1 3 10      and ten times: 92 million readings, one run
    python benchmarks/bench.py --month              only the month; other figures stay unchanged
    python benchmarks/bench.py --smoke              a tiny fleet: checks only that answers agree

Generates the real week's fleet with as many more days, into a temporary folder. The contestants
take turns, each in its own process:

- this project, already parsed, as on every run except the first: its models (`dbt run`, with the
  seeds loaded), only those of questions 1 to 3, everything with the data tests (as `make build`
  does), and also with the unit tests (`dbt build`), all from nothing
- peers/: one typed read (the floor), questions 1 to 3 in Polars and chDB by both methods (tumbling
  windows and sliding periods), and 1 and 2 in pandas by tumbling windows only

Then for a month: one more day on top of the others, nothing new, that day alone, and all days from
nothing. For the smallest size, also the same files with one bad row in each.

A time is reported only if a contestant's answers equal ours. benchmarks/results gets every run
(bench.json), the medians and the targets (bench.md) and a picture (bench.svg).
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from importlib.metadata import version
from itertools import compress
from operator import not_
from pathlib import Path

import duckdb
import report

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
MEMORY_GB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3

REAL_WEEK_DAYS = 8
MONTH_DAYS = 31
# As make build: unit tests do not depend on the data.
BUILD = ["build", "--exclude-resource-type", "unit_test"]
LARGE_SCALE = 10  # from this scale on, three runs would take too long
LITTLE_MEMORY = "2GB"
DISK_GB_PER_SCALE = 4
# A warm fleet with many faults, so that a few components have every answer. Many readings are about
# 30 s apart, so that a wrong edge of a period shows.
TINY_FLEET = {
    **{"sites": 2, "components": 12, "days": 2, "ambient_mean_c": 35, "duty": 0.4},
    **{"faulty_share": 0.5, "fault_strength": 2, "temp_interval_seconds": 10},
}
QUESTIONS_1_TO_3 = [
    *("+overheated_windows", "+overheated_components", "+max_power_when_overheated"),
    *("+alert_readings", "+avg_readings_by_alert"),
]
# The key columns of each answer, and the columns that are compared.
ANSWERS = {
    "overheated_windows": (
        {
            "site_id": "varchar",
            "asset_id": "varchar",
            "component_id": "varchar",
            "signal_name": "varchar",
            "window_method": "varchar",
            "window_start": "timestamp",
        },
        {
            "starts_before": "timestamp",
            "avg_temp_c": "double",
            "reading_count": "double",
            "max_power_kw": "double",
            "power_reading_count": "double",
        },
    ),
    "avg_readings_by_alert": (
        {"alert_name": "varchar", "signal_name": "varchar"},
        {
            "alert_count": "double",
            "reading_count": "double",
            "avg_value": "double",
            "fresh_reading_count": "double",
            "avg_fresh_value": "double",
        },
    ),
}
# The part of our answers that the peers can compute.
OUR_PART = {
    "overheated_windows": "true",
    "avg_readings_by_alert": "alert_scope = 'all' and alignment = 'last_known'",
}
# The parts of the answers, each with the columns that are not compared. An empty part would prove
# nothing, so it stops the benchmark.
TUMBLING = ("overheated_windows", "window_method = 'tumbling'", [])
SLIDING = ("overheated_windows", "window_method = 'sliding'", [])
ALERTS = ("avg_readings_by_alert", "true", [])
ALL = [TUMBLING, SLIDING, ALERTS]
NOTEBOOK = [(*TUMBLING[:2], ["starts_before", "reading_count", "power_reading_count"])]
# Script, arguments, and the parts that the peer answers.
PEERS = {
    "floor": (["duckdb_floor.py"], []),
    "Polars": (["polars_answers.py"], ALL),
    "chDB": (["chdb_answers.py"], ALL),
    "pandas, resample": (["pandas_notebook.py", "resample"], NOTEBOOK),
    "pandas, Grouper": (["pandas_notebook.py", "grouper"], NOTEBOOK),
}


class OutOfMemoryError(Exception):
    """The system killed a contestant, as it does when memory runs out."""


def measure(command, environment, root=ROOT):
    """Runs a command, and returns its wall seconds, CPU seconds and peak resident memory in GB.

    The CPU time includes its child processes. The memory is that of the largest process.
    """
    os.sync()  # writes of the previous command must not count here
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == -signal.SIGKILL:
            raise OutOfMemoryError
        if process.returncode:
            output.seek(0)
            sys.stderr.buffer.write(output.read()[-4000:])
            raise SystemExit(f"\nNothing more is measured, for this failed: {command}")
    memory = usage.ru_maxrss / 1024**2
    return [round(figure, 3) for figure in (wall, usage.ru_utime + usage.ru_stime, memory)]


def clean_environment(folder):
    """For a process that runs dbt: keeps byte code, and dbt writes only to the folder."""
    return {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "DBT_", "DUCKDB_"))
        },
        "DO_NOT_TRACK": "1",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def generate_fleet(folder, landing, **arguments):
    """Writes a fleet's landing folder, and returns the result of measure()."""
    arguments = json.dumps({"landing_dir": str(landing), **arguments})
    command = [str(BIN / "python"), "generator/generate.py", arguments]
    return measure(command, clean_environment(folder))


def tell(text):
    """Prints the progress, but never a time."""
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def insist_on_equal_answers(contestant, ours, theirs, answers):
    """Stops if answers differ from ours, or if there is nothing to compare."""
    with duckdb.connect() as connection:
        for name, part, left_out in answers:
            keys, values = ANSWERS[name]
            values = {value: kind for value, kind in values.items() if value not in left_out}
            counts = []
            for table, folder in (("ours", ours), ("theirs", theirs)):
                connection.execute(
                    f"create or replace table {table} as"
                    f" select {', '.join(keys | values)}, true as is_there from read_csv("
                    f"$1, header = true, types = {keys | values}, nullstr = ['', '\\N'])"
                    f" where {part}",
                    [str(folder / f"{name}.csv")],
                )
                counts += connection.execute(f"select count(*) from {table}").fetchone()
            is_equal = " and ".join(
                f"(ours.{value} is not distinct from theirs.{value}"
                + (
                    f" or abs(ours.{value} - theirs.{value})"
                    f" <= 1e-9 * greatest(1, abs(ours.{value})))"
                    if kind == "double"
                    else ")"
                )
                for value, kind in values.items()
            )
            (different,) = connection.execute(
                f"select count(*) from ours full join theirs using ({', '.join(keys)}) where"
                f" (ours.is_there and theirs.is_there and {is_equal}) is not true"
            ).fetchone()
            if not counts[0]:
                raise SystemExit(f"This fleet has no {name} where {part}: nothing to compare.")
            if different or counts[0] != counts[1]:
                raise SystemExit(
                    f"Nothing more is measured: of {name} where {part}, this project has "
                    f"{counts[0]} rows and {contestant} {counts[1]}; {different} differ."
                )


class Project:
    """A checkout on one landing folder, with a warehouse that can be restored."""

    def __init__(self, folder, landing, root=ROOT):
        self.folder = folder
        self.root = root
        self.home = folder / "warehouse"
        self.home.mkdir(parents=True)
        self.warehouse = self.home / "fleet.duckdb"
        self.environment = clean_environment(folder) | {
            "LANDING_DIR": str(landing),
            "WAREHOUSE_PATH": str(self.warehouse),
        }

    def dbt(self, *arguments, **environment):
        """Runs dbt, and returns the result of measure()."""
        command = [str(BIN / "dbt"), "--quiet", *arguments]
        return measure(command, self.environment | environment, self.root)

    def keep(self, name):
        """Saves a copy of the warehouse."""
        shutil.copytree(self.home, self.folder / name)

    def put_back(self, name=None):
        """Restores the saved warehouse, or removes the warehouse."""
        shutil.rmtree(self.home)
        if name:
            shutil.copytree(self.folder / name, self.home)
        else:
            self.home.mkdir()

    def node_seconds(self):
        """The seconds of the last run's nodes by dbt's own clock: models, and sums by kind."""
        text = (self.folder / "target/run_results.json").read_text(encoding="utf-8")
        models, kinds, times = {}, {}, []
        for result in json.loads(text)["results"]:
            kind, _, name = result["unique_id"].split(".", 2)
            seconds = result["execution_time"]
            kinds[kind] = round(kinds.get(kind, 0) + seconds, 3)
            if kind == "model":
                models[name] = round(seconds, 3)
            if kind != "operation":
                for step in result["timing"]:
                    times += [step["started_at"], step["completed_at"]]
        first, last = (datetime.fromisoformat(time) for time in (min(times), max(times)))
        kinds[report.SPAN] = round((last - first).total_seconds(), 3)
        return models, kinds

    def write_answers(self, folder):
        """Writes the answers to questions 1 to 3 in the format of the peers."""
        folder.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(f"{self.warehouse}.work", read_only=True) as connection:
            for name, (keys, values) in ANSWERS.items():
                columns = ", ".join(keys | values)
                if name == "avg_readings_by_alert":  # the total has no name
                    label = "coalesce(alert_name, 'all temperature alerts') as alert_name"
                    columns = columns.replace("alert_name", label, 1)
                connection.sql(
                    f"select {columns} from marts.{name} where {OUR_PART[name]}"
                ).write_csv(str(folder / f"{name}.csv"))


class Size:
    """All measurements on one fleet."""

    def __init__(self, folder, fleet, scale=None):
        self.folder = folder
        self.landing, self.alone = folder / "landing", folder / "alone"
        self.alone.mkdir(parents=True)
        self.answers = folder / "answers"
        self.name = f"{scale} x" if scale else f"{fleet['days']} days"
        tell(f"{self.name}: generating")
        generation = generate_fleet(folder, self.landing, **fleet)
        self.project = Project(folder / "dbt", self.landing)
        self.last_day = Project(folder / "dbt_last_day", self.alone)
        self.damaged = None
        self.results = {
            "scale": scale,
            "days": fleet["days"],
            "gigabytes": sum(file.stat().st_size for file in self.landing.iterdir()) / 1e9,
            "generation": generation,
            "runs": {},
            "models": {},
            "kinds": {},
            "left_out": {},
        }

    def prepare(self):
        """Parses, and saves a warehouse that has only the seeds."""
        self.project.dbt("seed")
        self.project.keep("seeds")

    def prepare_damaged_files(self):
        """The same files, each with an invalid line in the middle."""
        folder = self.folder / "damaged"
        folder.mkdir()
        for file in self.landing.iterdir():
            text = file.read_bytes()
            middle = text.index(b"\n", len(text) // 2) + 1
            (folder / file.name).write_bytes(text[:middle] + b"no row\n" + text[middle:])
        self.damaged = Project(self.folder / "dbt_damaged", folder)
        self.damaged.dbt("parse")

    def prepare_last_day(self):
        """Parses, and saves a warehouse without the last day."""
        tell(f"{self.name}: building all but the last day")
        self.last_day.dbt("parse")
        signal_files = list(self.landing.glob("*signals_data*"))
        last_date = max(file.name.split("'")[1] for file in signal_files)
        last_files = [file for file in signal_files if f"'{last_date}'" in file.name]
        for file in last_files:
            shutil.move(file, self.alone)
        # One log has the alerts of all days, and grows.
        (log,) = self.landing.glob("*alerts_data*")
        header, *alerts = log.read_text().splitlines(keepends=True)
        is_last = [alert.rstrip().endswith(last_date) for alert in alerts]
        (self.alone / log.name).write_text("".join([header, *compress(alerts, is_last)]))
        log.write_text("".join([header, *compress(alerts, map(not_, is_last))]))
        self.results["all but the last day"] = self.project.dbt(*BUILD)
        self.project.keep("all but the last day")
        for file in last_files:
            os.link(self.alone / file.name, file)
        log.write_text("".join([header, *alerts]))

    def run_project(self, contestant, project, *arguments):
        """One run of dbt, with the times of its nodes; its answers must not change."""
        self.results["runs"].setdefault(contestant, []).append(project.dbt(*arguments))
        models, kinds = project.node_seconds()
        for part, seconds in (("models", models), ("kinds", kinds)):
            lists = self.results[part].setdefault(contestant, {})
            for name, second in seconds.items():
                lists.setdefault(name, []).append(second)
        if project is self.project:
            is_first = not (self.answers / "ours").exists()
            folder = self.answers / ("ours" if is_first else "again")
            project.write_answers(folder)
            insist_on_equal_answers(contestant, self.answers / "ours", folder, ALL)

    def run_peer(self, contestant):
        """One run of a peer; its answers must be ours."""
        (script, *arguments), answers = PEERS[contestant]
        if contestant in self.results["left_out"]:
            return
        folder = self.answers / contestant
        shutil.rmtree(folder, ignore_errors=True)
        command = [BIN / "python", f"benchmarks/peers/{script}", self.landing, folder, *arguments]
        try:
            run = measure([str(part) for part in command], clean_environment(self.folder))
        except OutOfMemoryError:
            self.results["left_out"][contestant] = "ran out of memory"
            self.results["runs"].pop(contestant, None)
            return
        insist_on_equal_answers(contestant, self.answers / "ours", folder, answers)
        self.results["runs"].setdefault(contestant, []).append(run)

    def leave_out_what_does_not_fit(self, smaller):
        """Skips peers that would run out of memory and take other processes down with them."""
        for contestant in PEERS:
            for size in smaller:
                growth = self.results["scale"] / size["scale"]
                peaks = [peak for _, _, peak in size["runs"].get(contestant, [])]
                needed = max(peaks, default=0) * growth
                if contestant in size["left_out"] or needed > 0.9 * MEMORY_GB:
                    self.results["left_out"].setdefault(
                        contestant, f"not run: needs about {needed:.0f} GB of memory"
                    )

    def run_from_nothing(self):
        """Runs every contestant once."""
        project = self.project
        project.put_back("seeds")
        self.run_project("questions 1 to 3", project, "run", "--select", *QUESTIONS_1_TO_3)
        for contestant in PEERS:
            self.run_peer(contestant)
        project.put_back("seeds")
        self.run_project("dbt run", project, "run")
        project.put_back()
        self.run_project("make build", project, *BUILD)
        project.put_back()
        self.run_project("dbt build", project, "build")
        if self.damaged:
            self.damaged.put_back()
            self.run_project("a bad row in every file", self.damaged, *BUILD)

    def run_later_builds(self):
        """One more day, nothing new, that day alone, and all days from nothing."""
        self.project.put_back("all but the last day")
        self.run_project("one more day", self.project, *BUILD)
        self.run_project("nothing new", self.project, *BUILD)
        self.last_day.put_back()
        self.run_project("that day alone", self.last_day, *BUILD)
        self.project.put_back()
        self.run_project("all days", self.project, *BUILD)

    def count_readings(self):
        """Reads the number of readings from the floor's answer."""
        text = (self.answers / "floor/floor.csv").read_text(encoding="utf-8")
        self.results["readings"] = int(text.split(",")[0])

    def open_marts(self, runs):
        """How long a newly opened shell takes to show a mart, by its own timer."""
        warehouse = str(self.project.warehouse)
        with duckdb.connect(warehouse, read_only=True) as connection:
            marts = connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
            ).fetchall()
        shell = [str(BIN / "duckdb"), "-no-init", "-bail", "-readonly", warehouse]
        environment = clean_environment(self.folder)
        starts, seconds = [], {name: [] for (name,) in marts}
        for _ in range(runs):
            starts.append(measure([*shell, "-c", "select 1"], environment))
            for name, shown in seconds.items():
                text = subprocess.run(
                    [*shell, "-c", ".timer on", "-c", f'from marts."{name}"'],
                    **{"check": True, "env": environment, "capture_output": True, "text": True},
                ).stdout
                shown.append(float(re.search(r"^Run Time .*real ([\d.]+)", text, re.M)[1]))
        self.results["shell"] = starts
        self.results["marts"] = seconds

    def build_in_little_memory(self):
        """A build from nothing with so little memory that the engine spills to disk."""
        tell(f"{self.name}: a build with {LITTLE_MEMORY}")
        self.project.put_back()
        try:
            run = self.project.dbt("build", DUCKDB_MEMORY_LIMIT=LITTLE_MEMORY)
        except (SystemExit, OutOfMemoryError):
            run = None  # the report says so
        self.results["little memory"] = {"limit": LITTLE_MEMORY, "run": run}


def measure_starts(project, runs):
    """The start-up time of each tool."""
    nothing = ["--select", "config.materialized:nothing"]
    commands = {
        "dbt parse, nothing parsed before": ["dbt", "--quiet", "parse", "--no-partial-parse"],
        "dbt parse, parsed before": ["dbt", "--quiet", "parse"],
        "dbt compile of nothing, parsed before": ["dbt", "--quiet", "compile", *nothing],
    } | {
        f"import {module}": ["python", "-c", f"import {module}"]
        for module in ("dbt.cli.main", "duckdb", "polars", "chdb", "pandas")
    }
    starts = {name: [] for name in commands}
    for _ in range(runs):
        for name, (program, *arguments) in commands.items():
            starts[name].append(measure([str(BIN / program), *arguments], project.environment))
    return starts


def measure_month(runs):
    """The cost of one more day on top of a month."""
    with tempfile.TemporaryDirectory() as name:
        size = Size(Path(name), {"days": MONTH_DAYS})
        size.prepare_last_day()
        for run in range(runs):
            tell(f"{size.name}: round {run + 1} of {runs}")
            size.run_later_builds()
        size.run_peer("floor")
        size.count_readings()
    return size.results


def positive(text):
    """A whole number of at least 1."""
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return int(text)


def read_arguments():
    """The command line options."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--scales", type=positive, nargs="+", default=[1, 3], help="times the real week (1 3)"
    )
    parser.add_argument("--runs", type=positive, default=3, help="runs of each contestant (3)")
    parser.add_argument(
        "--large-runs", type=positive, default=1, help=f"the same from {LARGE_SCALE} x on (1)"
    )
    parser.add_argument(
        "--month", action="store_true", help="measure the month alone, and keep the other results"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="only see whether answers agree, on a tiny fleet"
    )
    return parser.parse_args()


def move_to_whole_seconds(landing):
    """Moves readings to the exact edges of periods, so that a wrong edge shows."""
    for file in landing.glob("*signals_data*"):
        header, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        moved = {}
        for line in lines:
            number, milliseconds, *series, value, date = line.split(",")
            second = milliseconds[:-3] + "000"
            moved.setdefault((second, *series), ",".join([number, second, *series, value, date]))
        file.write_text(header + "".join(moved.values()), encoding="utf-8")


def smoke():
    """Checks the peers' answers and the report on a fleet that takes seconds."""
    with tempfile.TemporaryDirectory() as name:
        size = Size(Path(name), TINY_FLEET, 1)
        move_to_whole_seconds(size.landing)
        no_tests = ["--exclude-resource-type", "test", "unit_test"]
        arguments = ["build", *no_tests, "--select", *QUESTIONS_1_TO_3]
        size.run_project("questions 1 to 3", size.project, *arguments)
        for contestant in PEERS:
            size.run_peer(contestant)
        size.count_readings()
        results = {"machine": machine(), "starts": {}, "sizes": [size.results]}
        report.write(results, Path(name) / "results")
    print(f"Equal answers: this project, {', '.join(list(PEERS)[1:])}.")


def machine():
    """The machine and versions that the figures depend on."""
    packages = ["dbt-core", "duckdb", "polars", "chdb", "pandas"]
    return {
        "cores": os.cpu_count(),
        "memory": round(MEMORY_GB),
        "load": round(os.getloadavg()[0], 1),
        "python": ".".join(map(str, sys.version_info[:3])),
        "versions": {package: version(package) for package in packages},
    }


def main():
    """Measures one size after the other, and writes each result before the next one starts."""
    arguments = read_arguments()
    if arguments.smoke:
        return smoke()
    if arguments.month:
        results = json.loads((report.RESULTS / "bench.json").read_text(encoding="utf-8"))
        results["month"] = measure_month(arguments.runs)
        return report.write(results)
    results = {"machine": machine(), "starts": {}, "sizes": []}
    if results["machine"]["load"] > 1:
        tell(f"This machine is busy, load {results['machine']['load']}: times will be too long.")
    scales = sorted(set(arguments.scales))
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    if free < DISK_GB_PER_SCALE * scales[-1]:
        raise SystemExit(
            f"{scales[-1]} x needs about {DISK_GB_PER_SCALE * scales[-1]} GB in "
            f"{tempfile.gettempdir()}, and there are {free:.0f}: set TMPDIR to a larger folder."
        )
    for scale in scales:
        with tempfile.TemporaryDirectory() as name:
            size = Size(Path(name), {"days": REAL_WEEK_DAYS * scale}, scale)
            size.leave_out_what_does_not_fit(results["sizes"])
            size.prepare()
            if scale == scales[0]:
                size.prepare_damaged_files()
            runs = arguments.runs if scale < LARGE_SCALE else arguments.large_runs
            if not results["starts"]:
                results["starts"] = measure_starts(size.project, arguments.runs)
            for run in range(runs):
                tell(f"{size.name}: round {run + 1} of {runs}")
                size.run_from_nothing()
            size.count_readings()
            size.open_marts(arguments.runs)
            if scale == scales[-1]:
                size.build_in_little_memory()
        results["sizes"].append(size.results)
        report.write(results)
    results["month"] = measure_month(arguments.runs)
    report.write(results)
    print((report.RESULTS / "bench.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
