"""The marts of questions 1 to 3 on random fleets, against an independent computation.

A failure says which rows of a mart are missing, extra or different, and prints all
readings and alerts of the components concerned. RANDOM_FLEETS=1000 searches on.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest
from fleets import random_fleet, write_fleet
from hypothesis import given, settings
from hypothesis import strategies as st
from landing import ROOT
from oracle import SERIES, Oracle, read_catalog

CATALOG = read_catalog(ROOT / "seeds/signal_catalog.csv")
KEYS = {
    "overheated_windows": (*SERIES, "window_method", "window_start"),
    "overheated_components": SERIES,
    "max_power_when_overheated": (*SERIES, "window_method"),
    "alert_readings": (*SERIES, "alert_name", "fired_at"),
    "avg_readings_by_alert": ("alert_name", "signal_name", "alignment"),
}


def plain(value):
    """Times as epoch milliseconds, as in the oracle."""
    if isinstance(value, datetime):
        since_1970 = value.replace(tzinfo=UTC) - datetime.fromtimestamp(0, UTC)
        assert since_1970 % timedelta(milliseconds=1) == timedelta(0)
        return since_1970 // timedelta(milliseconds=1)
    return value


def is_equal(found, expected, tolerance):
    if isinstance(expected, Fraction) and found is not None:
        return abs(Fraction(found) - expected) <= tolerance
    return found == expected


def differences(mart, found, expected):
    """(row of the mart, row of the oracle), None for one that is not there."""
    # A mean of values that were rounded to 9 decimals is itself rounded once more.
    tolerance = Fraction(2 if mart == "avg_readings_by_alert" else 1, 10**9)
    by_key = {tuple(row[column] for column in KEYS[mart]): row for row in expected}
    assert len(by_key) == len(expected), "the oracle repeats itself"
    for row in found:
        match = by_key.pop(tuple(row[column] for column in KEYS[mart]), None)
        if match is None or not all(is_equal(row[key], match[key], tolerance) for key in match):
            yield row, match
    yield from ((None, row) for row in by_key.values())


def explain(mart, different, readings, alerts):
    lines = [f"{mart}: {len(different)} rows differ from the oracle"]
    for found, expected in different[:3]:
        lines += [f"  mart:   {found}", f"  oracle: {readable(expected)}"]
    shown = {tuple((row or other).get(key) for key in SERIES[:3]) for row, other in different[:3]}
    for item in sorted(set(readings)) + sorted(set(alerts)):
        if item[:3] in shown or (None, None, None) in shown:
            lines.append(f"    {item}")
    return "\n".join(lines)


def readable(row):
    return row and {
        key: float(value) if isinstance(value, Fraction) else value for key, value in row.items()
    }


def assert_marts_equal_oracle(warehouse, folder, readings, alerts, random):
    write_fleet(folder, readings, alerts, random)
    warehouse.load(folder, *KEYS)
    oracle = Oracle([(*row[:5], Fraction(row[5])) for row in readings], alerts, CATALOG)
    for mart in KEYS:
        found = [
            {column: plain(value) for column, value in row.items()}
            for row in warehouse.rows(f"from marts.{mart}")
        ]
        different = list(differences(mart, found, getattr(oracle, mart)))
        assert not different, explain(mart, different, readings, alerts)
        if mart == "alert_readings":
            assert len({row["alert_id"] for row in found}) == len(set(alerts)), "alert_id"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fleet") / "landing"


def test_marts_equal_the_oracle(request, warehouse, folder):
    """A mart of questions 1 to 3 has a missing, extra or wrong row."""

    @settings(max_examples=request.config.fleet_count)
    @given(st.randoms(use_true_random=True))
    def search(random):
        assert_marts_equal_oracle(warehouse, folder, *random_fleet(random), random)

    search()


def test_a_step_of_exactly_the_maximal_rate_is_plausible(warehouse, folder):
    """A step of 2.2 °C in 1.1 s counts as faster than 2 °C a second: 107.4 - 105.2 > 2.2."""
    series = ("1", "2", "3", "LM_handlePosCoreTempDegC")
    readings = [(*series, 1647086400000, "105.2"), (*series, 1647086401100, "107.4")]
    assert_marts_equal_oracle(warehouse, folder, readings, [], Random(0))
