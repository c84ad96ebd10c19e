"""The marts of questions 1 to 3, computed again from the words of their contract.

Plain Python and exact fractions, no window function, no join: slow and short. Times are epoch
milliseconds. Readings are (site, asset, component, signal, time, value) and alerts (site, asset,
component, alert, time), each counted once, however often it was delivered.

A sliding period is (s, s + 30 s] for any s. The oracle tries starts around each reading, also half
milliseconds, which a float represents exactly, and looks at the readings of each period.
"""

import csv
import re
from collections import defaultdict
from fractions import Fraction
from itertools import groupby, pairwise
from statistics import median

from landing import ROOT

VARIABLES = {
    "overheat_threshold_c": 105,
    "window_seconds": 30,
    "reading_max_age_seconds": 60,
    "sensor_suspect_seconds": 600,
    "alert_incident_gap_seconds": 60,
}
REACH_MS = 600_000  # the time around an alert within which a handle's heat belongs to it
MINUTE_MS = 60_000
COMPONENT = ("site_id", "asset_id", "component_id")
SERIES = (*COMPONENT, "signal_name")
ALL_TEMPERATURE_ALERTS = None


def read_words(path):
    with open(path, encoding="utf-8") as file:
        return [(row["word"], row["place"], row["unit"]) for row in csv.DictReader(file)]


TEMPERATURE_WORDS = read_words(ROOT / "seeds/temperature_words.csv")


def words(name):
    """negTempOT2Fault is neg, temp, ot, fault."""
    for letters in re.findall(r"[^\W\d_]+", name):
        start = 0
        for at in range(1, len(letters)):
            before, here, after = letters[at - 1], letters[at], letters[at + 1 : at + 2]
            if here.isupper() and (before.islower() or (before.isupper() and after.islower())):
                yield letters[start:at].lower()
                start = at
        yield letters[start:].lower()


def is_about_temperature(name, is_signal=False):
    """Whether a word of the name means temperature.

    A signal's name must also have a unit, and no word of another quantity.
    """
    found = f" {' '.join(words(name))} "
    ends = {"end": ("", " "), "inside": ("", ""), "last": ("", " ")}
    said = []
    for word, place, unit in TEMPERATURE_WORDS:
        before, after = ends.get(place, (" ", " "))
        ends_so = found.endswith if place == "last" else found.__contains__
        if ends_so(f"{before}{word}{after}"):
            said.append((place == "other", unit))
    if is_signal:
        return any(unit for _, unit in said) and not any(is_other for is_other, _ in said)
    return not all(is_other for is_other, _ in said)


def read_catalog(path):
    with open(path, encoding="utf-8") as file:
        return {row["signal_name"]: row for row in csv.DictReader(file)}


