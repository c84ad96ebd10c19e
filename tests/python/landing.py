"""Landing folders as a fleet delivers them, and dbt runs on them."""

import csv
import gzip
import io
import json
import math
import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

SIGNAL_HEADER = ",timestamp,SITE,ASSET,COMPONENT,signal_name,VALUE,event_date"
ALERT_HEADER = ",timestamp,SITE,ASSET,COMPONENT,alert_name,event_date"
INSPECTION_HEADER = "date,SITE,ASSET,COMPONENT,result,cause,note"
OLD_ALERT_HEADER = SIGNAL_HEADER  # the other shape: an alert's name is in signal_name
SIGNAL_FILE = "Tesla_SEIA_analyst_signals_data_'2022-03-12'_'{}'.csv"
ALERT_FILE = "Tesla_SEIA_analyst_alerts_data_'2022-03-12'_'{}'.csv"


def csv_text(header, rows):
    """Rows (dicts by lower-case column name) in the columns of a header."""
    columns = header.lower().split(",")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    for number, row in enumerate(rows):
        row = {"": number, "event_date": "2022-03-12", **row}
        writer.writerow(row[column] for column in columns)
    return text.getvalue()


def write_file(folder, name, content):
    """A landing file from text or bytes; the name's ending decides the compression."""
    if isinstance(content, str):
        content = content.encode()
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        content = gzip.compress(content)
    if not name.endswith(".zst"):
        path.write_bytes(content)
        return path
    plain = write_file(folder, name.removesuffix(".zst"), content)
    duckdb.sql(  # the unit separator and no quotes: each line is one untouched column
        f"copy (select line from read_csv({sql_text(plain)}, columns = {{'line': 'VARCHAR'}}, "
        "delim = chr(31), quote = '', header = false)) "
        f"to {sql_text(path)} (format csv, header false, delim E'\\x1f', quote '', "
        "compression zstd)"
    )
    plain.unlink()
    return path


def generate_fleet(arguments, **options):
    """The finished process of the fleet generator."""
    return subprocess.run(
        [sys.executable, ROOT / "generator/generate.py", json.dumps(arguments)],
        check=False,
        capture_output=True,
        text=True,
        **options,
    )


def sql_text(value):
    return "'" + str(value).replace("'", "''") + "'"


def rows_of(connection, query):
    """The rows of a query, each as {column: value}."""
    answer = connection.sql(query)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def successful(arguments, run):
    """The result of a dbt command that must not have failed."""
    if not run.success:
        messages = [node.message for node in getattr(run.result, "results", [])]
        raise AssertionError(f"dbt {arguments} failed: {run.exception or messages}")
    return run.result


@dataclass
class Warehouse:
    """One work file, and dbt commands in this process: a new dbt takes seconds to start."""

    folder: Path
    manifest: object

    @property
    def path(self):
        """Where a build works: a partial build publishes nothing."""
        return self.folder / "warehouse.duckdb.work"

    def invoke(self, *arguments, landing_dir, callbacks=None):
        """The result of a dbt command, failed or not."""
        environment = {
            "LANDING_DIR": str(landing_dir),
            "WAREHOUSE_PATH": str(self.path.with_suffix("")),
        }
        with mock.patch.dict(os.environ, environment), chdir(ROOT):
            result = dbtRunner(self.manifest, callbacks).invoke(
                [*arguments, *dbt_paths(self.folder), "--quiet", "--no-write-json"]
            )
        if DuckDBConnectionManager._ENV:  # dbt keeps the file open until its process ends
            DuckDBConnectionManager.env().close()
        return result

    def dbt(self, *arguments, **options):
        return successful(arguments, self.invoke(*arguments, **options))

    def load(self, landing_dir, *models, **options):
        """Builds the models and everything upstream of them; the seeds are already there."""
        selected = [f"+{model}" for model in models]
        self.dbt("run", "--select", *selected, landing_dir=landing_dir, **options)

    def rows(self, query):
        with duckdb.connect(self.path, read_only=True) as connection:
            return rows_of(connection, query)


def equal(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other


def differences(one, other):
    """Where two warehouses differ; sums of floats depend on the order of their terms."""
    for table in one.keys() | other.keys():
        rows, others = one.get(table, []), other.get(table, [])
        if len(rows) != len(others):
            yield f"{table}: {len(rows)} rows, from nothing {len(others)}"
            continue
        for row, expected in zip(rows, others, strict=True):
            if not all(map(equal, row, expected)):
                yield f"{table}: {row}, from nothing {expected}"
                break


def dbt_paths(folder):
    return [
        *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        *("--target-path", f"{folder}/target", "--log-path", f"{folder}/logs"),
    ]


def environment_of(folder, landing_dir, warehouse):
    return {
        **os.environ,
        "LANDING_DIR": str(landing_dir),
        "WAREHOUSE_PATH": str(warehouse or folder / "warehouse.duckdb"),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def dbt_process(*arguments, folder, landing_dir, warehouse=None):
    """A dbt in its own process, still running; it starts with the parsed project."""
    from dbt_forks import DbtFork

    return DbtFork(
        ["--no-use-colors", *arguments, *dbt_paths(folder)],
        environment_of(folder, landing_dir, warehouse),
    )


def dbt_command(*arguments, **options):
    """A finished dbt_process, with its stdout and returncode."""
    process = dbt_process(*arguments, **options)
    output = process.communicate()[0]
    return subprocess.CompletedProcess(process.args, process.returncode, output)


def typed_dbt(*arguments, folder, landing_dir, warehouse=None):
    """dbt as a user types it, including parsing; it has finished."""
    return subprocess.run(
        [BIN / "dbt", "--no-use-colors", *arguments, *dbt_paths(folder)],
        check=False,
        cwd=ROOT,
        env=environment_of(folder, landing_dir, warehouse),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
