"""Small random fleets full of edge cases, and landing folders for them."""

from decimal import Decimal

from landing import (
    ALERT_FILE,
    ALERT_HEADER,
    OLD_ALERT_HEADER,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    write_file,
)

# Midnight, a full half minute during the day, and neither.
MIDNIGHT = 1647129600000
STARTS = [MIDNIGHT, 1647086400000, 1647086430000, 1647090012345]
IDS = ["-2029174455", "7", "007", "-7", "0", "-0"]
TEMPERATURES = ["LM_handleNegCoreTempDegC", "LM_handlePosCoreTempDegC", "LM_pcbaTempDegC"]
# A temperature; a signal above 105 that is not one; counters, whose values are large.
COUNTERS = ["XY_energyWh", "XY_meter"]
UNKNOWN_SIGNALS = ["XY_inletTempDegC", "XY_fanSpeed", *COUNTERS]
ALERTS = [
    *["LM_a188_negTempOT", "LM_a247_ambientTempStale"],
    *["XY_TEMPERATURE", "XY_overtemp", "XY_a16_pcbaOTFoldback", "XY_fanStuck", "XY_sdpAttempts"],
    "all temperature alerts",
]
# Times 1 ms apart are on both sides of a window edge, of an age or of ten minutes.
GAPS = [0, 0, 1, 500, 999, 1000, 1000, 1001, 1100, 5000, 10000, 10000, 15000]
LONG_GAPS = [570000, 600000, 615000, 630000, 660000]
OFFSETS = [0, 0, 2500, 5000, 15000, 30000, 60000, 3600000]
# From a reading, from the ends of a period around it, or after another alert.
REACHES = [570000, 600000, 630000, 660000]
ALERT_GAPS = [59999, 60000, 60001, 30000, 29999, 30001, 1, 1000]
# Around the threshold, about a maximum step apart, and at the limits of the catalog.
HOT = ["104.8", "105.0", "105", "105.2", "104.9", "105.1", "104.999", "105.001"]
COOL = ["100", "102", "104", "104.5", "106", "107"]  # cool and hot values that average out
STEPS = ["103.2", "103.199", "107.2", "107.201", "107.4", "102.8", "106.2", "109", "95", "120"]
LIMITS = ["-184.8", "-40", "-40.1", "125", "125.1", "150", "150.1"]
# Counter values up to 1e15: doubles have few or no decimals left there.
COUNTS = ["1000000.1", "7456846429", "787202828.199", "7456846430.3", "123456789012.345678"]
COUNTS += ["999999999999999.9", "1e15", "-98765432109876.5"]
POWERS = ["20.0", "20", "180.5", "240", "240.0", "406.5"]


def round_period(period_ms):
    """A period's length, and 1 ms less and more."""
    return [period_ms - 1, period_ms, period_ms + 1]


