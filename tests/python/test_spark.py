"""Apache Spark gives the same marts as DuckDB, whatever the machine's time zone."""

import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from collections import Counter
from unittest import mock

import duckdb
import pytest
import test_hostile_input as hostile
import test_staging as staging
from landing import BIN, ROOT, write_file
from marts import marts_of_file, marts_of_folder, marts_that_differ
from on_spark import spark_warehouse  # noqa: F401, a fixture

SAMPLE = ROOT / "data/sample"
BUILD = ("build", "--exclude-resource-type", "unit_test")


@pytest.fixture(scope="module", autouse=True)
def far_from_utc():
    """A time zone in which a time without a zone would be wrong, or ambiguous at clock changes."""
    with mock.patch.dict(os.environ, TZ="America/Los_Angeles"):
        time.tzset()
        yield
    time.tzset()


def insist_on_equal_marts(published, warehouse):
    with duckdb.connect() as connection:
        expected = marts_of_file(connection, warehouse.path, "duckdb")
        assert len(expected) > 15
        different = list(marts_that_differ(connection, published, expected))
    assert not different, "\n".join(different)


def test_the_published_marts_of_the_sample_are_equal(spark_warehouse, warehouse):  # noqa: F811
    """Spark gives another answer than DuckDB, or a data test fails there."""
    spark_warehouse.dbt(*BUILD, landing_dir=SAMPLE)
    warehouse.dbt(*BUILD, landing_dir=SAMPLE)
    insist_on_equal_marts(marts_of_folder(spark_warehouse.path / "marts"), warehouse)


MIXED = "mixed line ends"
STRANGE_NAMES = [
    "it's [a] *?",
    'a "word" {b,c}',
    "100 %20+",
    "ünï☃",
    "new\nline",
    "$(x) `y` {{ z }}",
]
# DuckDB writes these times with a zone, or to the second, before their format is detected.
OTHER_FORMAT = "'signals_data with a zone.parquet', 'signals_data nanosecond.parquet'"
STAGED = {
    "intermediate.int_readings": "site_id, asset_id, component_id, signal_name, value, observed_at",
    "staging.stg_alerts": "alert_id, site_id, asset_id, component_id, alert_name, fired_at",
    # In a file with mixed line ends, line numbers may be off. DuckDB writes readings from Parquet
    # in its own columns.
    "marts.rejected_rows": "file_name, reject_reason, "
    "case when file_name not like '%.parquet' then raw_line end as raw_line, "
    f"case when file_name not like '%{MIXED}%' then line_number end as line_number",
    "marts.inspections": "site_id, asset_id, component_id, result, found_cause, note, "
    "inspected_on::string as inspected_on",
    "marts.load_audit": "file_name, record_type, file_problem, row_count, staged_row_count, "
    "rejected_row_count, repeated_row_count, "
    f"case when file_name not in ({OTHER_FORMAT}) then format end as format",
}


def write_hostile_files(folder):
    """All possible damage to a line, and odd files, in few files: each file costs Spark time."""
    bad = [line for lines in hostile.LINES.values() for line, _ in lines]
    between = [hostile.good("lines", at) for at in range(len(bad))]
    lines = [line for pair in zip(between, bad, strict=True) for line in pair]
    files = {
        "lines": b"\n".join([hostile.HEADER, *lines, hostile.good("lines", -1)]),
        MIXED: hostile.mixed_line_ends("mixed", b"\r\n"),
        **{name: content for name, content in hostile.WHOLE.items() if not name.endswith(".gz")},
        **{
            name.removesuffix(".csv"): content
            for name, (content, problem, _) in hostile.BAD_FILES.items()
            if name.endswith(".csv") and "cannot be read" not in problem
        },
    }
    for name, strange in zip(list(files), STRANGE_NAMES, strict=False):
        files[f"{name} {strange}"] = files.pop(name)
    for name, content in files.items():
        (folder / f"signals_data {name}.csv").write_bytes(content)
    for name in ("two gz members.gz", "named.gz"):
        (folder / hostile.file_name(name)).write_bytes(hostile.WHOLE[name])
    header = b"alert_name,SITE,more,Asset,component,TIMESTAMP"
    alerts = [
        *(b'"E ""1""; drop table x",s,,a,c,%d', b"\xff,s,,a,c,%d", b'x,s,,a,"c,%d', b",s,,a,c,%d"),
        *(b"\xc3\xbc\xe2\x98\x83,s,,a,c,%d", b"x,s,,a,c,%d000", b"x,s,,a,c,-%d", b"x,s,,a,c,%d,y"),
    ]
    rows = [alert % hostile.NOON for alert in alerts]
    (folder / "alerts_data.csv").write_bytes(b"\n".join([b"\xef\xbb\xbf" + header, *rows]))
    (folder / "alerts_data only a header.csv").write_bytes(header)
    good = '2022-03-12,s,a,c,repaired,,"\u2603, \t ""x"""'
    inspections = [
        staging.INSPECTION_HEADER,
        good,
        *staging.BAD_INSPECTIONS,
        good,
        good.replace(",s,", ",\u2603,"),
    ]
    write_file(folder, "inspections.csv", "\n".join(inspections))


