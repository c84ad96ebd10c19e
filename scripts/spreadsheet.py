"""CSV that a spreadsheet opens without running a cell as a formula."""

import codecs
from pathlib import Path

import duckdb

# A spreadsheet runs a cell as a formula if it begins with one of these, also after white space or
# invisible characters; the full-width ones if the spreadsheet is set to Japanese. A plain number,
# such as an id, is safe. A value that begins with an apostrophe gets another one, so that removing
# the first apostrophe restores every value.
SPREADSHEET_SAFE = r"""
create or replace temp macro spreadsheet_safe(cell) as if(
    regexp_matches(cell, '^[\s\p{Z}\p{C}]*[''=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|^[\t\r\n]')
    and not regexp_full_match(cell, '[+-]?[0-9]+([.][0-9]+)?'),
    '''' || cell,
    cell
)
"""


def spreadsheet_column(name: str, data_type: str) -> str:
    """The column in a form that is safe in a spreadsheet, as SQL."""
    quoted = '"' + name.replace('"', '""') + '"'
    return f"spreadsheet_safe({quoted}) as {quoted}" if data_type == "VARCHAR" else quoted


def write_csv(
    connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, path: Path
) -> None:
    """Writes the rows of the connection, with a byte order mark, so that Excel detects UTF-8."""
    connection.execute(SPREADSHEET_SAFE)
    columns = zip(rows.columns, rows.dtypes, strict=True)
    rows.project(", ".join(spreadsheet_column(*column) for column in columns)).write_csv(str(path))
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
