"""How landing files are checked and read. dbt-duckdb loads this plugin.

One unreadable file would make DuckDB stop reading all files. So each file is checked first, and
then read through LandingFileSystem, where no file is missing, changed or damaged.

fsspec lists a folder on an object store, and objects are read from a local copy.
"""

import codecs
import errno
import glob
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import stat
import tempfile
import weakref
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
from backports import zstd
from dbt.adapters.duckdb.plugins import BasePlugin
from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

PROTOCOL = "landing"
CHUNK_BYTES = 1 << 17  # arrays of this size come from the heap, larger ones page by page
# Half of the reader's default limit, and the largest limit that it is given.
LONG_LINE_BYTES = 1_000_000
MAX_LINE_BYTES = 199_000_000
HEADER_BYTES = 1_000_000  # no header is longer
SAMPLE_LINES = 20
SAMPLE_LINE_BYTES = 2_000
# In a shorter line, only an exponent can make a number closer to 0 than a double can be.
LONG_NUMBER_BYTES = 300
SMALL_EXPONENT = re.compile(rb"[0-9_]+[,\n]")
BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
START = re.compile(rb"(?:%s)?+[\r\n]*+([^\r\n]*)" % BOM)
# The byte after the line end is needed to tell \r from \r\n.
WHOLE_START = re.compile(START.pattern + rb"(?<=[^\r\n])[\r\n].", re.DOTALL)
LINE_END = re.compile(rb"\r\n?|\n")
# A blank at the start or end of a field or line, or a control character.
ODD_BLANK = re.compile(rb"[\x00-\x09\x0b-\x1f]| [,\n]|[,\n] ")
ROW = re.compile(rb"[^\r\n]+")
DELIMITER = chr(0x10FFFF).encode()  # of the reader of whole lines, see read_lines
REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
BLOCK_BYTES = 1 << 24  # per request to an object store
MAX_BIGINT = (1 << 63) - 1  # file times can be later than the year 2262
MOVED = "it was changed, removed or out of reach while the build read it"
DAMAGES = (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError)
ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".parquet")
KINDS = ("signals_data", "alerts_data", "inspections")  # as in stg_file_formats
READ_COLUMNS = ("timestamp", "SITE", "ASSET", "COMPONENT", "signal_name", "VALUE")
COLUMNS = {
    "file_path": "VARCHAR",
    "is_read": "BOOLEAN",
    "read_problem": "VARCHAR",
    "file_kind": "VARCHAR",
    "first_line": "VARCHAR",
    "sample_lines": "VARCHAR[]",
    "mixes_line_ends": "BOOLEAN",
    "has_long_lines": "BOOLEAN",
    "line_count": "BIGINT",
    "text_bytes": "BIGINT",
    "is_odd": "BOOLEAN",
    "is_utf8": "BOOLEAN",
    "size_bytes": "BIGINT",
    "modified_ns": "BIGINT",
    "entity_tag": "VARCHAR",
    "judged_by": "VARCHAR",
}
# Facts on a file stay valid until other code or another engine version judges it.
JUDGE = hashlib.md5(Path(__file__).read_bytes() + duckdb.__version__.encode()).hexdigest()


