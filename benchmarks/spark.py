"""Measures make build and make spark, the same models on two engines, on one machine.

    python benchmarks/spark.py                      1 times the real week, one run of each
    python benchmarks/spark.py --landing folder     any landing folder instead

Each engine builds the folder from nothing, with all data tests, in its own process, and then builds
again with nothing new. Times are reported only if all marts are equal. The figures go to
benchmarks/results/spark.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb
from bench import BIN, MEMORY_GB, REAL_WEEK_DAYS, ROOT, clean_environment, generate_fleet, tell

sys.path.append(str(ROOT / "tests/python"))

from marts import marts_of_file, marts_of_folder, marts_that_differ

RESULT = ROOT / "benchmarks/results/spark.md"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_GB = os.sysconf("SC_PAGE_SIZE") / 1024**3
# The SPARK_… settings of this run; the other settings are those of make spark.
SETTINGS = {"SPARK_DRIVER_MEMORY": "6g"}


def processes_of(session):
    """{process: (CPU seconds, resident GB)} of a session of processes."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # the process has just ended
                continue
            if int(words[3]) == session:
                seconds = (int(words[11]) + int(words[12])) / TICKS
                found[folder.name] = (seconds, int(words[21]) * PAGE_GB)
    return found


def measure(command, environment):
    """Runs a command, and returns its wall seconds, CPU seconds and peak resident memory in GB.

    No process waits for Spark's Java child, so bench.measure() would miss it. This function looks
    at all processes ten times a second, and sums up their memory.
    """
    os.sync()
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        seconds, peak = {}, 0.0
        while process.poll() is None:
            found = processes_of(process.pid)
            seconds |= {name: used for name, (used, _) in found.items()}
            peak = max(peak, sum(memory for _, memory in found.values()))
            time.sleep(0.1)
        wall = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            sys.stderr.buffer.write(output.read()[-8000:])
            raise SystemExit(f"\nNothing more is measured, for this failed: {command}")
    return wall, sum(seconds.values()), peak


def builds(folder, landing, name, command, environment):
    """The results of measure() for a build from nothing, and for one more build."""
    environment = clean_environment(folder) | {"LANDING_DIR": str(landing), **environment}
    figures = []
    for kind in ("from nothing", "nothing new"):
        tell(f"{name}, {kind}")
        figures.append((name, kind, *measure(command, environment)))
    return figures


def generate(folder):
    """The fleet of make bench at 1 times the real week."""
    tell("generating the real week")
    generate_fleet(folder, folder / "landing", days=REAL_WEEK_DAYS)
    return folder / "landing"


def main():
    parser = argparse.ArgumentParser(prog="spark", description=__doc__.splitlines()[0])
    parser.add_argument("--landing", type=Path, help="a landing folder that is there already")
    parser.add_argument("--result", type=Path, default=RESULT, help="the file to write")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    if load > 1:
        tell(f"This machine is busy, load {load:.1f}: times will be too long.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        landing = arguments.landing.resolve() if arguments.landing else generate(folder)
        size = sum(file.stat().st_size for file in landing.iterdir()) / 1e9
        files = folder / "duckdb", folder / "spark"
        for home in files:
            home.mkdir()
        warehouse, lake = files[0] / "fleet.duckdb", files[1] / "lake"
        build = ["--exclude-resource-type", "unit_test"]
        figures = builds(
            files[0],
            landing,
            "DuckDB",
            [BIN / "dbt", "--quiet", "build", *build],
            {"WAREHOUSE_PATH": str(warehouse)},
        )
        figures += builds(
            files[1],
            landing,
            "Spark",
            [BIN / "python", "scripts/build.py"],
            {"DBT_TARGET": "spark", "SPARK_WAREHOUSE": str(lake), **SETTINGS},
        )
        with duckdb.connect() as connection:
            one = marts_of_file(connection, warehouse, "published")
            other = marts_of_folder(lake / "marts")
            if different := list(marts_that_differ(connection, one, other)):
                raise SystemExit("\n".join(["No time is told: the marts differ.", *different]))
            (readings,) = connection.execute(
                "select sum(row_count) from published.marts.load_audit where record_type = 'signal'"
            ).fetchone()
            rows = sum(
                connection.execute(f"select count(*) from {table}").fetchone()[0]
                for table in one.values()
            )
    lines = [
        "# The same build on two engines",
        "",
        f"Written by `benchmarks/spark.py` on {date.today()}: {readings:,} rows of readings, "
        f"{size:.2f} GB of CSV. DuckDB {version('duckdb')}; Spark {version('pyspark')} with "
        f"`local[2]` and {', '.join(f'{name}={value}' for name, value in SETTINGS.items())}; "
        f"{os.cpu_count()} cores, {MEMORY_GB:.0f} GB of memory. One run of each; the load before "
        f"was {load:.1f}.",
        "",
        "| engine | build | wall s | CPU s | peak GB | µs of CPU a row |",
        "|---|---|--:|--:|--:|--:|",
        *(
            f"| {engine} | {kind} | {wall:.1f} | {cpu:.1f} | {peak:.2f} "
            f"| {cpu / float(readings) * 1e6:.2f} |"
            for engine, kind, wall, cpu, peak in figures
        ),
        "",
        f"All {len(one)} marts but build_info, {rows:,} rows, are equal: the same keys and "
        "counts, floats to 1e-9. Each build includes the data tests, and publishes; the memory is "
        "that of all processes together.",
        "",
    ]
    arguments.result.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
