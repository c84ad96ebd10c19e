"""Every row of a landing file ends typed, rejected with a reason, or counted as a repeat."""

import re
import tempfile
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from landing import (
    ALERT_FILE,
    ALERT_HEADER,
    INSPECTION_HEADER,
    OLD_ALERT_HEADER,
    ROOT,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    dbt_command,
    write_file,
)

NOON = 1647086400000  # 2022-03-12 12:00 UTC
READING = {
    "timestamp": NOON,
    "site": "-2029174455",
    "asset": "007",
    "component": "-7",
    "signal_name": "LM_powerLimit",
    "value": "20.5",
}
ALERT = {**READING, "alert_name": "LM_a188_negTempOT", "signal_name": "LM_a188_negTempOT"}
SIGNALS = SIGNAL_FILE.format("LM_powerLimit")
LINE = f"0,{NOON},-2029174455,007,-7,LM_powerLimit,20.5,2022-03-12"


@pytest.fixture
def load(compiled_warehouse, tmp_path):
    def load(files):
        folder = tmp_path / "landing"
        for name, content in files.items():
            write_file(folder, name, content)
        compiled_warehouse.load(folder, "int_readings", "stg_alerts", "rejected_rows", "load_audit")
        audit = compiled_warehouse.rows("from marts.load_audit")
        return SimpleNamespace(
            signals=compiled_warehouse.rows(
                "select *, epoch_ms(observed_at) as ms from intermediate.int_readings"
            ),
            alerts=compiled_warehouse.rows(
                "select *, epoch_ms(fired_at) as ms from staging.stg_alerts"
            ),
            rejected={
                (row["file_name"], row["line_number"]): row
                for row in compiled_warehouse.rows("from marts.rejected_rows")
            },
            audit={row["file_name"]: row for row in audit},
        )

    return load


@pytest.fixture
def load_inspections(compiled_warehouse, tmp_path):
    """Loads files with one reading: the inspections, rejected rows and the audit."""

    def load(files):
        folder = tmp_path / "landing"
        for name, content in {SIGNALS: signal_text(), **files}.items():
            write_file(folder, name, content)
        compiled_warehouse.load(folder, "inspections", "rejected_rows", "load_audit")
        audit = compiled_warehouse.rows("from marts.load_audit")
        return SimpleNamespace(
            inspections=sorted(
                tuple(row.values())
                for row in compiled_warehouse.rows(
                    "select site_id, component_id, inspected_on::text, result, "
                    "coalesce(found_cause, ''), coalesce(note, '') from marts.inspections"
                )
            ),
            rejected={
                (row["file_name"], row["line_number"]): row["reject_reason"]
                for row in compiled_warehouse.rows("from marts.rejected_rows")
            },
            audit={row["file_name"]: row for row in audit},
        )

    return load


def counts(audit_row):
    columns = ("row_count", "staged_row_count", "rejected_row_count", "repeated_row_count")
    return tuple(audit_row[column] for column in columns)


def signal_text(**changes):
    return csv_text(SIGNAL_HEADER, [READING | changes])


FORMS = {
    "shuffled columns": csv_text(
        "VALUE,signal_name,event_date,COMPONENT,,timestamp,ASSET,SITE",
        [READING | {"site": "shuffled columns"}],
    ),
    "letter case": csv_text(SIGNAL_HEADER.swapcase(), [READING | {"site": "letter case"}]),
    "no first cell": csv_text(SIGNAL_HEADER[1:], [READING | {"site": "no first cell"}]),
    "no event date": csv_text(
        SIGNAL_HEADER.removesuffix(",event_date"), [READING | {"site": "no event date"}]
    ),
    "carriage returns": signal_text(site="carriage returns").replace("\n", "\r\n"),
    "no last line end": signal_text(site="no last line end").rstrip("\n"),
    "blank lines": signal_text(site="blank lines").replace("\n", "\n\n"),
    "byte order mark": "\ufeff"
    + csv_text(SIGNAL_HEADER[1:], [READING | {"site": "byte order mark"}]),
    "a comma, quoted": signal_text(site="a comma, quoted"),
    'a "quoted" word': signal_text(site='a "quoted" word'),
    "all quoted": '"'
    + signal_text(site="all quoted").strip().replace(",", '","').replace("\n", '"\n"')
    + '"\n',
    "spaces around": signal_text(site="  spaces around ", value=" 20.5"),
    "decimals": signal_text(site="decimals", timestamp=f"{NOON}.0", value="2.05e1"),
    "gz": signal_text(site="gz"),
    "zst": signal_text(site="zst"),
}


def delimited(text, delimiter):
    return text.replace(",", delimiter)


