"""What SQL cannot know of a landing file before it reads it. dbt-duckdb loads this.

One file that cannot be read would stop DuckDB's reading of all, and a .zst that was cut off in
transfer ends without a word. So each file is opened first, and a compressed one is read through.
"""

import hashlib
import json
import os
import re
import stat
import zlib
from pathlib import Path

import duckdb
from backports import zstd
from dbt.adapters.duckdb.plugins import BasePlugin

CHUNK_BYTES = 1 << 16
# Half of what the engine's reader takes unless it is told more; and what it is told at most.
LONG_LINE_BYTES = 1_000_000
MAX_LINE_BYTES = 199_000_000
HEADER_BYTES = 1_000_000  # no header is longer
# Optional parts of the head of a gzip member: the engine takes no other, and none so long.
GZIP_EXTRA, GZIP_NAME = 4, 8
GZIP_HEAD_BYTES = 1 << 15
BOM = b"\xef\xbb\xbf"
START = re.compile(rb"(?:%s)?+[\r\n]*+([^\r\n]*)" % BOM)
# What follows the line end is needed to tell \r from \r\n.
WHOLE_START = re.compile(START.pattern + rb"(?<=[^\r\n])[\r\n].", re.DOTALL)
LINE_END = re.compile(rb"\r\n?|\n")
ROW = re.compile(rb"[^\r\n]+")
DELIMITER = chr(0x10FFFF).encode()  # of the reader of whole lines, see read_lines
COLUMNS = {
    "file_path": "VARCHAR",
    "is_read": "BOOLEAN",
    "read_problem": "VARCHAR",
    "first_line": "VARCHAR",
    "mixes_line_ends": "BOOLEAN",
    "has_long_lines": "BOOLEAN",
    "line_count": "BIGINT",
    "has_returns_or_quotes": "BOOLEAN",
    "size_bytes": "BIGINT",
    "modified_ns": "BIGINT",
    "judged_by": "VARCHAR",
}
# What is known of a file holds until other code or another engine judges it.
JUDGE = hashlib.md5(Path(__file__).read_bytes() + duckdb.__version__.encode()).hexdigest()


class Plugin(BasePlugin):
    def configure_connection(self, conn):
        fields = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        conn.create_function(
            "landing_files",
            landing_files,
            ["VARCHAR", "VARCHAR"],
            f"STRUCT({fields})[]",
            null_handling="special",
        )
        conn.create_function(
            "is_unchanged",
            is_unchanged,
            ["VARCHAR", "BIGINT", "BIGINT"],
            "BOOLEAN",
            side_effects=True,  # not to be computed once for all
        )
        conn.create_function(
            "present_files", present_files, ["VARCHAR"], "VARCHAR[]", side_effects=True
        )
        conn.create_function(
            "count_rows",
            count_rows,
            ["VARCHAR", "VARCHAR"],
            "BIGINT",
            null_handling="special",
            side_effects=True,
        )


class Unreadable(Exception):
    """Why a file cannot be read."""


def landing_files(folder, known):
    """The files of a folder, how a later version would differ, and why one cannot be read.

    known: what this function found last time, as JSON; only other files are read again.
    """
    try:
        names = os.listdir(folder)
    except OSError:  # the build says that there is nothing to load
        return []
    known = {file["file_path"]: file for file in json.loads(known or "[]")}
    return [
        landing_file(folder, name, known)
        for name in names
        # A name that begins with a dot is a system's own file, not a delivery.
        if not name.startswith(".")
        and (is_readable(name) or not os.path.isdir(os.path.join(folder, name)))
    ]


