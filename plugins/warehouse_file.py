"""What SQL cannot do with the warehouse's files. dbt-duckdb loads this, see profiles.yml.

The build works in its own file, WAREHOUSE_PATH.work. Readers open WAREHOUSE_PATH, which a complete
new file replaces in one step. So builds and readers never wait for each other's locks.
"""

import atexit
import gc
import logging
import os
import re
import shutil
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from landing_files import PROTOCOL, is_utf8

# With more memory, even a build of a hundred million readings is not faster.
USUAL_MEMORY = "4GB"
MAGIC = b"DUCK"  # at byte 8 of every DuckDB file
ENDINGS = ["", ".wal", ".wal.checkpoint", ".wal.recovery"]  # the engine keeps these files
LONGEST_ENDING = ".work.wal.checkpoint"


class Plugin(BasePlugin):
    def initialize(self, plugin_config):
        for name in ("LANDING_DIR", "WAREHOUSE_PATH"):
            if not is_utf8(os.fsencode(os.environ.get(name, ""))):
                refuse(f"{name} is not UTF-8: use another name.")
        (attachment,) = self.creds.attach
        self.attach_sql = attachment.to_sql()
        self.work = attachment.path
        self.published = self.work.removesuffix(".work")
        self.new = f"{self.published}.new"
        self.spill = plugin_config["spill_directory"]
        self.memory_limit = plugin_config["memory_limit"]
        # A full disk is reported once, not with a traceback for each line of the log.
        logging.raiseExceptions = False
        # The parsed project stays in memory. Repeated garbage collection over it takes 8 % of a
        # whole build of the sample.
        gc.freeze()
        atexit.register(gc.unfreeze)

    def configure_connection(self, conn):
        """Opens the work file, removes leftovers of a killed build, and restricts file access."""
        self.connection = conn
        conn.execute("set global TimeZone = 'UTC'")
        try:
            conn.execute("set memory_limit = $1", [self.memory_limit or usual_memory(conn)])
        except duckdb.Error:
            refuse(f"DUCKDB_MEMORY_LIMIT is '{self.memory_limit}'; it must be a size such as 4GB.")
        self.check_paths()
        try:
            conn.execute(self.attach_sql)
        except duckdb.Error as error:
            refuse(self.why_not_attached(str(error)))
        self.check_owner(conn)
        self.remove_leftovers()
        paths = [path + ending for path in (self.work, self.new) for ending in ENDINGS]
        conn.execute("set allowed_paths = $1", [paths])
        conn.execute("set allowed_directories = $1", [[f"{PROTOCOL}://", self.spill]])
        conn.execute("set enable_external_access = false")
        conn.execute("set lock_configuration = true")

    def configure_cursor(self, cursor):
        """Sets the search path, so that dbt show can omit the database name, as a shell can."""
        cursor.execute("use warehouse")

    def store(self, target_config):
        """Writes the new file, and publishes it once it is complete and closed."""
        try:
            self.connection.execute(target_config.config["statements"])
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            self.remove_new_file()
            if "No space left" in reason:
                reason += (
                    f"; free some space, for example by removing the build's own '{self.work}' "
                    f"and '{self.work}.wal', which the next build creates again."
                )
            refuse(f"Not published, '{self.published}' is left as it was: {reason}")
        try:
            if os.path.exists(self.published):
                shutil.copymode(self.published, self.new)
            sync(self.new)
            # A log that a shell left for the old file must not be replayed into the new one.
            Path(f"{self.published}.wal").unlink(missing_ok=True)
            os.replace(self.new, self.published)
            sync(folder_of(self.published))
        except OSError as error:
            refuse(f"'{self.published}' cannot be replaced: {error.strerror}.")

    def check_paths(self):
        folder, name = folder_of(self.published), os.path.basename(self.published)
        # The engine reads text before : as a protocol, and text after ? as options.
        if re.match(r"\w*:", self.published) or re.search(r"[?\\]", self.published):
            refuse(
                f"WAREHOUSE_PATH is '{self.published}'; it must be the path of a file, "
                "without a backslash or a question mark."
            )
        if self.published.endswith((".work", ".new")):
            refuse(
                f"WAREHOUSE_PATH is '{self.published}'; names that end in .work or .new are those "
                "of a build's own files: name the file that readers open."
            )
        if not self.published.isprintable():
            refuse(
                f"WAREHOUSE_PATH is '{self.published}'; it must not hold control characters or "
                "line breaks."
            )
        if not name or os.path.isdir(self.published):
            refuse(
                f"WAREHOUSE_PATH is '{self.published}', a folder; name a file in it, such as "
                f"'{self.published.rstrip('/')}/fleet.duckdb'."
            )
        if len(os.fsencode(name + LONGEST_ENDING)) > 255:
            refuse(
                f"WAREHOUSE_PATH names a file of {len(name)} characters; with '{LONGEST_ENDING}', "
                "which a build appends, 255 bytes are the limit: use a shorter name."
            )
        if not os.path.isdir(folder):
            refuse(f"The folder '{folder}' of WAREHOUSE_PATH does not exist: create it first.")
        if os.path.islink(self.published):
            refuse(f"'{self.published}' is a link: set WAREHOUSE_PATH to the file that it names.")
        for path in (self.published, self.work, self.new):
            if os.path.exists(path) and not is_duckdb_file(path):
                refuse(
                    f"'{path}' is not a DuckDB file: move it away, or set WAREHOUSE_PATH to "
                    "another file."
                )
        if not os.access(folder, os.W_OK):
            refuse(f"The folder '{folder}' of WAREHOUSE_PATH cannot be written.")

    def why_not_attached(self, error):
        holder = re.search(r"Conflicting lock is held in (.*?) \(PID (\d+)\)", error)
        if holder:
            return (
                f"Process {holder[2]} ({holder[1]}) holds '{self.work}': it is another build, or a "
                "shell. Wait until it ends, or set WAREHOUSE_PATH to another file."
            )
        if error.startswith("Out of Memory"):
            return f"There is too little memory to open '{self.work}': raise DUCKDB_MEMORY_LIMIT."
        return (
            f"'{self.work}' cannot be opened ({error.splitlines()[0]}). If a build made it, remove "
            f"it and '{self.work}.wal': the next build makes it anew. If not, set WAREHOUSE_PATH "
            "to another file."
        )

    def check_owner(self, conn):
        """Refuses files with tables of other programs: a build marks its files with build_state."""
        if table_names(conn, "warehouse", "build_state"):
            return
        other_tables = table_names(conn, "warehouse")
        if other_tables:
            refuse(
                f"'{self.work}' was not made by a build, it holds {other_tables[0][0]}: move it "
                "away, or set WAREHOUSE_PATH to another file."
            )
        if not os.path.exists(self.published):
            return
        path = self.published.replace("'", "''")
        try:
            conn.execute(f"attach '{path}' as published (read_only)")
        except duckdb.Error as error:
            refuse(f"'{self.published}' cannot be opened: {str(error).splitlines()[0]}")
        other_tables = table_names(conn, "published")
        is_ours = table_names(conn, "published", "load_audit")
        conn.execute("detach published")
        if other_tables and not is_ours:
            refuse(
                f"'{self.published}' was not made by a build, it holds {other_tables[0][0]}: set "
                "WAREHOUSE_PATH to another file."
            )

    def remove_leftovers(self):
        """Removes leftovers: with the work file locked, no other build can need them."""
        self.remove_new_file()
        for pattern in ("duckdb_temp_*", "landing_*.csv"):
            for spilled in Path(self.spill).glob(pattern):
                spilled.unlink()

    def remove_new_file(self):
        for ending in ENDINGS:
            Path(self.new + ending).unlink(missing_ok=True)


def usual_memory(conn):
    """The usual limit, or the engine's own (80 % of the machine) if that is lower."""
    return conn.execute(
        "select arg_min(limits, parse_formatted_bytes(limits)) "
        "from unnest([current_setting('memory_limit'), $1]) as given(limits)",
        [USUAL_MEMORY],
    ).fetchone()[0]


def refuse(sentence):
    raise DbtRuntimeError(printable(sentence)) from None


def printable(text):
    """Text without control characters, which could rewrite a terminal; as shown_text in macros."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def folder_of(path):
    return os.path.dirname(path) or "."


def is_duckdb_file(path):
    """Also true for an empty file, which a build leaves if it is killed at its first write."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        start = file.read(12)
    return not start or start[8:] == MAGIC


def table_names(conn, database, table="%"):
    """Tables of an attached file, as schema.table."""
    return conn.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = $1 and table_name like $2 order by all",
        [database, table],
    ).fetchall()


def sync(path):
    """Waits until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
