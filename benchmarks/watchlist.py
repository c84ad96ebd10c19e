"""How good the watchlist is: builds fleets with known faults, and compares with the truth.

    .venv/bin/python benchmarks/watchlist.py           all fleets; writes benchmarks/results
    .venv/bin/python benchmarks/watchlist.py --quick   one small fleet of each kind, printed

Every fleet is generated (generator/), built up to marts.component_watchlist in its own
folder, compared with its truth file and removed again. Misses are printed as they occur.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import duckdb
import pandas as pd
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
IDS = ["site_id", "asset_id", "component_id"]
USED = "for an hour or more"
CAUSES = ["contact_resistance", "weak_cooling", "hot_site", "sensor_fault", "none"]

# The generator's strengths: a factor of 1.3 to 2.5, and a site 5 to 12 °C warmer, all scaled by
# fault_strength. With 1.7, the weakest are 1.51 times and 8.5 °C: only strong faults.
STRONG, MIXED, WEAK = {"fault_strength": 1.7}, {}, {"fault_strength": 0.5}
HEALTHY = {"faulty_share": 0.0}
PHYSICS = {
    "cold": {"ambient_mean_c": -5.0, "site_spread_c": 3.0},
    "hot": {"ambient_mean_c": 32.0},
    "varied climate": {"site_spread_c": 3.0},
    "little use": {"duty": 0.06},
    "heavy use": {"duty": 0.4, "days": 3},
    "short sessions": {"session_minutes": 12.0},
    "long sessions": {"session_minutes": 60.0},
    "quick to warm": {"thermal_time_constant_seconds": 120.0},
    "slow to warm": {"thermal_time_constant_seconds": 600.0},
    "very slow to warm": {"thermal_time_constant_seconds": 900.0},
    "fine sensors": {"noise_c": 0.05},
    "noisy sensors": {"noise_c": 1.0},
    "dense readings": {"temp_interval_seconds": 5.0, "power_interval_seconds": 3.0, "days": 3},
    "sparse readings": {"temp_interval_seconds": 20.0, "power_interval_seconds": 10.0},
    "low resistance": {"resistance_scale": 0.6},
    "high resistance": {"resistance_scale": 1.4},
    "equal handles": {"resistance_spread": 0.02},
    "unequal handles": {"resistance_spread": 0.12},
    "all at once": {
        **{"ambient_mean_c": 28.0, "site_spread_c": 2.5, "duty": 0.1, "session_minutes": 18.0},
        **{"thermal_time_constant_seconds": 600.0, "noise_c": 0.6, "resistance_scale": 0.8},
        **{"resistance_spread": 0.09, "temp_interval_seconds": 15.0, "power_interval_seconds": 8.0},
    },
}
FIELDS = """
    concern_rank, concern_score,
    if(confidence = 'named', likely_cause, 'none') as likely_cause, watchlist.is_conclusive,
    contact_resistance_suspicion, weak_cooling_suspicion, hot_site_suspicion,
    sensor_fault_suspicion, negative_window_count, positive_window_count,
    watchlist.negative_steady_rise_fleet_ratio as neg_steady,
    watchlist.positive_steady_rise_fleet_ratio as pos_steady,
    profile.asymmetry_robust_z, profile.negative_steady_rise_robust_z,
    profile.positive_steady_rise_robust_z,
    profile.negative_steady_rise_relative_error as relative_error,
    watchlist.site_baseline_excess_c, profile.site_baseline_robust_z,
    watchlist.implausible_reading_count, watchlist.frozen_seconds