# Formats that are detected from the header and the first rows, with their load_audit text.
FORMATS = {
    "semicolons": (delimited(signal_text(site="semicolons"), ";"), "delimiter ;"),
    "tabs": (delimited(signal_text(site="tabs"), "\t"), "tabs"),
    "bars": (delimited(signal_text(site="bars"), "|"), "delimiter |"),
    "a comma within": (
        delimited(signal_text(site="a comma within", component="x"), ";").replace(";x;", ";-7;"),
        "delimiter ;",
    ),
    "decimal comma": (
        delimited(signal_text(site="decimal comma"), ";").replace("20.5", "20,5"),
        "delimiter ;, decimal comma",
    ),
    "decimal comma, quoted": (
        signal_text(site="decimal comma, quoted").replace("20.5", '"20,5"'),
        "CSV, decimal comma",
    ),
    "sep=": ("sep=;\r\n" + delimited(signal_text(site="sep="), ";"), "delimiter ;"),
    "utf-16": (signal_text(site="utf-16").encode("utf-16"), "UTF-16 CSV, epoch"),
    "utf-16, big end first": (
        b"\xfe\xff" + signal_text(site="utf-16, big end first").encode("utf-16-be"),
        "UTF-16 CSV, epoch",
    ),
    "utf-16.gz": (signal_text(site="utf-16.gz").encode("utf-16"), "UTF-16 CSV, epoch"),
    "seconds": (signal_text(site="seconds", timestamp=NOON // 1000), "epoch seconds"),
    "microseconds": (signal_text(site="microseconds", timestamp=NOON * 1000), "epoch microsec"),
    "nanoseconds": (signal_text(site="nanoseconds", timestamp=NOON * 10**6), "epoch nanosec"),
    "zone": (signal_text(site="zone", timestamp="2022-03-12T13:00:00+01:00"), "CSV, ISO 8601"),
    "Z": (signal_text(site="Z", timestamp="2022-03-12 12:00:00.000Z"), "CSV, ISO 8601"),
    "no zone": (signal_text(site="no zone", timestamp="2022-03-12 12:00:00"), "without a zone"),
    "points": (signal_text(site="points", timestamp="12.03.2022 12:00:00"), "day/month/year"),
    "exact": (signal_text(site="exact", timestamp="1.6470864e12"), "epoch milliseconds"),
    "float ids": (
        signal_text(site="float ids", component="-7.0", asset="007.0", timestamp=f"{NOON}.0"),
        "epoch milliseconds",
    ),
    "scientific id": (signal_text(site="scientific id", component="-7E+00"), "epoch millisec"),
    "Z\u00fcrich": (signal_text(site="Zu\u0308rich"), "epoch milliseconds"),
}


def parquet(select):
    """The bytes of a Parquet file with the result of a query."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/x.parquet"
        duckdb.sql(f"copy ({select}) to '{path}' (format parquet)")
        return Path(path).read_bytes()


def parquet_reading(site, time, component="-7", asset="'007'", value="20.5"):
    site = site if "chr(" in site else f"'{site}'"
    return parquet(
        f"select {time} as timestamp, {site} as SITE, {asset} as ASSET, {component} as COMPONENT,"
        f" 'LM_powerLimit' as signal_name, {value} as VALUE"
    )


PARQUET = {
    "integers": parquet_reading("integers", f"{NOON}::bigint"),
    "timestamp": parquet_reading("timestamp", "timestamp '2022-03-12 12:00:00'"),
    "nanosecond": parquet_reading("nanosecond", "timestamp_ns '2022-03-12 12:00:00'"),
    "with a zone": parquet_reading("with a zone", "timestamptz '2022-03-12 14:00:00+02'"),
    "text": parquet_reading("text", f"'{NOON}'", component="'-7'"),
    "doubles": parquet_reading("doubles", f"{NOON}::double", component="-7::double"),
    "float": parquet_reading("float", f"{NOON}", value="20.5::float"),
}


def test_every_form_of_a_file_is_read_alike(load):
    """A column order, quoting, line end, compression or format changes what is read."""
    ending = {"gz": ".csv.gz", "zst": ".csv.zst", "utf-16.gz": ".csv.gz"}
    texts = FORMS | {form: text for form, (text, _) in FORMATS.items()}
    names = {
        form: SIGNALS.replace(".csv", f"_{number}{ending.get(form, '.csv')}")
        for number, form in enumerate(texts)
    }
    files = {names[form]: text for form, text in texts.items()}
    files |= {f"signals_data [{form}]*.PARQUET": content for form, content in PARQUET.items()}
    loaded = load(files)
    assert not loaded.rejected
    found = {row["site_id"]: row for row in loaded.signals}
    assert sorted(found) == sorted([*texts, *PARQUET])
    for form, (_, words) in FORMATS.items():
        assert words in loaded.audit[names[form]]["format"]
    for form in PARQUET:
        assert loaded.audit[f"signals_data [{form}]*.PARQUET"]["format"].startswith("Parquet, ")
    for row in found.values():
        assert (row["asset_id"], row["component_id"]) == ("007", "-7")
        assert (row["signal_name"], row["value"], row["ms"]) == ("LM_powerLimit", 20.5, NOON)
    assert {counts(row) for row in loaded.audit.values()} == {(1, 1, 0, 0)}


@pytest.mark.parametrize("half", [b"\x30", b"\x3d\xd8"], ids=["one byte", "a surrogate"])
def test_half_a_character_at_the_end_of_utf_16_is_rejected(load, half):
    """The last row of a truncated UTF-16 file is staged with a shorter value."""
    text = (signal_text() + signal_text(value=21)).rstrip("\n")
    other = signal_text(site="other")
    loaded = load({SIGNALS: text.encode("utf-16") + half, SIGNAL_FILE.format(2): other})
    assert counts(loaded.audit[SIGNALS]) == (2, 1, 1, 0)
    assert "invalid encoding" in loaded.rejected[SIGNALS, 4]["reject_reason"]


def test_a_damaged_parquet_file_is_left_out(load):
    """A Parquet file that is truncated, or lacks the columns, stops the build or adds rows."""
    whole = PARQUET["text"]
    loaded = load(
        {
            SIGNALS: signal_text(),
            "signals_data cut.parquet": whole[:-20],
            "signals_data flipped.parquet": whole[:30] + bytes(20) + whole[50:],
            "signals_data other.parquet": parquet("select 1 as a, 2 as b"),
            "signals_data null.parquet": parquet_reading("x", "null::bigint"),
            "signals_data break.parquet": parquet_reading("'a' || chr(10) || 'b'", f"{NOON}"),
            "signals_data note.parquet": parquet(
                f"select {NOON} as timestamp, 's' as site, 'a' as asset, 'c' as component, "
                "'p' as signal_name, 1 as value, 'a' || chr(10) || 'b' as note"
            ),
            "signals_data float time.parquet": parquet_reading("x", f"{NOON}::float"),
            "signals_data float id.parquet": parquet_reading("x", NOON, component="1::float"),
        }
    )
    for column in ("time", "id"):
        problem = loaded.audit[f"signals_data float {column}.parquet"]["file_problem"]
        assert problem.endswith("is of 32-bit floats, which lose the last digits")
    assert counts(loaded.audit["signals_data break.parquet"]) == (1, 0, 1, 0)
    assert counts(loaded.audit["signals_data note.parquet"]) == (1, 1, 0, 0)
    for name in ("cut", "flipped"):
        problem = loaded.audit[f"signals_data {name}.parquet"]["file_problem"]
        assert problem == "cannot be read: it is no Parquet file, or is damaged"
    assert "not a header" in loaded.audit["signals_data other.parquet"]["file_problem"]
    assert counts(loaded.audit["signals_data null.parquet"]) == (1, 0, 1, 0)
    assert loaded.rejected["signals_data null.parquet", 2]["reject_reason"] == "no timestamp"
    assert len(loaded.signals) == 2


def test_the_parts_of_a_parquet_file_are_read(load):
    """A folder of part files is not read, or a tool's extra file beside the parts is."""
    folder = "Signals_Data of a job.parquet"
    parts = {
        f"{folder}/part-00000-1.snappy.parquet": PARQUET["text"],
        f"{folder}/000001_0": PARQUET["integers"],
    }
    beside = ["_SUCCESS", "_metadata", "._SUCCESS.crc", ".part-00000-1.snappy.parquet.crc"]
    problems = {
        f"{folder}/part-2.parquet": "cannot be read: it is no Parquet file, or is damaged",
        f"{folder}/day=2022-03-12": "cannot be read: not a file",
        "signals_data empty.parquet": "cannot be read: not a file",
    }
    loaded = load(
        {
            SIGNALS: signal_text(site="other"),
            **parts,
            **{f"{folder}/{name}": "x" for name in beside},
            f"{folder}/part-2.parquet": "PAR1",
            f"{folder}/day=2022-03-12/part-3.parquet": PARQUET["float"],
            "signals_data empty.parquet/_SUCCESS": "",
            "notes.parquet/part-0.parquet": PARQUET["float"],
        }
    )
    assert loaded.audit.keys() == {SIGNALS, *parts, *problems}
    for name in parts:
        assert counts(loaded.audit[name]) == (1, 1, 0, 0)
        assert loaded.audit[name]["record_type"] == "signal"
    for name, problem in problems.items():
        assert loaded.audit[name]["file_problem"] == problem
    assert {row["site_id"] for row in loaded.signals} == {"other", "text", "integers"}


def test_a_format_may_be_given_by_the_seed(load, compiled_warehouse):
    """The column names, the delimiter or the layout of other systems are not read."""
    columns = "ts;station;post;plug;quantity;reading"
    files = {
        "signals_data acme.csv": f"{columns}\n03/04/2022 12:00:00;s;a;c;LM_powerLimit;104,500\n",
        "signals_data wide.csv": "timestamp,SITE,ASSET,COMPONENT,LM_powerLimit,x\n"
        f"{NOON},s,a,w,1,2\n{NOON + 1},s,a,w,3,\n{NOON + 2},s,a,w,,\n{NOON + 3},s,a,w,no,no\n",
    }
    compiled_warehouse.connection.execute("""
        create table kept as from reference.landing_formats;
        insert into reference.landing_formats by name
        select
            '*acme*' as file_pattern, ';' as delimiter, ',' as decimal_mark,
            'month/day/year' as time_format, 'ts' as timestamp_column,
            'STATION' as site_column, 'post' as asset_column, 'plug' as component_column,
            'quantity' as name_column, 'reading' as value_column;
        insert into reference.landing_formats by name
        select '*wide.csv' as file_pattern, 'wide' as layout
    """)
    try:
        loaded = load(files)
    finally:
        compiled_warehouse.connection.execute(
            "create or replace table reference.landing_formats as from kept"
        )
        compiled_warehouse.connection.execute("drop table kept")
    found = {
        (row["component_id"], row["signal_name"], row["ms"] - NOON, row["value"])
        for row in loaded.signals
    }
    march_4 = -8 * 24 * 3600 * 1000
    assert found == {
        ("c", "LM_powerLimit", march_4, 104.5),
        ("w", "LM_powerLimit", 0, 1),
        ("w", "x", 0, 2),
        ("w", "LM_powerLimit", 1, 3),
    }
    assert counts(loaded.audit["signals_data wide.csv"]) == (6, 3, 3, 0)
    rejected = compiled_warehouse.rows(
        "select line_number, reject_reason from marts.rejected_rows order by all"
    )
    assert [tuple(row.values()) for row in rejected] == [
        (4, "no value (column LM_powerLimit)"),
        (5, "the value is not a number (column LM_powerLimit)"),
        (5, "the value is not a number (column x)"),
    ]


def test_both_shapes_of_alerts(load):
    """An alert is lost, or counted twice, if its name is in the other column."""
    later = ALERT | {"timestamp": NOON + 1}
    loaded = load(
        {
            SIGNALS: signal_text(),
            ALERT_FILE.format("new"): csv_text(ALERT_HEADER, [ALERT]),
            ALERT_FILE.format("old"): csv_text(OLD_ALERT_HEADER, [ALERT, later]),
        }
    )
    assert sorted((row["alert_name"], row["ms"]) for row in loaded.alerts) == [
        ("LM_a188_negTempOT", NOON),
        ("LM_a188_negTempOT", NOON + 1),
    ]
    assert len({row["alert_id"] for row in loaded.alerts}) == 2
    assert counts(loaded.audit[ALERT_FILE.format("new")]) == (1, 1, 0, 0)
    assert counts(loaded.audit[ALERT_FILE.format("old")]) == (2, 1, 0, 1)


def test_exact_repeats_count_once(load):
    """A repeated row counts twice, or rows that differ in one column count as repeats."""
    others = [
        READING | {column: value}
        for column, value in {
            "timestamp": NOON + 1,
            "site": "2029174455",
            "asset": "7",
            "component": "7",
            "signal_name": "LM_pcbaTempDegC",
            "value": "20.6",
        }.items()
    ]
    repeats = [READING, READING | {"value": "20.50"}]
    loaded = load(
        {
            SIGNALS: csv_text(SIGNAL_HEADER, repeats + others),
            SIGNALS.replace(".csv", "_again.csv.gz"): csv_text(SIGNAL_HEADER, others[:2] * 2),
        }
    )
    assert len(loaded.signals) == 1 + len(others)
    assert sorted(counts(row) for row in loaded.audit.values()) == [(4, 0, 0, 4), (8, 7, 0, 1)]


BAD_LINES = {
    f"1,{NOON // 1000},s,a,c,LM_powerLimit,20.5,2022-03-12": "milliseconds",
    f"2,{NOON * 1000},s,a,c,LM_powerLimit,20.5,2022-03-12": "milliseconds",
    f"3,{NOON}.5,s,a,c,LM_powerLimit,20.5,2022-03-12": "whole number",
    "4,2022-03-12 12:00:00,s,a,c,LM_powerLimit,20.5,2022-03-12": "timestamp",
    "5,,s,a,c,LM_powerLimit,20.5,2022-03-12": "no timestamp",
    f"6,{NOON},,a,c,LM_powerLimit,20.5,2022-03-12": "no site",
    f"7,{NOON},s,,c,LM_powerLimit,20.5,2022-03-12": "no asset",
    f"8,{NOON},s,a, ,LM_powerLimit,20.5,2022-03-12": "no component",
    f"9,{NOON},s,a,c,,20.5,2022-03-12": "no signal name",
    f"10,{NOON},s,a,c,LM_powerLimit,,2022-03-12": "no value",
    f"11,{NOON},s,a,c,LM_powerLimit,NaN,2022-03-12": "not finite",
    f"12,{NOON},s,a,c,LM_powerLimit,-inf,2022-03-12": "not finite",
    f"13,{NOON},s,a,c,LM_powerLimit,1e999,2022-03-12": "value",
    f"14,{NOON},s,a,c,LM_powerLimit,warm,2022-03-12": "not a number",
    f"15,{NOON},s,a,c,LM_powerLimit,20,5,2022-03-12": "fields",
    f"16,{NOON},s,a,c,LM_powerLimit": "fields",
    "17,1e30,s,a,c,LM_powerLimit,20.5,2022-03-12": "milliseconds",
    "not a row at all": "fields",
}


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_bad_rows_are_kept_with_their_reason(load, ending):
    """A bad row is dropped, or its reason, file or line number is wrong."""
    name = SIGNALS.replace(".csv", ending)
    lines = [SIGNAL_HEADER, LINE, ""]  # a blank line is a line, too
    expected = {}
    for line, reason in BAD_LINES.items():
        lines += [line, LINE.replace("20.5", str(len(lines)))]
        expected[len(lines) - 1] = (line, reason)
    loaded = load({name: "\n".join(lines), SIGNALS.replace("Limit", "Other"): signal_text()})
    assert {(file, number) for file, number in loaded.rejected} == {
        (name, number) for number in expected
    }
    for number, (line, reason) in expected.items():
        row = loaded.rejected[name, number]
        assert row["raw_line"] == line
        assert reason in row["reject_reason"], row
    bad, good = len(BAD_LINES), len(BAD_LINES) + 1
    assert counts(loaded.audit[name]) == (bad + good, good, bad, 0)


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("-2029174455", '"-2029174455'),
        LINE.replace("-2029174455", '"-2029"174455'),
    ],
    ids=["never closed", "closed too early"],
)
def test_a_broken_quote_is_rejected(load, line):
    """A row with a broken quote is staged under an id that no file contains."""
    loaded = load({SIGNALS: f"{SIGNAL_HEADER}\n{line}\n", SIGNAL_FILE.format(2): signal_text()})
    assert len(loaded.signals) == 1
    assert loaded.rejected[SIGNALS, 2]["raw_line"] == line


