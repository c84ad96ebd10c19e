"""Questions 1 and 2 in pandas, the way an analyst's notebook would answer them.

Reads all signal files, concatenates them, takes the mean temperature and the maximum power of
each component in 30 s windows, and merges the two. No row is checked. It finds tumbling windows
only: `rolling` of pandas takes the 30 s up to a reading, not the periods that start at any time.

`resample` is the usual way in a notebook: it fills each component's gaps with empty windows.
`grouper` is the way that the pandas documentation suggests.

    python benchmarks/peers/pandas_notebook.py LANDING_DIR ANSWERS_DIR resample|grouper
"""

import sys
from pathlib import Path

import pandas as pd

COMPONENT = ["SITE", "ASSET", "COMPONENT"]


def windows(readings, keys, statistic, way):
    """The statistic of each 30 s window with a reading, by keys."""
    if way == "resample":
        grouped = readings.set_index("timestamp").groupby(keys)["VALUE"].resample("30s")
    else:
        grouped = readings.groupby([*keys, pd.Grouper(key="timestamp", freq="30s")])["VALUE"]
    return grouped.agg(statistic).dropna().reset_index()


def main(landing_dir, answers_dir, way):
    """Writes the overheated windows, each with its mean temperature and maximum power."""
    files = sorted(Path(landing_dir).glob("*signals_data*"))
    readings = pd.concat([pd.read_csv(file, index_col=0) for file in files])
    readings["timestamp"] = pd.to_datetime(readings["timestamp"], unit="ms")

    temperatures = readings[readings["signal_name"].str.endswith("TempDegC")]
    power = readings[readings["signal_name"] == "LM_powerLimit"]
    mean_temperatures = windows(temperatures, [*COMPONENT, "signal_name"], "mean", way)
    # Rounded, because a sum of doubles can miss a mean of exactly the threshold.
    overheated = mean_temperatures[mean_temperatures["VALUE"].round(9) > 105]
    answers = overheated.merge(
        windows(power, COMPONENT, "max", way),
        on=[*COMPONENT, "timestamp"],
        how="left",
        suffixes=("", "_power"),
    )
    answers.columns = [
        *("site_id", "asset_id", "component_id", "signal_name"),
        *("window_start", "avg_temp_c", "max_power_kw"),
    ]
    answers.insert(4, "window_method", "tumbling")
    Path(answers_dir).mkdir(exist_ok=True)
    answers.to_csv(Path(answers_dir, "overheated_windows.csv"), index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
