"""Small random fleets that sit on every edge, and landing folders that hold them."""

from landing import (
    ALERT_FILE,
    ALERT_HEADER,
    OLD_ALERT_HEADER,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    write_file,
)

# Midnight, a full half minute by day, and neither.
STARTS = [1647129600000, 1647086400000, 1647086430000, 1647090012345]
IDS = ["-2029174455", "7", "007", "-7", "0", "-0"]
TEMPERATURES = ["LM_handleNegCoreTempDegC", "LM_handlePosCoreTempDegC", "LM_pcbaTempDegC"]
UNKNOWN_SIGNALS = ["XY_inletTempDegC", "XY_fanSpeed"]  # a temperature; not one, though above 105
ALERTS = [
    *["LM_a188_negTempOT", "LM_a247_ambientTempStale"],
    *["XY_TEMPERATURE", "XY_overtemp", "XY_fanStuck"],
]
# Times 1 ms apart lie on both sides of a window, of an age or of ten minutes.
GAPS = [0, 0, 1, 500, 999, 1000, 1000, 1001, 1100, 5000, 10000, 10000, 15000, 29999, 30000, 30001]
LONG_GAPS = [570000, 600000, 615000, 630000, 660000]
OFFSETS = [0, 0, 2500, 5000, 15000, 30000, 60000, 3600000]
# Round the threshold, about a maximal step apart, and at the limits of the catalog.
HOT = ["104.8", "105.0", "105", "105.2", "104.9", "105.1", "104.999", "105.001"]
STEPS = ["103.2", "103.199", "107.2", "107.201", "107.4", "102.8", "106.2", "109", "95", "120"]
LIMITS = ["-184.8", "-40", "-40.1", "125", "125.1", "150", "150.1"]
POWERS = ["20.0", "20", "180.5", "240", "240.0", "406.5"]


def random_series(random, start):
    """(time, value as text): bursts with exact edges, long gaps, two values at one time."""
    at = start + random.choice([0, 0, -1, 1, 5000, 29999, -30000])
    values = HOT * 3 + random.choice([[], STEPS, STEPS + LIMITS])
    for _ in range(random.randint(1, 4)):
        for _ in range(random.randint(1, 5)):
            yield at, random.choice(values)
            at += random.choice(GAPS)
        at += random.choice(LONG_GAPS) + random.choice([-1, 0, 0, 1])
        if random.random() < 0.4:  # a lone reading that is out of limits, or nearly
            yield at, random.choice(LIMITS)
            at += random.choice(LONG_GAPS) + random.choice([-1, 0, 0, 1])


def random_component(random):
    component = tuple(random.choice(IDS) for _ in range(3))
    start = random.choice(STARTS)
    readings = [
        (*component, signal, at, value)
        for signal in random.sample(TEMPERATURES + UNKNOWN_SIGNALS, random.randint(1, 3))
        for at, value in random_series(random, start)
    ]
    power_count = random.choice([0, 1, len(readings) // 3, len(readings)])
    for *_, at, _ in random.sample(readings, power_count):
        at += random.choice([1, -1]) * random.choice([0, 1, 4000, 15000, 29999, 30000, 30001])
        readings.append((*component, "LM_powerLimit", at, random.choice(POWERS)))
    return readings


def random_fleet(random):
    """Readings (site, asset, component, signal, time, value as text) and alerts."""
    readings, alerts = [], []
    for _ in range(random.randint(1, 60)):
        component = random_component(random)
        readings += component
        for _ in range(random.choice([0, 0, 1, 3])):
            (*_, signal, at, _), other = random.choices(component, k=2)
            times = sorted({row[4] for row in component if row[3] == signal})
            if random.random() < 0.3:  # exactly between two readings of a series
                at = (at + times[times.index(at) - 1]) // 2
            at += random.choice(OFFSETS) * random.choice([1, -1]) + random.choice([-1, 0, 0, 1])
            ids = (*other[:2], random.choice([other[2]] * 5 + ["unheard of"]))
            alerts.append((*ids, random.choice(ALERTS), at))
    return readings, alerts


def write_fleet(folder, readings, alerts, random):
    """Shuffled over several files of both shapes, some rows twice, one value spelled anew."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    columns = ("site", "asset", "component", "signal_name", "timestamp", "value")
    rows = [dict(zip(columns, reading, strict=True)) for reading in readings]
    rows += [random.choice(rows) for _ in range(len(rows) // 10)]
    rows += [row | {"value": f"{float(row['value']):.4f}"} for row in rows[:1]]
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