@pytest.mark.parametrize("good_count", [0, 1, 3])
def test_bad_rows_of_a_plain_file_count_once(load, good_count):
    """A line that the typed reader refused is judged again beside rows that it typed wrongly."""
    good = [f"0,{NOON + at},s,a,c,LM_powerLimit,20.5,2022-03-12" for at in range(good_count)]
    bad = {
        "1,noon,s,a,c,LM_powerLimit,20.5,2022-03-12": "the timestamp is not a number",
        "2,1647086400,s,a,c,LM_powerLimit,20.5,2022-03-12": "the timestamp is not epoch",
        f"3,{NOON},s,a,d,LM_powerLimit,,2022-03-12": "no value",
        f"4,{NOON},s,a,d,LM_powerLimit,1e30,2022-03-12": "the value is 1e30",
        f"5,{NOON},s,,c,LM_powerLimit,20.5,2022-03-12": "no asset",
        "short": "1 fields",
    }
    text = "\n".join([SIGNAL_HEADER, *good, *bad, *bad, ""])
    loaded = load({SIGNALS: text, SIGNAL_FILE.format(2): signal_text()})
    assert counts(loaded.audit[SIGNALS]) == (good_count + 12, good_count, 12, 0)
    found = {
        number: (row["raw_line"], row["reject_reason"])
        for (_, number), row in loaded.rejected.items()
    }
    first = good_count + 2
    assert sorted(found) == list(range(first, first + 12))
    for at, (line, reason) in enumerate([*bad.items(), *bad.items()]):
        assert found[first + at][0] == line
        assert found[first + at][1].startswith(reason)


