"""The thermal profile and the watchlist on handles with known physics.

Each pole is integrated second by second, by Euler's method:
heat capacity * dT/dt = resistance * power² - cooling * (T - ambient).
The faults of the handles are set here, and must be found.
"""

from dataclasses import dataclass
from math import exp, log

import duckdb
import numpy as np
import pandas as pd
import pytest
from landing import ALERT_FILE, ALERT_HEADER, SIGNAL_FILE, SIGNAL_HEADER, csv_text, write_file

START = 1647043200  # a midnight, seconds
SECONDS = 2 * 86400
SIGNALS = {"negative": "LM_handleNegCoreTempDegC", "positive": "LM_handlePosCoreTempDegC"}
POWER = "LM_powerLimit"


@dataclass
class Handle:
    """A healthy handle: 16 °C above ambient at a lasting 100 kW, time constant 300 s."""

    site: str
    name: str
    cause: str = "none"
    negative_resistance: float = 0.16  # W per kW²
    positive_resistance: float = 0.16
    cooling: float = 100  # W per °C
    heat_capacity: float = 30_000  # J per °C
    ambient_c: float = 18
    power_kw: tuple = (110, 200)  # at the start of a session
    use_minutes: tuple = (20, 35)
    rest_minutes: tuple = (45, 150)
    session_count: int = 999
    burst_kw: float = 0  # for an hour
    noise_c: float = 0.3
    drops: bool = False  # the negative sensor
    freezes: bool = False  # the positive sensor

    @property
    def time_constant(self):
        return self.heat_capacity / self.cooling

    def steady_rise(self, pole):
        return 1e4 * getattr(self, f"{pole}_resistance") / self.cooling


def fleet(rng):
    once = {"session_count": 1}
    handles = [
        Handle("Akron", "contact", "contact_resistance", negative_resistance=0.16 * 1.6),
        Handle("Akron", "hot hour", burst_kw=250, power_kw=(80, 150)),
        Handle("Akron", "ordinary 1"),
        Handle("Boise", "uncooled", "weak_cooling", cooling=100 / 1.7),
        Handle("Boise", "heavy use", use_minutes=(40, 55), rest_minutes=(8, 15)),
        Handle("Boise", "ordinary 2"),
        Handle("Chico", "drops", "sensor_fault", drops=True),
        Handle("Chico", "brief", use_minutes=(10, 10), positive_resistance=0.32, **once),
        Handle("Chico", "ordinary 3"),
        Handle("Davis", "frozen", "sensor_fault", freezes=True),
        Handle("Davis", "ordinary 4"),
        Handle("Davis", "noisy", noise_c=1.2),
        *[Handle("Essex", f"warm {number}", "hot_site", ambient_c=28) for number in range(3)],
        *[Handle("Davis", f"20 min {number}", use_minutes=(20, 20), **once) for number in range(8)],
    ]
    for handle in handles:  # no two are equal
        for value in ["negative_resistance", "positive_resistance", "cooling", "heat_capacity"]:
            setattr(handle, value, getattr(handle, value) * rng.normal(1, 0.03))
        handle.ambient_c += rng.normal(0, 0.5)
    return handles


def power_and_sessions(handle, rng):
    """For each second the power and the number of the session, -1 at rest."""
    power, session = np.zeros(SECONDS), np.full(SECONDS, -1)
    at = int(rng.uniform(0, 3600))
    for number in range(handle.session_count):
        is_burst = handle.burst_kw and number == 8
        length = 3600 if is_burst else int(rng.uniform(*handle.use_minutes) * 60)
        if at + length > SECONDS:
            break
        use = power[at : at + length]
        use += rng.uniform(*handle.power_kw) * np.exp(-np.arange(length) / rng.uniform(1200, 3600))
        cut = rng.integers(length)  # the neighbouring handle takes a share for a while
        use[cut : cut + 400] *= rng.choice([0.5, 1])
        if is_burst:
            use[:] = handle.burst_kw
        session[at : at + length] = number
        at += length + int(rng.uniform(*handle.rest_minutes) * 60)
    return power, session


