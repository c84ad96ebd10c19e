"""Reads the published file: runs the queries of queries/ with the filters as parameters."""

import threading
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

QUERIES = Path(__file__).with_name("queries")


@cache
def sql(name: str) -> str:
    """The text of queries/<name>.sql."""
    return (QUERIES / f"{name}.sql").read_text()


@cache
def filters_of(name: str) -> frozenset[str]:
    """The filters that a query applies: the names of its parameters."""
    (statement,) = duckdb.extract_statements(sql(name))
    return frozenset(statement.named_parameters)


def as_keys(value: object) -> list[str]:
    """A filter's value as a list of texts. An address may contain any value; none must fail."""
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values if item not in (None, "")]


class Warehouse:
    """A published DuckDB file, opened read-only, and reopened when a new file replaces it."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._version = None
        self._connection = None

    def open(self) -> None:
        """Opens the file. Running queries finish on the old file, which their last cursor closes.

        Raises:
        duckdb.Error: the file is not a warehouse of this version.
        OSError: there is no file.
        """
        version = self._version_of_file()
        connection = duckdb.connect(":memory:")
        path = str(self.path).replace("'", "''")
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        connection.execute("set enable_external_access = false")
        # Cursors share the in-memory database: the macros, and a view of each mart.
        connection.execute("create schema marts")
        for (view,) in connection.execute(sql("views")).fetchall():
            connection.execute(view)
        connection.execute(sql("macros"))
        connection.execute("set lock_configuration = true")
        with self._lock:
            self._connection, self._version = connection, version

    def reopen_if_replaced(self) -> bool:
        """Opens a newly published file. Returns whether there was one, and it could be read."""
        try:
            if self._version_of_file() == self._version:
                return False
            self.open()
        except (OSError, duckdb.Error):
            return False
        return True

    def _version_of_file(self) -> tuple[int, int, int]:
        state = self.path.stat()
        return state.st_ino, state.st_mtime_ns, state.st_size

    @staticmethod
    def queries() -> list[Path]:
        """The files of all queries."""
        return sorted(QUERIES.glob("*.sql"))

    def query(self, name: str, **filters: object) -> pd.DataFrame:
        """Runs queries/<name>.sql. A filter that is not given does not filter."""
        keys = {name_: as_keys(filters.get(name_)) for name_ in filters_of(name)}
        parameters = {
            name_: duckdb.Value(value, duckdb.list_type("VARCHAR")) for name_, value in keys.items()
        }
        with self._lock:
            cursor = self._connection.cursor()
        with cursor:
            return cursor.execute(sql(name), parameters).df()
