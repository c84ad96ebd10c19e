"""Days, sessions, episodes and event profiles on random fleets, computed independently.

Plain Python and exact fractions over single readings, from the words of the marts' descriptions. A
failure prints the differing rows, and the readings of their components.
"""

from collections import defaultdict
from datetime import UTC, datetime
from fractions import Fraction
from itertools import chain, pairwise
from operator import itemgetter
from random import Random

import pytest
from fleets import MIDNIGHT, TEMPERATURES, random_fleet, write_fleet
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import COMPONENT, Oracle, component_of, is_about_temperature, mean, present
from test_oracle import LIMITS, differences, explain, oracle_of, rows_of

SESSION_GAP_MS = 300_000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MEASURES = {
    "LM_handleNegCoreTempDegC": "negative_pole",
    "LM_handlePosCoreTempDegC": "positive_pole",
    "LM_pcbaTempDegC": "board",
    "LM_powerLimit": "power",
}
NEGATIVE, POSITIVE, _, POWER = MEASURES
KEYS = {
    "component_hourly": (*COMPONENT, "hour_start"),
    "component_daily": (*COMPONENT, "day"),
    "asset_daily": ("site_id", "asset_id", "day"),
    "site_daily": ("site_id", "day"),
    "fleet_daily": ("day",),
    "charging_sessions": (*COMPONENT, "started_at"),
    "alert_event_profile": ("alert_name", "alert_scope", "signal_name", "offset_seconds"),
    "alerting_components": COMPONENT,
}


def extremes(values, column):
    return {
        f"min_{column}": min(values, default=None),
        f"avg_{column}": mean(values),
        f"max_{column}": max(values, default=None),
    }


def percentile(values, share):
    """Linear interpolation between the neighbouring values."""
    values = sorted(values)
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