def temperatures(handles, power, ambient):
    """Both poles of each handle at each second, starting at ambient."""
    resistance = np.array([[h.negative_resistance, h.positive_resistance] for h in handles]).T
    cooling = np.array([handle.cooling for handle in handles])
    per_second = 1 / np.array([handle.heat_capacity for handle in handles])
    found = np.empty((SECONDS, 2, len(handles)))
    found[0] = ambient[0]
    for now in range(SECONDS - 1):
        heat = resistance * power[now] ** 2 - cooling * (found[now] - ambient[now])
        found[now + 1] = found[now] + heat * per_second
    return found


def readings(handle, power, session, poles, rng):
    """The readings that the handle sends while in use: every ten seconds or so."""
    values = {POWER: power, **dict(zip(SIGNALS.values(), poles.T, strict=True))}
    for signal, truth in values.items():
        at = np.cumsum(rng.uniform(6, 14, size=SECONDS // 6))
        at = at[at < SECONDS]
        at = at[session[at.astype(int)] >= 0]
        second = at.astype(int)
        value = truth[second]
        if signal != POWER:
            value = value + rng.normal(0, handle.noise_c, size=len(value))
        if handle.drops and signal == SIGNALS["negative"]:
            value[rng.integers(len(value), size=8)] = -170.5
        if handle.freezes and signal == SIGNALS["positive"]:
            value[np.isin(session[second], [4, 5, 9])] = 31.4
        ids = {"SITE": handle.site, "ASSET": 1, "COMPONENT": handle.name, "signal_name": signal}
        times = ((START + at) * 1000).astype(int)
        yield pd.DataFrame({"timestamp": times, **ids, "VALUE": value.round(1), "event_date": "-"})


def write_landing_folder(folder, handles, rng):
    power, session = map(np.array, zip(*[power_and_sessions(h, rng) for h in handles], strict=True))
    day = 4 * np.sin((np.arange(SECONDS) / 86400 - 0.4) * 2 * np.pi)
    ambient = np.array([handle.ambient_c for handle in handles]) + day[:, None]
    poles = temperatures(handles, power.T, ambient)
    frames = [
        frame
        for number, handle in enumerate(handles)
        for frame in readings(handle, power[number], session[number], poles[:, :, number], rng)
    ]
    text = pd.concat(frames, ignore_index=True).to_csv()
    assert text.startswith(SIGNAL_HEADER)
    write_file(folder, SIGNAL_FILE.format("all"), text)
    alerts = [
        {"site": site, "asset": 1, "component": name, "alert_name": "LM_a188_negTempOT"}
        | {"timestamp": (START + 70_000 + number) * 1000}
        for site, name, count in [("Akron", "hot hour", 12), ("Boise", "heavy use", 4)]
        for number in range(count)
    ]
    write_file(folder, ALERT_FILE.format("all"), csv_text(ALERT_HEADER, alerts))


@pytest.fixture(scope="module")
def handles():
    return {handle.name: handle for handle in fleet(np.random.default_rng(3))}


@pytest.fixture(scope="module")
def judged(handles, warehouse, tmp_path_factory):
    """Rows of component_thermal_profile and component_watchlist side by side."""
    folder = tmp_path_factory.mktemp("landing")
    write_landing_folder(folder, list(handles.values()), np.random.default_rng(7))
    # A site is judged by three days, or by all days that are judged: here two.
    two_days = ["--vars", "{watch_days: 2}"]
    warehouse.dbt("run", *two_days, "--select", "+component_watchlist", landing_dir=folder)
    return warehouse.rows(
        "from marts.component_thermal_profile full join marts.component_watchlist "
        "using (site_id, asset_id, component_id) order by concern_rank"
    )


@pytest.fixture(scope="module")
def by_name(judged):
    return {row["component_id"]: row for row in judged}


def test_steady_rise_and_time_constant_are_those_of_the_physics(handles, by_name):
    """The heat balance is biased by noise, a fault, a broken sensor's readings or heavy use."""
    for name, handle in handles.items():
        if handle.session_count == 1:
            continue
        for pole in SIGNALS:
            found = by_name[name][f"{pole}_steady_rise_c_at_100_kw"]
            assert found == pytest.approx(handle.steady_rise(pole), rel=0.05), (name, pole)
            found = by_name[name][f"{pole}_time_constant_seconds"]
            assert found == pytest.approx(handle.time_constant, rel=0.1), (name, pole)


def test_steady_rise_is_compared_with_the_fleet(handles, by_name):
    """The ratio to the fleet's median differs from that of the thermal resistances."""
    for pole in SIGNALS:
        median = np.median([handle.steady_rise(pole) for handle in handles.values()])
        for name in ["contact", "uncooled", "heavy use", "hot hour", "warm 1"]:
            found = by_name[name][f"{pole}_steady_rise_fleet_ratio"]
            truth = handles[name].steady_rise(pole) / median
            assert found == pytest.approx(truth, rel=0.1), (name, pole)


def test_the_error_of_a_steady_rise_is_honest(handles, by_name):
    """Estimates are farther from the truth than their standard errors say, or much closer."""
    in_errors = []
    for name, handle in handles.items():
        for pole in SIGNALS:
            found = by_name[name][f"{pole}_steady_rise_c_at_100_kw"]
            error = by_name[name][f"{pole}_steady_rise_relative_error"]
            if error is not None:
                in_errors.append(log(found / handle.steady_rise(pole)) / error)
    assert len(in_errors) > 30
    assert 0.5 < np.sqrt(np.mean(np.square(in_errors))) < 1.5
    assert np.abs(in_errors).max() < 4


def test_every_handle_is_ranked_once(handles, judged):
    """A handle is missing or repeated, or ranks are not 1 to n by score."""
    assert sorted(row["component_id"] for row in judged) == sorted(handles)
    assert [row["concern_rank"] for row in judged] == list(range(1, len(handles) + 1))
    scores = [row["concern_score"] for row in judged]
    assert scores == sorted(scores, reverse=True)


def test_each_fault_is_named_and_no_sound_handle_is(handles, by_name):
    """A fault is missed or mistaken, or a healthy handle in heavy or little use is named."""
    found = {
        name: row["likely_cause"] if row["confidence"] == "named" else "none"
        for name, row in by_name.items()
    }
    expected = {name: handle.cause for name, handle in handles.items()}
    assert found == expected | {"brief": "none"}


def test_faulty_handles_rank_above_all_others(handles, judged):
    """A healthy handle in heavy use or with a hot hour outranks a faulty one."""
    causes = [handles[row["component_id"]].cause for row in judged]
    faulty_count = sum(cause != "none" for cause in causes)
    assert "none" not in causes[:faulty_count], causes
    assert max(row["overheated_seconds"] for row in judged[faulty_count:]) > 600, "no hot hour"


def test_too_little_data_gives_no_verdict(by_name):
    """Ten minutes of a handle with twice the resistance are judged, or a known one is not."""
    inconclusive = {name for name, row in by_name.items() if not row["is_conclusive"]}
    assert "brief" in inconclusive
    assert not {name for name in inconclusive if not name.startswith(("brief", "20 min"))}


def test_the_broken_sensor_is_named(by_name):
    """The named signal is not the one with the broken sensor."""
    suspects = {name: row["suspect_signal_name"] for name, row in by_name.items()}
    found = {name: signal for name, signal in suspects.items() if signal}
    assert found == {"drops": SIGNALS["negative"], "frozen": SIGNALS["positive"]}


def documented_score(row):
    """The score by the docs block concern_score."""
    causes = ["contact_resistance", "weak_cooling", "hot_site", "sensor_fault"]
    s = max(row[f"{cause}_suspicion"] for cause in causes)
    c = 1 - exp(-row["overheated_seconds"] / 60 / 5 - row["temperature_alert_count"] / 20)
    return 40 * s + 10 * c if s < 1 else 50 + 30 * (1 - 1 / s) + 20 * c


KINDS_OF_EVIDENCE = {  # and a typical amount; of ratios the logarithm
    "asymmetry_robust_z": 4,
    "asymmetry_fleet_ratio": 0.2,
    "negative_steady_rise_fleet_ratio": 0.3,
    "positive_steady_rise_fleet_ratio": 0.3,
    "negative_steady_rise_robust_z": 4,
    "positive_steady_rise_robust_z": 4,
    "site_baseline_robust_z": 3,
    "site_baseline_excess_c": 5,
    "site_coolest_quarter_excess_c": 5,
    "glitch_count": 2,
    "frozen_seconds": 900,
    "alert_count": 10,
    "overheated_seconds": 300,
}


def random_evidence(rng):
    """None of many kinds of evidence, some or much of others."""
    amounts = {
        kind: usual * rng.exponential(size=1000) * (rng.random(1000) < 0.6)
        for kind, usual in KINDS_OF_EVIDENCE.items()
    }
    for kind in ["glitch_count", "frozen_seconds", "alert_count"]:
        amounts[kind] = amounts[kind].astype(int)
    return pd.DataFrame(amounts)


def replace_evidence(warehouse, evidence):
    """Replaces the evidence from the telemetry by the given frame."""
    ids = ["site_id", "asset_id", "component_id"]
    replaced = [*KINDS_OF_EVIDENCE][:-2]  # alerts and seconds are in other tables
    replaced = ", ".join(f"evidence.{column} as {column}" for column in replaced)
    ids = ", ".join(ids)
    day = "(select max(day) from intermediate.int_watch_days)"
    with duckdb.connect(warehouse.path) as connection:
        connection.register("evidence", evidence)
        connection.execute(
            f"""
            create or replace table intermediate.int_thermal_profiles as
            select template.* replace ({replaced}, components.component_key as component_key)
            from (select *, row_number() over () as component_key from evidence) as components
            inner join evidence using ({ids})
            cross join (
                select profiles.* from intermediate.int_thermal_profiles as profiles
                inner join intermediate.int_components as components using (component_key)
                where components.component_id = 'contact' and profiles.judged_on = {day}
            ) as template;

            create or replace table intermediate.int_components as
            select {ids}, row_number() over () as component_key from evidence;

            create or replace table intermediate.int_watched_days as
            select
                components.component_key,
                {day} as judged_on,
                {day} as day,
                true as is_recent,
                true as is_after_repair
            from intermediate.int_components as components;

            delete from intermediate.int_thermal_trends;

            create or replace table intermediate.int_alerts as
            select
                components.component_key,
                true as is_temperature_related,
                {day}::timestamp as fired_at,
                unnest(range(evidence.alert_count)) as alert_id
            from evidence
            inner join intermediate.int_components as components using ({ids});

            create or replace table intermediate.int_overheated_hours as
            select
                components.component_key,
                evidence.overheated_seconds,
                {day}::timestamp as hour_start,
                110::double as peak_trusted_avg_temp_c
            from evidence
            inner join intermediate.int_components as components using ({ids});
            """
        )


@pytest.mark.usefixtures("judged")
def test_the_score_never_falls_as_evidence_grows(warehouse, tmp_path):
    """More evidence of anything lowers the score, or the score is not the documented one."""
    rng = np.random.default_rng(11)
    less = random_evidence(rng)
    frames = {"less": less, "more": less + random_evidence(rng)}
    evidence = pd.concat(frames, names=["component_id", "site_id"]).reset_index()
    ratios = [kind for kind in KINDS_OF_EVIDENCE if kind.endswith("ratio")]
    evidence[ratios] = np.exp(evidence[ratios])
    replace_evidence(warehouse, evidence.astype({"site_id": str}).assign(asset_id="1"))

    write_file(tmp_path, SIGNAL_FILE.format("none"), SIGNAL_HEADER)
    warehouse.dbt(
        *("run", "--full-refresh", "--select", "int_component_suspicions int_component_verdicts"),
        landing_dir=tmp_path,
    )
    rows = warehouse.rows("from intermediate.int_component_verdicts")
    scores = {(row["site_id"], row["component_id"]): row["concern_score"] for row in rows}
    assert len(scores) == len(evidence)
    for site, component in scores:
        assert scores[site, component] <= scores[site, "more"], site
    for row in rows:
        assert row["concern_score"] == pytest.approx(documented_score(row), abs=0.0501), row
        assert (row["confidence"] == "named") == (row["concern_score"] >= 50), row
        assert (row["likely_cause"] == "none") == (row["confidence"] == "none"), row
    assert len({row["likely_cause"] for row in rows}) == 5, "a cause was never tried"
