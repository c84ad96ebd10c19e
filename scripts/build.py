"""Builds the warehouse with dbt: make build, and with DBT_TARGET=spark make spark.

If nothing has changed since the published build, the script ends at once. It shows progress on a
terminal, and reports each problem in one sentence. Options of dbt may follow, such as
--full-refresh.
"""

import hashlib
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from glob import glob
from importlib.metadata import version
from pathlib import Path

LANDING_DIR = os.environ.get("LANDING_DIR") or "data/sample"
WAREHOUSE = os.environ.get("WAREHOUSE_PATH") or "supercharger.duckdb"
VARS = os.environ.get("VARS") or "{}"
CODE = ["dbt_project.yml", "profiles.yml", "scripts/build.py", "plugins/*.py"]
CODE += ["models/**/*.*", "macros/**/*.*", "seeds/**/*.*", "tests/**/*.sql"]
PACKAGES = ["dbt-core", "dbt-duckdb", "duckdb"]


def inputs_version():
    """A hash of everything that the result of a build depends on."""
    parts = [LANDING_DIR, WAREHOUSE, VARS, *(version(package) for package in PACKAGES)]
    parts += sorted(setting for setting in os.environ.items() if setting[0].startswith("DBT_"))
    for path in sorted(path for pattern in CODE for path in Path().glob(pattern)):
        if path.is_file():
            parts += [path, path.read_bytes()]
    with suppress(OSError):  # dbt reports that there is nothing to load
        # A part of a Parquet folder can be rewritten in place.
        parts_of_folders = glob("*.parquet/*", root_dir=LANDING_DIR)
        for name in sorted([*os.listdir(LANDING_DIR), *parts_of_folders]):
            path = os.path.join(LANDING_DIR, name)
            parts += [name, os.access(path, os.R_OK)]
            with suppress(OSError):  # as identity in plugins/landing_files.py
                found = os.stat(path)
                parts += [found.st_size, found.st_mtime_ns, found.st_ctime_ns]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def last_build(inputs):
    """When the warehouse was built, its first and last reading; None if the inputs differ."""
    import duckdb

    work = f"{WAREHOUSE}.work"
    with suppress(OSError, duckdb.Error), duckdb.connect() as connection:
        # A build writes to its work file last: a newer published file has been changed since.
        is_changed = os.stat(WAREHOUSE).st_mtime_ns > os.stat(work).st_mtime_ns
        if is_changed or os.path.exists(f"{WAREHOUSE}.wal"):
            return None
        for name, path in [("published", WAREHOUSE), ("work", work)]:
            path = path.replace("'", "''")
            connection.execute(f"attach '{path}' as {name} (type duckdb, read_only)")
        # A file that no build made may have views that read other files.
        connection.execute("set enable_external_access = false")
        return connection.execute(
            "select built_at, published.first_reading_at, published.last_reading_at "
            "from published.marts.build_info as published "
            "join work.marts.build_info using (inputs_version, built_at) "
            "cross join work.build_state where inputs_version = $1 and is_whole",
            [inputs],
        ).fetchone()


class Console:
    """Prints lines and, on a terminal, a last line with the build's progress."""

    def __init__(self):
        terminals = [fd for fd in (2, 1) if os.isatty(fd) and os.environ.get("TERM") != "dumb"]
        self.terminal = terminals[0] if terminals else None
        self.lock = threading.RLock()
        self.printed = set()
        self.node_count = self.done_count = 0
        self.running = {}  # names by id, the longest running first

    def show_progress(self):
        """Runs in its own thread as long as there is a terminal."""
        started = time.monotonic()
        while self.terminal:
            with self.lock:
                words = "reading the project"
                if self.node_count:
                    words = f"{self.done_count} of {self.node_count} seeds, models and tests"
                    words += "".join(f": {name}" for name in list(self.running.values())[:1])
                self.rewrite(f"{time.monotonic() - started:.0f} s, {words}")
            time.sleep(0.2)

    def rewrite(self, line):
        if self.terminal:
            with suppress(OSError):
                width = os.get_terminal_size(self.terminal).columns or 80
                os.write(self.terminal, f"\r\x1b[K{line[: width - 1]}".encode())

    def print(self, line):
        """Prints a line, but never the same line twice."""
        with self.lock:
            self.rewrite("")
            if line not in self.printed:
                self.printed.add(line)
                with suppress(OSError):  # a build continues if its output is no longer read
                    os.write(1, f"{printable(line)}\n".encode())

    def on_event(self, event):
        """dbt calls this in any of its threads."""
        name, data = event.info.name, event.data
        with self.lock:
            if name == "ConcurrencyLine":
                self.node_count = data.node_count
            elif name == "NodeStart":
                self.running[data.node_info.unique_id] = data.node_info.node_name
            elif name == "NodeFinished":
                self.done_count += 1
                self.running.pop(data.node_info.unique_id, None)
            elif name == "PrintEvent":
                self.print(event.info.msg)
            elif event.info.level == "warn" and "Result" not in name:  # tests: see print_warnings
                self.print(f"Warning: {one_line(event.info.msg)}")


