"""Findings on generated fleets with known faults, and on made-up alerts."""

import csv
import shutil
from collections import defaultdict
from datetime import timedelta

import duckdb
import pytest
from landing import ALERT_FILE, generate_fleet, sql_text

FLEET = {"sites": 10, "components": 60, "days": 5, "compression": "gzip"}
HEALTHY = {"faulty_share": 0, "hot_sites": 0, "stale_alerts_per_component_day": 0}
COMPONENT = "site_id, asset_id, component_id"


def generate(folder, **arguments):
    run = generate_fleet({"landing_dir": str(folder), **FLEET, **arguments})
    assert run.returncode == 0, run.stderr
    return folder


def truth_of(folder):
    with open(f"{folder}.truth.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def findings_of(compiled_warehouse, folder):
    compiled_warehouse.load(folder, "fleet_findings", "charging_sessions", "component_windows")
    rows = compiled_warehouse.rows("from marts.fleet_findings")
    return {row["finding_name"]: row for row in rows}


@pytest.fixture(scope="module")
def healthy_folder(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("healthy") / "fleet", seed=3, **HEALTHY)


def test_each_injected_fault_is_found(compiled_warehouse, tmp_path):
    """A fault has no finding, a healthy handle has one, or derated time is not as defined."""
    folder = generate(tmp_path / "fleet", seed=4, faulty_share=0.15)
    findings = findings_of(compiled_warehouse, folder)
    truth = truth_of(folder)
    for finding, cause in {
        "contact_resistance": "contact_resistance",
        "weak_cooling": "weak_cooling",
        "broken_sensors": "sensor_fault",
    }.items():
        faulty = {row["component_id"] for row in truth if row["fault_cause"] == cause}
        assert set(findings[finding]["items"].split(", ")) == faulty, finding
    hot_sites = {row["site_id"] for row in truth if float(row["site_excess_c"]) > 0}
    assert set(findings["hot_sites"]["items"].split(", ")) == hot_sites
    noisy = {row["component_id"] for row in truth if row["fault_cause"] != "none"}
    assert set(findings["noisy_handles"]["items"].split(", ")) <= noisy
    assert_derating_is_as_defined(compiled_warehouse, truth)


def assert_derating_is_as_defined(compiled_warehouse, truth):
    """Computes derated time again from the published windows of handles with working sensors."""
    sound = {row["component_id"] for row in truth if row["fault_cause"] != "sensor_fault"}
    windows = defaultdict(list)
    for row in compiled_warehouse.rows("from marts.component_windows order by window_start"):
        windows[row["component_id"]].append(row)
    expected = defaultdict(lambda: [0.0, 0.0, 0])
    for session in compiled_warehouse.rows("from marts.charging_sessions"):
        component = session["component_id"]
        in_session = [
            (row["window_start"], max(poles), row["avg_power_kw"])
            for row in windows[component]
            if session["started_at"] < row["window_end"]
            and row["window_start"] <= session["ended_at"]
            and (
                poles := [
                    t for t in (row["negative_pole_temp_c"], row["positive_pole_temp_c"]) if t
                ]
            )
            and row["avg_power_kw"]
        ]
        if first_hot := next((at for at, temp_c, _ in in_session if temp_c >= 100), None):
            expected[component, first_hot.date()][2] += derated(in_session) is None
        for at, expected_kw, power_kw in derated(in_session) or []:
            total = expected[component, at.date()]
            total[0] += 30
            total[1] += (expected_kw - power_kw) * 30 / 3600
    found = {
        (row["component_id"], row["day"]): [
            *(row["derated_seconds"], row["lost_energy_kwh"], row["unjudged_hot_session_count"])
        ]
        for row in compiled_warehouse.rows("from marts.component_daily")
    }
    assert sum(seconds for seconds, *_ in found.values()) > 600
    assert sum(count for *_, count in found.values()) > 0
    for component, day in found.keys() | expected.keys():
        if component in sound:
            assert found[component, day] == pytest.approx(expected[component, day]), component


def derated(session):
    """(time, expected power, power) of the windows of a session that are derated.

    None if the session is hot, but cannot be judged.
    """
    hot = [at for at, temp_c, _ in session if temp_c >= 100]
    if not hot:
        return []
    charging = [(at, (at - hot[0]).total_seconds(), kw) for at, _, kw in session if kw > 25]
    earlier = [kw for _, seconds, kw in charging if -120 <= seconds < -60]
    later = [kw for _, seconds, kw in charging if -60 <= seconds < 0]
    if not earlier or not later:
        return None
    earlier_kw, later_kw = sum(earlier) / len(earlier), sum(later) / len(later)
    if later_kw > 1.02 * earlier_kw:
        return None
    expected_powers = [
        (at, later_kw * min(later_kw / earlier_kw, 1) ** ((seconds + 30) / 60), kw)
        for at, seconds, kw in charging
        if seconds >= 0 and at <= hot[-1] + timedelta(minutes=10)
    ]
    return [(at, expected, kw) for at, expected, kw in expected_powers if kw <= 0.75 * expected]


def test_power_that_is_never_folded_back_is_not_derated(compiled_warehouse, tmp_path):
    """A car that takes less and less power counts as foldback."""
    folder = generate(tmp_path / "fleet", seed=4, faulty_share=0.15, fold_back_c=1000)
    assert "derated_handles" not in findings_of(compiled_warehouse, folder)
    (hot,) = compiled_warehouse.rows("""
        select count(*) as session_count
        from marts.charging_sessions
        where greatest(peak_negative_pole_temp_c, peak_positive_pole_temp_c) >= 100
    """)
    assert hot["session_count"] >= 5


def test_a_healthy_fleet_has_no_finding(compiled_warehouse, healthy_folder):
    """Chance is reported as a finding."""
    findings = findings_of(compiled_warehouse, healthy_folder)
    assert [row["sentence"] for row in findings.values()] == []


def test_made_up_alerts_and_a_growing_contact_are_found(
    compiled_warehouse, healthy_folder, tmp_path
):
    """An alert storm, false alarms or a growing imbalance are missed, or on the wrong handle."""
    components = truth_of(healthy_folder)
    noisy, cool, growing = components[7], components[21], components[31]
    folder = shutil.copytree(healthy_folder, tmp_path / "landing")
    write_alerts(folder, noisy, cool)
    heat_more_each_day(folder, growing["component_id"])
    findings = findings_of(compiled_warehouse, folder)
    assert findings["noisy_handles"]["items"] == noisy["component_id"]
    assert findings["chattering_alerts"]["items"] == noisy["component_id"]
    assert findings["more_alerts"]["figure"] == 206
    assert findings["false_over_temperature_alerts"]["items"] == cool["component_id"]
    assert findings["growing_imbalance"]["items"] == growing["component_id"]
    expected = {"noisy_handles", "chattering_alerts", "more_alerts", "growing_imbalance"}
    expected |= {"false_over_temperature_alerts"}
    # By its last days, the handle with the growing imbalance may be named for the result.
    assert findings.keys() - {"contact_resistance", "overheated_handles"} == expected


def write_alerts(folder, noisy, cool):
    """200 alerts of one handle, two seconds apart, and 6 that say a cool handle is hot."""
    start = 1647432000000  # 2022-03-16 12:00
    alerts = [(noisy, "LM_a141_cableTempImbalance", start + 2000 * place) for place in range(200)]
    alerts += [(cool, "LM_a188_negTempOT", start + 600_000 * place) for place in range(6)]
    lines = [",timestamp,SITE,ASSET,COMPONENT,alert_name,event_date"]
    for component, name, at in alerts:
        ids = ",".join(component[key] for key in ("site_id", "asset_id", "component_id"))
        lines.append(f"0,{at},{ids},{name},2022-03-16")
    (folder / ALERT_FILE.format("storm")).write_text("\n".join(lines) + "\n", encoding="utf-8")


def heat_more_each_day(folder, component):
    """Each day adds 12 % to the warmth of a component's negative pole above 25 °C."""
    for day, file in enumerate(sorted(folder.glob("*NegCoreTemp*"))):
        source = file.rename(file.with_name("source"))
        duckdb.sql(f"""
            copy (
                select * replace (
                    if(
                        "COMPONENT" = '{component}',
                        round("VALUE"::double + {0.12 * day} * ("VALUE"::double - 25), 1)::varchar,
                        "VALUE"
                    ) as "VALUE"
                )
                from read_csv({sql_text(source)}, all_varchar = true, compression = 'gzip')
            ) to {sql_text(file)} (header, compression gzip)
        """)
        source.unlink()