class Plugin(BasePlugin):
    def initialize(self, plugin_config):
        self.texts = Texts(plugin_config.get("spill_directory"))
        self.files = {}  # by file_path: a ListedFile
        self.objects = {}  # by name: a ListedObject

    def configure_connection(self, conn):
        # Not from the profile, which dbt debug prints: an address may contain a password.
        self.folder = (os.environ.get("LANDING_DIR") or "data/sample").rstrip("/") or "/"
        conn.register_filesystem(LandingFileSystem(self.files))
        fields = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        for function, parameters, result in [
            (self.folder_problem, [], "VARCHAR"),
            (self.landing_files, ["VARCHAR"], f"STRUCT({fields})[]"),
            (self.is_unchanged, ["VARCHAR"], "BOOLEAN"),
            (self.count_rows, ["VARCHAR", "VARCHAR[]"], "BIGINT"),
            (
                self.find_lines,
                ["VARCHAR", "VARCHAR[]", "BIGINT[]", "VARCHAR[]"],
                "STRUCT(line_number BIGINT, line VARCHAR)[]",
            ),
        ]:
            conn.create_function(
                function.__name__,
                function,
                parameters,
                result,
                null_handling="special",
                side_effects=True,  # must not be constant-folded
            )

    def folder_problem(self):
        """Lists a folder on an object store. Returns why that fails, without credentials."""
        if not REMOTE.match(self.folder):
            return None
        try:
            self.objects = list_objects(self.folder, self.texts)
        except Exception as error:  # each store has its own exceptions
            return store_problem(error, self.folder)
        return None

    def landing_files(self, known):
        """The landing files, what identifies their version, and why a file cannot be read.

        known: the last result of this function, as JSON; only changed files are read again.
        """
        self.files.clear()
        known = {file["file_path"]: file for file in json.loads(known or "[]")}
        is_remote = REMOTE.match(self.folder)
        files = self.objects if is_remote else list_files(self.folder, self.texts)
        for name in sorted(files, key=os.fsencode):
            # A name that begins with a dot belongs to the system and is not a delivery.
            if not name.startswith(".") and (is_readable(name) or not files[name].is_folder()):
                file_path = shown(os.fsencode(os.path.join(self.folder, name)))
                while file_path in self.files:  # escaped names can collide
                    file_path += "?"
                self.files[file_path] = files[name]
                look_through(files[name], self.folder, name, file_path, known.get(file_path, {}))
        return [file.found for file in self.files.values()]

    def is_unchanged(self, file_path):
        """Whether a file has not changed since it was listed, and every read of it succeeded."""
        file = self.files.get(file_path)
        return file is not None and file.is_unchanged()

    def count_rows(self, file_path, headers):
        """How many lines are neither blank nor a header; None if the file cannot be read.

        The slow way, line by line, for files where line_count is not certain.
        """
        headers = {header.encode() for header in headers}
        try:
            return sum(
                line not in headers
                for lines in whole_lines(self.files[file_path])
                for line in ROW.findall(lines)
            )
        except (KeyError, OSError, *DAMAGES):
            return None

    def find_lines(self, file_path, texts, numbers, parts):
        """Number and text of each line that matches one of the texts, numbers or parts.

        Without any of them: of each line that is not valid UTF-8. Returns no line of a file that
        has changed or is out of reach. A byte that is not valid UTF-8 becomes \\xff.
        """
        texts = {text.encode() for text in texts or ()}
        numbers = set(numbers or ())
        parts = parts and re.compile(b"|".join(re.escape(part.encode()) for part in parts))
        looks_for_bytes = not (texts or numbers or parts)
        found, number = [], 0
        try:
            for text in whole_lines(self.files[file_path]):
                if (looks_for_bytes and is_utf8(text)) or (parts and not parts.search(text)):
                    number += len(LINE_END.findall(text))
                    continue
                for line in lines_of(text):
                    number += 1
                    if (
                        line in texts
                        or number in numbers
                        or (parts and parts.search(line))
                        or (looks_for_bytes and not is_utf8(line))
                    ):
                        found.append({"line_number": number, "line": shown(line)})
        except (KeyError, OSError, *DAMAGES):
            return []
        return found


class LandingFileSystem(AbstractFileSystem):
    """Only the listed files, which the engine reads as landing://file_path.

    Without a path, it is an empty file, because the engine refuses to read an empty list.
    """

    protocol = PROTOCOL
    cachable = False

    def __init__(self, files):
        super().__init__()
        self.files = files

    def glob(self, path, **_):
        return [path]  # a name is not a pattern

    def isdir(self, path):
        return False

    def size(self, path):
        return self.file(path).found["text_bytes"] if name_of(path) else 0

    def open(self, path, mode="rb", **_):
        if mode != "rb":
            raise PermissionError("Permission denied: landing files are only read.")
        return LandingText(self.file(path)) if name_of(path) else io.BytesIO()

    def file(self, path):
        file = self.files.get(name_of(path))
        if file is None or file.found["text_bytes"] is None:
            raise PermissionError(f"Permission denied: {path} is not a readable landing file.")
        return file