@pytest.mark.parametrize("odd_count", [100, 101])
def test_many_odd_rows_are_read_by_their_lines(load, compiled_warehouse, odd_count):
    """A file with more than 100 odd rows is read in two ways, or loses its refused lines."""
    rows = [f"0,{NOON + at},s,a,c,LM_powerLimit,20.5,2022-03-12" for at in range(200)]
    rows[20 : 19 + odd_count] = [row.replace(",s,", ",7.0,") for row in rows[20 : 19 + odd_count]]
    odd = rows[0].replace("20.5", "1e30")  # everything except its value is as in a plain row
    lines = [SIGNAL_HEADER, *rows, odd, "no row", "9" * 290, SIGNAL_HEADER, "no row"]
    loaded = load({SIGNALS: "\n".join(lines), SIGNAL_FILE.format(2): signal_text()})
    assert counts(loaded.audit[SIGNALS]) == (204, 200, 4, 0)
    assert sorted(loaded.rejected) == [(SIGNALS, line) for line in (202, 203, 204, 206)]
    assert len(loaded.rejected[SIGNALS, 204]["raw_line"]) == 290
    (typed,) = compiled_warehouse.rows(
        "select count(recorded_at) as row_count from staging.stg_plain_rows "
        "where series_text like 's%'"
    )
    assert typed["row_count"] == (101 if odd_count == 100 else 0)


