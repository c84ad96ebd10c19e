"""Random damage to landing folders: rows add up, good rows survive, and only they reach marts.

Plain Python detects the format of a file and decides which rows are good. The files of a batch of
seeds are loaded together.
FUZZ_FOLDERS=5000 runs a longer random search. A failure prints its seed, which goes into SEEDS. If
a whole process is lost, target/fuzz has the seeds of each batch.
"""

import gzip
import math
import os
import random
import re
import sys
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext

import duckdb
import pytest
from backports import zstd
from fleets import random_fleet
from landing import (
    ALERT_HEADER,
    OLD_ALERT_HEADER,
    ROOT,
    SIGNAL_HEADER,
    differences,
    sql_text,
)

sys.path.append(str(ROOT / "plugins"))

FOLDERS = int(os.environ.get("FUZZ_FOLDERS", 0))
SEEDS = [74901343]  # every seed that ever failed
START = random.randrange(10**9) if FOLDERS else 0
BATCHES = 30
LAST_SEEDS = ROOT / "target/fuzz"
ROWS = ["int_readings", "stg_alerts", "rejected_rows", "load_audit"]
MARTS = [
    *("overheated_windows", "overheated_components", "max_power_when_overheated"),
    *("alert_readings", "avg_readings_by_alert"),
    *("charging_sessions", "component_daily", "overheating_episodes", "component_watchlist"),
]
HEADERS = {"signal": [SIGNAL_HEADER], "alert": [ALERT_HEADER, OLD_ALERT_HEADER]}
DIGITS = "[0-9]+(?:_[0-9]+)*"
NUMBER = re.compile(
    rf"[+-]?(?:{DIGITS}[.]?(?:{DIGITS})?|[.]{DIGITS})(?:[eE][+-]?{DIGITS})?", re.ASCII
)
SCIENTIFIC = re.compile(r"[+-]?([0-9_]*)[.,]?([0-9_]*)[eE]([+-]?[0-9]{1,3})", re.ASCII)
# 1.2E3 and 1E+3 are numbers, 12E4 is a name.
SCIENTIFIC_ID = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+[eE][+-]?|[eE][+])[0-9]{1,3}", re.ASCII)
DATE = r"(?P<y>\d{4})(?P<s>[-/]?)(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
POINTED_DATE = r"(?P<d>\d{1,2})[.](?P<m>\d{1,2})[.](?P<y>\d{4})"
CLOCK = r"[Tt ] *(?P<H>\d\d):?(?P<M>\d\d)(?::?(?P<S>\d\d)(?:[.,](?P<f>\d+))?)?"
ZONE = r" *(?P<z>[Zz]|[+-]\d\d(?::?\d\d)?)"
TIMES = {
    "ISO 8601": re.compile(DATE + CLOCK + ZONE, re.ASCII),
    "ISO 8601 without a zone": re.compile(DATE + CLOCK, re.ASCII),
    "day/month/year": re.compile(POINTED_DATE + CLOCK, re.ASCII),
}
PER_SECOND = {
    "epoch milliseconds": 1000,
    "epoch seconds": 1,
    "epoch microseconds": 10**6,
    "epoch nanoseconds": 10**9,
}
FIRST_SECOND, END_SECOND = 946684800, 4102444800  # 2000 and 2100
LAST_MS = (datetime.now(UTC).timestamp() + 86_400) * 1000  # the latest time in a file
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
BLANKS = " \u00a0\u2003\u3000"
JUNK = [
    *("", " ", "nan", "inf", "-1", "1e999", "1e300", "0x10"),
    *('"', '""', "a,b", "a;b", "\x00", "\x1f", "é", "*", "e\u0301", "\u00a07\u3000", "ü\x007"),
    *("1.64709E+12", "1.647086e12", "1.6470864e12", "1.647086400000e+12", "1647086400000.0"),
    *("7.0", "-3.00", "7,0", "1.5E+3", "3.9E+1", "3.91E+1", "4E+02", "7E+00", "1,5E+1", "12E4"),
    *("+-5", "1e-400", "1e-320", "1e-300", "0e-400", "1_0", "1__0", "_1", "1e1_0", "1e5", "5d"),
    *("." + "1" * 40, "1." + "1" * 40 + "E+40", "1647086400", "1647086400000000", "104,500"),
    *("2022-03-12 12:00:00", "2022-03-12T12:00:00Z", "2022-03-12 12:00", "2022-02-30 12:00:00"),
]
ENDINGS = [".csv", ".csv.gz", ".csv.zst"]
CLEARED = {"false", "cleared", "inactive", "reset", "off"}
NAMES = ["a", "it's", "[x]*", "100 %", "ü☃", "new\nline", "{{ x }}", "; drop table x"]


