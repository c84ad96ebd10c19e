"""The marts of questions 1 to 3, computed once more from the words of their contract.

Plain Python and exact fractions, no window function, no join: slow and short. Times are
epoch milliseconds. Readings are (site, asset, component, signal, time, value) and alerts
(site, asset, component, alert, time), each counted once however often it was delivered.
"""

import csv
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise
from statistics import median

THRESHOLD_C = 105
PERIOD_MS = 30_000
FRESH_SECONDS = 60
SUSPECT_MS = 600_000
COMPONENT = ("site_id", "asset_id", "component_id")
SERIES = (*COMPONENT, "signal_name")


def read_catalog(path):
    with open(path, encoding="utf-8") as file:
        return {row["signal_name"]: row for row in csv.DictReader(file)}


class Oracle:
    def __init__(self, readings, alerts, signal_catalog):
        self.catalog = signal_catalog
        self.alerts = set(alerts)
        self.series = defaultdict(list)  # every reading, in the order of time, then of value
        for *series, at, value in sorted(set(readings)):
            self.series[tuple(series)].append((at, value))
        self.overheated_windows = list(self._overheated_windows())
        self.overheated_components = list(self._overheated_components())
        self.max_power_when_overheated = list(self._max_power_when_overheated())
        self.alert_readings = list(self._alert_readings())
        self.avg_readings_by_alert = list(self._avg_readings_by_alert())

    def _threshold(self, signal):
        return Fraction(self.catalog.get(signal, {}).get("overheat_threshold_c") or THRESHOLD_C)

    def _is_temperature(self, signal):
        return self._meaning(signal)["quantity"] == "temperature"

    def _meaning(self, signal):
        by_name = "temperature" if signal.endswith("TempDegC") else "unknown"
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
        """When the series was out of its limits, or had just made too fast a step."""
        known = self.catalog.get(series[3])
        if not known:
            return []
        low, high = Fraction(known["min_plausible"]), Fraction(known["max_plausible"])
        rate = Fraction(known["max_rate_c_per_second"])
        readings = self.series[series]
        return [at for at, value in readings if not low <= value <= high] + [
            at
            for (before, old), (at, new) in pairwise(readings)
            if abs(new - old) > rate * max(Fraction(at - before, 1000), 1)
        ]

    def _overheated_windows(self):
        for series, readings in self.series.items():
            if not self._is_temperature(series[3]):
                continue
            power = self._power(series[:3])
            implausible = self._implausible_times(series)
            for method, start in sorted(
                {("tumbling", at // PERIOD_MS * PERIOD_MS) for at, _ in readings}
                | {("rolling", at - PERIOD_MS) for at, _ in readings}
            ):
                end = start + PERIOD_MS
                values = within(readings, method, start)
                if mean(values) <= self._threshold(series[3]):
                    continue
                powers = within(power, method, start)
                yield dict(zip(SERIES, series, strict=True)) | {
                    "sensor_position": self._meaning(series[3])["sensor_position"],
                    "window_method": method,
                    "window_start": start,
                    "window_end": end,
                    "avg_temp_c": mean(values),
                    "reading_count": len(values),
                    "max_power_kw": max(powers, default=None),
                    "power_reading_count": len(powers),
                    "is_sensor_suspect": any(
                        start - SUSPECT_MS <= at <= end + SUSPECT_MS for at in implausible
                    ),
                }

    def _overheated_components(self):
        for series, periods in grouped(self.overheated_windows, SERIES):
            methods = [period["window_method"] for period in periods]
            yield series | {
                "tumbling_window_count": methods.count("tumbling"),
                "rolling_window_count": methods.count("rolling"),
                "peak_avg_temp_c": max(period["avg_temp_c"] for period in periods),
                "first_overheated_at": min(period["window_start"] for period in periods),
                "last_overheated_at": max(period["window_end"] for period in periods),
                "is_sensor_suspect": all(period["is_sensor_suspect"] for period in periods),
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
            columns = ("max_power_kw", "avg_temp_c", "window_start", "is_sensor_suspect")
            yield series | {column: most[column] for column in columns}

    def _alert_readings(self):
        signals = sorted({series[3] for series in self.series})
        for *component, alert, fired_at in sorted(self.alerts):
            for signal in signals:
                readings = self.series.get((*component, signal), [])
                yield {
                    **dict(zip(SERIES, (*component, signal), strict=True)),
                    **self._meaning(signal),
                    "alert_name": alert,
                    "fired_at": fired_at,
                    "is_temperature_related": "temp" in alert.lower(),
                    **aligned(readings, fired_at),
                    "window_avg_value": mean(within(readings, "rolling", fired_at - PERIOD_MS)),
                }

    def _avg_readings_by_alert(self):
        both = self.alert_readings + [
            row | {"alert_name": "all temperature alerts"}
            for row in self.alert_readings
            if row["is_temperature_related"]
        ]
        columns = {
            "last_known": "value",
            "nearest": "nearest_value",
            "interpolated": "interpolated_value",
            "window_avg": "window_avg_value",
        }
        for group, rows in grouped(both, ("alert_name", "signal_name")):
            ages = present(row["reading_age_seconds"] for row in rows)
            for alignment, column in columns.items():
                values = present(row[column] for row in rows)
                fresh = present(row[column] for row in rows if row["is_fresh"])
                yield group | {
                    **self._meaning(group["signal_name"]),
                    "alignment": alignment,
                    "alert_count": len(rows),
                    "reading_count": len(values),
                    "avg_value": mean(values),
                    "fresh_reading_count": len(fresh),
                    "avg_fresh_value": mean(fresh),
                    "median_reading_age_seconds": median(ages) if ages else None,
                }


def aligned(readings, fired_at):
    """The readings around an alert; several at one time are one, their mean."""
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
        "is_fresh": age is not None and age <= FRESH_SECONDS,
        "nearest_value": nearest,
        "interpolated_value": interpolated,
    }


def within(readings, method, start):
    """The values of a period: [start, end) if tumbling, (start, end] if rolling."""
    end = start + PERIOD_MS
    if method == "tumbling":
        return [value for at, value in readings if start <= at < end]
    return [value for at, value in readings if start < at <= end]


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
