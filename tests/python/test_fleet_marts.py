"""Days, sessions, episodes and event profiles on random fleets, computed once more.

Plain Python and exact fractions over single readings, by the words of the marts'
descriptions. A failure prints rows that differ, and the readings of their components.
"""

from collections import defaultdict
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter

import pytest
from fleets import TEMPERATURES, random_fleet, write_fleet
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import COMPONENT, PERIOD_MS, SERIES, Oracle, grouped, mean, present
from test_oracle import CATALOG, explain, is_equal, plain

SESSION_GAP_MS = 300_000
DAY_MS = 86_400_000
MEASURES = {
    "LM_handleNegCoreTempDegC": "negative_pole",
    "LM_handlePosCoreTempDegC": "positive_pole",
    "LM_pcbaTempDegC": "board",
    "LM_powerLimit": "power",
}
NEGATIVE, POSITIVE, _, POWER = MEASURES
KEYS = {
    "component_daily": (*COMPONENT, "day"),
    "site_daily": ("site_id", "day"),
    "fleet_daily": ("day",),
    "charging_sessions": (*COMPONENT, "started_at"),
    "overheating_episodes": (*SERIES, "started_at"),
    "alert_event_profile": ("alert_name", "signal_name", "offset_seconds"),
}
IDS = {"charging_sessions": "session_id", "overheating_episodes": "episode_id"}
TOLERANCE = Fraction(2, 10**9)  # of a mean of means, each rounded to nine decimals


def half_minute(at):
    return at // PERIOD_MS * PERIOD_MS


def half_minute_means(readings):
    """{start of a half minute: mean of its values} of (time, value)."""
    values = defaultdict(list)
    for at, value in readings:
        values[half_minute(at)].append(value)
    return {start: mean(found) for start, found in values.items()}


def extremes(values, column):
    return {
        f"min_{column}": min(values, default=None),
        f"avg_{column}": mean(values),
        f"max_{column}": max(values, default=None),
    }


def percentile(values, share):
    """On the straight line between the values next to it in order."""
    values = sorted(values)
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def component_of(row):
    return tuple(row[column] for column in COMPONENT)