@pytest.mark.parametrize("short_count", [0, 1, 2])
def test_empty_fields_more_are_counted_whatever_stands_beside(load, short_count):
    """Lines with too few commas offset a line with too many, which is then staged."""
    long = f"0,{NOON},s,a,c,LM_powerLimit,20.5,,,"
    short = [f"{at},{NOON},s,a,c,LM_powerLimit,20.5" for at in range(short_count)]
    loaded = load({SIGNALS: "\n".join([SIGNAL_HEADER, long, *short, LINE, ""])})
    assert counts(loaded.audit[SIGNALS]) == (short_count + 2, 1, short_count + 1, 0)
    assert loaded.rejected[SIGNALS, 2]["reject_reason"].startswith("10 fields")


def test_a_header_in_mid_file_is_no_row(load):
    """If two exports were joined, the second header becomes a reading, or rows are lost."""
    loaded = load({SIGNALS: signal_text() + signal_text(value=21)})
    assert len(loaded.signals) == 2
    assert counts(loaded.audit[SIGNALS]) == (2, 2, 0, 0)


def test_a_line_that_is_not_utf8_is_rejected(load):
    """An invalid UTF-8 line stops the load, damages others, or is miscounted."""
    lines = [SIGNAL_HEADER.encode(), LINE.encode(), b"", b"1,1,bad \xff\xfe,a,c,d,1,x"]
    lines += [LINE.replace("20.5", "21").encode(), b"no row", b"2,bad \xc3\x28", LINE.encode()]
    loaded = load({SIGNALS: b"\n".join(lines) + b"\n"})
    assert sorted(loaded.rejected) == [(SIGNALS, 4), (SIGNALS, 6), (SIGNALS, 7)]
    assert loaded.rejected[SIGNALS, 6]["raw_line"] == "no row"
    assert counts(loaded.audit[SIGNALS]) == (6, 2, 3, 1)