"""


def configurations(is_quick: bool) -> Iterator[tuple[str, str, int, dict]]:
    """(group, name, number of seeds, arguments of the generator)."""
    seeds = 1 if is_quick else 3
    small = {"components": 100, "days": 3}
    usual = small if is_quick else {"components": 160, "days": 4}
    yield "strong", "strong", seeds, {**usual, **STRONG, "faulty_share": 0.06}
    yield "strong", "strong, 2 %", seeds, {**small, **STRONG, "faulty_share": 0.02}
    yield "strong", "strong, 10 %", seeds, {**small, **STRONG, "faulty_share": 0.1}
    yield "strong", "only a hot site", seeds, {**small, **STRONG, "faulty_share": 0, "hot_sites": 1}
    yield "mixed", "mixed", seeds, {**usual, **MIXED, "faulty_share": 0.06}
    yield "weak", "weak", seeds, {**usual, **WEAK, "faulty_share": 0.06}
    yield "healthy", "healthy", seeds, {**usual, **HEALTHY}
    if not is_quick:
        large = {"components": 1000, "faulty_share": 0.05}
        yield "strong", "strong, 1 000", 1, {**large, **STRONG, "days": 3}
        yield "mixed", "mixed, 1 000, 8 days", 1, {**large, **MIXED, "days": 8}
    for name, physics in PHYSICS.items():
        yield "strong", f"strong, {name}", 1, {**small, **STRONG, "faulty_share": 0.1, **physics}
        if not is_quick:
            yield "healthy", f"healthy, {name}", 1, {**small, **HEALTHY, **physics}


def dbt(manifest, folder: Path, *arguments: str):
    """Runs one dbt command in this process, with all its output in the folder."""
    environment = {
        "LANDING_DIR": str(folder / "fleet"),
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
    }
    paths = ["--project-dir", ROOT, "--profiles-dir", ROOT]
    paths += ["--target-path", folder / "target", "--log-path", folder / "logs"]
    with mock.patch.dict(os.environ, environment):
        outcome = dbtRunner(manifest).invoke([*arguments, *map(str, paths), "--quiet"])
    if arguments[0] != "parse":
        DuckDBConnectionManager.env().close()
    if not outcome.success:
        raise SystemExit(f"dbt {arguments[0]} failed: {outcome.exception or outcome.result}")
    return outcome.result


def judged_fleet(manifest, folder: Path, seed: int, options: dict) -> pd.DataFrame:
    """The truth of one generated fleet, one row per component, and the watchlist's verdict.

    Unused components are left out: without a reading, the warehouse does not contain them. All
    others must be on the watchlist, however little they were used.
    """
    options = {"sites": options["components"] // 4, **options, "seed": seed}
    options |= {"landing_dir": str(folder / "fleet"), "compression": "gzip"}
    subprocess.run([sys.executable, ROOT / "generator/generate.py", str(options)], check=True)
    selected = ("--select", "+component_watchlist", "--exclude-resource-type", "test", "unit_test")
    dbt(manifest, folder, "build", *selected)
    # A partial build publishes nothing, so this is the build's own file.
    work = folder / "warehouse.duckdb.work"
    with duckdb.connect(work, read_only=True) as connection:
        verdicts = connection.sql(
            f"select {', '.join(IDS)}, {FIELDS} from marts.component_watchlist as watchlist "
            f"inner join marts.component_thermal_profile as profile using ({', '.join(IDS)})"
        ).df()
        ids = ", ".join(IDS)
        used = connection.sql(f"select distinct {ids} from intermediate.int_readings").df()
    truth = pd.read_csv(folder / "fleet.truth.csv", dtype=dict.fromkeys(IDS, str))
    shutil.rmtree(folder / "fleet")
    work.unlink()
    fleet = truth.merge(used, on=IDS).merge(verdicts, on=IDS, how="left", validate="one_to_one")
    if fleet["concern_rank"].isna().any():
        raise SystemExit("The watchlist lacks components that have readings.")
    windows = fleet[["negative_window_count", "positive_window_count"]].max(axis="columns")
    fleet["is_well_used"] = windows * 30 >= 3600
    fleet["is_faulty"] = fleet["fault_cause"] != "none"
    fleet["strength"] = fleet.apply(strength, axis="columns")
    fleet["is_in_top_k"] = fleet["concern_rank"] <= fleet["is_faulty"].sum()
    return fleet


def strength(component: pd.Series) -> str:
    """Targets are set for strong faults only; the ratios are of the resistances as drawn."""
    ratios = {"neg": component["neg_resistance_ratio"], "pos": component["pos_resistance_ratio"]}
    is_strong = {
        "none": False,
        "sensor_fault": True,
        "hot_site": component["site_excess_c"] >= 8,
        "contact_resistance": ratios.get(component["fault_pole"], 0) >= 1.5,
        "weak_cooling": min(ratios.values()) >= 1.5,
    }[component["fault_cause"]]
    return "none" if not component["is_faulty"] else "strong" if is_strong else "weak"


def auc(fleet: pd.DataFrame) -> float:
    """The chance that a faulty component scores above a healthy one; ties count half.

    The Mann-Whitney U over the number of pairs: Hanley and McNeil, Radiology 143 (1982).
    """
    faulty = fleet["is_faulty"].sum()
    healthy = len(fleet) - faulty
    ranks = fleet["concern_score"].rank()[fleet["is_faulty"]].sum()
    return (ranks - faulty * (faulty + 1) / 2) / (faulty * healthy) if faulty else float("nan")


def measures(fleet: pd.DataFrame) -> dict:
    """The counts of one fleet, from which all figures are computed.

    `used_` counts only components with an hour of temperatures, ranked among themselves.
    """
    used = fleet[fleet["is_well_used"]]
    used_faulty = used["is_faulty"].sum()
    faulty, healthy = fleet[fleet["is_faulty"]], fleet[~fleet["is_faulty"]]
    strong = faulty[faulty["strength"] == "strong"]
    return {
        "faulty": len(faulty),
        "strong": len(strong),
        "hits_at_k": int(faulty["is_in_top_k"].sum()),
        "auc": round(float(auc(fleet)), 4),
        "used_faulty": int(used_faulty),
        "used_hits_at_k": int(used.nsmallest(used_faulty, "concern_rank")["is_faulty"].sum()),
        "used_auc": round(float(auc(used)), 4),
        "right_causes": int((faulty["fault_cause"] == faulty["likely_cause"]).sum()),
        "right_strong_causes": int((strong["fault_cause"] == strong["likely_cause"]).sum()),
        "healthy": len(healthy),
        "false_alarms": int((healthy["likely_cause"] != "none").sum()),
    }


def print_misses(fleet: pd.DataFrame) -> None:
    """Faulty components below k or with another cause, false alarms, and why."""
    is_miss = (fleet["fault_cause"] != fleet["likely_cause"]) | (
        fleet["is_faulty"] & ~fleet["is_in_top_k"]
    )
    for miss in fleet[is_miss].itertuples():
        print(
            f"    {miss.fault_cause} ({miss.strength} {miss.fault_strength:.2f}, neg x "
            f"{miss.neg_resistance_ratio:.2f}, pos x {miss.pos_resistance_ratio:.2f}, "
            f"{miss.site_excess_c:+.1f} °C) taken for {miss.likely_cause}; component "
            f"{miss.component_id}, rank {miss.concern_rank:.0f}, score {miss.concern_score}, "
            f"windows {miss.negative_window_count:.0f} / {miss.positive_window_count:.0f}\n"
            f"      steady x "
            f"{miss.neg_steady:.2f} / {miss.pos_steady:.2f}, error {miss.relative_error:.2f}, z "
            f"asymmetry {miss.asymmetry_robust_z:.1f}, steady "
            f"{miss.negative_steady_rise_robust_z:.1f} / {miss.positive_steady_rise_robust_z:.1f}, "
            f"site {miss.site_baseline_excess_c:+.1f} °C z {miss.site_baseline_robust_z:.1f}; "
            f"suspicion contact {miss.contact_resistance_suspicion:.2f}, cooling "
            f"{miss.weak_cooling_suspicion:.2f}, site {miss.hot_site_suspicion:.2f}, sensor "
            f"{miss.sensor_fault_suspicion:.2f}"
        )


def share(part: float, whole: float) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def percent(part: float, whole: float) -> str:
    return f"{part / whole:.2%}" if whole else "-"


def table(header: list[str], rows: list[list]) -> str:
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def summary(fleets: pd.DataFrame) -> str:
    """Each target, over all fleets it is set for; the AUC is the fleets' mean."""
    totals = fleets.groupby("group").sum(numeric_only=True)
    totals = totals.reindex(["strong", "mixed", "weak", "healthy"], fill_value=0)
    strong, healthy, every = totals.loc["strong"], totals.loc["healthy"], totals.sum()
    rows = [
        [
            "precision at k, fleets with strong faults only",
            *("at least 0.95", share(strong["hits_at_k"], strong["faulty"])),
        ],
        [
            f"the same, of components used {USED}",
            *("", share(strong["used_hits_at_k"], strong["used_faulty"])),
        ],
        [
            "cause accuracy, strong faults of all fleets",
            *("at least 0.9", share(every["right_strong_causes"], every["strong"])),
        ],
    ]
    for group, runs in fleets[fleets["faulty"] > 0].groupby("group", sort=False):
        label = f"AUC of the score, fleets with {group} faults"
        rows.append([label, "at least 0.97", f"{runs['auc'].mean():.3f}"])
        label = f"the same, of components used {USED}"
        rows.append([label, "", f"{runs['used_auc'].mean():.3f}"])
    rows += [
        [label, "below 1 %", percent(group["false_alarms"], group["healthy"])]
        for label, group in [
            ("false alarms, all-healthy fleets", healthy),
            ("false alarms, healthy components of the other fleets", every - healthy),
        ]
    ]
    return table(["measure", "target", "measured"], rows)