class FleetOracle(Oracle):
    def __init__(self, readings, alerts):
        super().__init__(readings, alerts, CATALOG)
        self.means = {series: half_minute_means(found) for series, found in self.series.items()}
        self.components = {key[:3] for key in [*self.series, *self.alerts]}
        times = [at for found in self.series.values() for at, _ in found]
        times += [alert[4] for alert in self.alerts]
        self.days = {time // DAY_MS for time in times}

    def component_daily(self):
        for component in self.components:
            yield from self._days({component}, dict(zip(COMPONENT, component, strict=True)))

    def site_daily(self):
        for site in {component[0] for component in self.components}:
            components = {component for component in self.components if component[0] == site}
            yield from self._days(components, {"site_id": site})

    def fleet_daily(self):
        yield from self._days(self.components, {})

    def _days(self, components, keys):
        """Days of some components, all their readings in one pool."""
        left_out = ["pole_window_count"]
        if "component_id" in keys:
            left_out = ["component_count", "used_component_count", "overheated_component_count"]
        for day in self.days:
            row = keys | self._day(components, range(day * DAY_MS, (day + 1) * DAY_MS))
            yield {column: row[column] for column in row if column not in left_out}

    def _day(self, components, day):
        pools = defaultdict(list)
        peaks, imbalances, used = [], [], set()
        for series in [series for series in self.series if series[:3] in components]:
            pools[MEASURES.get(series[3])] += [v for at, v in self.series[series] if at in day]
            means = {at: value for at, value in self.means[series].items() if at in day}
            used |= {(series[:3], at) for at in means}
            if self._is_temperature(series[3]):
                peaks += means.values()
            if series[3] == NEGATIVE:
                others = self.means.get((*series[:3], POSITIVE), {})
                imbalances += [abs(means[at] - others[at]) for at in means if at in others]
        hot = [
            (component_of(row), row["is_sensor_suspect"])
            for row in self.overheated_windows
            if row["window_method"] == "tumbling"
            and row["window_start"] in day
            and component_of(row) in components
        ]
        alerts = [alert for alert in self.alerts if alert[4] in day and alert[:3] in components]
        row = {
            "day": datetime.fromtimestamp(day.start / 1000, UTC).date(),
            "peak_avg_temp_c": max(peaks, default=None),
            "avg_pole_imbalance_c": mean(imbalances),
            "max_pole_imbalance_c": max(imbalances, default=None),
            "pole_window_count": len(imbalances),
            "used_window_count": len(used),
            "utilisation_ratio": Fraction(len(used) * PERIOD_MS, len(components) * DAY_MS),
            "component_count": len(components),
            "used_component_count": len({component for component, _ in used}),
            "overheated_window_count": len(hot),
            "suspect_overheated_window_count": sum(is_suspect for _, is_suspect in hot),
            "overheated_component_count": len({key for key, is_suspect in hot if not is_suspect}),
            "alert_count": len(alerts),
            "temperature_alert_count": sum("temp" in alert[3].lower() for alert in alerts),
        }
        for measure in MEASURES.values():
            column = "power_kw" if measure == "power" else f"{measure}_temp_c"
            row |= extremes(pools[measure], column)
            row[f"{measure}_reading_count"] = len(pools[measure])
        return row

    def charging_sessions(self):
        readings = defaultdict(list)
        for series, found in self.series.items():
            readings[series[:3]] += [(at, series[3], value) for at, value in found]
        for component, found in readings.items():
            found.sort()
            gaps = [
                number
                for number, (before, after) in enumerate(pairwise(found), 1)
                if after[0] - before[0] > SESSION_GAP_MS
            ]
            for first, last in pairwise([0, *gaps, len(found)]):
                keys = dict(zip(COMPONENT, component, strict=True))
                yield keys | self._session(found[first:last])

    def _session(self, readings):
        by_signal = defaultdict(list)
        for at, signal, value in readings:
            by_signal[signal].append((at, value))
        means = {signal: half_minute_means(found) for signal, found in by_signal.items()}
        temperatures = [signal for signal in by_signal if self._is_temperature(signal)]
        hottest = defaultdict(lambda: -999)  # of all temperature signals, by half minute
        for signal in temperatures:
            for start, value in means[signal].items():
                hottest[start] = max(hottest[start], value)
        started_at, ended_at = readings[0][0], readings[-1][0]
        seconds_to_peak = None
        if hottest:
            peak = min(hottest, key=lambda start: (-hottest[start], start))
            peaked_at = min(at for at, *_ in readings if half_minute(at) == peak)
            seconds_to_peak = Fraction(peaked_at - started_at, 1000)
        power = [value for _, value in by_signal[POWER]]
        values = [value for _, signal, value in readings if signal in temperatures]
        row = {
            "peak_temp_c": max(values, default=None),
            "avg_power_kw": mean(power),
            "max_power_kw": max(power, default=None),
            "duration_seconds": Fraction(ended_at - started_at, 1000),
            "seconds_to_peak": seconds_to_peak,
            "seconds_above_90_c": 30 * sum(value > 90 for value in hottest.values()),
            "started_at": started_at,
            "ended_at": ended_at,
        }
        for signal in TEMPERATURES:
            peak = max(means.get(signal, {}).values(), default=None)
            row[f"peak_{MEASURES[signal]}_temp_c"] = peak
        return row

    def overheating_episodes(self):
        for series, periods in grouped(self.overheated_windows, SERIES):
            periods.sort(key=lambda period: (period["window_start"], period["window_end"]))
            ends = [period["window_end"] for period in periods]  # in order: all last 30 s
            breaks = [
                number
                for number in range(1, len(periods))
                if periods[number]["window_start"] > ends[number - 1]
            ]
            for first, last in pairwise([0, *breaks, len(periods)]):
                yield series | self._episode(component_of(series), periods[first:last])

    def _episode(self, component, periods):
        started_at, ended_at = periods[0]["window_start"], periods[-1]["window_end"]
        power = half_minute_means(self._power(component))
        powers = present(period["max_power_kw"] for period in periods)
        return {
            "sensor_position": periods[0]["sensor_position"],
            "peak_avg_temp_c": max(period["avg_temp_c"] for period in periods),
            "max_power_kw": max(powers, default=None),
            "start_power_kw": power.get(half_minute(started_at)),
            "end_power_kw": power.get(half_minute(ended_at - 1)),
            "duration_seconds": Fraction(ended_at - started_at, 1000),
            "period_count": len(periods),
            "is_sensor_suspect": all(period["is_sensor_suspect"] for period in periods),
            "started_at": started_at,
            "ended_at": ended_at,
        }

    def alert_event_profile(self):
        named = defaultdict(list)
        for *component, alert_name, fired_at in self.alerts:
            named[alert_name].append((component, fired_at))
            if "temp" in alert_name.lower():
                named["all temperature alerts"].append((component, fired_at))
        for signal in {series[3] for series in self.series}:
            for alert_name, alerts in named.items():
                for offset in range(-600, 601, 30):
                    values = present(
                        self.means.get((*component, signal), {}).get(
                            half_minute(fired_at + offset * 1000)
                        )
                        for component, fired_at in alerts
                    )
                    yield {
                        "alert_name": alert_name,
                        "signal_name": signal,
                        **self._meaning(signal),
                        "offset_seconds": offset,
                        "avg_value": mean(values),
                        "p10_value": percentile(values, Fraction(1, 10)) if values else None,
                        "p90_value": percentile(values, Fraction(9, 10)) if values else None,
                        "alert_count": len(values),
                    }


def further_alerts(alerts, random):
    """On other days, which may have no readings."""
    for alert in alerts:
        if random.random() < 0.2:
            yield (*alert[:4], alert[4] + random.choice([-2, -1, 1, 2]) * DAY_MS)


def further_readings(readings, random):
    """After gaps about as long as ends a session, of about 90 °C."""
    latest = {row[:3]: row[4] for row in sorted(readings, key=itemgetter(4))}
    for component, at in latest.items():
        for _ in range(random.randint(0, 4)):
            at += random.choice([SESSION_GAP_MS] * 2 + [299_999, 300_001, 30_000, 43_200_000])
            for signal in random.sample([*TEMPERATURES, POWER], random.randint(1, 4)):
                value = random.choice(["90", "90.0", "90.001", "89.9", "106"])
                yield (*component, signal, at + random.choice([0, 0, 1, 15_000]), value)


def differences(mart, found, expected):
    """(row of the mart, row of the oracle), None for one that is not there."""
    by_key = {tuple(row[column] for column in KEYS[mart]): row for row in expected}
    for row in found:
        match = by_key.pop(tuple(row[column] for column in KEYS[mart]), None)
        if (
            match is None
            or row.keys() - {IDS.get(mart)} != match.keys()
            or not all(is_equal(row[column], match[column], TOLERANCE) for column in match)
        ):
            yield row, match
    yield from ((None, row) for row in by_key.values())


def assert_marts_equal_oracle(warehouse, folder, random):
    readings, alerts = random_fleet(random)
    readings += list(further_readings(readings, random))
    alerts += list(further_alerts(alerts, random))
    write_fleet(folder, readings, alerts, random)
    warehouse.load(folder, *KEYS)
    oracle = FleetOracle([(*row[:5], Fraction(row[5])) for row in readings], alerts)
    for mart in KEYS:
        rows = warehouse.rows(f"from marts.{mart}")
        found = [{column: plain(value) for column, value in row.items()} for row in rows]
        different = list(differences(mart, found, getattr(oracle, mart)()))
        assert not different, explain(mart, different, readings, alerts)
        if mart in IDS:
            assert len({row[IDS[mart]] for row in found}) == len(found), IDS[mart]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fleet") / "landing"


def test_fleet_marts_equal_the_oracle(request, warehouse, folder):
    """A day, session, episode or event profile is missing, extra, or has a wrong figure."""

    @settings(max_examples=max(1, request.config.fleet_count // 5))
    @given(st.randoms(use_true_random=True))
    def search(random):
        assert_marts_equal_oracle(warehouse, folder, random)

    search()