def test_line_numbers_hold_in_large_files(load):
    """Line numbers are wrong if several threads read, or a file is read in parts."""
    files, expected = {}, set()
    for part, ending in enumerate([".csv", ".csv", ".csv.gz"]):
        name = SIGNALS.replace(".csv", f"_{part}{ending}")
        lines = [f"{at},{NOON + at},{part},a,c,x,1,".encode() for at in range(150_000)]
        lines[0] = SIGNAL_HEADER.encode()
        for at in [1, 2, 70_000, 130_001, 149_998, 149_999]:
            lines[at] = b"not UTF-8 \xff" if at % 2 else b"not a row"
            expected.add((name, at + 1))
        files[name] = b"\n".join(lines)
    loaded = load(files)
    assert set(loaded.rejected) == expected
    assert {counts(row) for row in loaded.audit.values()} == {(149_999, 149_993, 6, 0)}


@pytest.mark.parametrize("missing", ["header", "column", "name"])
def test_a_file_without_its_header_is_rejected_whole(load, missing):
    """A file whose header is missing, or lacks a column, loses rows or is read wrongly."""
    first = {
        "header": LINE.replace("20.5", "19"),
        "column": SIGNAL_HEADER.replace("COMPONENT", "PART"),
        "name": SIGNAL_HEADER.replace("signal_name", "alert_name"),
    }[missing]
    name = SIGNALS.replace("Limit", "Other")
    loaded = load({SIGNALS: signal_text(), name: f"{first}\n{LINE}\n{LINE}\n"})
    assert len(loaded.signals) == 1
    assert sorted(loaded.rejected) == [(name, 1), (name, 2), (name, 3)]
    assert {row["raw_line"] for row in loaded.rejected.values()} == {first, LINE}
    for row in loaded.rejected.values():
        assert "header" in row["reject_reason"]
    assert "header" in loaded.audit[name]["file_problem"]
    assert counts(loaded.audit[name]) == (3, 0, 3, 0)


