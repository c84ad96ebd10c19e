"""What SQL cannot know of a landing file before it reads it. dbt-duckdb loads this.

One file that cannot be read would stop DuckDB's reading of all, and a .zst that was cut off in
transfer ends without a word. So each file is opened first, and a compressed one is read through.
"""

import gzip
import os
import re
import stat
import zlib

from backports import zstd
from dbt.adapters.duckdb.plugins import BasePlugin

CHUNK_BYTES = 1 << 20
READABLE = re.compile(r"(signals|alerts)_data.*[.]csv([.](gz|zst))?$", re.IGNORECASE | re.DOTALL)


class Plugin(BasePlugin):
    def configure_connection(self, conn):
        columns = (
            "STRUCT(file VARCHAR, read_problem VARCHAR, size_bytes BIGINT, modified_ns BIGINT)[]"
        )
        conn.create_function("landing_files", landing_files, ["VARCHAR"], columns)


def landing_files(folder):
    """The files of a folder, how a later version would differ, and why one cannot be read."""
    if not os.path.isdir(folder):
        return []
    return [
        {
            "file": os.path.join(folder, os.fsencode(name).decode("utf-8", "replace")),
            "read_problem": landing_problem(os.path.join(folder, name)),
            **landing_version(os.path.join(folder, name)),
        }
        for name in os.listdir(folder)
        if not os.path.isdir(os.path.join(folder, name))
    ]


def landing_version(path):
    """Size and time of change: of a file that vanished, none."""
    try:
        found = os.stat(path)
    except OSError:
        return {"size_bytes": None, "modified_ns": None}
    return {"size_bytes": found.st_size, "modified_ns": found.st_mtime_ns}


def landing_problem(path):
    if not READABLE.search(os.path.basename(path)):
        return None
    if not is_utf8(path):
        return "its name is not UTF-8"
    if "\\" in path and re.search(r"[\[*?]", path):  # a pattern cannot hold a backslash
        return "its path holds a backslash and one of [ * ?"
    opener = {".gz": gzip.open, ".zst": zstd.open}.get(os.path.splitext(path)[1].lower())
    if opener and "?" in path:  # DuckDB takes what follows for a query and reads raw bytes
        return "a ? in the path of a compressed file"
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "not a file"
        if opener and not os.path.getsize(path):
            return "it has no bytes"
        with (opener or open)(path, "rb") as file:
            while file.read(CHUNK_BYTES) and opener:
                pass
    except EOFError:
        return "its compressed data ends too early"
    except (gzip.BadGzipFile, zlib.error, zstd.ZstdError):
        return "its compressed data is corrupt"
    except OSError as error:
        return error.strerror.lower()
    return None


def is_utf8(path):
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
