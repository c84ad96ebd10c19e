"""dbt runs on Apache Spark, whose session lives in this process."""

import json
import os
import shutil
from contextlib import chdir
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import pytest
from dbt.cli.main import dbtRunner
from landing import ROOT, dbt_paths, successful
from marts import marts_of_folder

# The tests' tables are tiny: planning and compiling a query takes longer than running it.
QUICK = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "SPARK_SHUFFLE_PARTITIONS": "2",
    "SPARK_DRIVER_OPTIONS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 "
    "-XX:ReservedCodeCacheSize=256m "
    "-Dspark.sql.codegen.wholeStage=false -Dspark.sql.codegen.factoryMode=NO_CODEGEN "
    "-Dspark.sql.constraintPropagation.enabled=false",
}


@dataclass
class SparkWarehouse:
    """A folder of tables, and dbt commands on them. A process can have only one at a time."""

    folder: Path
    manifest: object = None

    @property
    def path(self):
        return self.folder / "spark"

    def invoke(self, *arguments, landing_dir, options=()):
        environment = {
            **QUICK,
            "DBT_TARGET": "spark",
            "LANDING_DIR": str(landing_dir),
            "SPARK_WAREHOUSE": str(self.path),
        }
        with mock.patch.dict(os.environ, environment), chdir(ROOT):
            return dbtRunner(self.manifest).invoke(
                [*arguments, *dbt_paths(self.folder), "--quiet", "--no-write-json", *options]
            )

    def dbt(self, *arguments, **options):
        return successful(arguments, self.invoke(*arguments, **options))

    def parse(self):
        self.manifest = self.dbt("parse", landing_dir=self.folder)

    def run(self, landing_dir, variables, *selection):
        self.dbt("run", "--vars", json.dumps(variables), *selection, landing_dir=landing_dir)

    def marts(self):
        """{mart: SQL of its table}, for DuckDB; a run publishes nothing."""
        return marts_of_folder(self.path / "warehouse/marts.db")

    def partitions(self):
        """{file: time of change} of the incremental tables."""
        return {
            str(file.relative_to(self.path)): file.stat().st_mtime_ns
            for file in self.path.glob("warehouse/*.db/*/*_version=*/*.parquet")
        }

    def overwrite(self, table, query):
        """Replaces a small table's rows by those of a query, which may read the table."""
        from pyspark.sql import SparkSession

        session = SparkSession.active()
        result = session.sql(query)
        rows = session.createDataFrame(result.collect(), result.schema)
        columns = session.table(table).columns
        rows.select(columns).write.insertInto(table, overwrite=True)

    def sql(self, statement):
        from pyspark.sql import SparkSession

        return SparkSession.active().sql(statement).collect()


def stop_spark():
    """The next session starts its own Java, with its own folder."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    # The active session belongs to the thread that dbt ran in.
    SparkSession.builder.getOrCreate().stop()
    if gateway := SparkContext._gateway:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(60)
        SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture(scope="module")
def spark_warehouse(tmp_path_factory):
    # On CI, a missing requirement must fail the test.
    if not (find_spec("pyspark") and shutil.which("java")) and not os.environ.get("CI"):
        pytest.skip("Spark is not installed, or Java is not: make spark")
    warehouse = SparkWarehouse(tmp_path_factory.mktemp("spark"))
    warehouse.parse()
    warehouse.dbt("seed", landing_dir=warehouse.folder)
    yield warehouse
    stop_spark()