def marts(database):
    return {
        mart: sorted(
            database.sql(f"from marts.{mart}").fetchall(),
            key=lambda row: [str(value) for value in row if not isinstance(value, float)],
        )
        for mart in MARTS
    }


@dataclass
class Dialect:
    """The format of a file."""

    delimiter: str = ","
    mark: str = "."  # of decimals
    times: str = "epoch milliseconds"
    is_quoted: bool = False
    encoding: str = "utf-8"
    kind: str = "CSV"
    sep_line: str = ""
    lost_digits: int = 7  # of a time in scientific notation that was rounded


def parse(text, delimiter=","):
    """A line's fields by RFC 4180, None if it breaks the rules; one character at a time."""
    fields, field, state = [], "", "start"
    for char in text:
        if state == "quoted":
            state = "maybe closed" if char == '"' else state
            field += "" if char == '"' else char
        elif char == delimiter:
            fields, field, state = [*fields, field], "", "start"
        elif char == '"' and state == "start":
            state = "quoted"
        elif char == '"' and state == "maybe closed":
            field, state = field + '"', "quoted"
        elif char == '"' or state == "maybe closed":
            return None
        else:
            field, state = field + char, "plain"
    return None if state == "quoted" else [*fields, field]


THOUSANDS = re.compile("[+-]?[1-9][0-9]{0,2}([.,][0-9]{3})+")


def with_point(text, mark):
    if mark == "." or (mark == "?" and "," not in text and not THOUSANDS.fullmatch(text)):
        return text
    if "." in text or (mark == "?" and THOUSANDS.fullmatch(text)):
        return ""
    return text.replace(",", ".")


def number(text):
    return float(text.replace("_", "")) if NUMBER.fullmatch(text) else math.nan


def exact(text):
    """A number to 9 decimals; None if it is no number, or has more digits than an engine keeps."""
    if not NUMBER.fullmatch(text):
        return None
    with suppress(InvalidOperation), localcontext(prec=60):
        value = Decimal(text.replace("_", ""))
        if abs(value) < 10**29:
            return value.quantize(Decimal("1e-9"), "ROUND_HALF_UP")
    return None


def has_few_digits(text, most):
    """Whether a number in scientific notation was rounded from a longer one."""
    if not (found := SCIENTIFIC.fullmatch(text)):
        return False
    whole, decimals, exponent = found.groups()
    digits = (whole + decimals).replace("_", "").lstrip("0")
    return int(exponent) > len(decimals) and len(digits) <= most


def epoch_unit(text):
    value = exact(text)
    for name, per_second in PER_SECOND.items():
        limits = FIRST_SECOND * per_second, END_SECOND * per_second - 1
        if value is not None and limits[0] <= value <= limits[1]:
            return name
    return None