def name_of(path):
    return path.removeprefix(f"{PROTOCOL}://")


class LandingText:
    """The decompressed text of a file, for the engine: as long as it was when it was listed.

    After an error, the engine would read no other file. So this class raises none: blank lines
    replace anything that can no longer be read. The build asks is_unchanged and drops these rows.
    """

    def __init__(self, file):
        self.file = file
        self.text_bytes = file.found["text_bytes"]
        self.place = 0
        try:
            self.text = file.open()
        except (OSError, *DAMAGES):
            self.text = io.BytesIO()

    def read(self, size):
        size = min(size, self.text_bytes - self.place)
        try:
            self.text.seek(self.place)
            text = self.text.read(size)
        except (OSError, *DAMAGES):
            text = b""
        self.place += size
        if len(text) < size:
            self.file.is_out_of_reach = True
        return text.ljust(size, b"\n")

    def seek(self, place):
        self.place = place

    def tell(self):
        return self.place

    def close(self):
        self.text.close()


class Unreadable(OSError):
    """Why a file cannot be read."""


class Texts:
    """Text files that replace landing files of another kind while the build runs."""

    def __init__(self, folder):
        self.folder = folder

    def make(self, write):
        """The path of a new file. write: a function that fills the file at a given path."""
        if self.folder:
            os.makedirs(self.folder, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix="landing_", suffix=".csv", dir=self.folder)
        os.close(descriptor)
        removal = weakref.finalize(self, remove, path)
        try:
            write(path)
        except BaseException:
            removal()
            raise
        return path


def remove(path):
    with suppress(OSError):
        os.unlink(path)
        os.rmdir(os.path.dirname(path))  # if this was the last file


class ListedFile:
    """A file as it was when it was listed: its path, os.stat, and the facts found."""

    def __init__(self, path, texts=None, is_part=False):
        self.path, self.real_path = path, os.path.realpath(path)
        self.ending = os.path.splitext(path)[1].lower()
        self.stat = self.found = self.text_path = None
        self.kind = "Parquet" if is_part or self.ending == ".parquet" else "CSV"
        self.texts = texts
        self.is_out_of_reach = False

    def open(self):
        """Its text in UTF-8: decompressed, Parquet written as CSV, UTF-16 recoded."""
        file = self.open_bytes()
        if self.text_path:
            file.close()
            return open(self.text_path, "rb")
        if self.kind == "Parquet":
            file.close()
            self.text_path = self.texts.make(self.write_parquet)
            return self.open()
        text = {".gz": gzip.open, ".zst": zstd.open}.get(self.ending, lambda file: file)(file)
        if text.read(2) in UTF16_BOMS:
            self.kind = "UTF-16 CSV"
            text.seek(0)
            with text:
                self.text_path = self.texts.make(partial(write_utf8, text))
            return self.open()
        text.seek(0)
        return text

    def is_folder(self):
        return os.path.isdir(self.path)

    def look(self):
        """What distinguishes it from a later version."""
        self.stat = os.stat(self.path)
        modified_ns = min(self.stat.st_mtime_ns, MAX_BIGINT)
        return {"size_bytes": self.stat.st_size, "modified_ns": modified_ns}

    def check(self, folder):
        check_path(folder, self)
        self.open_bytes().close()  # fails if the file may no longer be read

    def open_bytes(self):
        """Opens the listed file itself, since another file may have replaced it."""
        file = io.BufferedReader(io.FileIO(self.real_path, opener=open_no_other))
        if identity(os.fstat(file.fileno())) != identity(self.stat):
            file.close()
            raise OSError(errno.ESTALE, MOVED)
        return file

    def write_parquet(self, path):
        """Writes the rows as CSV; readings in the export's columns, which are read fastest."""
        source, target = glob.escape(self.real_path), path.replace("'", "''")
        try:
            with duckdb.connect() as connection:
                connection.execute("set threads = 1; set timezone = 'UTC'")
                rows = connection.read_parquet(source)
                types = {
                    name.lower(): str(kind)
                    for name, kind in zip(rows.columns, rows.types, strict=True)
                }
                names = rows.columns
                if types.keys() >= {column.lower() for column in READ_COLUMNS}:
                    names = ["row_number", *READ_COLUMNS, "event_date"]
                columns = [csv_column(name, types.get(name.lower())) for name in names]
                rows.select(", ".join(columns)).create_view("rows")
                connection.execute(f"copy rows to '{target}' (header, delimiter ',')")
        except duckdb.Error:
            raise Unreadable("it is no Parquet file, or is damaged") from None

    def is_unchanged(self):
        if self.is_out_of_reach:
            return False
        try:
            return identity(os.stat(self.path)) == identity(self.stat)
        except OSError:
            return False