# Spark reads UTF-16 only in uncompressed files.
NOT_ON_SPARK = {"utf-16.gz"}


def write_each_format(folder):
    """A file of each format, with a row that is rejected if a line can follow."""
    texts = staging.FORMS | {form: text for form, (text, _) in staging.FORMATS.items()}
    for number, form in enumerate(sorted(texts.keys() - NOT_ON_SPARK)):
        text = texts[form]
        if isinstance(text, str) and text.endswith("\n"):
            text += "no row\r\n" if text.endswith("\r\n") else "no row\n"
        ending = {"gz": ".csv.gz", "zst": ".csv.zst"}.get(form, ".csv")
        write_file(folder, f"signals_data_{number}{ending}", text)
    for form, content in staging.PARQUET.items():
        write_file(folder, f"signals_data {form}.parquet", content)
    parts = folder / "Signals_data 100% of a job.parquet"
    for form in ("text", "integers"):
        write_file(parts, f"part {form}+.snappy.parquet", staging.PARQUET[form])
    write_file(parts, "_SUCCESS", "x")
    write_file(folder, "notes.parquet/part-0.parquet", staging.PARQUET["text"])
    null = staging.parquet_reading("null", "null::bigint", value="null::double")
    write_file(folder, "signals_data null.parquet", null)
    for name, content in staging.INSPECTIONS.items():
        write_file(folder, name, content)
    alerts = staging.csv_text(staging.OLD_ALERT_HEADER, [staging.ALERT])
    write_file(folder, "alerts_data semicolons.csv", staging.delimited(alerts, ";"))


def test_odd_files_and_rows_are_read_alike(spark_warehouse, warehouse, tmp_path):  # noqa: F811
    """Spark loses, changes or rejects another row, or takes a format for another one."""
    folder = tmp_path / "it's [a] 100 % \u2603 {{ x }}"
    folder.mkdir()
    write_hostile_files(folder)
    write_each_format(folder)
    models = [table.split(".")[1] for table in STAGED]
    spark_warehouse.dbt("run", "--select", *(f"+{name}" for name in models), landing_dir=folder)
    warehouse.load(folder, *models)
    for table, columns in STAGED.items():
        query = f"select {columns} from {table}"
        expected = Counter(tuple(row.values()) for row in warehouse.rows(query))
        if table == "marts.load_audit":
            # This file has no row that could be lost.
            (empty,) = [row for row in expected if "zero bytes" in row[0]]
            del expected[empty]
        found = Counter(tuple(row) for row in spark_warehouse.sql(query))
        assert expected
        assert found == expected, f"{table}: {found - expected}, on DuckDB {expected - found}"


