"""Writes each mart to Parquet and CSV, and all of them to one Tableau extract."""

from outputs import open_marts, replaced_folder

# isort: split
import os
import shutil
import tempfile

import pantab
from spreadsheet import write_csv


def mart_names(connection):
    return [
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = current_database() and table_schema = 'marts' order by all"
        ).fetchall()
    ]


def export(folder, connection):
    names = mart_names(connection)
    for name in names:
        mart = connection.table(f"marts.{name}")
        mart.write_parquet(str(folder / f"{name}.parquet"))
        write_csv(connection, mart, folder / f"{name}.csv")
    # A connection can have only one open result, hence the cursors.
    marts = {name: connection.cursor().table(f"marts.{name}") for name in names}
    extract = folder / "supercharger.hyper"
    with tempfile.TemporaryDirectory() as logs:
        pantab.frames_to_hyper(marts, extract, process_params={"log_dir": logs})
    # Hyper makes its files readable for the owner only.
    shutil.copymode(folder / "build_info.parquet", extract)
    return len(names)


if __name__ == "__main__":
    target = os.environ.get("EXPORT_DIR") or "export"
    with open_marts() as connection, replaced_folder(target, connection) as folder:
        count = export(folder, connection)
    print(f"Wrote {count} marts as Parquet, CSV and one Tableau extract to '{target}'.")