class ListedObject(ListedFile):
    """An object of a store as it was when it was listed. Each build copies it once.

    So changes to the object after the copy do not affect what the build reads.
    """

    def __init__(self, store, entry, texts, is_part=False):
        super().__init__(entry["name"], texts, is_part)
        self.store, self.entry = store, entry
        self.real_path = None  # of the copy

    def is_folder(self):
        return self.entry["type"] != "file"

    def look(self):
        if self.is_folder():
            return {}
        modified_ms = round(self.store.modified(self.path).timestamp() * 1000)  # as listed
        return {
            "size_bytes": self.entry["size"],
            "modified_ns": modified_ms * 1_000_000,
            # Its time has whole seconds only.
            "entity_tag": self.entry.get("ETag"),
        }

    def check(self, folder):
        if self.is_folder():
            raise Unreadable("not a file")

    def open_bytes(self):
        if not self.real_path:
            self.real_path = self.texts.make(self.copy)
        return open(self.real_path, "rb")

    def copy(self, path):
        """Copies the listed version: s3fs sends the listed ETag with each request."""
        try:
            with (
                self.store.open(self.path, block_size=BLOCK_BYTES) as source,
                open(path, "wb") as target,
            ):
                shutil.copyfileobj(source, target, BLOCK_BYTES)
        except Exception as error:  # each store has its own exceptions
            raise Unreadable(store_problem(error)) from None
        if os.path.getsize(path) != self.entry["size"]:
            raise Unreadable(MOVED)

    def is_unchanged(self):
        return not self.is_out_of_reach


def list_files(folder, texts):
    """The files and folders in a folder, by name."""
    try:
        names = os.listdir(folder)
    except OSError:  # the build reports that there is nothing to load
        return {}
    files = {}
    for name in names:
        path, parts = os.path.join(folder, name), {}
        if may_have_parts(name):
            with suppress(OSError):  # it is a file, or may not be listed
                for part in filter(is_part, os.listdir(path)):
                    parts[f"{name}/{part}"] = ListedFile(os.path.join(path, part), texts, True)
        files |= parts or {name: ListedFile(path, texts)}
    return files


def list_objects(folder, texts):
    """The objects and folders of a folder on an object store, by name."""
    options = {}
    if folder.lower().startswith("s3") and (region := os.environ.get("AWS_REGION")):
        options["client_kwargs"] = {"region_name": region}  # botocore reads AWS_DEFAULT_REGION
    store, path = url_to_fs(folder, skip_instance_cache=True, **options)
    try:
        entries = store.ls(path, detail=True)
    except FileNotFoundError as error:
        if error_code(error) == "NoSuchBucket":
            raise
        return {}
    objects = {}
    for entry in entries:
        name = entry["name"].removeprefix(f"{path}/")
        if name and "/" not in name:
            file, parts = ListedObject(store, entry, texts), {}
            if file.is_folder() and may_have_parts(name):
                for part_entry in store.ls(file.path, detail=True):
                    part = part_entry["name"].removeprefix(f"{file.path}/")
                    if is_part(part):
                        parts[f"{name}/{part}"] = ListedObject(store, part_entry, texts, True)
            objects |= parts
            if not parts and (name not in objects or not file.is_folder()):
                objects[name] = file
    return objects