def epoch_ms(text, dialect):
    """The milliseconds of a time; None if it is in another format or was rounded."""
    if pattern := TIMES.get(dialect.times):
        found = pattern.fullmatch(text)
        if not found or not found["S"]:
            return None
        parts = [int(found[name]) for name in "ymdHMS"]
        try:
            time = datetime(*parts, int((found["f"] or "").ljust(3, "0")[:3]) * 1000, UTC)
        except ValueError:
            return None
        if not 2000 <= time.year < 2100:
            return None
        zone = found["z"] if dialect.times == "ISO 8601" else "Z"
        if zone not in "Zz":
            hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
            time -= timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    text = with_point(text, dialect.mark)
    if epoch_unit(text) != dialect.times or has_few_digits(text, dialect.lost_digits):
        return None
    if dialect.times == "epoch milliseconds" and Decimal(text.replace("_", "")) % 1:
        return None
    return int(exact(text) * 1000 // PER_SECOND[dialect.times])


def clean_id(text, mark):
    """An id as compared; None if digits are lost. 1.000 may be a thousand."""
    zeros = text.replace(",", ".") if mark == "," else text
    if (found := re.fullmatch("([+-]?[0-9]+)[.](0+)", zeros)) and len(found[2]) != 3:
        return found[1]
    if SCIENTIFIC_ID.fullmatch(text):
        decimals, exponent = (SCIENTIFIC.fullmatch(text)[group] for group in (2, 3))
        if int(exponent) > len(decimals):
            return None
        if int(exponent) == len(decimals) and len(text) < 38:
            return str(int(Decimal(text.replace(",", "."))))
    return unicodedata.normalize("NFC", text)


def recognised(lines, header, dialect):
    """The dialect in which a file is read: the format of most of its first rows.

    lines: those after the first, as bytes.
    """
    columns = [name.lower() for name in header]
    times, commas, groups, points, short, rows = Counter(), 0, 0, 0, 0, 0
    sample = [line.decode("utf-8", "replace") for line in [line for line in lines if line][:20]]
    for line in sample:
        fields = parse(line, dialect.delimiter)
        if fields is None or [field.strip().lower() for field in fields] == columns:
            continue
        row = {name: field.strip(BLANKS) for name, field in zip(columns, fields, strict=False)}
        at, value = row.get("timestamp", "").replace(",", "."), row.get("value", "")
        times[epoch_unit(at) or next((n for n, p in TIMES.items() if p.fullmatch(at)), None)] += 1
        exponent = "(?:[eE][+-]?[0-9]+)?"
        commas += bool(re.fullmatch(f"[+-]?[0-9]*,[0-9]+{exponent}", value))
        points += bool(re.fullmatch(f"[+-]?[0-9]*[.][0-9]+{exponent}", value))
        groups += bool(THOUSANDS.fullmatch(value))
        short += has_few_digits(row.get("timestamp", ""), 8)
        rows += 1
    del times[None]
    is_point = points > groups or (points > 0 and dialect.delimiter != ";")
    mark = "," if commas > max(points, groups) else "." if is_point else "?"
    lost_digits = 8 if short == rows >= 3 else 7
    # At equal counts: the export's own format, or the last by name.
    default = "epoch milliseconds"
    most = max(times, key=lambda name: (times[name], name == default, name), default=default)
    return Dialect(**{**vars(dialect), "mark": mark, "times": most, "lost_digits": lost_digits})


def format_words(dialect):
    """The format text of a file in load_audit."""
    words = [dialect.kind]
    if dialect.delimiter != ",":
        words.append("tabs" if dialect.delimiter == "\t" else f"delimiter {dialect.delimiter}")
    return ", ".join([*words, *["decimal comma"] * (dialect.mark == ","), dialect.times])


def good_row(line, header, kind, dialect):
    """(site, asset, component, name, time, value) of a line of bytes; None if it is bad."""
    try:
        fields = parse(line.decode(), dialect.delimiter)
    except UnicodeDecodeError:
        return None
    if fields and len(fields) == len(header) + 1 and fields[-1] == "":
        fields.pop()  # a line may end with a delimiter
    if fields is None or len(fields) != len(header):
        return None
    names = (name.strip().lower() for name in header)
    row = {name: field.strip(BLANKS) for name, field in zip(names, fields, strict=True)}
    name = row["alert_name"] if "alert_name" in row else row["signal_name"]
    ids = [clean_id(row[column], dialect.mark) for column in ("site", "asset", "component")]
    ids.append(unicodedata.normalize("NFC", name))
    at, text = epoch_ms(row["timestamp"], dialect), row.get("value", "")
    value = number(with_point(text, dialect.mark))
    if kind == "alert":  # 0 if it clears
        value = 0 if value == 0 or text.lower() in CLEARED else 1
    elif abs(value) < 1e-300 and re.search("[1-9]", re.split("[eE]", text)[0]):
        return None
    if not all(ids) or CONTROL.search("".join(ids)) or not abs(value) < 1e30:
        return None
    if at is None or at > LAST_MS:
        return None
    return (*ids, at, value)


def damaged(rng, line, delimiter):
    fields = line.split(delimiter)
    kind = rng.randrange(6)
    if kind == 0:  # a byte; line ends do not belong to a line
        at = rng.randrange(len(line))
        return line[:at] + bytes([rng.choice(b"\x00\x1f\x22\x2c\x30\x39\xc3\xff")]) + line[at + 1 :]
    if kind == 1:
        fields[rng.randrange(len(fields))] = rng.choice(JUNK).encode()
    elif kind == 2:
        fields.insert(rng.randrange(len(fields) + 1), rng.choice([b"7", b""]))
    elif kind == 3:
        del fields[rng.randrange(len(fields))]
    elif kind == 4:
        fields[rng.randrange(len(fields))] *= rng.choice([2, 3])
    else:
        return line[: rng.randrange(1, len(line))]
    return delimiter.join(fields)


def random_lines(rng, columns, rows, dialect):
    lines, delimiter = [], dialect.delimiter.encode()
    # Some files stay undamaged. One bad row is enough for a plain file to be read by its lines.
    # With more than 100 odd rows, all of its lines are read so.
    damage = rng.choice([0, 0.005, 0.005, 0.2, 0.2, 0.7])
    quote = '"' * dialect.is_quoted
    for row in rows:
        fields = (quote + row.get(column.lower(), "0") + quote for column in columns)
        line = dialect.delimiter.join(fields).encode()
        lines.append(damaged(rng, line, delimiter) if rng.random() < damage else line)
        if rng.random() < damage / 4:
            lines.append(rng.choice([b"", line, header_line(columns, dialect).encode()]))
    if dialect.encoding == "utf-8":
        return lines
    half = "\ud83d" if rng.random() < 0.1 else ""  # half a character becomes invalid UTF-8
    lines = [line.decode("utf-8", "replace") for line in lines]
    return [
        (line + half * (rng.random() < damage)).encode("utf-8", "surrogatepass") for line in lines
    ]


def header_line(columns, dialect):
    quote = '"' * dialect.is_quoted
    return dialect.delimiter.join(quote + column + quote for column in columns)


def random_dialect(rng):
    if rng.random() < 0.5:
        return Dialect()  # the format of the export
    dialect = Dialect(
        delimiter=rng.choice(",;\t|"),
        times=rng.choice([*PER_SECOND, *TIMES]),
        is_quoted=rng.random() < 0.2,
    )
    if dialect.delimiter != "," or dialect.is_quoted:
        dialect.mark = rng.choice(".,")
    if rng.random() < 0.2:
        dialect.encoding, dialect.kind = rng.choice(["utf-16-le", "utf-16-be"]), "UTF-16 CSV"
    elif rng.random() < 0.2:
        dialect = Dialect(times=dialect.times, kind="Parquet")
    if dialect.kind != "Parquet" and rng.random() < 0.2:
        dialect.sep_line = rng.choice(["sep=%s", '"SEP=%s"']) % dialect.delimiter
    return dialect


def time_text(rng, at, dialect):
    """A time as a tool writes it; digits below the millisecond are cut when it is read."""
    if per_second := PER_SECOND.get(dialect.times):
        if per_second > 1000:
            return str(at * (per_second // 1000) + rng.choice([0, per_second // 1000 - 1]))
        if per_second == 1:
            return f"{at // 1000}.{at % 1000:03}".removesuffix(".000").replace(".", dialect.mark)
        spellings = [str(at)] * 3 if dialect == Dialect() else [f"{at}.0", f"{at:.12e}", str(at)]
        return rng.choice(spellings).replace(".", dialect.mark)
    minutes = rng.choice([0, 60, 330, -480]) if dialect.times == "ISO 8601" else 0
    time = datetime(1970, 1, 1) + timedelta(milliseconds=at, minutes=minutes)
    day = "%d.%m.%Y" if dialect.times == "day/month/year" else rng.choice(["%Y-%m-%d", "%Y/%m/%d"])
    text = time.strftime(rng.choice([f"{day} %H:%M:%S", f"{day}T%H:%M:%S", "%Y%m%dT%H%M%S"]))
    if dialect.times == "day/month/year":
        text = time.strftime(f"{day} %H:%M:%S")
    if at % 1000 or rng.random() < 0.3:
        text += rng.choice([".", dialect.mark.replace("?", ".")]) + f"{at % 1000:03}"
        text += rng.choice(["", "999"])
    if dialect.times != "ISO 8601":
        return text
    hours, minutes = divmod(abs(minutes), 60)
    sign = "-" if time < datetime(1970, 1, 1) + timedelta(milliseconds=at) else "+"
    zones = [f"{sign}{hours:02}:{minutes:02}", f" {sign}{hours:02}{minutes:02}"]
    return text + rng.choice([*zones, *["Z"] * (hours == minutes == 0)])


def id_text(rng, text):
    """An id as written by a tool that treats it as a fraction, or as another fleet's name."""
    return rng.choice(
        [text, text, f"{text}.0", f"{text}E+00", text.replace("007", "Zu\u0308rich \u0a0a")]
    )


def random_files(rng):
    """(kind, name, header, lines, dialect) of the files of a folder."""
    readings, alerts = random_fleet(rng)
    for kind, rows in {"signal": readings[:400], "alert": alerts}.items():
        if kind == "alert":
            states = ["1", "1.0", "true", "raised", "0", "0.0", "False", "Cleared", "off"]
            rows = [(*row, rng.choice(states)) for row in rows]
        parts = rng.randint(1, 3)
        for part, name in enumerate(rng.sample(NAMES, parts)):
            columns = rng.choice(HEADERS[kind]).split(",")
            is_plain = rng.random() < 0.5
            if not is_plain:
                rng.shuffle(columns)
            called = "alert_name" if "alert_name" in columns else "signal_name"
            keys = ("site", "asset", "component", called, "timestamp", "value")
            filled = [dict(zip(keys, row, strict=True)) for row in rows[part::parts]]
            dialect = random_dialect(rng)
            cases = [str] if is_plain else [str.upper, str.lower, str]
            header = [rng.choice(cases)(column) for column in columns]
            if rng.random() < 0.1:  # a header without one of its columns
                header[columns.index("VALUE" if kind == "signal" else called)] = "v"
            # One file can always be read: without any readable file, a build stops.
            endings = [".csv"] if (kind, part) == ("signal", 0) else ENDINGS
            ending = rng.choice(endings)
            if dialect.kind == "Parquet":
                yield kind, f"{kind}s_data {name}.parquet", header, filled, dialect
                continue
            has_odd_ids = dialect != Dialect() and rng.random() < 0.3
            for row in filled:
                row["timestamp"] = time_text(rng, row["timestamp"], dialect)
                row["value"] = row["value"].replace(".", dialect.mark)
                for column in ("site", "asset", "component"):
                    row[column] = id_text(rng, row[column]) if has_odd_ids else row[column]
            lines = random_lines(rng, columns, filled, dialect)
            yield kind, f"{kind}s_data {name}{ending}", header, lines, dialect


def parquet_types(column, texts):
    """Types that can store a column's texts without changing their meaning, for SQL."""
    if column == "value" and all(NUMBER.fullmatch(text) for text in texts):
        return ["varchar", "double", "decimal(38, 9)"]
    if column in ("site", "asset", "component"):
        are_whole = all(re.fullmatch("0|-?[1-9][0-9]*", text) for text in texts)
        return ["varchar", *["bigint", "double"] * are_whole]
    return ["varchar"]


TIME_TYPES = {
    "ISO 8601": [
        "make_timestamp_ms({})::timestamptz",
        "strftime(make_timestamp_ms({}), '%Y-%m-%dT%H:%M:%S.%gZ')",
    ],
    "ISO 8601 without a zone": [
        *("make_timestamp_ms({})", "make_timestamp_ms({})::timestamp_ms"),
        *("make_timestamp_ms({})::timestamp_ns", "make_timestamp_ms({})::varchar"),
    ],
    "day/month/year": ["strftime(make_timestamp_ms({}), '%d.%m.%Y %H:%M:%S.%g')"],
    "epoch milliseconds": ["{}::bigint", "{}::double", "{}::varchar"],
    "epoch seconds": ["({} / 1000)::double", "({} / 1000)::decimal(18, 3)"],
    "epoch microseconds": ["({} * 1000)::bigint", "({} * 1000)::double"],
    "epoch nanoseconds": ["({} * 1000000)::bigint", "({} * 1000000)::varchar"],
}


def write_parquet(rng, path, header, rows, dialect):
    """Writes a file with columns of random types; returns its text as CSV, and its rows.

    The rows are those of good_row, with None where a column is null.
    """
    selected, columns = [], []
    for number, called in enumerate(header):
        name = called.lower()
        if name == "v":  # the column that is missing from the header
            name = "value" if "value" not in header and "VALUE" not in header else "signal_name"
        texts = [row.get(name, "0") for row in rows]
        if name == "timestamp":
            expression = rng.choice(TIME_TYPES[dialect.times]).format(f"c{number}")
        else:
            expression = f"c{number}::{rng.choice(parquet_types(name, texts))}"
        columns.append([None if rng.random() < 0.005 else text for text in texts])
        selected.append(f'{expression} as "{called or "Unnamed: 0"}"')
    kinds = ["bigint" if called.lower() == "timestamp" else "varchar" for called in header]
    fields = ", ".join(f"c{number} {kind}" for number, kind in enumerate(kinds))
    query = f"(select {', '.join(selected)} from rows)"
    text = path.with_suffix(".text")
    with duckdb.connect() as connection:
        connection.execute(f"set timezone = 'UTC'; create table rows ({fields})")
        for row in zip(*columns, strict=True):
            connection.execute(f"insert into rows values ({', '.join('?' * len(row))})", row)
        connection.execute(f"copy {query} to {sql_text(path)} (format parquet)")
        connection.execute(f"copy {query} to {sql_text(text)} (format csv, header true)")
    lines = text.read_bytes().splitlines()
    text.unlink()
    typed = []
    for values in zip(*columns, strict=True):
        row = dict(zip((called.lower() for called in header), values, strict=True))
        keys = ("site", "asset", "component", "alert_name", "signal_name", "timestamp")
        typed.append([*(row[key] for key in keys if key in row), row.get("value")])
    return lines, typed


def compressed(name, content):
    if name.endswith(".gz"):
        return gzip.compress(content)
    if name.endswith(".zst"):  # without a checksum, a changed byte could not be detected
        return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})
    return content


def damaged_bytes(rng, content):
    kind = rng.randrange(4)
    at = rng.randrange(1, len(content))  # an empty file is not damaged
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
    if kind == 2:
        return content + rng.choice([b"\0" * 512, b"\n", content[:at], b"1,2,3\n"])
    return content[:at] + rng.randbytes(9) + content[at:]


def encoded(content, dialect, rng):
    if dialect.encoding == "utf-8":
        return rng.choice([b"", b"\xef\xbb\xbf"]) + content
    text = "\ufeff" + content.decode("utf-8", "surrogatepass")
    return text.encode(dialect.encoding, "surrogatepass")


def write_csv(rng, path, lines, dialect):
    """Writes a file; returns whether it may be unreadable, and whether its line ends are alike."""
    end = rng.choice([b"\n", b"\n", b"\r\n", b"\r", None])  # None: a mix of all kinds
    content = b"".join(line + (end or rng.choice([b"\n", b"\r\n", b"\r"])) for line in lines)
    if end and rng.random() < 0.5:
        content = content.removesuffix(end)
    content = compressed(path.name, encoded(content, dialect, rng))
    is_damaged = not path.name.endswith(".csv") and rng.random() < 0.4
    if is_damaged:
        content = damaged_bytes(rng, content)
    path.write_bytes(content)
    return is_damaged, end is not None


def write_folder(folder, seed):
    """Writes damaged files; returns those that may be unreadable, and the rows of each.

    {name: (kind, is_damaged, has_sure_numbers, format,
    [(line number, text, row, None where it is bad)])}
    """
    rng = random.Random(seed)
    files = {}
    for kind, name, header, lines, dialect in random_files(rng):
        name = f"{seed} {name}"
        has_header = "v" not in header
        if dialect.kind == "Parquet":
            is_damaged, has_sure_numbers = False, True
            (first, *lines), typed = write_parquet(rng, folder / name, header, lines, dialect)
            header = parse(first.decode())
            heads = [first]
        else:
            first = header_line(header, dialect).encode()
            heads = [dialect.sep_line.encode(), first] if dialect.sep_line else [first]
            is_damaged, has_sure_numbers = write_csv(rng, folder / name, [*heads, *lines], dialect)
        read = recognised([*heads[1:], *lines], header, dialect)
        rows = [
            (
                number,
                line.decode("utf-8", "backslashreplace"),
                good_row(line, header, kind, read) if has_header else None,
            )
            for number, line in enumerate([*heads, *lines], start=1)
            if line and not (has_header and line in heads)
        ]
        if dialect.kind == "Parquet" and has_header:
            assert len(rows) == len(typed)
            for (_, text, row), (*expected, value) in zip(rows, typed, strict=True):
                assert row is None or row[:5] == tuple(expected), text
                assert (row is None) == (None in expected or (kind == "signal" and value is None))
                assert row is None or kind == "alert" or row[5] == float(value), text
        words = format_words(read) if has_header else None
        files[name] = (kind, is_damaged, has_sure_numbers, words, rows)
    return files


def count_of_rows(database, name):
    """The plugin's count, which a build uses to check that the engine read the whole file."""
    ((count,),) = database.execute(
        "select count_rows(file_path, case when file_problem is null "
        "then [first_line, header_line] else [] end) "
        "from staging.stg_landing_files where file_name = $1",
        [name],
    ).fetchall()
    return count


def check_rows(database, files):
    """Compares the staged rows with the expected ones; returns the good ones of each kind."""
    audit = {
        name: (problem, words, *numbers)
        for name, problem, words, *numbers in database.sql(
            "select file_name, file_problem, format, row_count, rejected_row_count, "
            "staged_row_count + repeated_row_count from marts.load_audit"
        ).fetchall()
    }
    assert audit.keys() == files.keys()
    good, rejected, kept = {"signal": [], "alert": []}, [], []
    for name, (kind, is_damaged, has_sure_numbers, expected_words, rows) in files.items():
        problem, words, *numbers = audit[name]
        if is_damaged and problem and problem.startswith("cannot be read: "):
            assert numbers == [0, 0, 0], name
            continue
        assert words == expected_words, (name, problem)
        assert count_of_rows(database, name) == len(rows), name
        bad = [(number, text) for number, text, row in rows if row is None]
        assert numbers == [len(rows), len(bad), len(rows) - len(bad)], name
        good[kind] += [row for *_, row in rows if row]
        for number, text in bad:
            # The reader writes the rows of a Parquet file in its own columns.
            text = None if name.lower().endswith(".parquet") else text
            rejected.append((name, number if has_sure_numbers else None, text))
    for name, number, text in database.sql(
        "select file_name, line_number, raw_line from marts.rejected_rows"
    ).fetchall():
        text = None if name.lower().endswith(".parquet") else text
        kept.append((name, number if files[name][2] else None, text))
    assert sorted(kept, key=repr) == sorted(rejected, key=repr)
    staged = database.sql(
        "select site_id, asset_id, component_id, signal_name, epoch_ms(observed_at), value "
        "from intermediate.int_readings"
    ).fetchall()
    assert sorted(staged) == sorted(set(good["signal"]))
    staged = database.sql(
        "select site_id, asset_id, component_id, alert_name, epoch_ms(fired_at), 1 "
        "from staging.stg_alerts"
    ).fetchall()
    assert sorted(staged) == sorted({row for row in good["alert"] if row[-1]})
    return good


def write_good_rows(folder, good):
    for kind, header in {"signal": SIGNAL_HEADER, "alert": OLD_ALERT_HEADER}.items():
        text = [header]
        for *ids, at, value in good[kind]:
            site, asset, component, name = ('"' + part.replace('"', '""') + '"' for part in ids)
            text.append(f"0,{at},{site},{asset},{component},{name},{value!r},")
        (folder / f"{kind}s_data.csv").write_text("\n".join(text) + "\n", newline="")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damage_harms_only_what_it_hits(compiled_warehouse, tmp_path, batch):
    """A good row is lost or changed, a bad one is lost, or a mart differs from the good rows."""
    count = (FOLDERS or 300) // BATCHES
    seeds = [*range(START + batch * count, START + (batch + 1) * count)]
    seeds += SEEDS if batch == 0 else []
    if FOLDERS:
        LAST_SEEDS.mkdir(parents=True, exist_ok=True)
        (LAST_SEEDS / str(batch)).write_text(str(seeds))
    together, clean = tmp_path / "together", tmp_path / "clean"
    together.mkdir()
    clean.mkdir()
    files = {}
    for seed in seeds:
        files |= write_folder(together, seed)
    try:
        compiled_warehouse.load(together, *ROWS, *MARTS)
        good = check_rows(compiled_warehouse.connection, files)
    except Exception as error:
        seed = first_that_fails(compiled_warehouse, tmp_path, seeds)
        raise AssertionError(f"seed {seed} of {seeds}: {error}") from error
    write_good_rows(clean, good)
    dirty = marts(compiled_warehouse.connection)
    compiled_warehouse.load(clean, *ROWS, *MARTS)
    different = list(differences(dirty, marts(compiled_warehouse.connection)))
    assert not different, (seeds, different)


def first_that_fails(warehouse, tmp_path, seeds):
    """The first seed whose files fail without those of the others, or None."""
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        files = write_folder(folder, seed)
        try:
            warehouse.load(folder, *ROWS)
            check_rows(warehouse.connection, files)
        except Exception:
            return seed