def test_every_file_is_in_the_audit(load):
    """A file that is empty, of another kind, or has only a header is not in the audit."""
    empty, header_only = SIGNALS.replace("Limit", "Empty"), SIGNALS.replace("Limit", "Header")
    parquet = SIGNALS.replace(".csv", ".xlsx")
    loaded = load(
        {
            SIGNALS: signal_text(),
            empty: "",
            header_only: SIGNAL_HEADER + "\n",
            parquet: "x\n",
            "notes.csv": "x\n",
        }
    )
    assert set(loaded.audit) == {SIGNALS, empty, header_only, parquet, "notes.csv"}
    assert "empty" in loaded.audit[empty]["file_problem"]
    assert loaded.audit[header_only]["file_problem"] is None
    assert "ignored" in loaded.audit[parquet]["file_problem"]
    assert "ignored" in loaded.audit["notes.csv"]["file_problem"]
    assert loaded.audit[SIGNALS]["record_type"] == "signal"


def test_the_audit_equals_a_count_of_lines(load):
    """The audit's row counts differ from the files."""
    lines = [LINE.replace("20.5", str(number)) for number in range(2000)]
    files = {
        SIGNALS: "\n".join([SIGNAL_HEADER, *lines, *BAD_LINES, "", *lines[:7]]),
        SIGNALS.replace(".csv", "_b.csv.gz"): "\r\n".join([SIGNAL_HEADER, *lines[::3], ""]),
        SIGNALS.replace(".csv", "_c.csv.zst"): "\n".join(["no header", *lines[:10], ""]),
        ALERT_FILE.format("a"): csv_text(ALERT_HEADER, [ALERT] * 3),
    }
    loaded = load(files)
    for name, text in files.items():
        has_header = not text.startswith("no header")
        filled = [line for line in text.splitlines() if line.strip()]
        assert loaded.audit[name]["row_count"] == len(filled) - has_header, name
    assert sum(row["staged_row_count"] for row in loaded.audit.values()) == len(lines) + 1
    assert len(loaded.signals) == len(lines)
    assert len(loaded.alerts) == 1
    rejected = sum(row["rejected_row_count"] for row in loaded.audit.values())
    assert rejected == len(loaded.rejected) == len(BAD_LINES) + 11


INSPECTIONS = {
    "Workshop_INSPECTIONS.csv": "NOTE,Cause,extra,RESULT,component,asset,site,Date\n"
    '"pin worn, ""badly""",Contact Resistance,x,Confirmed,c,a,order,2022-03-12\n',
    "inspections_spelling.csv.gz": f"{INSPECTION_HEADER}\n20220312,spelling,a,7.0,NO-FAULT,,\n",
    "inspections_german.csv": "sep=;\ndate;SITE;ASSET;COMPONENT;result;cause\n"
    "12.03.2022;german;a;c; no-fault ;None\n",
    "inspections_time.csv.zst": INSPECTION_HEADER.replace("date", "Timestamp")
    + "\n2022-03-13T00:30:00+01:00,time,a,c,No fault,hot-site,a\n",
    "inspections_epoch.csv": f"{INSPECTION_HEADER}\n{NOON},epoch,a,c,repaired,,\n",
    "inspections.parquet": parquet(
        "select date '2022-03-12' as date, 'parquet' as SITE, 'a' as ASSET, "
        "7 as COMPONENT, 'repaired' as result, null as cause, 'x' as note"
    ),
}


def test_inspections_are_read_in_every_form(load_inspections):
    """A column order, letter case, spelling or compression changes an inspection, or loses it."""
    loaded = load_inspections(INSPECTIONS)
    assert loaded.inspections == [
        ("epoch", "c", "2022-03-12", "repaired", "", ""),
        ("german", "c", "2022-03-12", "no_fault", "", ""),
        ("order", "c", "2022-03-12", "confirmed", "contact_resistance", 'pin worn, "badly"'),
        ("parquet", "7", "2022-03-12", "repaired", "", "x"),
        ("spelling", "7", "2022-03-12", "no_fault", "", ""),
        ("time", "c", "2022-03-12", "no_fault", "hot_site", "a"),
    ]
    assert not loaded.rejected
    types = [row["record_type"] for row in loaded.audit.values()]
    assert sorted(types) == ["inspection"] * 6 + ["signal"]