def may_have_parts(name):
    """Whether a folder is a Parquet file in parts, as Spark, pandas and Hive write it."""
    return is_readable(name) and name.lower().endswith(".parquet")


def is_part(name):
    """Excludes _SUCCESS, _metadata and checksums."""
    return name and not name.startswith(("_", "."))


def error_code(error):
    """The store's own code for an error."""
    response = getattr(error.__cause__, "response", None) or {}
    return response.get("Error", {}).get("Code") or type(error).__name__


def store_problem(error, folder=None):
    """Why a store does not answer. An error's own text may contain an address or a key.

    folder: the folder that is listed; None if an object is read.
    """
    code = error_code(error)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "ImportError" in kinds:
        if re.match("s3a?:", folder or "", re.IGNORECASE):
            return "s3fs is missing: run .venv/bin/uv sync --frozen --inexact --group s3"
        return "fsspec lacks the package for this kind of address"
    if code == "NoSuchBucket":
        return "there is no such bucket: check its name, and AWS_ENDPOINT_URL"
    if kinds & {"FileNotFoundError", "FileExpired"}:
        return MOVED
    if "PermissionError" in kinds:
        return f"access is denied ({code}): check the credentials and what they may read"
    if re.search("Credential|Token|Profile", code):
        return (
            f"there are no credentials ({code}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or AWS_PROFILE"
        )
    if kinds & {"ConnectionError", "HTTPClientError", "TimeoutError"}:
        return f"the store is out of reach ({code}): check the network, and AWS_ENDPOINT_URL"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return error.strerror.lower()
    return f"{code}: check LANDING_DIR, AWS_REGION and AWS_ENDPOINT_URL"


def open_no_other(path, flags):
    # Does not follow a link that has appeared since, and does not wait for a pipe.
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def identity(stat):
    # Users cannot set the ctime. An inode number can change by itself on some network mounts.
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def csv_column(name, kind):
    """SQL: a column of a Parquet file for writing as CSV. kind: its type, None if unknown."""
    quoted = '"' + name.replace('"', '""') + '"'
    is_value = name.lower() == "value"
    if kind is None:
        column = "null"
    elif kind == "FLOAT" and name.lower() in ("timestamp", "site", "asset", "component"):
        raise Unreadable(f"its column {name} is of 32-bit floats, which lose the last digits")
    elif kind == "DOUBLE" and not is_value:
        whole = f"if({quoted} = floor({quoted}), try_cast({quoted} as hugeint)::varchar, null)"
        column = f"coalesce({whole}, {quoted}::varchar)"
    elif kind in ("FLOAT", "DOUBLE") or "INT" in kind or "TIMESTAMP" in kind or "DEC" in kind:
        column = quoted
    else:  # a line break would start another row
        column = f"translate({quoted}::varchar, chr(10) || chr(13), chr(1) || chr(1))"
    return f"{column} as {quoted}"


