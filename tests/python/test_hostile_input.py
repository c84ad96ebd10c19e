"""Hostile files: good rows are staged, bad rows kept with their reason, no file stops another.

Nearly all cases are in one landing folder, which one build loads.
"""

import gzip
import os
import re
import struct
import sys
import time
import zlib
from types import SimpleNamespace
from unittest import mock

import pytest
from landing import ALERT_HEADER, INSPECTION_HEADER, SIGNAL_HEADER, dbt_command, write_file

NOON = 1647086400000  # 2022-03-12 12:00 UTC
HEADER = SIGNAL_HEADER.encode()
BOM = b"\xef\xbb\xbf"
QUOTE = "quote is not closed"
MANY = b"\n".join([HEADER, *(b"%d,%d,x,a,c,p,1," % (i, NOON + i) for i in range(100_000)), b""])


def gzip_member(content, flags, head=b""):
    """As gzip.compress, with the optional fields in its header."""
    packer = zlib.compressobj(wbits=-15)
    end = struct.pack("<II", zlib.crc32(content), len(content))
    start = b"\x1f\x8b\x08" + bytes([flags]) + b"\0" * 6 + head
    return start + packer.compress(content) + packer.flush() + end


def good(case, at=0):
    """A row that no other case contains."""
    return f"0,{NOON + at},{case},a,c,LM_powerLimit,20.5,".encode()


def row(case, timestamp=NOON, value="20.5", site=None):
    site = case if site is None else site
    return f"0,{timestamp},{site},a,c,LM_powerLimit,{value},".encode()


# Lines between two good rows, each with a part of its reason; None if it is not a row.
LINES = {
    "field missing": [(b"0,1,2,3", "4 fields")],
    "field extra": [(row("x") + b",9", "9 fields")],
    "text for a number": [(row("x", value="hot"), "value is not a number")],
    "hexadecimal": [(row("x", value="0x14"), "value is not a number")],
    "empty value": [(row("x", value=""), "no value")],
    "nan": [(row("x", value="NaN"), "not finite")],
    "infinite": [(row("x", value=v), "not finite") for v in ("inf", "-Infinity", "1e999")],
    "huge": [(row("x", value=v), "1e30 or beyond") for v in ("1e30", "-1.7e308")],
    # Only this one line: a second one would make the file be read by its lines.
    **{
        f"closer to 0: {name}": [(row("x", value=value), "closer to 0 than 1e-300")]
        for name, value in {
            "zeros": f"0.{'0' * 330}1",
            "no zero first": f"-.{'0' * 330}1",
            "underscores": f"0.{'0_' * 330}1",
            "zeros before": f"{'0' * 400}.{'0' * 330}1",
            "a long exponent": f"1e-{'0' * 20}400",
            "an exponent with underscores": "1e-4_0_0",
            "zeros and exponent": f"0.{'0' * 400}1e50",
        }.items()
    },
    "empty timestamp": [(row("x", timestamp=""), "no timestamp")],
    "date": [(row("x", timestamp="2022-03-12"), "timestamp is not a number")],
    "seconds": [(row("x", timestamp=1647086400), "epoch milliseconds")],
    "microseconds": [(row("x", timestamp=NOON * 1000), "epoch milliseconds")],
    "negative time": [(row("x", timestamp=-NOON), "epoch milliseconds")],
    "far future": [(row("x", timestamp=9 * NOON), "epoch milliseconds")],
    "near future": [(row("x", timestamp=2 * NOON), "later than its file (written on ")],
    "infinite time": [(row("x", timestamp="inf"), "timestamp is not a number")],
    "no site": [(row("x", site=" "), "no site")],
    "unterminated quote": [(row("x", site='"x'), QUOTE)],
    "quote in an unread column": [(b'"' + row("x"), QUOTE), (row("x") + b'1"', QUOTE)],
    "not utf-8 in an unread column": [(row("x") + b"\xff", "invalid encoding")],
    "not utf-8 at the start": [(b"\xff" + row("x"), "invalid encoding")],
    "empty fields more": [(row("x") + b",,", "10 fields"), (row("x") + b",,,,,,", "14 fields")],
    "newline in quotes": [(b'0,1,"x', QUOTE), (b'y",a,c,p,1,', QUOTE)],
    "nul": [(b"0,16\x0047,x,a,c,p,1,", "timestamp is not a number")],
    "only nul": [(b"\0\0\0", "1 fields")],
    "control character in an id": [
        (row("x", site=f"x{char}y"), "control character") for char in "\0\x0b\x1f\x7f\x85\uffff"
    ],
    "unit separator": [(row("x", value="20.5\x1f9"), "value is not a number")],
    "not utf-8": [(b"0,\xff\xfe,x,a,c,p,1,", "invalid encoding")],
    "latin-1": [(row("x")[:-1] + b"\xb0C,", "invalid encoding")],
    "half a character": [(b"a,\xc3,\x82,\xe2\x82a,\xff\xc3\xa9,\xf0\x9f", "invalid encoding")],
    "blank": [(b"", None), (b"   ", "1 fields")],
    "header again": [(HEADER, None)],
    "shell": [(b"$(touch x);'; drop table a; --", "1 fields")],
    "formula": [(b"=1+1", "1 fields")],
    "half a megabyte": [(b"x" * 500_000, "1 fields")],
}