def per_configuration(fleets: pd.DataFrame) -> str:
    rows = []
    for name, runs in fleets.groupby("configuration", sort=False):
        total, first = runs.sum(numeric_only=True), runs.iloc[0]
        auc_text = f"{runs['auc'].mean():.3f}" if total["faulty"] else "-"
        figures = [
            share(total["hits_at_k"], total["faulty"]),
            auc_text,
            share(total["right_causes"], total["faulty"]),
            share(total["right_strong_causes"], total["strong"]),
            percent(total["false_alarms"], total["healthy"]),
        ]
        seeds = ", ".join(map(str, runs["seed"]))
        sizes = [first["components"], first["days"], seeds, f"{total['faulty']:.0f}"]
        rows.append([name, *sizes, *figures])
    header = ["fleets", "components", "days", "seeds", "faulty", "P@k", "AUC", "cause"]
    return table([*header, "cause, strong", "false alarms"], rows)


def confusion(components: pd.DataFrame) -> str:
    counts = components.groupby(["fault_cause", "strength", "likely_cause"]).size()
    rows = []
    for cause in CAUSES:
        for bin_name in ["strong", "weak"] if cause != "none" else ["none"]:
            line = [counts.get((cause, bin_name, likely), 0) for likely in CAUSES]
            right = share(line[CAUSES.index(cause)], sum(line))
            label = cause if bin_name == "none" else f"{cause}, {bin_name}"
            rows.append([label, *line, right])
    return table(["true cause \\ likely cause", *CAUSES, "right"], rows)


