"""The marts of questions 1 to 3 on random fleets, against an independent computation.

A failure shows which rows of a mart are missing, extra or different, and prints all readings and
alerts of these components. RANDOM_FLEETS=1000 runs a longer search.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest
from fleets import random_fleet, write_fleet
from hypothesis import given, settings
from hypothesis import strategies as st
from landing import ROOT, SIGNAL_FILE, SIGNAL_HEADER, csv_text, write_file
from oracle import COMPONENT, SERIES, Oracle, read_catalog

CATALOG = read_catalog(ROOT / "seeds/signal_catalog.csv")
KEYS = {
    "overheated_windows": (*SERIES, "window_method", "window_start"),
    "overheated_components": SERIES,
    "max_power_when_overheated": (*SERIES, "window_method"),
    "overheating_episodes": (*SERIES, "started_at"),
    "alert_readings": (*SERIES, "alert_name", "fired_at"),
    "alert_incidents": (*COMPONENT, "alert_name", "started_at"),
    "avg_readings_by_alert": ("alert_name", "alert_scope", "signal_name", "alignment"),
    "alert_outcomes": ("alert_name",),
}
# Columns that the oracle does not compute; test_findings.py computes the derated time.
FREE = {"alert_id", "first_alert_id", "episode_id", "session_id", "trust_note", "concern_rank"}
FREE |= {"derated_seconds", "lost_energy_kwh", "unjudged_hot_session_count"}
# Values that were rounded once to nine decimals; others are means of such values.
EXACT = {"overheated_windows", "overheated_components", "max_power_when_overheated"}


def plain(value):
    """Times as epoch milliseconds, as in the oracle."""
    if isinstance(value, datetime):
        since_1970 = value.replace(tzinfo=UTC) - datetime.fromtimestamp(0, UTC)
        assert since_1970 % timedelta(milliseconds=1) == timedelta(0)
        return since_1970 // timedelta(milliseconds=1)
    return value


def is_equal(found, expected, tolerance):
    if isinstance(expected, Fraction) and found is not None:
        return abs(Fraction(found) - expected) <= tolerance * max(1, abs(expected))
    return found == expected


def differences(mart, key, found, expected):
    """(row of the mart, row of the oracle), None for a missing row."""
    tolerance = Fraction(1 if mart in EXACT else 2, 10**9)
    by_key = {tuple(row[column] for column in key): row for row in expected}
    assert len(by_key) == len(expected), "the oracle repeats itself"
    for row in found:
        match = by_key.pop(tuple(row[column] for column in key), None)
        if (
            match is None
            or row.keys() - FREE != match.keys() - FREE
            or not all(is_equal(row[name], match[name], tolerance) for name in match)
        ):
            yield row, match
    yield from ((None, row) for row in by_key.values())


def explain(mart, different, readings, alerts):
    lines = [f"{mart}: {len(different)} rows differ from the oracle"]
    for found, expected in different[:3]:
        lines += [f"  mart:   {found}", f"  oracle: {readable(expected)}"]
        if found and expected:
            names = [name for name in found if found[name] != expected.get(name, found[name])]
            lines.append(f"  columns that may differ: {names}")
    shown = {tuple((row or other).get(key) for key in COMPONENT) for row, other in different[:3]}
    for item in sorted(set(readings)) + sorted(set(alerts)):
        if item[:3] in shown or any(None in component for component in shown):
            lines.append(f"    {item}")
    return "\n".join(lines)


def readable(row):
    return row and {
        key: float(value) if isinstance(value, Fraction) else value for key, value in row.items()
    }


def rows_of(warehouse, mart):
    return [
        {column: plain(value) for column, value in row.items()}
        for row in warehouse.rows(f"from marts.{mart}")
    ]


def oracle_of(readings, alerts, variables, oracle=Oracle, catalog=CATALOG):
    exact = [(*row[:5], Fraction(row[5])) for row in readings]
    return oracle(exact, alerts, catalog, **variables)


def assert_marts_equal_oracle(
    warehouse, folder, readings, alerts, random, variables=None, catalog=CATALOG
):
    write_fleet(folder, readings, alerts, random)
    warehouse.load(folder, *KEYS, variables=variables)
    oracle = oracle_of(readings, alerts, variables or {}, catalog=catalog)
    for mart, key in KEYS.items():
        expected = [
            {name: value for name, value in row.items() if name != "raised_as"}
            for row in getattr(oracle, mart)
        ]
        different = list(differences(mart, key, rows_of(warehouse, mart), expected))
        assert not different, explain(mart, different, readings, alerts)
    assert_ids_lead_back(warehouse)


def in_other_units(readings):
    """The same readings, from other signals in other units."""
    for *component, signal, at, value in readings:
        exact = Fraction(value)
        name, number = {
            "XY_inletTempDegC": ("XY_inletTempDegF", exact * 9 / 5 + 32),
            "LM_pcbaTempDegC": ("XY_pcbaTempKelvin", exact + Fraction("273.15")),
            "LM_powerLimit": ("Power.Active.Import", exact * 1000),
        }.get(signal, (signal, exact))
        renamed = (*component, name, at, value)
        yield renamed, (*component, name, at, value if name == signal else str(float(number)))


@pytest.mark.parametrize("seed", range(5))
def test_readings_in_other_units_give_the_same_marts(compiled_warehouse, folder, seed):
    """A unit is not converted, or not everywhere, or limits are read in that unit."""
    random = Random(seed)
    readings, alerts = random_fleet(random)
    expected, written = zip(*in_other_units(readings), strict=True)
    write_fleet(folder, written, alerts, random)
    compiled_warehouse.load(folder, *KEYS)
    oracle = oracle_of(expected, alerts, {})
    for mart, key in KEYS.items():
        wanted = [
            {name: value for name, value in row.items() if name != "raised_as"}
            for row in getattr(oracle, mart)
        ]
        different = list(differences(mart, key, rows_of(compiled_warehouse, mart), wanted))
        assert not different, explain(mart, different, expected, alerts)


def assert_ids_lead_back(warehouse):
    ids = {
        "alert_readings": ("alert_id", (*COMPONENT, "alert_name", "fired_at")),
        "overheating_episodes": ("episode_id", KEYS["overheating_episodes"]),
    }
    found = {}
    for mart, (name, key) in ids.items():
        pairs = {(row[name], *(row[column] for column in key)) for row in rows_of(warehouse, mart)}
        assert len(pairs) == len({pair[0] for pair in pairs}) == len({pair[1:] for pair in pairs})
        found[mart] = {pair[1:]: pair[0] for pair in pairs}
    for row in rows_of(warehouse, "alert_incidents"):
        first = tuple(row[name] for name in KEYS["alert_incidents"])
        assert found["alert_readings"][first] == row["first_alert_id"], row
    for row in rows_of(warehouse, "alert_outcomes"):
        assert row["trust_note"], row


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fleet") / "landing"


def test_marts_equal_the_oracle(request, compiled_warehouse, folder):
    """A mart of questions 1 to 3 has a missing, extra or wrong row."""

    @settings(max_examples=request.config.fleet_count)
    @given(st.randoms(use_true_random=True))
    def search(random):
        assert_marts_equal_oracle(compiled_warehouse, folder, *random_fleet(random), random)

    search()


LIMITS = {
    "10 s": {
        "window_seconds": 10,
        "overheat_threshold_c": 104.9,
        "sensor_suspect_seconds": 570,
        "alert_incident_gap_seconds": 30,
    },
    "60 s": {
        "window_seconds": 60,
        "overheat_threshold_c": 103.2,
        "reading_max_age_seconds": 15,
        "sensor_suspect_seconds": 615,
        "alert_incident_gap_seconds": 0,
    },
}


@pytest.mark.parametrize("variables", LIMITS.values(), ids=LIMITS)
def test_marts_of_other_limits_equal_the_oracle(request, compiled_warehouse, folder, variables):
    """A mart uses 30 s, 105 °C, ten minutes or a minute although another limit is set."""

    @settings(max_examples=max(1, request.config.fleet_count // 10))
    @given(st.randoms(use_true_random=True))
    def search(random):
        fleet = random_fleet(random, variables["window_seconds"])
        assert_marts_equal_oracle(compiled_warehouse, folder, *fleet, random, variables)

    search()


def test_a_threshold_of_the_catalog_counts(request, compiled_warehouse, folder):
    """A signal's own threshold is ignored, or used for all signals."""
    own = {"LM_pcbaTempDegC": "104.9", "LM_handleNegCoreTempDegC": "106"}
    catalog = {
        signal: row | {"overheat_threshold_c": own.get(signal)} for signal, row in CATALOG.items()
    }

    def set_thresholds(by_signal):
        for signal in own:
            compiled_warehouse.connection.execute(
                "update reference.signal_catalog set overheat_threshold_c = $1 "
                "where signal_name = $2",
                [by_signal.get(signal), signal],
            )

    @settings(max_examples=max(1, request.config.fleet_count // 10))
    @given(st.randoms(use_true_random=True))
    def search(random):
        assert_marts_equal_oracle(
            compiled_warehouse, folder, *random_fleet(random), random, catalog=catalog
        )

    set_thresholds(own)
    try:
        search()
    finally:
        set_thresholds({})


def test_a_step_of_exactly_the_maximal_rate_is_plausible(compiled_warehouse, folder):
    """A step of 2.2 °C in 1.1 s counts as faster than 2 °C a second: 107.4 - 105.2 > 2.2."""
    series = ("1", "2", "3", "LM_handlePosCoreTempDegC")
    readings = [(*series, 1647086400000, "105.2"), (*series, 1647086401100, "107.4")]
    assert_marts_equal_oracle(compiled_warehouse, folder, readings, [], Random(0))


NOON = 1647086400000
HOT, POWER = "LM_handlePosCoreTempDegC", "LM_powerLimit"


def answers(warehouse, folder, readings):
    """The marts of questions 1 and 2 for one component; (signal, ms after noon, value)."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    names = ("site", "asset", "component", "signal_name", "timestamp", "value")
    rows = [
        dict(zip(names, ("S", "A", "C", signal, NOON + at, value), strict=True))
        for signal, at, value in readings
    ]
    write_file(folder, SIGNAL_FILE.format(0), csv_text(SIGNAL_HEADER, rows))
    warehouse.load(folder, "overheated_components", "max_power_when_overheated")
    steps = [
        (
            row["window_start"] - NOON,
            row["starts_before"] - NOON,
            round(row["avg_temp_c"], 6),
            row["reading_count"],
            row["max_power_kw"],
        )
        for row in rows_of(warehouse, "overheated_windows")
        if row["window_method"] == "sliding"
    ]
    power = {
        row["window_method"]: row["max_power_kw"]
        for row in rows_of(warehouse, "max_power_when_overheated")
    }
    return sorted(steps), rows_of(warehouse, "overheated_components"), power


def test_a_period_between_two_readings_is_found(compiled_warehouse, folder):
    """A period that neither ends at a reading nor starts on a half minute is missed."""
    readings = [(HOT, 0, 102), (HOT, 10_000, 106.5), (HOT, 21_000, 106.5), (HOT, 32_000, 101.9)]
    steps, components, power = answers(compiled_warehouse, folder, readings)
    assert steps == [(0, 2_000, 106.5, 2, None)], "(12:00:00, 12:00:30] holds 106.5 twice"
    (component,) = components
    assert component["peak_avg_temp_c"] == 106.5
    assert component["overheated_seconds"] == 32
    assert component["tumbling_window_count"] == 0
    assert component["sliding_period_count"] == 1
    assert component["first_overheated_at"] == NOON
    assert component["last_overheated_at"] == NOON + 32_000
    assert power == {"sliding": None}


def test_power_after_the_last_temperature_of_a_period_counts(compiled_warehouse, folder):
    """Question 2 misses power in a period that ends after its last temperature reading."""
    values = [100, 104, 106, 107, 104, 101, 99]
    readings = [(HOT, 10_000 * number, value) for number, value in enumerate(values)]
    readings += [(POWER, at, 150) for at in range(1, 60_000, 5_000) if at not in (45_001, 50_001)]
    readings += [(POWER, 45_001, 260), (POWER, 50_001, 170)]
    steps, components, power = answers(compiled_warehouse, folder, readings)
    assert steps == [(0, 10_000, 105.666667, 3, 150), (10_000, 20_000, 105.666667, 3, 260)]
    assert power == {"sliding": 260}
    assert components[0]["overheated_seconds"] == 50


def test_power_of_every_period_of_a_step_counts(compiled_warehouse, folder):
    """Question 2 uses the power of one period of a step for all of them."""
    readings = [(HOT, at, 110) for at in (0, 10_000, 20_000)]
    power_kw = {-10_000: 301, -9_999: 302, 0: 150, 20_000: 160, 20_001: 500, 29_999: 400}
    power_kw[30_000] = 600
    readings += [(POWER, at, value) for at, value in power_kw.items()]
    steps, components, power = answers(compiled_warehouse, folder, readings)
    assert steps == [
        (-30_000, -20_000, 110, 1, 302),
        (-20_000, -10_000, 110, 2, 302),
        (-10_000, 0, 110, 3, 500),
        (0, 10_000, 110, 2, 600),
        (10_000, 20_000, 110, 1, 600),
    ], "each step with the power of (its first start, the next step's start + 30 s)"
    assert components[0]["overheated_seconds"] == 80
    assert power == {"sliding": 600, "tumbling": 500}


EDGES_MS = (-1, 0, 1)


def one_by_component(warehouse, mart, column, condition=lambda row: True):
    rows = [row for row in rows_of(warehouse, mart) if condition(row)]
    found = {row["component_id"]: row[column] for row in rows}
    assert len(found) == len(rows), f"{mart} has two rows of a component"
    return found


def test_alerts_exactly_ten_minutes_from_heat(compiled_warehouse, folder):
    """An incident or an episode misses an event ten minutes away, or includes one further away."""
    readings, alerts = [], []
    for edge in EDGES_MS:
        for name, at in (("before", -630_000 + edge), ("after", 630_000 + edge)):
            component = ("S", "A", f"{name} {edge}")
            readings.append((*component, HOT, NOON, "106"))  # (-30 s, 30 s) is too hot
            alerts.append((*component, "LM_a188_negTempOT", NOON + at))
    assert_marts_equal_oracle(compiled_warehouse, folder, readings, alerts, Random(0))
    assert one_by_component(compiled_warehouse, "alert_incidents", "was_overheated") == {
        "before -1": False,
        "before 0": False,
        "before 1": True,
        "after -1": True,
        "after 0": False,
        "after 1": False,
    }
    assert one_by_component(compiled_warehouse, "overheating_episodes", "alert_count") == {
        "before -1": 0,
        "before 0": 1,
        "before 1": 1,
        "after -1": 1,
        "after 0": 1,
        "after 1": 0,
    }


def test_alerts_exactly_ten_minutes_from_an_implausible_reading(compiled_warehouse, folder):
    """An alert is trusted although its last known reading is suspect, or the other way round."""
    readings, alerts = [], []
    for edge in EDGES_MS:
        for name, at in (("before", -600_000 + edge), ("after", 600_000 + edge)):
            component = ("S", "A", f"{name} {edge}")
            readings += [(*component, HOT, NOON, "200"), (*component, HOT, NOON + at, "80")]
            # The time of the reading decides, not that of the alert.
            alerts.append((*component, "XY_fanStuck", NOON + at + 5_000))
    assert_marts_equal_oracle(compiled_warehouse, folder, readings, alerts, Random(0))
    expected = {
        "before -1": True,
        "before 0": False,
        "before 1": False,
        "after -1": False,
        "after 0": False,
        "after 1": True,
    }
    assert one_by_component(compiled_warehouse, "alert_readings", "is_trusted") == expected
    assert one_by_component(compiled_warehouse, "alert_incidents", "is_trusted") == expected
    scopes = {
        row["alert_scope"]: row["alert_count"]
        for row in rows_of(compiled_warehouse, "avg_readings_by_alert")
        if row["alignment"] == "last_known"
    }
    assert scopes == {"all": 6, "trusted": 2, "incidents": 2}


def test_alerts_exactly_a_minute_apart(compiled_warehouse, folder):
    """An incident ends too early or too late, or is wrongly marked as chattering."""
    times = {
        "59999 ms": [0, 59_999],
        "60000 ms": [0, 60_000],
        "60001 ms": [0, 60_001],
        "three in 60000 ms": [0, 30_000, 60_000],
        "three in 60001 ms": [0, 30_000, 60_001],
        "the last three in 60000 ms": [0, 60_000, 60_001, 120_000],
        "two in each of two incidents": [0, 1, 60_002, 60_003],
        "one alone": [0],
    }
    alerts = [
        ("S", "A", component, "XY_fanStuck", NOON + at)
        for component, offsets in times.items()
        for at in offsets
    ]
    # An incident has one alert name, so this alert is not a third one.
    alerts.append(("S", "A", "60000 ms", "XY_TEMPERATURE", NOON + 1))
    readings = [("S", "A", "60000 ms", HOT, NOON, "80")]
    assert_marts_equal_oracle(compiled_warehouse, folder, readings, alerts, Random(0))
    incidents = {component: [] for component in times}
    for row in sorted(
        rows_of(compiled_warehouse, "alert_incidents"), key=lambda row: row["started_at"]
    ):
        if row["alert_name"] == "XY_fanStuck":
            incidents[row["component_id"]].append((row["alert_count"], row["is_chattering"]))
    assert incidents == {
        "59999 ms": [(2, False)],
        "60000 ms": [(2, False)],
        "60001 ms": [(1, False), (1, False)],
        "three in 60000 ms": [(3, True)],
        "three in 60001 ms": [(3, False)],
        "the last three in 60000 ms": [(4, True)],
        "two in each of two incidents": [(2, False), (2, False)],
        "one alone": [(1, False)],
    }
