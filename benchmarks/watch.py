"""How the watchlist follows a fleet over weeks: generated fleets with onsets and repairs.

    .venv/bin/python benchmarks/watch.py           all fleets; writes benchmarks/results/watch.md
    .venv/bin/python benchmarks/watch.py --quick   one fleet of each kind, printed

Every fleet is generated (generator/), built in its own folder, compared with its truth file and
removed again. Times are in days of the data.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
from watchlist import IDS, RESULTS, ROOT, dbt, percent, share, table

GROWTH_DAYS = 10
KEYS = ", ".join(IDS)
# A fault grows to twice the resistance, or to half the cooling, within ten days.
DOUBLING = {
    **{"components": 60, "sites": 15, "days": 45, "faulty_share": 0.2, "hot_sites": 0},
    **{"onset_share": 1, "growth_days": GROWTH_DAYS, "repair_share": 0.8, "fault_factor": 2},
}
QUARTER = {
    **{"components": 60, "sites": 15, "days": 90, "faulty_share": 0.1, "season_swing_c": 12},
    **{"onset_share": 1, "growth_days": GROWTH_DAYS, "repair_share": 0.5},
}
# A fault that grows by a quarter in two weeks, and then stays as it is.
SLOW_DAYS = 14
SLOW = {**DOUBLING, "growth_days": SLOW_DAYS, "repair_share": 0, "fault_factor": 1.25}
HOT_SITES = {
    **{"components": 90, "sites": 30, "days": 8, "faulty_share": 0, "site_spread_c": 4},
    **{"hot_sites": 2, "hot_site_excess_c": 14},
}
FLEETS = [
    *[("hot sites", HOT_SITES, 20), ("doubling", DOUBLING, 6), ("quarter", QUARTER, 1)],
    ("slow", SLOW, 2),
]

HISTORY = f"""
    select {KEYS}, judged_on as day, confidence = 'named' as is_listed, likely_cause, suspicion
    from intermediate.int_component_verdicts
"""


def history(folder: Path) -> pd.DataFrame:
    """One row per component and day: whether it was listed."""
    with duckdb.connect(folder / "warehouse.duckdb.work", read_only=True) as connection:
        return connection.sql(HISTORY).df()


def built_history(manifest, folder: Path) -> pd.DataFrame:
    selected = ("--select", "+watchlist_history", "--exclude-resource-type", "test", "unit_test")
    dbt(manifest, folder, "build", *selected)
    return history(folder)


def write_inspections(folder: Path, truth: pd.DataFrame) -> None:
    """The truth's repairs, as a workshop would report them: on the last faulty day."""
    repaired = truth.dropna(subset=["repaired_on"])
    inspections = repaired[IDS].set_axis(["SITE", "ASSET", "COMPONENT"], axis="columns")
    inspections["date"] = (repaired["repaired_on"] - pd.Timedelta(days=1)).dt.date
    inspections["result"] = "repaired"
    inspections.to_csv(folder / "fleet" / "inspections.csv", index=False)


def followed_fleet(manifest, folder: Path, seed: int, options: dict):
    """One generated fleet: its truth, its history, and the history with reported repairs."""
    arguments = {**options, "seed": seed, "landing_dir": str(folder / "fleet")}
    arguments["compression"] = "gzip"
    subprocess.run([sys.executable, ROOT / "generator/generate.py", str(arguments)], check=True)
    truth = pd.read_csv(
        folder / "fleet.truth.csv",
        dtype=dict.fromkeys(IDS, str),
        parse_dates=["onset_on", "repaired_on"],
    )
    listed = built_history(manifest, folder)
    inspected = None
    if truth["repaired_on"].notna().any():
        write_inspections(folder, truth)
        inspected = built_history(manifest, folder)
    return truth, listed, inspected


def faults(truth: pd.DataFrame, listed: pd.DataFrame, inspected: pd.DataFrame | None):
    """One row per fault with an onset: when it was listed, and how long after its repair."""
    rows = []
    for fault in truth.dropna(subset=["onset_on"]).to_dict("records"):
        of_component = listed[(listed[IDS] == pd.Series(fault)[IDS]).all(axis="columns")]
        # Every handle of a hot site is listed for its site, also a repaired one.
        is_for_site = (fault["site_excess_c"] > 0) & (of_component["likely_cause"] == "hot_site")
        days = of_component[of_component["is_listed"] & ~is_for_site]
        end = fault["repaired_on"]
        seen = days[(days["day"] >= fault["onset_on"]) & ~(days["day"] >= end)]
        first = seen["day"].min()
        after = days.loc[days["day"] >= end, "day"].max()
        row = {
            **fault,
            "delay": (first - fault["onset_on"]).days if len(seen) else None,
            **slow_course(fault, of_component),
            "first_cause": seen.sort_values("day")["likely_cause"].iloc[0] if len(seen) else None,
            "days_listed_after_repair": 0 if pd.isna(after) else (after - end).days + 1,
            "days_listed_after_report": None,
            "is_recovery_known": not pd.isna(end)
            and (listed["day"].max() - end).days >= 7
            and len(seen) > 0,
        }
        if inspected is not None and not pd.isna(end):
            told = inspected[(inspected[IDS] == pd.Series(fault)[IDS]).all(axis="columns")]
            is_for_site = (fault["site_excess_c"] > 0) & (told["likely_cause"] == "hot_site")
            told = told[told["is_listed"] & ~is_for_site & (told["day"] >= end)]["day"].max()
            row["days_listed_after_report"] = 0 if pd.isna(told) else (told - end).days + 1
        rows.append(row)
    return pd.DataFrame(rows)