class Oracle:
    def __init__(self, readings, alerts, signal_catalog, **variables):
        limits = VARIABLES | variables
        self.catalog = signal_catalog
        self.threshold_c = Fraction(str(limits["overheat_threshold_c"]))
        self.period_ms = limits["window_seconds"] * 1000
        self.max_age_seconds = limits["reading_max_age_seconds"]
        self.suspect_ms = limits["sensor_suspect_seconds"] * 1000
        self.incident_gap_ms = limits["alert_incident_gap_seconds"] * 1000
        self.alerts = set(alerts)
        self.series = defaultdict(list)  # every reading, in the order of time, then of value
        for *series, at, value in sorted(set(readings)):
            self.series[tuple(series)].append((at, value))
        self.implausible = {series: self._implausible_times(series) for series in self.series}
        self.means = {series: self.window_means(found) for series, found in self.series.items()}
        self.tried_starts = {}  # of each sliding row, by series and window_start
        self.overheated_windows = [*self._tumbling_windows(), *self._sliding_periods()]
        self.overheated_components = list(self._overheated_components())
        self.max_power_when_overheated = list(self._max_power_when_overheated())
        self.overheating_episodes = list(self._overheating_episodes())
        self.alert_readings = list(self._alert_readings())
        self.alert_incidents = list(self._alert_incidents())
        self.avg_readings_by_alert = list(self._avg_readings_by_alert())
        self.alert_outcomes = list(self._alert_outcomes())

    # What signals are, and which readings are impossible for a handle

    def _threshold(self, signal):
        own = self.catalog.get(signal, {}).get("overheat_threshold_c")
        return Fraction(own) if own else self.threshold_c

    def _is_temperature(self, signal):
        return self._meaning(signal)["quantity"] == "temperature"

    def _meaning(self, signal):
        by_name = "temperature" if is_about_temperature(signal, is_signal=True) else "unknown"
        known = self.catalog.get(signal, {"quantity": by_name})
        position = known.get("sensor_position") or None
        return {"quantity": known["quantity"], "sensor_position": position}

    def _power(self, component):
        return [
            reading
            for series, readings in self.series.items()
            if series[:3] == component
            and self.catalog.get(series[3], {}).get("quantity") == "power"
            for reading in readings
        ]

    def _implausible_times(self, series):
        """When the series was outside its limits, or had just made an impossible step."""
        known = self.catalog.get(series[3])
        if not known or known["quantity"] != "temperature":
            return []
        low, high = Fraction(known["min_plausible"]), Fraction(known["max_plausible"])
        rate = Fraction(known["max_rate_c_per_second"] or 10**9)
        readings = self.series[series]
        return [at for at, value in readings if not low <= value <= high] + [
            at
            for (before, old), (at, new) in pairwise(readings)
            if abs(new - old) > rate * max(Fraction(at - before, 1000), 1)
        ]

    def is_suspect(self, series, first, last):
        first, last = first - self.suspect_ms, last + self.suspect_ms
        return any(first <= at <= last for at in self.implausible[series])

    # Questions 1 and 2

    def window_of(self, at):
        """The start of the tumbling window of a time."""
        return at // self.period_ms * self.period_ms

    def window_means(self, readings):
        """{start of a tumbling window: mean of its values} of (time, value)."""
        values = defaultdict(list)
        for at, value in readings:
            values[self.window_of(at)].append(value)
        return {start: mean(found) for start, found in values.items()}

    def _temperatures(self):
        for series, readings in self.series.items():
            if self._is_temperature(series[3]):
                yield series, readings, self._threshold(series[3]), self._power(series[:3])

    def _row(self, series, method, start, starts_before, values, powers):
        end = start + self.period_ms
        return dict(zip(SERIES, series, strict=True)) | {
            "sensor_position": self._meaning(series[3])["sensor_position"],
            "window_method": method,
            "avg_temp_c": mean(values),
            "reading_count": len(values),
            "max_power_kw": max(powers, default=None),
            "power_reading_count": len(powers),
            "is_sensor_suspect": self.is_suspect(series, start, end),
            "window_start": start,
            "starts_before": starts_before,
            "window_end": end,
        }

    def _tumbling_windows(self):
        for series, readings, threshold_c, power in self._temperatures():
            for start in {self.window_of(at) for at, _ in readings}:
                end = start + self.period_ms
                values = [value for at, value in readings if start <= at < end]
                if mean(values) > threshold_c:
                    powers = [value for at, value in power if start <= at < end]
                    yield self._row(series, "tumbling", start, None, values, powers)

    def _contents(self, readings, start):
        return [reading for reading in readings if start < reading[0] <= start + self.period_ms]

    def _starts_round(self, readings):
        """Starts on both sides of each start at which a period's readings could change."""
        edges = sorted({edge for at, _ in readings for edge in (at - self.period_ms, at)})
        starts = {edge + step for edge in edges for step in (-1, -0.5, 0, 0.5, 1)}
        return sorted(starts | {(one + other) / 2 for one, other in pairwise(edges)})

    def _steps(self, readings):
        """(contents, tried starts) of neighbouring periods with the same contents."""
        tried = self._starts_round(readings)
        for contents, starts in groupby(tried, lambda start: self._contents(readings, start)):
            yield contents, list(starts)

    def _sliding_periods(self):
        for series, readings, threshold_c, power in self._temperatures():
            for (contents, starts), (_, next_starts) in pairwise(self._steps(readings)):
                values = [value for _, value in contents]
                if not values or mean(values) <= threshold_c:
                    continue
                starts_before = next_starts[0]
                starts += [
                    start
                    for start in self._starts_round(power)
                    if starts[0] <= start < starts_before
                ]
                powers = [
                    value
                    for at, value in power
                    if any(start < at <= start + self.period_ms for start in starts)
                ]
                row = self._row(series, "sliding", starts[0], starts_before, values, powers)
                self.tried_starts[series, row["window_start"]] = starts
                yield row

    def sliding(self, wanted=lambda row: True):
        """(row, its tried periods) of overheated sliding periods."""
        for row in self.overheated_windows:
            if row["window_method"] == "sliding" and wanted(row):
                starts = self.tried_starts[series_of(row), row["window_start"]]
                yield row, [(start, start + self.period_ms) for start in starts]

    def covered(self, rows_and_periods, *cuts):
        """The stretches (from, to) between neighbouring edges, and cuts, that a period covers."""
        found = list(rows_and_periods)
        edges = {edge for row, _ in found for edge in self.bounds(row)}
        for one, other in pairwise(sorted(edges.union(cuts))):
            middle = (one + other) / 2
            if any(start < middle <= end for _, periods in found for start, end in periods):
                yield one, other

    def bounds(self, row):
        return row["window_start"], row["starts_before"] + self.period_ms

    def _overheated_components(self):
        for series, periods in grouped(self.overheated_windows, SERIES):
            methods = [period["window_method"] for period in periods]
            sliding = [period for period in periods if period["window_method"] == "sliding"]
            stretches = list(self.covered(self.sliding(of(series))))
            trusted = series | {"is_sensor_suspect": False}
            trusted_means = [row["avg_temp_c"] for row, _ in self.sliding(of(trusted))]
            yield series | {
                "tumbling_window_count": methods.count("tumbling"),
                "sliding_period_count": methods.count("sliding"),
                "peak_avg_temp_c": max(period["avg_temp_c"] for period in sliding),
                "peak_trusted_avg_temp_c": max(trusted_means, default=None),
                "overheated_seconds": seconds(stretches),
                "trusted_overheated_seconds": seconds(self.covered(self.sliding(of(trusted)))),
                "is_sensor_suspect": all(period["is_sensor_suspect"] for period in sliding),
                "first_overheated_at": stretches[0][0],
                "last_overheated_at": stretches[-1][1],
            }

    def _max_power_when_overheated(self):
        for series, periods in grouped(self.overheated_windows, (*SERIES, "window_method")):
            most = max(  # no power ranks last; then the hotter, then the earlier
                periods,
                key=lambda period: (
                    period["max_power_kw"] is not None,
                    period["max_power_kw"] or 0,
                    period["avg_temp_c"],
                    -period["window_start"],
                ),
            )
            columns = ("max_power_kw", "avg_temp_c", "is_sensor_suspect", "window_start")
            yield series | {column: most[column] for column in columns}

    def _overheating_episodes(self):
        for series, _ in grouped(self.overheated_windows, SERIES):
            found = list(self.sliding(of(series)))
            for started_at, ended_at in joined(self.covered(found)):
                periods = [row for row, _ in found if started_at <= row["window_start"] < ended_at]
                yield series | self._episode(series, periods, started_at, ended_at)

    def _episode(self, series, periods, started_at, ended_at):
        component = component_of(series)
        power = self.window_means(self._power(component))
        powers = present(period["max_power_kw"] for period in periods)
        return {
            "sensor_position": self._meaning(series["signal_name"])["sensor_position"],
            "peak_avg_temp_c": max(period["avg_temp_c"] for period in periods),
            "max_power_kw": max(powers, default=None),
            "start_power_kw": power.get(self.window_of(started_at)),
            "end_power_kw": power.get(self.window_of(ended_at - 0.5)),
            "duration_seconds": Fraction(ended_at - started_at) / 1000,
            "period_count": len(periods),
            "suspect_period_count": sum(period["is_sensor_suspect"] for period in periods),
            "alert_count": sum(
                alert[:3] == component and started_at - REACH_MS <= alert[4] <= ended_at + REACH_MS
                for alert in self.alerts
            ),
            "is_sensor_suspect": all(period["is_sensor_suspect"] for period in periods),
            "started_at": started_at,
            "ended_at": ended_at,
        }

    # Question 3

    def _alert_readings(self):
        signals = sorted({series[3] for series in self.series})
        for *component, alert, fired_at in sorted(self.alerts):
            rows = [
                {
                    **dict(zip(SERIES, (*component, signal), strict=True)),
                    **self._meaning(signal),
                    "alert_name": alert,
                    "fired_at": fired_at,
                    "is_temperature_related": is_about_temperature(alert),
                    **self._alert_reading((*component, signal), fired_at),
                }
                for signal in signals
            ]
            is_trusted = not any(row["is_sensor_suspect"] for row in rows)
            yield from (row | {"is_trusted": is_trusted} for row in rows)

    def _alert_reading(self, series, fired_at):
        readings = self.series.get(series, [])
        found = aligned(readings, fired_at)
        known_at = found["observed_at"]
        age = found["reading_age_seconds"]
        return found | {
            "is_fresh": age is not None and age <= self.max_age_seconds,
            "window_avg_value": mean(
                [value for _, value in self._contents(readings, fired_at - self.period_ms)]
            ),
            "is_sensor_suspect": known_at is not None
            and self.is_suspect(series, known_at, known_at),
        }

    def _alert_incidents(self):
        at_alert = defaultdict(list)
        for row in self.alert_readings:
            at_alert[(*component_of(row), row["alert_name"], row["fired_at"])].append(row)
        named = defaultdict(list)
        for *source, fired_at in sorted(self.alerts):
            named[tuple(source)].append(fired_at)
        for source, times in named.items():
            for run in runs_without_gap(times, self.incident_gap_ms):
                rows = [at_alert[(*source, fired_at)] for fired_at in run]
                yield self._incident(source, run, rows)

    def _incident(self, source, times, rows):
        *component, alert_name = source
        first, last = times[0] - REACH_MS, times[-1] + REACH_MS
        start_values = {row["sensor_position"] or row["quantity"]: row["value"] for row in rows[0]}
        untrusted = sum(any(not row["is_trusted"] for row in found) for found in rows)
        peak_c = max(self._trusted_values(tuple(component), first, last), default=None)
        is_overheated = any(
            start < last and end >= first
            for _, periods in self.sliding(
                lambda row: component_of(row) == tuple(component) and not row["is_sensor_suspect"]
            )
            for start, end in periods
        )
        return {
            **dict(zip(COMPONENT, component, strict=True)),
            "alert_name": alert_name,
            "start_negative_pole_temp_c": start_values.get("negative_pole"),
            "start_positive_pole_temp_c": start_values.get("positive_pole"),
            "start_board_temp_c": start_values.get("board"),
            "start_power_kw": start_values.get("power"),
            "peak_temp_c": peak_c,
            "duration_seconds": None,  # no file has a clear
            "cleared_at": None,
            "alert_count": len(times),
            "untrusted_alert_count": untrusted,
            "is_temperature_related": is_about_temperature(alert_name),
            "is_trusted": untrusted == 0,
            "is_chattering": any(
                sum(start <= at <= start + MINUTE_MS for at in times) >= 3 for start in times
            ),
            "was_overheated": is_overheated,
            "was_hot": is_overheated or (peak_c is not None and peak_c >= 90),
            "started_at": times[0],
            "ended_at": times[-1],
        }

    def _trusted_values(self, component, first, last):
        """The temperatures of whole windows from first to last, without suspect ones."""
        for series, readings, *_ in self._temperatures():
            if series[:3] != component:
                continue
            windows = defaultdict(list)
            for reading in readings:
                windows[self.window_of(reading[0])].append(reading)
            for start, in_window in windows.items():
                is_inside = all(first <= at <= last for at, _ in in_window)
                if is_inside and not self.is_suspect(series, start, start + self.period_ms):
                    yield from (value for _, value in in_window)

    def _avg_readings_by_alert(self):
        first_alerts = {
            (*component_of(row), row["alert_name"], row["started_at"])
            for row in self.alert_incidents
            if row["is_trusted"]
        }
        of_scope = {
            "all": self.alert_readings,
            "trusted": [row for row in self.alert_readings if row["is_trusted"]],
            "incidents": [
                row
                for row in self.alert_readings
                if (*component_of(row), row["alert_name"], row["fired_at"]) in first_alerts
            ],
        }
        for scope, readings in of_scope.items():
            rows = by_name_and_all(readings)
            for group, members in grouped(rows, ("alert_name", "signal_name")):
                for averages in self._averages(members):
                    yield group | {"alert_scope": scope} | averages

    def _averages(self, rows):
        ages = present(row["reading_age_seconds"] for row in rows)
        columns = {
            "last_known": "value",
            "nearest": "nearest_value",
            "interpolated": "interpolated_value",
            "window_avg": "window_avg_value",
        }
        for alignment, column in columns.items():
            values = present(row[column] for row in rows)
            fresh = present(row[column] for row in rows if row["is_fresh"])
            yield {
                **self._meaning(rows[0]["signal_name"]),
                "alignment": alignment,
                "alert_count": len(rows),
                "reading_count": len(values),
                "avg_value": mean(values),
                "fresh_reading_count": len(fresh),
                "avg_fresh_value": mean(fresh),
                "median_reading_age_seconds": median(ages) if ages else None,
                "is_total": rows[0]["raised_as"] != rows[0]["alert_name"],
                "is_temperature_related": rows[0]["is_temperature_related"],
            }

    def _alert_outcomes(self):
        episodes = [row for row in self.overheating_episodes if not row["is_sensor_suspect"]]
        for group, incidents in grouped(by_name_and_all(self.alert_incidents), ("alert_name",)):
            names = {row["raised_as"] for row in incidents}
            yield group | {
                "alert_count": sum(row["alert_count"] for row in incidents),
                "untrusted_alert_count": sum(row["untrusted_alert_count"] for row in incidents),
                "component_count": len({component_of(row) for row in incidents}),
                "incident_count": len(incidents),
                "trusted_incident_count": sum(row["is_trusted"] for row in incidents),
                "chattering_incident_count": sum(row["is_chattering"] for row in incidents),
                "overheated_incident_count": sum(row["was_overheated"] for row in incidents),
                "hot_incident_count": sum(row["was_hot"] for row in incidents),
                "episode_count": len(episodes),
                "alerted_episode_count": sum(
                    any(
                        alert[:3] == component_of(row)
                        and alert[3] in names
                        and row["started_at"] - REACH_MS <= alert[4] <= row["ended_at"] + REACH_MS
                        for alert in self.alerts
                    )
                    for row in episodes
                ),
                "is_total": group["alert_name"] is None,
                "is_temperature_related": incidents[0]["is_temperature_related"],
            }