def write_utf8(text, path):
    """Recodes UTF-16. Half a character becomes invalid UTF-8, which the reject reason names."""
    decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
    with open(path, "wb") as file:
        while part := text.read(CHUNK_BYTES):
            file.write(decoder.decode(part).encode("utf-8", "surrogatepass"))
        try:
            file.write(decoder.decode(b"", final=True).encode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:  # the file ends in the middle of a two-byte unit
            file.write(b"\xff")


def look_through(file, folder, name, file_path, before):
    """Records the facts on a file. before: the facts recorded last time."""
    found = dict.fromkeys(COLUMNS) | {
        "file_path": file_path,
        "is_read": is_readable(name),
        "judged_by": JUDGE,
    }
    try:
        # Before its contents: if the file grows meanwhile, the next build detects the change.
        found |= file.look()
        if found["is_read"]:
            file.check(folder)
            if is_same(before, found):
                found = before
            else:
                found |= contents(file)
    except EOFError:
        found["read_problem"] = "its compressed data ends too early"
    except DAMAGES:
        found["read_problem"] = "its compressed data is corrupt, or takes too much memory"
    except Unreadable as problem:
        found["read_problem"] = str(problem)
    except OSError as error:
        found["read_problem"] = error.strerror.lower()
    file.found = found


def is_same(before, file):
    """Whether the recorded facts on a file are still valid."""
    return all(
        before.get(name, "unknown") == file[name]
        for name in (
            *("judged_by", "is_read", "read_problem"),
            *("size_bytes", "modified_ns", "entity_tag"),
        )
    )


def is_readable(name):
    """Whether a file is a delivery, judged by its name or by the name of its folder of parts."""
    name = name.lower().partition("/")[0]
    return any(kind in name for kind in KINDS) and name.endswith(ENDINGS)


def check_path(folder, file):
    inside = os.path.realpath(folder)
    if os.path.commonpath([inside, file.real_path]) != inside:
        raise Unreadable("a link that leads out of the landing folder")
    if not stat.S_ISREG(file.stat.st_mode):
        raise Unreadable("not a file")


def shown(text):
    """Bytes as text; a byte that is not valid UTF-8 as \\xff."""
    return text.decode("utf-8", "backslashreplace")


def contents(file):
    """The first line that is not blank, the number of lines, and which readers can read the file.

    The engine's reader goes by the first line end. If that is \\r\\n, a lone \\r drops the
    character after it. If it is \\r, a \\n stays in the line. The typed reader stops at an \\r if
    the first line ended differently.
    """
    seen = Seen()
    chunks = (seen.note(chunk) for chunk in without_delimiter(chunks_of(file)))
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) > HEADER_BYTES or WHOLE_START.match(start):
            break
    first_end = LINE_END.search(start)
    first_end = first_end and first_end[0]
    mixes_line_ends = first_end == b"\r\n" and has_lone_return(start, chunks)
    for _ in chunks:  # to its end, which shows whether the file is complete and readable
        pass
    if first_end == b"\r":
        mixes_line_ends = seen.feeds > 0
    # Where a lone \r may end a line, lines must be counted one by one.
    is_sure = not seen.has_returns or (first_end == b"\r\n" and not mixes_line_ends)
    first_line = START.match(start)[1].decode("utf-8", "replace")
    return {
        "file_kind": file.kind,
        "first_line": first_line or None,
        "sample_lines": sample_of(start),
        "mixes_line_ends": mixes_line_ends,
        "has_long_lines": seen.longest > LONG_LINE_BYTES,
        "line_count": seen.feeds + (seen.rest > 0) if is_sure else None,
        "text_bytes": seen.bytes,
        "is_odd": seen.is_odd or has_empty_fields(file, first_line, seen),
        "is_utf8": seen.is_utf8(),
    }


def sample_of(start):
    """The first lines after the header, which show the format of the file.

    start: the first bytes of the file.
    """
    lines = ROW.findall(start.removeprefix(BOM))
    if len(start) >= CHUNK_BYTES:
        del lines[-1:]  # it may be cut off
    return [
        line.decode("utf-8", "replace")
        for line in lines[1 : SAMPLE_LINES + 1]
        if len(line) <= SAMPLE_LINE_BYTES
    ]