class FleetOracle(Oracle):
    def __init__(self, *arguments, frozen=(), **limits):
        super().__init__(*arguments, **limits)
        self.frozen = frozen  # series without any value but one
        self.components = {key[:3] for key in [*self.series, *self.alerts]}
        self.hours = {component: self._hours(component) for component in self.components}
        self.days = {hour // DAY_MS for hours in self.hours.values() for hour in hours}
        self.record_days = {
            start // DAY_MS
            for hours in self.hours.values()
            for start, hour in hours.items()
            if hour["used_windows"] or hour["alerts"]
        }

    def _hours(self, component):
        """{start of an hour: figures} for hours in use, with an alert, or with overheating."""
        hours = defaultdict(lambda: defaultdict(list))
        trusted = self._trusted_windows(component)
        for start, (hottest, *poles) in trusted.items():
            hour = hours[start // HOUR_MS * HOUR_MS]
            hour["trusted_windows"].append(start)
            if hottest >= 90:
                hour["hot_windows"].append(start)
            if None not in poles:
                hour["poles"].append(poles)
        for series in [series for series in self.series if series[:3] == component]:
            for start, value in self.means[series].items():
                hour = hours[start // HOUR_MS * HOUR_MS]
                hour["used_windows"].append(start)
                if self._is_temperature(series[3]):
                    hour["peaks"].append(value)
                    # Sliding periods, which have their own rule for suspect sensors, cover values
                    # above the threshold.
                    if value <= self._threshold(series[3]) and not self.is_suspect(
                        series, start, start + self.period_ms
                    ):
                        hour["trusted_peaks"].append(value)
            if series[3] == POWER:
                for at, value in self.series[series]:
                    hours[at // HOUR_MS * HOUR_MS]["powers"].append(value)
        for alert in self.alerts:
            if alert[:3] == component:
                hours[alert[4] // HOUR_MS * HOUR_MS]["alerts"].append(alert[3])
        for row in self.alert_incidents:
            if component_of(row) == component:
                hours[row["started_at"] // HOUR_MS * HOUR_MS]["incidents"].append(row["is_trusted"])
        for is_suspect in (False, True):
            self._add_overheated_time(hours, component, is_suspect)
        return hours

    def _trusted_windows(self, component):
        """{start of a window: hottest mean, negative and positive pole} of trusted sensors."""
        windows = defaultdict(dict)
        for series in [series for series in self.series if series[:3] == component]:
            if self._is_temperature(series[3]) and series not in self.frozen:
                for start, value in self.means[series].items():
                    if not self.is_suspect(series, start, start + self.period_ms):
                        windows[start][series[3]] = value
        return {
            start: (max(means.values()), means.get(NEGATIVE), means.get(POSITIVE))
            for start, means in windows.items()
        }

    def _add_overheated_time(self, hours, component, is_suspect):
        found = list(
            self.sliding(
                lambda row: (
                    component_of(row) == component and row["is_sensor_suspect"] == is_suspect
                )
            )
        )
        bounds = {int(edge) for row, _ in found for edge in self.bounds(row)}
        cuts = {edge // HOUR_MS * HOUR_MS + step for edge in bounds for step in (0, HOUR_MS)}
        for first, last in self.covered(found, *cuts):
            name = "suspect_overheated_ms" if is_suspect else "overheated_ms"
            hours[first // HOUR_MS * HOUR_MS][name].append(last - first)
        for row, periods in found:
            ends = {edge // HOUR_MS for period in periods for edge in period}
            for hour in [hours[int(end) * HOUR_MS] for end in ends]:
                hour["peaks"].append(row["avg_temp_c"])
                if not is_suspect:
                    hour["trusted_peaks"].append(row["avg_temp_c"])

    def _figures(self, hours):
        """The totals of a component's hours."""

        hours = list(hours)

        def values(name):
            return [value for hour in hours for value in hour[name]]

        poles = values("poles")
        imbalances = [abs(negative - positive) for negative, positive in poles]
        return {
            "peak_avg_temp_c": max(values("peaks"), default=None),
            "peak_trusted_avg_temp_c": max(values("trusted_peaks"), default=None),
            "avg_trusted_pole_temp_c": mean([sum(pair) / 2 for pair in poles]),
            "avg_pole_imbalance_c": mean(imbalances),
            "max_pole_imbalance_c": max(imbalances, default=None),
            "pole_window_count": len(poles),
            "trusted_window_count": len(values("trusted_windows")),
            "hot_window_count": len(values("hot_windows")),
            "overheated_seconds": Fraction(sum(values("overheated_ms"))) / 1000,
            "suspect_overheated_seconds": Fraction(sum(values("suspect_overheated_ms"))) / 1000,
            "used_window_count": len(set(values("used_windows"))),
            "alert_count": len(values("alerts")),
            "temperature_alert_count": sum(map(is_about_temperature, values("alerts"))),
            "incident_count": len(values("incidents")),
            "trusted_incident_count": sum(values("incidents")),
        }

    def component_hourly(self):
        for component, hours in self.hours.items():
            for start, hour in hours.items():
                yield {
                    **dict(zip(COMPONENT, component, strict=True)),
                    **self._figures([hour]),
                    "avg_power_kw": mean(hour["powers"]),
                    "max_power_kw": max(hour["powers"], default=None),
                    "hour_start": start,
                }

    def component_daily(self):
        for component in self.components:
            yield from self._days({component}, dict(zip(COMPONENT, component, strict=True)))

    def asset_daily(self):
        for asset in {component[:2] for component in self.components}:
            components = {component for component in self.components if component[:2] == asset}
            yield from self._days(components, dict(zip(COMPONENT, asset, strict=False)))

    def site_daily(self):
        for site in {component[0] for component in self.components}:
            components = {component for component in self.components if component[0] == site}
            yield from self._days(components, {"site_id": site})

    def fleet_daily(self):
        yield from self._days(self.components, {})

    def _days(self, components, keys):
        """Days of some components, with all their readings in one pool."""
        left_out = []
        if "component_id" in keys:
            left_out = ["component_count", "used_component_count", "overheated_component_count"]
        for day in self.days:
            row = keys | self._day(components, range(day * DAY_MS, (day + 1) * DAY_MS))
            yield {column: row[column] for column in row if column not in left_out}

    def _day(self, components, day):
        pools = defaultdict(list)
        powers = []
        for series in [series for series in self.series if series[:3] in components]:
            pools[MEASURES.get(series[3])] += [v for at, v in self.series[series] if at in day]
            if series[3] == POWER:
                powers += [value for at, value in self.means[series].items() if at in day]
        hours = {
            component: [hour for start, hour in self.hours[component].items() if start in day]
            for component in components
        }
        figures = [self._figures(hours[component]) for component in components]
        row = self._figures(chain.from_iterable(hours.values()))
        # Windows of two components are different windows.
        row["used_window_count"] = sum(row["used_window_count"] for row in figures)
        used_ms = row["used_window_count"] * self.period_ms
        row |= {
            "day": datetime.fromtimestamp(day.start / 1000, UTC).date(),
            "p90_power_kw": percentile(powers, Fraction(9, 10)) if powers else None,
            "hot_ratio": Fraction(row["hot_window_count"], row["trusted_window_count"])
            if row["trusted_window_count"]
            else None,
            "utilisation_ratio": Fraction(used_ms, len(components) * DAY_MS)
            if day.start // DAY_MS in self.record_days
            else None,
            "component_count": len(components),
            "used_component_count": sum(row["used_window_count"] > 0 for row in figures),
            "overheated_component_count": sum(row["overheated_seconds"] > 0 for row in figures),
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
        means = {signal: self.window_means(found) for signal, found in by_signal.items()}
        temperatures = [signal for signal in by_signal if self._is_temperature(signal)]
        hottest = defaultdict(lambda: -999)  # of all temperature signals, by window
        for signal in temperatures:
            for start, value in means[signal].items():
                hottest[start] = max(hottest[start], value)
        started_at, ended_at = readings[0][0], readings[-1][0]
        seconds_to_peak = None
        if hottest:
            peak = min(hottest, key=lambda start: (-hottest[start], start))
            peaked_at = min(at for at, *_ in readings if self.window_of(at) == peak)
            seconds_to_peak = Fraction(peaked_at - started_at, 1000)
        power = [value for _, value in by_signal[POWER]]
        values = [value for _, signal, value in readings if signal in temperatures]
        row = {
            "peak_temp_c": max(values, default=None),
            "avg_power_kw": mean(power),
            "max_power_kw": max(power, default=None),
            "duration_seconds": Fraction(ended_at - started_at, 1000),
            "seconds_to_peak": seconds_to_peak,
            "any_sensor_hot_seconds": self.period_ms
            // 1000
            * sum(value >= 90 for value in hottest.values()),
            "started_at": started_at,
            "ended_at": ended_at,
        }
        for signal in TEMPERATURES:
            peak = max(means.get(signal, {}).values(), default=None)
            row[f"peak_{MEASURES[signal]}_temp_c"] = peak
        return row

    def alert_event_profile(self):
        distrusted = {
            (*component_of(row), row["alert_name"], row["fired_at"])
            for row in self.alert_readings
            if not row["is_trusted"]
        }
        named = defaultdict(list)
        for alert in self.alerts:
            *component, alert_name, fired_at = alert
            for scope in ["all"] if alert in distrusted else ["all", "trusted"]:
                named[alert_name, scope].append((component, fired_at))
                if is_about_temperature(alert_name):
                    named[None, scope].append((component, fired_at))
        for signal in {series[3] for series in self.series}:
            for (alert_name, scope), alerts in named.items():
                for offset in range(-600, 601, self.period_ms // 1000):
                    values = present(
                        self.means.get((*component, signal), {}).get(
                            self.window_of(fired_at + offset * 1000)
                        )
                        for component, fired_at in alerts
                    )
                    yield {
                        "alert_name": alert_name,
                        "alert_scope": scope,
                        "signal_name": signal,
                        **self._meaning(signal),
                        "offset_seconds": offset,
                        "avg_value": mean(values),
                        "p10_value": percentile(values, Fraction(1, 10)) if values else None,
                        "p90_value": percentile(values, Fraction(9, 10)) if values else None,
                        "alert_count": len(values),
                        "is_total": alert_name is None,
                    }

    def alerting_components(self):
        ranked = sorted(
            (
                (component, incidents)
                for component in {component_of(row) for row in self.alert_incidents}
                if (incidents := [r for r in self.alert_incidents if component_of(r) == component])
            ),
            # At equal counts, the one with more incidents, then by the order of the ids.
            key=lambda pair: (-total(pair[1], "alert_count"), -len(pair[1]), pair[0]),
        )
        all_alerts = len(self.alerts)
        so_far = 0
        for rank, (component, incidents) in enumerate(ranked, 1):
            alerts = [alert for alert in self.alerts if alert[:3] == component]
            so_far += len(alerts)
            chattering = [row for row in incidents if row["is_chattering"]]
            yield {
                **dict(zip(COMPONENT, component, strict=True)),
                "alert_rank": rank,
                "alert_ratio": Fraction(len(alerts), all_alerts),
                "cumulative_alert_ratio": Fraction(so_far, all_alerts),
                "chattering_alert_ratio": Fraction(total(chattering, "alert_count"), len(alerts)),
                "untrusted_alert_ratio": Fraction(
                    total(incidents, "untrusted_alert_count"), len(alerts)
                ),
                "overheated_seconds": self.overheated_seconds(component),
                "alert_count": len(alerts),
                "incident_count": len(incidents),
                "trusted_incident_count": sum(row["is_trusted"] for row in incidents),
                "first_alert_at": min(alert[4] for alert in alerts),
                "last_alert_at": max(alert[4] for alert in alerts),
            }

    def overheated_seconds(self, component):
        return self._figures(self.hours[component].values())["overheated_seconds"]

    def watched_components(self):
        """The watchlist's figures on heat and alerts."""
        for component in self.components:
            trusted = [
                row["avg_temp_c"]
                for row, _ in self.sliding()
                if component_of(row) == component and not row["is_sensor_suspect"]
            ]
            yield {
                **dict(zip(COMPONENT, component, strict=True)),
                "overheated_seconds": self.overheated_seconds(component),
                "peak_avg_temp_c": max(trusted, default=None),
                "temperature_alert_count": sum(
                    alert[:3] == component and is_about_temperature(alert[3])
                    for alert in self.alerts
                ),
            }


def total(rows, column):
    return sum(row[column] for row in rows)


def further_alerts(alerts, random):
    """On other days, which may have no readings."""
    for alert in alerts:
        if random.random() < 0.2:
            yield (*alert[:4], alert[4] + random.choice([-2, -1, 1, 2]) * DAY_MS)


def further_readings(readings, random):
    """After gaps about as long as the session gap, at about 90 °C."""
    latest = {row[:3]: row[4] for row in sorted(readings, key=itemgetter(4))}
    for component, at in latest.items():
        for _ in range(random.randint(0, 4)):
            at += random.choice([SESSION_GAP_MS] * 2 + [299_999, 300_001, 30_000, 43_200_000])
            for signal in random.sample([*TEMPERATURES, POWER], random.randint(1, 4)):
                value = random.choice(["90", "90.0", "90.001", "89.9", "106"])
                yield (*component, signal, at + random.choice([0, 0, 1, 15_000]), value)


def assert_marts_equal_oracle(warehouse, folder, random, variables):
    readings, alerts = random_fleet(random, variables.get("window_seconds", 30))
    readings += list(further_readings(readings, random))
    alerts += list(further_alerts(alerts, random))
    write_fleet(folder, readings, alerts, random)
    warehouse.load(folder, *KEYS, variables=variables)
    oracle = oracle_of(readings, alerts, variables, FleetOracle)
    for mart, key in KEYS.items():
        expected = getattr(oracle, mart)()
        different = list(differences(mart, key, rows_of(warehouse, mart), list(expected)))
        assert not different, explain(mart, different, readings, alerts)
    sessions = rows_of(warehouse, "charging_sessions")
    assert len({row["session_id"] for row in sessions}) == len(sessions)
    assert_watchlist_equals_oracle(warehouse, oracle, readings, alerts)


def assert_watchlist_equals_oracle(warehouse, oracle, readings, alerts):
    expected = list(oracle.watched_components())
    watchlist = rows_of(warehouse, "component_watchlist")
    found = [{name: row[name] for name in expected[0]} for row in watchlist]
    different = list(differences("component_watchlist", COMPONENT, found, expected))
    assert not different, explain("component_watchlist", different, readings, alerts)
    ranks = {component_of(row): row["concern_rank"] for row in watchlist}
    for row in rows_of(warehouse, "alerting_components"):
        assert row["concern_rank"] == ranks[component_of(row)], row


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fleet") / "landing"


@pytest.mark.parametrize(
    ("variables", "share"),
    [
        ({}, 5),
        (LIMITS["10 s"], 20),
        (LIMITS["60 s"], 20),
    ],
    ids=["30 s", "10 s", "60 s"],
)
def test_fleet_marts_equal_the_oracle(request, compiled_warehouse, folder, variables, share):
    """An hour, day, session, ranking or event profile is missing, extra, or has a wrong figure."""

    @settings(max_examples=max(1, request.config.fleet_count // share))
    @given(st.randoms(use_true_random=True))
    def search(random):
        assert_marts_equal_oracle(compiled_warehouse, folder, random, variables)

    search()


HOT_COMPONENT = ("S", "A", "C", POSITIVE)


def build(warehouse, folder, readings, frozen=()):
    """Loads the marts of hours and days, and checks them."""
    marts = ("component_hourly", "component_daily", "site_daily", "fleet_daily")
    write_fleet(folder, readings, [], Random(0))
    warehouse.load(folder, *marts)
    oracle = oracle_of(readings, [], {"frozen": frozen}, FleetOracle)
    for mart in marts:
        expected = list(getattr(oracle, mart)())
        different = list(differences(mart, KEYS[mart], rows_of(warehouse, mart), expected))
        assert not different, explain(mart, different, readings, [])


def seconds_by_day(warehouse, folder, readings):
    """{day of the month: overheated seconds} after a build."""
    build(warehouse, folder, readings)
    return {row["day"].day: row["overheated_seconds"] for row in rows_of(warehouse, "fleet_daily")}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (-5_000, {12: 35, 13: 25}),
        (-30_000, {12: 60}),
        (-29_999, {12: 59.999, 13: 0.001}),
        (0, {12: 30, 13: 30}),
        (29_999, {12: 0.001, 13: 59.999}),
        (30_000, {13: 60}),
    ],
)
def test_heat_reaches_into_a_day_without_readings(compiled_warehouse, folder, at, expected):
    """Overheated time is lost, or counts on the wrong day, if no reading follows on that day."""
    readings = [(*HOT_COMPONENT, MIDNIGHT + at, "106")]
    assert seconds_by_day(compiled_warehouse, folder, readings) == expected


def test_a_late_day_changes_the_periods_that_reach_into_it(warehouse, folder):
    """A period keeps its old end after the next day's readings arrive, or are removed again."""
    first_day = [(*HOT_COMPONENT, MIDNIGHT - 10_000, "106")]
    both_days = [*first_day, (*HOT_COMPONENT, MIDNIGHT, "90")]
    days = [first_day, both_days, first_day]
    found = [seconds_by_day(warehouse, folder, readings) for readings in days]
    assert found == [{12: 40, 13: 20}, {12: 40, 13: 0}, {12: 40, 13: 20}]


NOON = MIDNIGHT - DAY_MS // 2


def hours_at_noon(warehouse):
    """{component: row of component_hourly} of the hour that begins at noon."""
    return {
        row["component_id"]: row
        for row in rows_of(warehouse, "component_hourly")
        if row["hour_start"] == NOON
    }


def trusted_peaks(warehouse):
    return {
        component: row["peak_trusted_avg_temp_c"]
        for component, row in hours_at_noon(warehouse).items()
    }


def test_windows_exactly_ten_minutes_from_an_implausible_reading(compiled_warehouse, folder):
    """A peak is trusted although its window is suspect, or the other way round."""
    readings = []
    for edge in (-1, 0, 1):
        for name, at in (("before", -600_000 + edge), ("after", 630_000 + edge)):
            series = ("S", "A", f"{name} {edge}", POSITIVE)
            readings += [(*series, NOON + 5_000, "80"), (*series, NOON + at, "200")]
    build(compiled_warehouse, folder, readings)
    assert trusted_peaks(compiled_warehouse) == {
        "before -1": 80,
        "before 0": None,
        "before 1": None,
        "after -1": None,
        "after 0": None,
        "after 1": 80,
    }


def test_a_frozen_value_is_a_trusted_peak_but_no_hot_time(compiled_warehouse, folder):
    """A frozen sensor lowers a peak, or its value counts as time at or above 90 °C."""
    readings = [
        ("S", "A", component, POSITIVE, NOON + at, str(90 + (component != "frozen") * at % 7))
        for component in ("frozen", "sound", "sound too")
        for at in range(0, 900_000, 20_000)
    ]
    build(compiled_warehouse, folder, readings, frozen=[("S", "A", "frozen", POSITIVE)])
    assert compiled_warehouse.rows("from intermediate.int_frozen_runs"), "nothing is frozen"
    hours = hours_at_noon(compiled_warehouse)
    assert hours["frozen"]["peak_trusted_avg_temp_c"] == 90
    counts = ("trusted_window_count", "hot_window_count")
    assert [hours["frozen"][name] for name in counts] == [0, 0]
    assert [hours["sound"][name] for name in counts] == [30, 30]