def printable(text):
    """Text without control characters, which could rewrite a terminal; as shown_text in macros."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def one_line(text):
    """A dbt message without headings, colours, stack traces and the position in the SQL."""
    text = re.sub(r"\x1b\[\d*m|\[WARNING\]:?|-{3,}", "", text)
    text = re.sub(r"^\s*(\w+ )+Error( in .*)?$", "", text, flags=re.MULTILINE)
    text = text.replace("Invalid Input Error: No ", "No ")  # from stop_without_readings
    # The engine's advice on memory is to change settings that are locked.
    return " ".join(re.split(r"\n\s*(?:LINE \d|Possible solutions|> in |at )", text)[0].split())


def sentences(run):
    """The problems of a dbt run, one sentence each."""
    if error := run.exception:
        text = one_line(getattr(error, "msg", None) or str(error)) or type(error).__name__
        node = getattr(error, "node", None)
        place = f" ({node.original_file_path})" if node else ""
        # The project's own errors are already sentences.
        yield text if re.fullmatch(r"\w.*\.", text) else f"dbt stopped: {text}{place}"
    for result in getattr(run.result, "results", []):
        node, found = result.node, f"found {result.failures}"
        if result.status in ("error", "fail"):
            reason = found if result.status == "fail" else one_line(result.message)
            yield f"{node.name} failed: {reason} ({node.original_file_path})"


def prepare_spark():
    home, oldest = os.environ.get("JAVA_HOME"), 17  # Spark 4 needs Java 17 or later
    needed = (
        f"Apache Spark needs Java {oldest} or later: install it (Debian: apt-get install "
        "openjdk-17-jre-headless), or set JAVA_HOME."
    )
    java = shutil.which(f"{home}/bin/java" if home else "java")
    if not java:
        sys.exit(f"No Java was found. {needed}")
    words = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', words)
    if not found or int(found[1]) < oldest:
        sys.exit(f"{java} is {words.splitlines()[0] if words else 'no Java'}. {needed}")
    # Otherwise the network must be able to resolve the machine's name.
    if os.environ.get("SPARK_MASTER", "local").startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("DBT_TARGET_PATH", "target/spark/dbt")
    # This warning is about pyspark's own tests, so it is irrelevant here.
    warnings.filterwarnings("ignore", "", FutureWarning, "pyspark.testing.utils")


def main(options):
    console = Console()
    is_spark = os.environ.get("DBT_TARGET") == "spark"

    def interrupt(*_):
        # A build may be killed at any moment. dbt would first wait for its running queries.
        with console.lock:
            # On Spark, marts are published one by one.
            console.print(
                "Interrupted."
                if is_spark
                else "Interrupted: the last published build is unchanged."
            )
            os._exit(128 + signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    # Otherwise Python's helper process warns of the locks that an interrupted dbt leaves.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    os.chdir(Path(__file__).resolve().parents[1])
    if is_spark:
        prepare_spark()
    elif not options and "://" not in LANDING_DIR:  # only dbt lists an object store
        # Before dbt lists the files, so the next build sees which ones changed meanwhile.
        os.environ["INPUTS_VERSION"] = inputs_version()
        if build := last_build(os.environ["INPUTS_VERSION"]):
            built, first, last = build
            days = f", with readings from {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first else ""
            path = WAREHOUSE.replace("'", "'\\''")
            console.print(
                f"Nothing has changed since the build of {built:%Y-%m-%d %H:%M} UTC{days}; "
                "marts.load_audit lists rows and files that were left out."
            )
            console.print(
                f"Next: make answers, or .venv/bin/duckdb -readonly '{path}' and there: "
                "from marts.component_watchlist"
            )
            return 0
    if shutil.disk_usage(".").free < 50_000_000:
        sys.exit("Less than 50 MB are free on this disk: dbt needs them for target/ and logs/.")
    import yaml

    try:
        variables = yaml.safe_load(VARS) or {}
    except yaml.YAMLError:
        variables = None
    # A decimal comma splits a number: the part after it becomes a name.
    if not isinstance(variables, dict) or not all(isinstance(name, str) for name in variables):
        sys.exit(
            printable(f"VARS is '{VARS}'; it must be YAML such as {{overheat_threshold_c: 95.5}}.")
        )
    threading.Thread(target=console.show_progress, daemon=True).start()
    from dbt.cli.main import dbtRunner  # takes a second

    logging.raiseExceptions = False  # a full disk is reported once, not for each line of the log
    # Unit tests do not depend on the data: make test runs them. Exposures build nothing.
    arguments = ["--log-level", "none", "build", "--vars", VARS, *options]
    arguments += ["--exclude-resource-type", "unit_test", "exposure"]
    run = dbtRunner(callbacks=[console.on_event]).invoke(arguments)
    with console.lock:
        console.rewrite("")
        console.terminal = None
    if isinstance(run.exception, KeyboardInterrupt):  # Spark handles the signal itself
        interrupt()
    for sentence in sentences(run):
        console.print(sentence)
    return 2 if run.exception else int(not run.success)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