def landing_file(folder, name, known):
    path = os.path.join(folder, name)
    file = dict.fromkeys(COLUMNS) | {
        "file_path": os.path.join(folder, os.fsencode(name).decode("utf-8", "backslashreplace")),
        "is_read": is_readable(name),
        "judged_by": JUDGE,
    }
    try:
        # Before its contents: of a file that grows meanwhile, the next build sees a change.
        found = os.stat(path)
        file |= {"size_bytes": found.st_size, "modified_ns": found.st_mtime_ns}
        if file["is_read"]:
            check_path(folder, name, found)
            open(path, "rb").close()  # it may not be ours to read any more
            before = known.get(file["file_path"], {})
            if is_same(before, file):
                file = before
            else:
                file |= contents(path)
    except EOFError:
        file["read_problem"] = "its compressed data ends too early"
    except (zlib.error, zstd.ZstdError):
        file["read_problem"] = "its compressed data is corrupt"
    except Unreadable as problem:
        file["read_problem"] = str(problem)
    except OSError as error:
        file["read_problem"] = error.strerror.lower()
    return file


def is_same(before, file):
    """Whether what was found of a file still holds."""
    return all(
        before.get(name, "unknown") == file[name]
        for name in ("judged_by", "is_read", "read_problem", "size_bytes", "modified_ns")
    )


def is_unchanged(path, size_bytes, modified_ns):
    try:
        found = os.stat(path)
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (size_bytes, modified_ns)


def present_files(paths):
    """Patterns, as the engine's readers take them, of those files that can still be opened.

    Of all, where none can: the engine then says which is missing. paths: a list as JSON.
    """
    paths = json.loads(paths)
    present = [path for path in paths if os.path.isfile(path) and os.access(path, os.R_OK)]
    return [pattern_of(path) for path in present or paths]


def pattern_of(path):
    """What glob takes for just this path."""
    return re.sub(r"[\[*?]", r"[\g<0>]", path)


def is_readable(name):
    """Whether a file is a delivery, by its name."""
    name = name.lower()
    return ("signals_data" in name or "alerts_data" in name) and name.endswith(
        (".csv", ".csv.gz", ".csv.zst")
    )


def check_path(folder, name, found):
    path = os.path.join(folder, name)
    if not is_utf8(path):
        raise Unreadable("its name is not UTF-8")
    if "\\" in path and re.search(r"[\[*?]", path):  # a pattern cannot hold a backslash
        raise Unreadable("its path holds a backslash and one of [ * ?")
    if compression(path) and "?" in path:  # DuckDB takes what follows for a query
        raise Unreadable("a ? in the path of a compressed file")
    inside = os.path.realpath(folder)
    if os.path.commonpath([inside, os.path.realpath(path)]) != inside:
        raise Unreadable("a link that leads out of the landing folder")
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("not a file")
    if compression(path) and not found.st_size:
        raise Unreadable("it has no bytes")


def is_utf8(path):
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def compression(path):
    """The ending that the engine goes by."""
    ending = os.path.splitext(path)[1].lower()
    return ending if ending in (".gz", ".zst") else None


def contents(path):
    """The first line that is not blank, and which line ends and quotes there are.

    The engine's reader goes by the first line end: where it is \\r\\n, a lone \\r takes the
    character after it away; where it is \\r, a \\n stays with the line. Its typed reader stops at
    an \\r that the first line did not end with.
    """
    seen = {"feeds": 0, "has_returns": False, "has_quotes": False, "longest": 0, "last": 0}
    chunks = measured(without_delimiter(chunks_of(path)), seen)
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) > HEADER_BYTES or WHOLE_START.match(start):
            break
    first_end = LINE_END.search(start)
    first_end = first_end and first_end[0]
    mixes_line_ends = first_end == b"\r\n" and has_lone_return(start, chunks)
    for _ in chunks:  # to its end, which tells whether it is whole, and can be read
        pass
    if first_end == b"\r":
        mixes_line_ends = seen["feeds"] > 0
    # Where a lone \r may end a line, they are to be counted one by one.
    is_sure = not seen["has_returns"] or (first_end == b"\r\n" and not mixes_line_ends)
    first_line = START.match(start)[1].decode("utf-8", "replace")
    return {
        "first_line": first_line or None,
        "mixes_line_ends": mixes_line_ends,
        "has_long_lines": seen["longest"] > LONG_LINE_BYTES,
        "line_count": seen["feeds"] + (seen["last"] > 0) if is_sure else None,
        "has_returns_or_quotes": seen["has_returns"] or seen["has_quotes"],
    }


