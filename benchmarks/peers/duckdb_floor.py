"""The floor: DuckDB reads the signal files once, typed, and answers no question.

python benchmarks/peers/duckdb_floor.py LANDING_DIR ANSWERS_DIR
"""

import sys
from pathlib import Path

import duckdb

COLUMNS = {
    "row_number": "bigint",
    "timestamp": "bigint",
    "SITE": "varchar",
    "ASSET": "varchar",
    "COMPONENT": "varchar",
    "signal_name": "varchar",
    "VALUE": "double",
    "event_date": "varchar",
}


def main(landing_dir, answers_dir):
    """Writes the number of readings, their sum and the last time."""
    answer = duckdb.execute(
        "select count(*), sum(VALUE), max(timestamp) from read_csv(?, header = true, columns = ?)",
        [f"{landing_dir}/*signals_data*", COLUMNS],
    ).fetchone()
    Path(answers_dir).mkdir(exist_ok=True)
    Path(answers_dir, "floor.csv").write_text(",".join(map(str, answer)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