def random_series(random, start, period_ms, signal=None):
    """(time, value as text): bursts with exact edges, long gaps, two values at one time."""
    at = start + random.choice([0, 0, -1, 1, 5000, period_ms - 1, -period_ms, -2 * period_ms])
    values = HOT * 3 + random.choice([[], COOL, COOL, STEPS, STEPS + LIMITS])
    if signal in COUNTERS:
        values = COUNTS
    gaps = GAPS + round_period(period_ms) + random.choice([[], [period_ms // 3] * 20])
    for _ in range(random.randint(1, 4)):
        for _ in range(random.randint(1, 7)):
            yield at, random.choice(values)
            at += random.choice(gaps)
        at += random.choice(LONG_GAPS) + random.choice([-1, 0, 0, 1])
        if random.random() < 0.4:  # a lone reading at or outside the limits
            yield at, random.choice(LIMITS)
            at += random.choice(LONG_GAPS) + random.choice([-1, 0, 0, 1])


def random_component(random, starts, period_ms):
    component = tuple(random.choice(IDS) for _ in range(3))
    start = random.choice(starts)
    readings = [
        (*component, signal, at, value)
        for signal in random.sample(TEMPERATURES + UNKNOWN_SIGNALS, random.randint(1, 3))
        for at, value in random_series(random, start, period_ms, signal)
    ]
    power_count = random.choice([0, 1, len(readings) // 3, len(readings)])
    distances = [0, 1, 4000, period_ms // 2, *round_period(period_ms)]
    for *_, at, _ in random.sample(readings, power_count):
        at += random.choice([1, -1]) * random.choice(distances)
        readings.append((*component, "LM_powerLimit", at, random.choice(POWERS)))
    return readings


def random_alerts(random, component):
    """Alone and in chains, about a minute apart, near a reading or ten minutes from it."""
    hot = [row for row in component if 105 < float(row[5]) <= 109]
    for _ in range(random.choice([0, 0, 1, 3])):
        (*_, signal, at, _), other = random.choices(component, k=2)
        times = sorted({row[4] for row in component if row[3] == signal})
        if hot and random.random() < 0.4:
            at, distance = random.choice(hot)[4], random.choice(REACHES)
        elif random.random() < 0.3:  # exactly between two readings of a series
            at, distance = (at + times[times.index(at) - 1]) // 2, random.choice(OFFSETS)
        else:
            distance = random.choice(OFFSETS)
        at += distance * random.choice([1, -1]) + random.choice([-1, 0, 0, 1])
        ids = (*other[:2], random.choice([other[2]] * 5 + ["unheard of"]))
        name = random.choice(ALERTS)
        for _ in range(random.choice([1, 1, 2, 3, 6])):
            yield (*ids, name, at)
            at += random.choice(ALERT_GAPS)


def random_fleet(random, window_seconds=30):
    """Readings (site, asset, component, signal, time, value as text) and alerts."""
    readings, alerts = [], []
    starts = random.choice([STARTS, STARTS, [MIDNIGHT]])
    for _ in range(random.choice([1, 3, random.randint(1, 60), random.randint(1, 60)])):
        component = random_component(random, starts, window_seconds * 1000)
        readings += component
        alerts += random_alerts(random, component)
    if random.random() < 0.3:  # ends or begins with the day
        ends = random.random() < 0.5
        kept = [row for row in readings if (row[4] < MIDNIGHT) == ends]
        if kept:
            return kept, [row for row in alerts if (row[4] < MIDNIGHT) == ends]
    return readings, alerts


def with_more_digits(value):
    """The same number, written in another way."""
    digits = format(Decimal(value), "f")
    return f"{digits}000" if "." in digits else f"{digits}.000"


def write_fleet(folder, readings, alerts, random):
    """Shuffled over several files of both shapes, some rows twice, one value rewritten."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    columns = ("site", "asset", "component", "signal_name", "timestamp", "value")
    rows = [dict(zip(columns, reading, strict=True)) for reading in readings]
    rows += [random.choice(rows) for _ in range(len(rows) // 10)]
    rows += [row | {"value": with_more_digits(row["value"])} for row in rows[:1]]
    random.shuffle(rows)
    parts = random.randint(1, 3)
    for part in range(parts):
        name = SIGNAL_FILE.format(part)
        write_file(folder, name, csv_text(SIGNAL_HEADER, rows[part::parts]))

    columns = ("site", "asset", "component", "alert_name", "timestamp")
    rows = [dict(zip(columns, alert, strict=True)) for alert in alerts]
    rows = [row | {"signal_name": row["alert_name"], "value": 1} for row in rows + rows[:1]]
    random.shuffle(rows)
    for part, header in enumerate([ALERT_HEADER, OLD_ALERT_HEADER]):
        if rows[part::2] or random.random() < 0.5:  # no file at all, or one with only a header
            write_file(folder, ALERT_FILE.format(part), csv_text(header, rows[part::2]))