def test_a_damaged_file_is_left_out(spark_warehouse, tmp_path):  # noqa: F811
    """A damaged file stops the build on Spark, or is staged up to the damage."""
    (tmp_path / "signals_data.csv").write_bytes(hostile.HEADER + b"\n" + hostile.good("kept"))
    (tmp_path / "signals_data.csv.gz").write_bytes(hostile.WHOLE["two gz members.gz"])
    gzip, parquet = "compressed data is corrupt, or ends too early", "no Parquet file, or is damag"
    utf16 = staging.signal_text().encode("utf-16")
    problems = {
        "cut.csv": (utf16[:-1], "not valid UTF-16"),
        "utf16.csv.gz": (zlib.compress(utf16, wbits=31), "UTF-16 must not be compressed"),
    }
    for name, (content, problem, _) in hostile.BAD_FILES.items():
        if "compressed" in problem or "its comp" in problem:
            problems[name] = (content, gzip)
    whole = staging.PARQUET["text"]
    problems["parquet.parquet"] = (b"PAR1", parquet)
    problems["cut.parquet"] = (whole[:-20], parquet)
    problems["flipped.parquet"] = (whole[:30] + bytes(20) + whole[50:], parquet)
    for name, (content, _) in problems.items():
        (tmp_path / f"signals_data {name}").write_bytes(content)
    spark_warehouse.dbt("run", "--select", "+int_readings", "+load_audit", landing_dir=tmp_path)
    audit = {
        row[0].removeprefix("signals_data "): row[1:]
        for row in spark_warehouse.sql(
            "select file_name, file_problem, row_count from marts.load_audit"
        )
    }
    assert len(audit) == len(problems) + 2
    for name, (_, words) in problems.items():
        assert re.match(f"cannot be read: .*{words}", audit[name][0]), name
        assert audit[name][1] == 0
    sites = spark_warehouse.sql("select site_id from intermediate.int_readings order by 1")
    assert [row[0] for row in sites] == ["kept", "two gz members.gz"]


@pytest.mark.parametrize("name", ["missing", "partitions"])
def test_a_folder_that_spark_cannot_list_is_a_sentence(spark_warehouse, tmp_path, name):  # noqa: F811
    """A missing folder, or one with a Hive partition in it, ends with an error of Spark."""
    write_file(tmp_path, "partitions/signals_data.csv", hostile.HEADER)
    write_file(tmp_path, "partitions/signals_data.parquet/day=1/x.parquet", staging.PARQUET["text"])
    result = spark_warehouse.invoke("run", landing_dir=tmp_path / name)
    assert f"{name}' cannot be listed: it is missing, or it has a folder such as day=1" in str(
        result.exception
    )


def test_a_file_that_vanishes_or_grows_is_left_out(spark_warehouse, tmp_path):  # noqa: F811
    """One moving file stops the others, or there are rows that no file contains."""
    header, row = hostile.HEADER + b"\n", hostile.good
    names = ["signals_data_kept.csv", "signals_data_gone.csv", "alerts_data_grown.csv"]
    for name in names[:2]:
        (tmp_path / name).write_bytes(header + row(name[13:-4]) + b"\nbad\n")
    grown = tmp_path / names[2]
    grown.write_bytes(header + row("a") + b"\n")
    spark_warehouse.dbt("run", "--select", "+stg_landing_files", landing_dir=tmp_path)
    (tmp_path / names[1]).unlink()
    grown.write_bytes(grown.read_bytes() + row("b") + b"\n")
    models = ["stg_plain_rows", "stg_line_rows", "stg_read_files", "rejected_rows"]
    spark_warehouse.dbt("run", "--select", *models, landing_dir=tmp_path)
    found = spark_warehouse.sql(
        "select file_name, read_files.file_problem, read_files.row_count "
        "from staging.stg_read_files as read_files "
        "inner join staging.stg_landing_files as files using (file_version) order by file_name"
    )
    moved = "cannot be read: it was changed, removed or out of reach while the build read it"
    assert [tuple(row) for row in found] == [
        (names[2], moved, 0),
        (names[1], moved, 0),
        (names[0], None, 2),
    ]
    rejected = spark_warehouse.sql("select file_name, line_number from marts.rejected_rows")
    assert [tuple(row) for row in rejected] == [(names[0], 3)]


