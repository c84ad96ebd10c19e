"""Writes each mart to Parquet and CSV, and all of them to one Tableau extract."""

from outputs import open_marts, replaced_folder

# isort: split
import codecs
import os
import shutil
import tempfile

import pantab

# A spreadsheet runs a cell that begins with one of these, after white space or
# invisible characters too; the full-width ones where it is set to Japanese. A
# plain number, as an id is, it only reads. What begins with an apostrophe gets
# another one, so that taking the first one off gives back every value.
SPREADSHEET_SAFE = r"""
create temp macro spreadsheet_safe(cell) as if(
    regexp_matches(cell, '^[\s\p{Z}\p{C}]*[''=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|^[\t\r\n]')
    and not regexp_full_match(cell, '[+-]?[0-9]+([.][0-9]+)?'),
    '''' || cell,
    cell
)
"""


def mart_names(connection):
    return [
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = current_database() and table_schema = 'marts' order by all"
        ).fetchall()
    ]


def spreadsheet_column(name, data_type):
    """The column as it may stand in a spreadsheet."""
    return f'spreadsheet_safe("{name}") as "{name}"' if data_type == "VARCHAR" else f'"{name}"'


def write_csv(mart, path):
    """With a byte order mark, by which Excel knows UTF-8."""
    columns = zip(mart.columns, mart.dtypes, strict=True)
    mart.project(", ".join(spreadsheet_column(*column) for column in columns)).write_csv(str(path))
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())


def export(folder, connection):
    connection.execute(SPREADSHEET_SAFE)
    names = mart_names(connection)
    for name in names:
        mart = connection.table(f"marts.{name}")
        mart.write_parquet(str(folder / f"{name}.parquet"))
        write_csv(mart, folder / f"{name}.csv")
    # One result at a time can be open on a connection, hence the cursors.
    marts = {name: connection.cursor().table(f"marts.{name}") for name in names}
    extract = folder / "supercharger.hyper"
    with tempfile.TemporaryDirectory() as logs:
        pantab.frames_to_hyper(marts, extract, process_params={"log_dir": logs})
    # Hyper lets only its owner read what it writes.
    shutil.copymode(folder / "build_info.parquet", extract)
    return len(names)


if __name__ == "__main__":
    target = os.environ.get("EXPORT_DIR") or "export"
    with open_marts() as connection, replaced_folder(target, connection) as folder:
        count = export(folder, connection)
    print(f"Wrote {count} marts as Parquet, CSV and one Tableau extract to '{target}'.")