# The bytes of valid files whose rows are all good, with the number of rows.
WHOLE = {
    "byte order mark": BOM + HEADER + b"\n" + good("byte order mark"),
    "carriage returns": HEADER + b"\r\n" + good("carriage returns") + b"\r\n",
    "old mac": HEADER + b"\r" + good("old mac") + b"\r",
    "blank first": b"\n\n" + HEADER + b"\n" + good("blank first"),
    "two gz members.gz": gzip.compress(HEADER + b"\n") + gzip.compress(good("two gz members.gz")),
    "named.gz": gzip_member(HEADER + b"\n" + good("named.gz"), 8 | 4, b"\2\0xxa.csv\0"),
    "zeros after.gz": gzip.compress(HEADER + b"\n" + good("zeros after.gz")) + b"\0" * 512,
    "text flag.gz": gzip_member(HEADER + b"\n" + good("text flag.gz"), 1),
    "header checksum.gz": gzip_member(HEADER + b"\n" + good("header checksum.gz"), 2, b"\0\0"),
    "comment.gz": gzip_member(HEADER + b"\n" + good("comment.gz"), 16, b"x\0"),
    "long name.gz": gzip_member(HEADER + b"\n" + good("long name.gz"), 8, b"x" * 40_000 + b"\0"),
    "why?.gz": gzip.compress(HEADER + b"\n" + good("why?.gz")),
    "returns doubled": HEADER + b"\r\r\n" + good("returns doubled") + b"\r\r\n",
    "returns doubled before an id": b"site,timestamp,asset,component,signal_name,value\r\r\n"
    b"returns doubled before an id,%d,a,c,p,1\r\r\n" % NOON,
    "a return first": b"\r\r\n%s\r\n%s\r\n\r\n" % (HEADER, good("a return first")),
    "a mark after an empty member.gz": gzip.compress(b"")
    + gzip.compress(BOM + HEADER + b"\n\n" + good("a mark after an empty member.gz")),
    "a header in two members.gz": gzip.compress(BOM + b"\n" + HEADER[:20])
    + gzip.compress(HEADER[20:] + b"\n" + good("a header in two members.gz")),
    "an empty field more": HEADER + b"\n" + good("an empty field more") + b",\n",
    "order and case": b"value,SIGNAL_NAME,Component,asset,site,TimeStamp\n"
    b"20.5,LM_powerLimit,c,a,order and case,%d" % NOON,
}

# The first line end of files that contain all kinds.
MIXED = {"line feed": b"\n", "return": b"\r", "both": b"\r\n", "after a blank": b"\r\n\n"}