def test_what_unit_tests_expect_holds_on_spark(spark_warehouse):  # noqa: F811
    """A macro or a model gives another result on Spark."""
    results = spark_warehouse.dbt("test", "--select", "test_type:unit", landing_dir=SAMPLE)
    assert len(results.results) > 60


def lint(models):
    """The violations that sqlfluff finds in the SQL in a folder, as sent to Spark."""
    run = subprocess.run(
        [BIN / "sqlfluff", "lint", "--config", ".sqlfluff-spark", "--processes", "2", models],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


def test_the_sql_of_spark_keeps_the_rules(spark_warehouse, tmp_path):  # noqa: F811
    """A macro writes SQL for Spark that breaks the rules for models."""
    spark_warehouse.dbt("compile", "--select", "resource_type:model", landing_dir=SAMPLE)
    compiled = spark_warehouse.folder / "target/compiled/supercharger/models"
    models = [path for path in compiled.rglob("*.sql") if ".yml" not in str(path)]
    assert len(models) > 50
    for model in models:
        shutil.copy(model, tmp_path)
    failed, words = lint(tmp_path)
    assert not failed, words


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("select a.b from a join", "PRS"),
        ("select a.b c from a", "AL02"),
        ("select a.b from a inner join d on a.e = f", "RF02"),
        ("select b, sum(c) as d from a group by 1, e", "AM06"),
    ],
)
def test_what_breaks_a_rule_on_spark_is_found(model, rule, tmp_path):
    """Anything passes: the rules for the SQL of Spark are not those of .sqlfluff."""
    (tmp_path / "model.sql").write_text(f"{model}\n")
    failed, words = lint(tmp_path)
    assert failed
    assert f" {rule} " in words


def test_docs_describe_the_tables_of_spark(spark_warehouse):  # noqa: F811
    """The docs cannot be generated from a build on Spark, or lack marts."""
    catalog = spark_warehouse.dbt("docs", "generate", landing_dir=SAMPLE)
    assert not catalog.errors
    documented = {node.metadata.name for node in catalog.nodes.values()}
    assert documented >= spark_warehouse.marts().keys()


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        ("update marts.mart set value = value * (1 + 1e-8) where id = 2", "mart: 1 rows"),
        (
            "update marts.mart set fired_at = fired_at + interval 1 millisecond where id = 2",
            "mart: 2 rows",
        ),
        ("update marts.mart set value = null where id = 2", "mart: 1 rows"),
        ("delete from marts.mart where id = 2", "mart: 3 and 2 rows"),
        ("alter table marts.mart alter id type integer", "mart: columns"),
        ("drop table marts.mart", "mart is there only once"),
        ("update marts.mart set value = value * (1 + 1e-11) where id = 2", None),
    ],
)
def test_marts_that_differ_are_named(change, noticed, tmp_path):
    """A comparison of marts misses a difference, or reports rounding as one."""
    with duckdb.connect() as connection:
        marts = []
        for name in ("one", "other"):
            with duckdb.connect(tmp_path / f"{name}.duckdb") as file:
                file.execute(
                    "create schema marts; create table marts.mart as select id, 1e6 / id as value, "
                    "timestamp '2022-03-12' as fired_at from range(1, 4) as ids (id)"
                )
                if name == "other":
                    file.execute(change)
            marts.append(marts_of_file(connection, tmp_path / f"{name}.duckdb", name))
        different = list(marts_that_differ(connection, *marts))
    if noticed:
        (sentence,) = different
        assert sentence.startswith(noticed)
    else:
        assert different == []


@pytest.mark.parametrize(
    ("java", "words"),
    [
        (None, "No Java was found."),
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", 'version "11.0.2"'),
    ],
)
def test_without_java_a_sentence_says_what_to_do(java, words, tmp_path):
    """Without Java, or with an old one, users see a traceback of Spark."""
    if java:
        (tmp_path / "java").write_text(f"#!/bin/sh\n{java}\n")
        (tmp_path / "java").chmod(0o755)
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/build.py"],
        env={"PATH": str(tmp_path), "DBT_TARGET": "spark"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    (sentence,) = run.stderr.splitlines()
    assert words in sentence
    assert "Apache Spark needs Java 17 or later: install it" in sentence