class Seen:
    """The features of a text, chunk by chunk: counted, not copied."""

    def __init__(self):
        self.bytes = self.feeds = self.commas = self.longest = 0
        self.rest = 0  # bytes after the last line end
        self.has_returns = self.is_odd = False
        self.end = b""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.is_ascii = self.is_decoded = True

    def note(self, chunk):
        """Counts \\n, commas and bytes; notes \\r, long lines, and odd text.

        Odd is any text that the typed reader ignores in a column that it does not read, or keeps
        although other readers cut it off: a quote, a non-ASCII character, a control character, a
        blank at the start or end of a field. Also odd are numbers that it changes: it reads +-5 as
        -5, and 1e-400 or 400 zeros after the point as 0.
        """
        text = np.frombuffer(chunk, np.uint8)
        ends = np.flatnonzero(text == 10)
        self.feeds += int(ends.size)
        self.commas += int(np.count_nonzero(text == 44))
        if np.count_nonzero(text < 33) > ends.size:  # blanks, \r or other control characters
            self.has_returns |= b"\r" in chunk
            self.is_odd |= ODD_BLANK.search(self.end[-1:] + chunk) is not None
        self.is_odd |= self.bytes == 0 and chunk.startswith(b"\n")
        self.is_odd |= b'"' in chunk or b"\x7f" in chunk or b"+" in chunk or not chunk.isascii()
        # A number or line that spans two chunks is found in the second chunk.
        self.is_odd |= has_small_number(self.end + chunk)
        line_bytes = np.diff(ends, prepend=-1 - self.rest)
        self.is_odd |= bool((line_bytes > LONG_NUMBER_BYTES).any())
        self.end = chunk[-LONG_NUMBER_BYTES:]
        if not (self.is_ascii and chunk.isascii()):
            self.is_ascii = False
            self.decode(chunk)
        self.bytes += len(chunk)
        last_end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r") if self.has_returns else -1)
        self.rest = len(chunk) - last_end - 1 + (self.rest if last_end < 0 else 0)
        self.longest = max(self.longest, self.rest)
        self.is_odd |= self.rest > LONG_NUMBER_BYTES
        if self.rest > MAX_LINE_BYTES:
            raise Unreadable("it holds a line of more than 199 MB")
        return chunk

    def decode(self, chunk, is_last=False):
        try:
            self.decoder.decode(chunk, is_last)
        except UnicodeDecodeError:
            self.is_decoded = False
            self.decoder.reset()

    def is_utf8(self):
        self.decode(b"", is_last=True)
        return self.is_decoded


def has_small_number(text):
    """Whether a field ends in a negative exponent: e-400."""
    codes = np.frombuffer(text, np.uint8)
    starts = np.flatnonzero((codes[:-1] | 32 == ord("e")) & (codes[1:] == ord("-")))
    return any(SMALL_EXPONENT.match(text, start + 2) for start in starts)


def has_empty_fields(file, first_line, seen):
    """Whether a line ends in empty fields, as in `,,`, which the typed reader ignores.

    If all lines have as many commas as the header, no line does.
    """
    lines = seen.feeds + (seen.rest > 0)
    if seen.is_odd or seen.commas == lines * first_line.count(","):
        return seen.is_odd
    end = b""
    for chunk in chunks_of(file):
        if b",,\n" in end + chunk:
            return True
        end = chunk[-2:]
    return end == b",,"


def whole_lines(file):
    """The text of a file in parts of whole lines, without the byte order mark."""
    parts, start = [], BOM
    for chunk in chunks_of(file):
        # The byte after a final \r may belong to the same line end.
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, -1)) + 1
        if end:
            yield b"".join([*parts, chunk[:end]]).removeprefix(start)
            parts, start = [], b""
        parts.append(chunk[end:])
    yield b"".join(parts).removeprefix(start)


def lines_of(text):
    lines = LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def is_utf8(text):
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def chunks_of(file):
    """The text of a file; an error if its length has changed since it was listed."""
    size = 0
    try:
        with file.open() as text:
            while chunk := text.read(CHUNK_BYTES):
                size += len(chunk)
                yield chunk
        if file.found and size != file.found["text_bytes"]:
            raise OSError(errno.ESTALE, MOVED)
    except (OSError, *DAMAGES):
        file.is_out_of_reach = True
        raise


def without_delimiter(chunks):
    """Refuses text with the line reader's delimiter, which would cut off the rest of the line."""
    end = b""
    for chunk in chunks:
        if (end or DELIMITER[:1] in chunk) and DELIMITER in end + chunk:
            raise Unreadable("it holds U+10FFFF, which is no character")
        end = chunk[1 - len(DELIMITER) :] if DELIMITER[:1] in chunk[1 - len(DELIMITER) :] else b""
        yield chunk


def has_lone_return(start, chunks):
    """Whether there is a \\r without \\n; a \\r as the last character of a file is harmless."""
    while start:
        is_cut = start.endswith(b"\r")
        if start.count(b"\r") - is_cut > start.count(b"\r\n"):
            return True
        start = next(chunks, b"")
        if is_cut and start:
            start = b"\r" + start
    return False