def slow_course(fault: dict, days: pd.DataFrame) -> dict:
    """Whether the cause was possible or named in the 14 days before the onset, and of growth."""
    age = (days["day"] - fault["onset_on"]).dt.days
    is_cause = days["likely_cause"] == fault["fault_cause"]
    before, during = age.between(-SLOW_DAYS, -1), age.between(0, SLOW_DAYS - 1)
    return {
        "possible before": (is_cause & before).any(),
        "named before": (is_cause & days["is_listed"] & before).any(),
        "possible": (is_cause & during).any(),
        "named": (is_cause & days["is_listed"] & during).any(),
    }


def healthy_months(truth: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """One row per healthy component and 30 full days: whether it was ever listed in them."""
    healthy = truth[truth["fault_cause"] == "none"][IDS]
    days = listed.merge(healthy, on=IDS)
    alarms = days[days["is_listed"]].groupby([*IDS, "likely_cause"])
    print(alarms.agg({"day": ["min", "count"], "suspicion": "max"}).to_string(header=False))
    month = (days["day"] - listed["day"].min()).dt.days // 30
    full_months = ((listed["day"].max() - listed["day"].min()).days + 1) // 30
    in_full = month < full_months
    return days[in_full].groupby([*IDS, month[in_full]])["is_listed"].any().reset_index()


def weekly_moves(truth: pd.DataFrame, listed: pd.DataFrame) -> pd.Series:
    """The ratio of a fully grown fault's suspicion to that of a week before, both above 1."""
    of_faults = listed.merge(truth.dropna(subset=["onset_on"]), on=IDS)
    of_faults = of_faults[of_faults["fault_cause"] != "sensor_fault"]
    is_grown = of_faults["day"] >= of_faults["onset_on"] + pd.Timedelta(days=GROWTH_DAYS + 7)
    grown = of_faults[is_grown & ~(of_faults["day"] >= of_faults["repaired_on"])]
    grown = grown[grown["suspicion"] >= 1]
    before = grown[[*IDS, "day", "suspicion"]].copy()
    before["day"] += pd.Timedelta(days=7)
    pairs = grown.merge(before, on=[*IDS, "day"], suffixes=("", "_before"))
    return pairs["suspicion"] / pairs["suspicion_before"]


def sites(truth: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """One row per site: how much warmer it is than the median site, and whether it was named."""
    last = listed[listed["day"] == listed["day"].max()]
    named = last[last["is_listed"] & (last["likely_cause"] == "hot_site")]["site_id"].unique()
    by_site = truth.groupby("site_id")[["site_mean_c", "site_excess_c"]].first().reset_index()
    by_site["above_median_c"] = by_site["site_mean_c"] - by_site["site_mean_c"].median()
    by_site["is_named"] = by_site["site_id"].isin(named)
    return by_site


def detection(found: pd.DataFrame, cause: str) -> list:
    """A row of the report: how fast faults of a cause were listed."""
    some = found[found["fault_cause"] == cause]
    delays = some["delay"].fillna(float("inf"))
    half = (delays + 1 <= GROWTH_DAYS / 2).sum()
    return [
        *(cause, len(some), f"{delays.median():.0f}", f"{delays.quantile(0.9):.0f}"),
        *(share(half, len(some)), share(some["delay"].notna().sum(), len(some))),
        share((some["first_cause"] == cause).sum(), some["delay"].notna().sum()),
    ]


def targets_of_faults(found: pd.DataFrame, months: pd.DataFrame) -> list:
    """Rows of the table of targets, from the fleets whose handles have faults."""
    is_contact = found["fault_cause"] == "contact_resistance"
    contacts = found[(found["kind"] == "doubling") & is_contact]
    early = (contacts["delay"] + 1 <= GROWTH_DAYS / 2).sum()
    known = found[found["is_recovery_known"]]
    recovered = (known["days_listed_after_repair"] <= 7).sum()
    reported = (known["days_listed_after_report"] <= 7).sum()
    return [
        [
            "a contact that doubles over 10 days is listed by the day it has grown by half",
            *("at least 90 %", percent(early, len(contacts))),
        ],
        [
            "healthy handles listed in 30 days",
            *("below 1 %", percent(months["is_listed"].sum(), len(months))),
        ],
        ["off the list within 7 days of a repair", "all", percent(recovered, len(known))],
        ["the same, if the repair was reported", "", percent(reported, len(known))],
    ]


def targets_of_sites(by_site: pd.DataFrame) -> list:
    """Rows of the table of targets, from the fleets with hot sites."""
    far = by_site[by_site["above_median_c"] >= 12]
    healthy = by_site[by_site["site_excess_c"] == 0]
    return [
        [
            "sites that are 12 °C or more above the median site, named",
            *("95 %", percent(far["is_named"].sum(), len(far))),
        ],
        [
            "healthy sites, named",
            *("below 1 %", percent(healthy["is_named"].sum(), len(healthy))),
        ],
    ]


def parts_of_faults(found: pd.DataFrame, moves: pd.Series) -> list[str]:
    header = ["cause", "faults", "median delay", "p90", "within 5 days", "ever", "right cause"]
    parts = []
    for kind, of_kind in found.groupby("kind", sort=False):
        rows = [detection(of_kind, cause) for cause in sorted(of_kind["fault_cause"].unique())]
        parts.append(f"## Faults of the fleets “{kind}”\n\n" + table(header, rows))
    parts.append(
        "## How much the suspicion of an unchanged fault moves in a week\n\n"
        f"Suspicion over that of a week before, {len(moves)} pairs: median "
        f"{moves.median():.2f}, p90 {moves.quantile(0.9):.2f}, p95 {moves.quantile(0.95):.2f}."
    )
    return parts


def part_of_slow_faults(slow: pd.DataFrame) -> str:
    columns = ["possible before", "named before", "possible", "named"]
    rows = [
        [cause, len(some), *(share(some[column].sum(), len(some)) for column in columns)]
        for cause, some in slow[slow["fault_cause"] != "sensor_fault"].groupby("fault_cause")
    ]
    return (
        "## Faults that grow by 25 % in 14 days\n\nPossible or named in the 14 days before the "
        "onset, and in the 14 days of growth:\n\n" + table(["cause", "faults", *columns], rows)
    )


def parts_of_sites(by_site: pd.DataFrame) -> list[str]:
    steps = [-99, 0, 4, 8, 10, 12, 99]
    groups = by_site.groupby(pd.cut(by_site["above_median_c"], steps), observed=True)
    rows = [
        [f"{bin_.left:.0f} to {bin_.right:.0f}", len(of), of["is_named"].sum()]
        for bin_, of in groups
    ]
    return ["## Sites by their true excess, °C\n\n" + table(["excess", "sites", "named"], rows)]


def report(found: list, months: list, moves: list, slow: list, by_site: list) -> str:
    """The report in Markdown, without kinds of fleets that were not built."""
    targets, parts = [], []
    if found:
        targets += targets_of_faults(pd.concat(found), pd.concat(months))
        parts += parts_of_faults(pd.concat(found), pd.concat(moves))
    if slow:
        parts.append(part_of_slow_faults(pd.concat(slow)))
    if by_site:
        sites_of_all = pd.concat(by_site)
        targets += targets_of_sites(sites_of_all)
        parts += parts_of_sites(sites_of_all)
    first = [
        "# How the watchlist follows a fleet",
        "Made by `benchmarks/watch.py` on fleets of 60 handles over 45 or 90 days, in which each "
        "fault grows over 10 days, and on fleets of 30 sites whose climates differ by 4 °C "
        "(standard deviation), two of them 14 °C warmer than their climate. A handle that nobody "
        "uses cannot be judged: the delay counts such days, too. Delays are days from the onset "
        "to the first day on the list; 0 is the day of the onset. A fault has grown by half at the "
        "end of day 4. Days after the last 30 full days are not counted for healthy handles.",
        "## Against the targets\n\n" + table(["measure", "target", "measured"], targets),
    ]
    return "\n\n".join([*first, *parts]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one fleet of each kind; printed")
    parser.add_argument("--only", default="", help="kinds whose name holds this; printed")
    arguments = parser.parse_args()
    # Limits were chosen on the fleets of the quick run, and on seeds from 3001 to 8020.
    first_seed = 501 if arguments.quick else 9001
    found, months, moves, slow, by_site = [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix="watch-") as name:
        folder = Path(name)
        manifest = dbt(None, folder, "parse")
        for kind, options, seed_count in FLEETS:
            if arguments.only not in kind:
                continue
            for seed in range(first_seed, first_seed + (1 if arguments.quick else seed_count)):
                started = time.monotonic()
                truth, listed, inspected = followed_fleet(manifest, folder, seed, options)
                if kind == "hot sites":
                    by_site.append(sites(truth, listed))
                elif kind == "slow":
                    slow.append(faults(truth, listed, inspected))
                else:
                    found.append(faults(truth, listed, inspected).assign(kind=kind))
                    months.append(healthy_months(truth, listed).assign(kind=kind))
                    moves.append(weekly_moves(truth, listed))
                print(f"{kind}, seed {seed}: {time.monotonic() - started:.0f} s", flush=True)
                subprocess.run(["rm", "-rf", folder / "fleet"], check=True)
                (folder / "warehouse.duckdb.work").unlink()
    text = report(found, months, moves, slow, by_site)
    if arguments.quick or arguments.only:
        print(text)
    else:
        (RESULTS / "watch.md").write_text(text, encoding="utf-8")
        print("Wrote benchmarks/results/watch.md")


if __name__ == "__main__":
    main()