def report(fleets: pd.DataFrame, components: pd.DataFrame) -> str:
    """The results as Markdown."""
    parts = [
        "# How good the watchlist is\n\nMade by `benchmarks/watchlist.py` on "
        f"{len(fleets)} generated fleets, {len(components)} components in all. *k* is the number "
        "of truly faulty components, those of a hot site among them; a component without a single "
        "reading does not count. A fault is strong from "
        "1.5 x the resistance or loss of cooling, from 8 °C at a hot site, and with any sensor "
        "fault. The fleets differ in physics too; none of it is known to a model.",
        "## Against the targets\n\n" + summary(fleets),
        "## Causes\n\n" + confusion(components),
        "## Each kind of fleet\n\nSeveral seeds are counted together, the AUC is their mean. What "
        "each kind varies stands in the script; false alarms are of the healthy components.\n\n"
        + per_configuration(fleets),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small fleets; writes no results")
    parser.add_argument("--only", default="", help="kinds whose name holds this; writes none")
    arguments = parser.parse_args()
    # Models are improved with the misses of the quick run, so the results use other seeds.
    first_seed = 101 if arguments.quick else 1001
    chosen = [
        (first_seed + 10 * number, *kind)
        for number, kind in enumerate(configurations(arguments.quick))
        if arguments.only in ", ".join(kind[:2])
    ]
    if not chosen:
        parser.error(f"no kind of fleet is called '{arguments.only}'")

    fleets, components = [], []
    with tempfile.TemporaryDirectory(prefix="watchlist-") as name:
        folder = Path(name)
        manifest = dbt(None, folder, "parse")
        for first_seed, group, configuration, seed_count, options in chosen:
            for seed in range(first_seed, first_seed + seed_count):
                started = time.monotonic()
                fleet = judged_fleet(manifest, folder, seed, options)
                counts = measures(fleet)
                seconds = time.monotonic() - started
                print(f"{configuration}, seed {seed} ({seconds:.0f} s): {counts}")
                print_misses(fleet)
                sizes = {key: options[key] for key in ["components", "days"]}
                names = {"group": group, "configuration": configuration, "seed": seed}
                fleets.append({**names, **sizes, **counts})
                components.append(fleet)
    text = report(pd.DataFrame(fleets), pd.concat(components))
    if arguments.quick or arguments.only:
        print(text)
    else:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "watchlist.md").write_text(text, encoding="utf-8")
        pd.DataFrame(fleets).to_csv(RESULTS / "watchlist.csv", index=False, float_format="%.4f")
        print(f"Wrote {(RESULTS / 'watchlist.md').relative_to(ROOT)} and watchlist.csv")


if __name__ == "__main__":
    main()