def count_rows(path, header):
    """How many lines are neither blank nor the header, and so must be rows; None if it is gone.

    The slow way, a line at a time, for where line_count leaves a doubt.
    """
    header = header and header.encode()
    count, parts, start = 0, [], BOM
    try:
        for chunk in chunks_of(path):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
            if end:
                text = b"".join([*parts, chunk[:end]]).removeprefix(start)
                start = b""
                count += sum(line != header for line in ROW.findall(text))
                parts = []
            parts.append(chunk[end:])
    except (OSError, EOFError, zlib.error, zstd.ZstdError, Unreadable):
        return None
    rest = b"".join(parts).removeprefix(start)
    return count + (rest not in (b"", header))


def chunks_of(path):
    return {".gz": gzip_chunks, ".zst": zstd_chunks}.get(compression(path), plain_chunks)(path)


def measured(chunks, seen):
    """Counts \\n, notes \\r and quotes, and how long lines are that fill a chunk, and the last."""
    for chunk in chunks:
        # Compressed data may come in chunks of any size.
        for place in range(0, len(chunk), CHUNK_BYTES):
            part = chunk[place : place + CHUNK_BYTES]
            last_return = part.rfind(b"\r")
            last_end = max(part.rfind(b"\n"), last_return)
            seen["feeds"] += part.count(b"\n")
            seen["has_returns"] |= last_return >= 0
            seen["has_quotes"] |= b'"' in part
            seen["last"] = len(part) - last_end - 1 + (seen["last"] if last_end < 0 else 0)
            seen["longest"] = max(seen["longest"], seen["last"])
            if seen["last"] > MAX_LINE_BYTES:
                raise Unreadable("it holds a line of more than 199 MB")
        yield chunk


def without_delimiter(chunks):
    """Refuses text that the reader of whole lines would cut off where its delimiter stands."""
    end = b""
    for chunk in chunks:
        if (end or DELIMITER[:1] in chunk) and DELIMITER in end + chunk:
            raise Unreadable("it holds U+10FFFF, which is no character")
        end = chunk[1 - len(DELIMITER) :] if DELIMITER[:1] in chunk[1 - len(DELIMITER) :] else b""
        yield chunk


def has_lone_return(start, chunks):
    """Whether \\r stands anywhere without \\n; the last character of a file does no harm."""
    while start:
        is_cut = start.endswith(b"\r")
        if start.count(b"\r") - is_cut > start.count(b"\r\n"):
            return True
        start = next(chunks, b"")
        if is_cut and start:
            start = b"\r" + start
    return False


def plain_chunks(path):
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def zstd_chunks(path):
    with zstd.open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def gzip_chunks(path):
    """Read as the engine does, which takes less than Python's gzip: no padding between members."""
    with open(path, "rb") as file:
        rest = b""
        while rest := rest + file.read(CHUNK_BYTES):
            check_gzip_head(rest)
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                yield member.decompress(rest)
                if member.eof:
                    break
                rest = file.read(CHUNK_BYTES)
                if not rest:
                    raise EOFError
            rest = member.unused_data


def check_gzip_head(data):
    if not data.startswith(b"\x1f\x8b\x08") or len(data) < 10:
        return  # zlib says what it is instead
    flags, end = data[3], 10
    if flags & GZIP_EXTRA:
        end += 2 + int.from_bytes(data[10:12], "little")
    if flags & GZIP_NAME:
        end = data.find(b"\0", end) + 1 or GZIP_HEAD_BYTES + 1
    if flags & ~(GZIP_EXTRA | GZIP_NAME) or end > GZIP_HEAD_BYTES:
        raise Unreadable("a gzip header of a kind that DuckDB does not read")