def mixed_line_ends(case, first):
    bad = [
        b"%d,x%s" % (i, end) for i, end in enumerate([b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n\r"])
    ]
    return first + HEADER + first + good(case) + b"\r" + b"".join(2 * bad) + b"x\r"


# Files without any stageable row: their problem in load_audit, and the rejected rows.
BAD_FILES = {
    "zero bytes.csv": (b"", "empty file", 0),
    "zero bytes.csv.gz": (b"", "empty file", 0),
    "cut.csv.gz": (gzip.compress(MANY)[:-5000], "cannot be read: its compressed data ends", 0),
    "flipped.csv.gz": (gzip.compress(MANY)[:20000] + b"\0" * 9000, "cannot be read: its comp", 0),
    "checksum.csv.gz": (gzip.compress(MANY)[:-8] + b"12345678", "cannot be read: its compre", 0),
    "garbage after.csv.gz": (gzip.compress(MANY) + b"garbage", "cannot be read: its compress", 0),
    "no gz.csv.gz": (MANY, "cannot be read: its compressed data is corrupt", 0),
    "no zst.csv.zst": (MANY, "cannot be read: its compressed data is corrupt", 0),
    "headless.csv": (good("x") + b"\n" + good("y"), "not a header", 2),
    "column missing.csv": (HEADER.replace(b"VALUE", b"V") + b"\n" + good("z"), "not a header", 2),
    "column twice.csv": (HEADER + b",site\n" + good("w") + b",b", "names a column twice", 2),
    "utf-16.csv": ((HEADER + b"\n" + good("u")).decode().encode("utf-16-le"), "not a header", 2),
    "no character.csv": (
        b"\n".join([HEADER, good("x"), b"%65532s\xf4\x8f\xbf\xbf" % b"x"]),
        "cannot be read: it holds U+10FFFF",
        0,
    ),
    "blank lines.csv": (b"\n\n\n", "empty file", 0),
    "parquet.parquet": (b"PAR1", "cannot be read: it is no Parquet file", 0),
}

# The same for files that are not made of plain bytes.
SPECIAL = {
    "cut.csv.zst": "cannot be read: its compressed data ends too early",
    "pipe.csv": "cannot be read: not a file",
    "folder.csv": "cannot be read: not a file",
    "link out.csv": "cannot be read: a link that leads out of the landing folder",
    "gone.csv": "cannot be read: no such file or directory",
}

NAMES = [
    *("it's", 'a "word"', "[x]*?{a,b}", "100 %20", "ünï☃", "new\nline", "tab\t", "dot.csv"),
    *("; drop table x", "$(x) `y`", "{{ braces }}", "-x", "trailing .", "a" * 200, "back\\slash"),
    # Two are not valid UTF-8, and the escaped name of the first is the name of the second.
    *("\udcff", "\\xff", "\udcfe"),
]


def file_name(case):
    ending = ".csv.gz" if case.endswith(".gz") else ".csv"
    return f"signals_data {case.removesuffix('.gz')}{ending}"


@pytest.fixture(scope="module")
def loaded(warehouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "it's [a] 100 % \u2603 {{ x }}"
    folder.mkdir()
    for case, lines in LINES.items():
        text = [HEADER, good(case), *(line for line, _ in lines), good(case, 1)]
        (folder / file_name(case)).write_bytes(b"\n".join(text))
    for case, content in WHOLE.items():
        (folder / file_name(case)).write_bytes(content)
    for first, end in MIXED.items():
        content = mixed_line_ends(f"mixed {first}", end)
        (folder / f"signals_data mixed {first}.csv").write_bytes(content)
    for name, (content, *_) in BAD_FILES.items():
        (folder / f"signals_data {name}").write_bytes(content)
    whole = write_file(folder, "signals_data cut.csv.zst", MANY)
    whole.write_bytes(whole.read_bytes()[:-5000])
    for number, name in enumerate(NAMES):
        path = folder / f"signals_data {name}.csv"
        path.write_bytes(b"\n".join([HEADER, good(f"name {number}"), b"bad"]))
    (folder / "signals_data folder.csv").mkdir()
    os.mkfifo(folder / "signals_data pipe.csv")
    outside = write_file(folder.parent, "signals_data outside.csv", MANY)
    (folder / "signals_data link out.csv").symlink_to(outside)
    (folder / "signals_data link.csv").symlink_to("elsewhere.csv")
    write_file(folder, "elsewhere.csv", b"\n".join([HEADER, good("link")]))
    (folder / "signals_data gone.csv").symlink_to(folder / "nothing here")
    (folder / "alerts_data header.csv").write_text(ALERT_HEADER)
    (folder / "notes.txt").write_text("of the year 2263")
    os.utime(folder / "notes.txt", (9_250_000_000, 9_250_000_000))
    warehouse.load(folder, "int_readings", "stg_alerts", "rejected_rows", "load_audit")
    rejected = {}
    for found in warehouse.rows("from marts.rejected_rows order by line_number"):
        rejected.setdefault(found["file_name"], []).append(found)
    return SimpleNamespace(
        audit={found["file_name"]: found for found in warehouse.rows("from marts.load_audit")},
        rejected=rejected,
        sites=[found["site_id"] for found in warehouse.rows("from intermediate.int_readings")],
    )


@pytest.mark.parametrize("case", LINES)
def test_a_bad_line_harms_no_other(loaded, case):
    """A bad line is lost, or damages the good lines beside it."""
    assert loaded.sites.count(case) == 2
    found = loaded.rejected.get(file_name(case), [])
    expected = [
        (number, line, reason)
        for number, (line, reason) in enumerate(LINES[case], start=3)
        if reason is not None
    ]
    assert [row["line_number"] for row in found] == [number for number, *_ in expected]
    for row, (_, line, reason) in zip(found, expected, strict=True):
        assert reason in row["reject_reason"]
        assert row["raw_line"] == line.decode("utf-8", "backslashreplace")
    audit = loaded.audit[file_name(case)]
    assert audit["staged_row_count"] == 2
    assert audit["rejected_row_count"] == len(expected)


@pytest.mark.parametrize("case", WHOLE)
def test_an_odd_file_is_read_whole(loaded, case):
    """An odd but valid file loses its row."""
    assert loaded.sites.count(case) == 1
    assert file_name(case) not in loaded.rejected


@pytest.mark.parametrize("first", MIXED)
def test_mixed_line_ends_take_nothing_away(loaded, first):
    """A stray line end drops a character of the next line, or joins two lines."""
    name = f"mixed {first}"
    assert loaded.sites.count(name) == 1
    text = (mixed_line_ends(name, MIXED[first])).decode()
    assert [row["raw_line"] for row in loaded.rejected[f"signals_data {name}.csv"]] == [
        line for line in re.split("[\r\n]+", text) if line not in ("", HEADER.decode())
    ][1:]


def test_a_link_inside_the_folder_is_read(loaded):
    """A link to a file inside the landing folder is treated as one that leads out."""
    assert loaded.sites.count("link") == 1
    assert "ignored" in loaded.audit["elsewhere.csv"]["file_problem"]


@pytest.mark.parametrize("name", [*BAD_FILES, *SPECIAL])
def test_a_bad_file_says_why(loaded, name):
    """A file that cannot be loaded stops the others, or has no reason."""
    reason, rejected = BAD_FILES[name][1:] if name in BAD_FILES else (SPECIAL[name], 0)
    audit = loaded.audit[f"signals_data {name}"]
    assert reason in audit["file_problem"]
    assert audit["staged_row_count"] == 0
    assert audit["row_count"] == audit["rejected_row_count"] == rejected
    assert len(loaded.rejected.get(f"signals_data {name}", [])) == rejected


@pytest.mark.parametrize("number", range(len(NAMES)), ids=ascii)
def test_a_name_means_nothing(loaded, number):
    """A character in a file's name prevents reading it, or is read as a command."""
    name = os.fsencode(f"signals_data {NAMES[number]}.csv").decode("utf-8", "backslashreplace")
    name += "?" * (NAMES[number] == "\udcff")
    assert loaded.sites.count(f"name {number}") == 1
    assert [row["raw_line"] for row in loaded.rejected[name]] == ["bad"]


def test_all_adds_up(loaded):
    """A row is lost, or counted twice."""
    for row in loaded.audit.values():
        parts = ("staged_row_count", "rejected_row_count", "repeated_row_count")
        assert row["row_count"] == sum(row[part] for part in parts)
        assert row["rejected_row_count"] == len(loaded.rejected.get(row["file_name"], []))
    assert len(loaded.sites) == 2 * len(LINES) + len(WHOLE) + len(MIXED) + len(NAMES) + 1
    assert loaded.audit["alerts_data header.csv"]["row_count"] == 0


def test_a_strange_column_of_the_header_harms_no_row(warehouse, tmp_path):
    """One invalid UTF-8 byte in the header makes a row the header, and loses the file."""
    text = [HEADER + b",gr\xf6\xdfe", good("a") + b",1"]
    (tmp_path / "signals_data.csv").write_bytes(b"\n".join(text))
    warehouse.load(tmp_path, "int_readings", "rejected_rows")
    assert len(warehouse.rows("from intermediate.int_readings")) == 1
    (rejected,) = warehouse.rows("from marts.rejected_rows")
    assert rejected["line_number"] == 1
    assert "invalid encoding" in rejected["reject_reason"]


def test_a_line_of_100_mb(warehouse, tmp_path):
    """A line of 100 MB is lost, or damages its neighbours."""
    text = [HEADER, good("a"), b"x" * 100_000_000, good("b")]
    (tmp_path / "signals_data.csv").write_bytes(b"\n".join(text))
    warehouse.load(tmp_path, "int_readings", "rejected_rows")
    sizes = warehouse.rows("select line_number, length(raw_line) as size from marts.rejected_rows")
    assert sizes == [{"line_number": 3, "size": 100_000_000}]
    assert len(warehouse.rows("from intermediate.int_readings")) == 2


def test_a_file_of_another_encoding(warehouse, tmp_path):
    """Each of very many lines of invalid UTF-8 takes as much memory as all of them."""
    row_count = 200_000
    rows = [b"0,%d,Qu\xe9bec,a,c,p,20.5," % (NOON + at) for at in range(row_count)]
    (tmp_path / "signals_data a.csv").write_bytes(b"\n".join([HEADER, *rows]))
    (tmp_path / "signals_data b.csv").write_bytes(HEADER + b"\n" + good("b"))
    with mock.patch.dict(os.environ, DUCKDB_MEMORY_LIMIT="300MB"):
        warehouse.load(tmp_path, "int_readings", "rejected_rows")
    assert len(warehouse.rows("from intermediate.int_readings")) == 1
    (found,) = warehouse.rows(
        "select count(*) as row_count, max_by(raw_line, line_number) as last_line "
        "from marts.rejected_rows"
    )
    assert found == {
        "row_count": row_count,
        "last_line": f"0,{NOON + row_count - 1},Qu\\xe9bec,a,c,p,20.5,",
    }


def test_a_file_of_more_than_200_mb(warehouse, tmp_path):
    """Two threads that read one file lose the lines where their parts meet."""
    row_count = 3_600_000
    rows = b"\n".join(
        b"0,%d,%%s,a,c,LM_powerLimit,20.5,2022-03-12" % (NOON + at) for at in range(row_count)
    )
    for site, header in [(b"plain", HEADER), (b"lines", HEADER.lower())]:
        text = header + b"\n" + rows.replace(b"%s", site)
        assert len(text) > 200_000_000
        (tmp_path / f"signals_data {site.decode()}.csv").write_bytes(text)
    warehouse.load(tmp_path, "int_readings")
    assert warehouse.rows(
        "select site_id, count(distinct observed_at) as row_count from intermediate.int_readings "
        "group by all order by all"
    ) == [{"site_id": site, "row_count": row_count} for site in ("lines", "plain")]


def test_long_lines_beyond_one_buffer(warehouse, tmp_path):
    """A long line is lost at the end of a buffer, or shifts the numbers of others."""
    path = tmp_path / "signals_data.csv"
    rows = b"\n".join(good("a", at) for at in range(3_000_000))
    path.write_bytes(b"\n".join([HEADER, rows, *[b"x" * 100_000_000, b"bad"] * 2, good("b")]))
    warehouse.load(tmp_path, "int_readings", "rejected_rows")
    found = warehouse.rows(
        "select line_number, length(raw_line) as size from marts.rejected_rows order by all"
    )
    assert [(row["line_number"], row["size"]) for row in found] == [
        (3_000_002, 100_000_000),
        (3_000_003, 3),
        (3_000_004, 100_000_000),
        (3_000_005, 3),
    ]
    assert len(warehouse.rows("from intermediate.int_readings where site_id = 'b'")) == 1


def test_a_line_that_is_too_long(warehouse, tmp_path):
    """A line that is too long for the engine is silently lost."""
    (tmp_path / "signals_data a.csv").write_bytes(HEADER + b"\n" + b"x" * 200_000_001 + b"\nbad")
    (tmp_path / "signals_data b.csv").write_bytes(HEADER + b"\n" + good("b"))
    warehouse.load(tmp_path, "int_readings", "load_audit")
    problems = warehouse.rows("select file_problem from marts.load_audit order by file_name")
    reason = "cannot be read: it holds a line of more than 199 MB"
    assert [row["file_problem"] for row in problems] == [reason, None]


@pytest.mark.parametrize("is_plain", [True, False])
def test_a_reader_that_loses_rows_is_found_out(warehouse, manifest, tmp_path, is_plain):
    """Rows that the engine did not return are silently missing."""
    header = SIGNAL_HEADER if is_plain else SIGNAL_HEADER.lower()
    rows = [f"0,{NOON + at},a,a,c,LM_powerLimit,20.5," for at in range(9)]
    (tmp_path / "signals_data a.csv").write_text("\n".join([header, *rows, "", "", header]))
    (tmp_path / "signals_data b.csv").write_bytes(HEADER + b"\n" + good("b"))
    name = "read_typed_rows" if is_plain else "read_lines"
    reader = manifest.macros[f"macro.supercharger.default__{name}"]
    original = reader.macro_sql
    counts = "select file_problem, staged_row_count from marts.load_audit order by file_name"
    found = []
    try:
        for code in (original, original.replace("header =", "skip = 2, header =")):
            reader.macro_sql = code
            warehouse.load(tmp_path, "load_audit")
            found.append([tuple(row.values()) for row in warehouse.rows(counts)])
    finally:
        reader.macro_sql = original
    problem = "cannot be read: the reader gave other rows than it has lines"
    assert found[0] == [(None, 9), (None, 1)]
    # The rows of a plain file are then read as lines.
    assert found[1] == ([(None, 9), (None, 1)] if is_plain else [(problem, 0), (None, 1)])


@pytest.mark.parametrize("name", ["site=1", "SITE=x", "value=5", "line=x", "filename=z"])
def test_the_name_of_a_folder_is_no_column(warehouse, tmp_path, name):
    """A folder named as in a data lake replaces a column."""
    folder = tmp_path / name
    folder.mkdir()
    for site, header in [("a", HEADER), ("b", HEADER.lower())]:
        (folder / f"signals_data {site}.csv").write_bytes(header + b"\n" + good(site))
    warehouse.load(folder, "int_readings", "rejected_rows")
    staged = warehouse.rows("select site_id, value from intermediate.int_readings order by all")
    assert staged == [{"site_id": site, "value": 20.5} for site in "ab"]
    assert not warehouse.rows("from marts.rejected_rows")


def test_only_what_changed_is_read_through_again(warehouse, tmp_path, monkeypatch):
    """Each build decompresses all files, or reuses facts on a file that has changed."""
    files = {"a.csv.gz": MANY, "b.csv.gz": MANY[:500], "c.csv": b'\0\1"{}\xff' + MANY[:500]}
    for name, content in files.items():
        write_file(tmp_path, f"signals_data_{name}", content)
    damaged = write_file(tmp_path, "signals_data_d.csv.gz", MANY[:500])
    damaged.write_bytes(damaged.read_bytes()[:-9])
    warehouse.load(tmp_path, "load_audit")
    audit = warehouse.rows("from marts.load_audit")
    plugin = sys.modules["landing_files"]
    read, contents = [], plugin.contents
    monkeypatch.setattr(plugin, "contents", lambda file: read.append(file.path) or contents(file))
    warehouse.load(tmp_path, "load_audit")
    assert warehouse.rows("from marts.load_audit") == audit
    assert read == [str(damaged)]
    write_file(tmp_path, "signals_data_b.csv.gz", MANY[:600])
    warehouse.load(tmp_path, "load_audit")
    assert sorted(os.path.basename(path) for path in read[1:]) == [
        "signals_data_b.csv.gz",
        "signals_data_d.csv.gz",
    ]
    versions = "select distinct file_version from staging.stg_line_rows order by all"
    before = warehouse.rows(versions)
    monkeypatch.setattr(plugin, "JUDGE", "other code")
    warehouse.load(tmp_path, "load_audit")
    assert len(read) == 3 + 4
    assert warehouse.rows(versions) != before  # and the rows are read again


def test_two_thousand_files(warehouse, tmp_path):
    """Rows of thousands of files are lost, or each further file takes longer."""
    for number in range(2000):
        lines = [HEADER, good(f"site {number}"), b"bad"]
        (tmp_path / f"signals_data_{number}.csv").write_bytes(b"\n".join(lines))
    started = time.process_time()
    warehouse.load(tmp_path, "int_readings", "rejected_rows", "load_audit")
    assert time.process_time() - started < 15
    (counts,) = warehouse.rows(
        "select count(*) as file_count, sum(staged_row_count)::bigint as staged_count, "
        "sum(rejected_row_count)::bigint as rejected_count from marts.load_audit"
    )
    assert counts == {"file_count": 2000, "staged_count": 2000, "rejected_count": 2000}
    assert len(warehouse.rows("select distinct site_id from intermediate.int_readings")) == 2000
    assert warehouse.rows("select distinct line_number from marts.rejected_rows") == [
        {"line_number": 3}
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(warehouse, tmp_path):
    """A file without read permission stops the others."""
    for name in "ab":
        (tmp_path / f"signals_data {name}.csv").write_bytes(MANY)
    (tmp_path / "signals_data b.csv").chmod(0)
    warehouse.load(tmp_path, "load_audit")
    problems = warehouse.rows("select file_problem from marts.load_audit order by file_name")
    assert [row["file_problem"] for row in problems] == [None, "cannot be read: permission denied"]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_nothing_is_later_than_its_file(warehouse, tmp_path, delimiter):
    """A wrong date in the future is loaded, or a row at the limit is rejected."""
    last = NOON + 86_400_000  # a day after the files are written
    signals = [HEADER.decode(), *(row(at - last, at).decode() for at in (last, last + 1))]
    alerts = [ALERT_HEADER, *(f"0,{at},{at - last},a,c,x," for at in (last, last + 1))]
    inspections = [INSPECTION_HEADER, *(f"2022-03-{day},0,a,c,repaired,," for day in (13, 14))]
    files = {"signals_data": signals, "alerts_data": alerts, "inspections": inspections}
    for name, lines in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(lines).replace(",", delimiter))
        os.utime(path, (0, NOON // 1000))
    lost = tmp_path / "signals_data without its time.csv"
    lost.write_bytes(b"\n".join([HEADER, good("lost")]))
    os.utime(lost, (0, 0))
    warehouse.load(tmp_path, "int_readings", "int_alerts", "inspections", "rejected_rows")
    assert warehouse.rows("select site_id from intermediate.int_readings order by 1") == [
        {"site_id": "0"},
        {"site_id": "lost"},
    ]
    assert warehouse.rows("select fired_at::string as at from staging.stg_alerts") == [
        {"at": "2022-03-13 12:00:00"}
    ]
    (inspection,) = warehouse.rows("select day(inspected_on) as day from marts.inspections")
    assert inspection == {"day": 13}
    rejected = warehouse.rows(
        "select file_name, line_number, reject_reason from marts.rejected_rows order by 1"
    )
    reason = (
        "the timestamp is more than a day later than its file (written on 2022-03-12): "
        "a clock or the time of the file is wrong"
    )
    assert rejected == [
        {"file_name": f"{name}.csv", "line_number": 3, "reject_reason": reason}
        for name in sorted(files)
    ]


def test_a_backslash_in_the_folders_name(warehouse, tmp_path):
    """A backslash in the path of the landing folder hides its files."""
    folder = tmp_path / "back\\slash"
    folder.mkdir()
    (folder / "signals_data.csv").write_bytes(b"\n".join([HEADER, good("a"), b"bad"]))
    warehouse.load(folder, "int_readings", "rejected_rows", "load_audit")
    assert len(warehouse.rows("from intermediate.int_readings")) == 1
    assert len(warehouse.rows("from marts.rejected_rows")) == 1
    (audit,) = warehouse.rows("from marts.load_audit")
    assert audit["file_name"] == "signals_data.csv"


def fleet(value, days=(0, 1, 2), sites="AB", has_temperature=True):
    rows = [
        row("x", NOON + 86_400_000 * day + at, value, site)
        for site in sites
        for day in days
        for at in range(0, 600_000, 10_000)
    ]
    if has_temperature:
        at = NOON + 86_400_000 * days[0]
        rows += [f"0,{at},{site},a,c,LM_pcbaTempDegC,40,".encode() for site in sites]
    return b"\n".join([HEADER, *rows])


WARNINGS = {
    "warn_rejected_share": {"b.csv": fleet(30, days=[3]) + b"\nbad" * 10},
    "warn_unknown_signals": {"b.csv": fleet(30, days=[3]).replace(b"LM_powerLimit", b"XY_new")},
    "warn_unknown_alerts": {"alerts_data.csv": ["A,a,c,XY_new"]},
    "warn_alerts_without_readings": {"alerts_data.csv": ["A,a,-c,LM_a188_negTempOT"]},
    "warn_missing_quantity": {"b.csv": fleet(30, days=[3], sites="C", has_temperature=False)},
    "warn_silent_components": {"b.csv": fleet(30, days=[6], sites="A")},
    "warn_implausible_values": {"b.csv": fleet(1001, days=[3], sites="A")},
    "warn_unreadable_files": {"b.csv.gz": b"no gz"},
    "warn_contradictory_inspections": {
        "inspections.csv": f"{INSPECTION_HEADER}\n2022-03-13,A,a,c,no_fault,,\n"
        "2022-03-13,A,a,c,repaired,,\n2022-03-13,B,a,c,repaired,,\n2022-03-14,B,a,c,no fault,,\n"
    },
    "warn_rejected_inspections": {
        "inspections.csv": f"{INSPECTION_HEADER}\n2022-03-13,A,a,c,fixed,,\n"
        "2022-03-13,A,a,c,repaired,,\n"
    },
    "warn_unmatched_inspections": {
        "inspections.csv": f"{INSPECTION_HEADER}\n2022-03-13,A,a,-c,repaired,,\n"
        + "".join(f"2022-03-{day},A,a,c,repaired,,\n" for day in (11, 12, 21, 22))
    },
}
COUNTS = {"warn_rejected_share": 10, "warn_unmatched_inspections": 3}


def test_large_values_are_published(warehouse, tmp_path):
    """One reading of an energy counter prevents publishing for good."""
    values = ["787202828.199", "787202828.2", "7456846429", "123456789012345.6", "-1e15"]
    lines = [
        f"0,{NOON + 40_000 * at},1,a,{component},{signal},{value},".encode()
        for component, signal in enumerate(["XY_meter", "XY_TempDegC", "LM_powerLimit"])
        for at, value in enumerate(values * 9)
    ]
    (tmp_path / "signals_data.csv").write_bytes(b"\n".join([HEADER, *lines]))
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", landing_dir=tmp_path)
    (published,) = warehouse.rows("select reading_count from marts.build_info")
    assert published["reading_count"] == 3 * len(values * 9)


def warnings(warehouse, folder):
    """The tests that warn, with their counts."""
    models = ["load_audit", "int_alerts", "int_series", "int_series_days"]
    warehouse.load(folder, *models, "stg_inspections", "int_components")
    results = warehouse.dbt("test", "--select", "path:tests/warnings", landing_dir=folder)
    return {result.node.name: result.failures for result in results if result.failures}


@pytest.fixture
def clean_folder(tmp_path):
    (tmp_path / "signals_data_a.csv").write_bytes(fleet(30))
    return tmp_path


def test_a_clean_fleet_warns_of_nothing(warehouse, clean_folder):
    """A clean fleet gives warnings, so users learn to ignore them."""
    assert warnings(warehouse, clean_folder) == {}


@pytest.mark.parametrize("warning", WARNINGS)
def test_each_warning_warns(warehouse, clean_folder, warning):
    """An expected warning is missing, or another one appears."""
    for name, content in WARNINGS[warning].items():
        if isinstance(content, list):
            lines = [ALERT_HEADER, *(f"0,{NOON},{alert},2022-03-12" for alert in content)]
            (clean_folder / name).write_text("\n".join(lines))
        elif isinstance(content, str):
            (clean_folder / name).write_text(content)
        else:
            (clean_folder / f"signals_data_{name}").write_bytes(content)
    assert warnings(warehouse, clean_folder) == {warning: COUNTS.get(warning, 1)}


def test_many_files_with_few_bad_rows_warn(warehouse, clean_folder):
    """Nearly every row is rejected, but no single file has enough of them for a warning."""
    for name in "bcd":
        (clean_folder / f"signals_data_{name}.csv").write_bytes(HEADER + b"\nbad" * 9)
    assert warnings(warehouse, clean_folder) == {"warn_rejected_share": 27}


def test_only_unreadable_files_stop_with_one_sentence(tmp_path):
    """A folder without a readable signal file ends in a traceback."""
    landing_dir = tmp_path / "landing"
    landing_dir.mkdir()
    (landing_dir / "signals_data.csv.gz").write_bytes(b"no gz")
    run = dbt_command("build", folder=tmp_path, landing_dir=landing_dir)
    assert run.returncode != 0
    assert "no signal file can be read" in run.stdout
    assert "its compressed data is corrupt" in run.stdout
    assert "Traceback" not in run.stdout