def by_name_and_all(rows):
    """Rows of each alert name, and again those that are temperature-related."""
    rows = [row | {"raised_as": row["alert_name"]} for row in rows]
    return rows + [
        row | {"alert_name": ALL_TEMPERATURE_ALERTS}
        for row in rows
        if row["is_temperature_related"]
    ]


def runs_without_gap(times, gap):
    """Lists of sorted times, each within the gap of the one before."""
    breaks = [place for place in range(1, len(times)) if times[place] - times[place - 1] > gap]
    for first, last in pairwise([0, *breaks, len(times)]):
        yield times[first:last]


def joined(stretches):
    """Sorted stretches (from, to), with touching ones merged."""
    found = []
    for first, last in stretches:
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def seconds(stretches):
    return Fraction(sum(last - first for first, last in stretches)) / 1000


def component_of(row):
    return tuple(row[column] for column in COMPONENT)


def series_of(row):
    return tuple(row[column] for column in SERIES)


def of(keys):
    """Whether a row has these values."""
    return lambda row: keys.items() <= row.items()


def aligned(readings, fired_at):
    """The readings around an alert; several at one time become one, their mean."""
    at_one_time = defaultdict(list)
    for at, value in readings:
        at_one_time[at].append(value)
    before = max((at for at in at_one_time if at <= fired_at), default=None)
    after = min((at for at in at_one_time if at >= fired_at), default=None)
    old, new = mean(at_one_time.get(before)), mean(at_one_time.get(after))
    age = None if before is None else Fraction(fired_at - before, 1000)
    if before is None or after is None:
        nearest, interpolated = (new if before is None else old), None
    else:
        nearest = old if fired_at - before <= after - fired_at else new
        share = Fraction(fired_at - before, after - before) if after > before else 0
        interpolated = old + (new - old) * share
    return {
        "value": old,
        "observed_at": before,
        "reading_age_seconds": age,
        "nearest_value": nearest,
        "interpolated_value": interpolated,
    }


def mean(values):
    return sum(values) / Fraction(len(values)) if values else None


def present(values):
    return [value for value in values if value is not None]


def grouped(rows, columns):
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in columns)].append(row)
    for key, members in groups.items():
        yield dict(zip(columns, key, strict=True)), members