BAD_INSPECTIONS = {
    "2022-03-12,s,a,c,fixed,,": "the result is unknown (fixed): write confirmed",
    "2022-03-12,s,a,c,,,": "no result",
    "2022-03-12,s,a,c,repaired,rust,": "the cause is unknown (rust): write one of seeds",
    "2022-03-12,s,a,c,confirmed,none,": "the cause is none, but the result is confirmed",
    ",s,a,c,repaired,,": "no timestamp",
    "2022-02-30,s,a,c,repaired,,": "the timestamp is no date",
    "soon,s,a,c,repaired,,": "the timestamp is not in the format",
    "12.03.2022,s,a,c,repaired,,": "the timestamp is not in the format",
    "2022-03-12,,a,c,repaired,,": "no site",
    "2022-03-12,s, ,c,repaired,,": "no asset",
    "2022-03-12,s,a,,repaired,,": "no component",
    "2022-03-12,s,a,c,repaired": "5 fields where the header has 7",
    "2022-03-12,s,a,c,repaired,,two, notes": "8 fields where the header has 7",
    '2022-03-12,s,a,c,repaired,,"two': "a quote is not closed",
}


def test_bad_inspections_are_kept_with_their_reason(load_inspections):
    """A bad inspection is staged or dropped, or its reason or line number is wrong."""
    good = "2022-03-12,s,a,{},repaired,,"
    lines, expected = [INSPECTION_HEADER, good.format("first")], {}
    for line, reason in BAD_INSPECTIONS.items():
        lines += [line, good.format(len(lines))]
        expected[len(lines) - 1] = reason
    headless = ["2022-03-12,s,a,headless,repaired,,"] * 2
    loaded = load_inspections(
        {"inspections.csv": "\n".join(lines), "inspections_2.csv": "\n".join(headless)}
    )
    header = "the first line is not a header with the columns date, SITE, ASSET, COMPONENT, result"
    expected = {("inspections.csv", number): reason for number, reason in expected.items()}
    expected |= {("inspections_2.csv", number): header for number in (1, 2)}
    assert loaded.rejected.keys() == expected.keys()
    for place, reason in expected.items():
        assert loaded.rejected[place].startswith(reason), place
    assert len(loaded.inspections) == len(BAD_INSPECTIONS) + 1
    bad = len(BAD_INSPECTIONS)
    assert counts(loaded.audit["inspections.csv"]) == (2 * bad + 1, bad + 1, bad, 0)
    assert counts(loaded.audit["inspections_2.csv"]) == (2, 0, 2, 0)


def test_repeated_inspections_count_once(load_inspections):
    """A repeated inspection counts twice, or another one counts as its repeat."""
    line = "2022-03-12,s,a,c,repaired,hot_site,x\n"
    others = [
        line.replace(*change)
        for change in [("-12", "-13"), ("repaired", "confirmed"), ("hot_site", ""), ("x", "y")]
    ]
    loaded = load_inspections(
        {
            "inspections_1.csv": f"{INSPECTION_HEADER}\n{line}{line.upper()}{line}",
            "inspections_2.csv": f"{INSPECTION_HEADER}\n{line}{''.join(others)}",
        }
    )
    assert len(loaded.inspections) == 2 + len(others)
    assert counts(loaded.audit["inspections_1.csv"]) == (3, 2, 0, 1)
    assert counts(loaded.audit["inspections_2.csv"]) == (5, 4, 0, 1)


def test_the_template_of_inspections_loads(load_inspections):
    """The template that users copy has a rejected row, or differs from the docs."""
    template = (ROOT / "docs/inspections_template.csv").read_text(encoding="utf-8")
    page = (ROOT / "docs/your-data.md").read_text(encoding="utf-8").split("\n## Inspections")[1]
    assert re.search(r"```csv\n(.*?)```", page, re.DOTALL)[1] == template
    loaded = load_inspections({"inspections_template.csv": template})
    assert not loaded.rejected
    assert counts(loaded.audit["inspections_template.csv"]) == (3, 3, 0, 0)
    assert {row[3] for row in loaded.inspections} == {"confirmed", "no_fault", "repaired"}


@pytest.mark.parametrize("case", ["missing", "empty", "no signal file"])
def test_nothing_to_load_stops_with_one_sentence(tmp_path, case):
    """An empty folder gives an empty warehouse or a traceback instead of one clear sentence."""
    folder = tmp_path / "my landing's [folder]"
    if case != "missing":
        folder.mkdir()
    if case == "no signal file":
        write_file(folder, ALERT_FILE.format("a"), csv_text(ALERT_HEADER, [ALERT]))
        write_file(folder, "readings.csv", signal_text())
        write_file(folder, "inspections.csv", INSPECTION_HEADER + "\n2022-03-12,s,a,c,repaired,,\n")
    run = dbt_command("build", folder=tmp_path, landing_dir=folder)
    assert run.returncode != 0
    sentences = [line for line in run.stdout.splitlines() if str(folder) in line]
    assert len(sentences) == 1, run.stdout
    assert "signals_data" in sentences[0]
    assert "LANDING_DIR" in sentences[0]
    assert "Traceback" not in run.stdout
