"""Shared by make site and make export: reading the marts, and writing the folder."""

import json
import os
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

import duckdb

# Written into each folder: it names the build that the folder shows, and marks the folder as
# replaceable.
BUILD_INFO = "build_info.json"


def interrupt(*_):
    print("Interrupted: nothing was written.", flush=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # lets the cleanup finish
    raise SystemExit(128 + signal.SIGINT)


# Import this module first: then Ctrl-C never prints a stack trace.
signal.signal(signal.SIGINT, interrupt)


def warehouse_path():
    return Path(os.environ.get("WAREHOUSE_PATH") or "supercharger.duckdb")


def open_marts():
    """The warehouse, read-only."""
    path = warehouse_path()
    if not path.is_file():
        raise SystemExit(f"There is no warehouse '{path}' yet: run make build first.")
    try:
        connection = duckdb.connect(path, read_only=True)
        connection.table("marts.build_info")
    except duckdb.CatalogException:
        raise SystemExit(f"'{path}' holds no marts: run make build first.") from None
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise SystemExit(f"The warehouse '{path}' cannot be read: {reason}") from None
    return connection


@contextmanager
def replaced_folder(target, connection):
    """An empty folder that replaces the target on success, and is removed on failure."""
    target = Path(target).resolve()
    if target.is_dir() and any(target.iterdir()) and not (target / BUILD_INFO).exists():
        raise SystemExit(f"'{target}' holds other files and would be replaced: name another.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise SystemExit(f"'{target}' is not a folder: name another.")
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
            new = Path(scratch, "new")
            new.mkdir()
            yield new
            info = connection.table("marts.build_info")
            [row] = info.fetchall()
            text = json.dumps(dict(zip(info.columns, row, strict=True)), default=str, indent=2)
            (new / BUILD_INFO).write_text(text + "\n", encoding="utf-8")
            if target.exists():
                target.rename(Path(scratch, "old"))
            new.rename(target)
    except OSError as error:
        raise SystemExit(f"'{target}' cannot be written: {error.strerror or error}.") from None
