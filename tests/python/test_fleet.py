"""The fleet generator, seen from outside: the files that it writes.

The real telemetry's properties (means, spreads, rhythms) are given here as ranges, and the physics
is checked by integrating it again, step by step.
"""

import gzip
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from signal import SIGINT

import duckdb
import pytest
import yaml
from landing import generate_fleet

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = PROJECT / "data" / "sample"
GENERATOR = PROJECT / "generator" / "generate.py"

SIGNAL_HEADER = ",timestamp,SITE,ASSET,COMPONENT,signal_name,VALUE,event_date"
ALERT_HEADER = ",timestamp,SITE,ASSET,COMPONENT,alert_name,event_date"
SIGNALS = [
    "LM_handleNegCoreTempDegC",
    "LM_handlePosCoreTempDegC",
    "LM_pcbaTempDegC",
    "LM_powerLimit",
]
ALERTS = {
    "LM_a141_cableTempImbalance",
    "LM_a188_negTempOT",
    "LM_a191_negTempRationality",
    "LM_a243_negCoreTempHiFoldBk",
    "LM_a247_ambientTempStale",
}


@pytest.fixture(scope="module")
def generate():
    def write(folder, **arguments):
        run = generate_fleet({"landing_dir": str(folder), **arguments})
        assert run.returncode == 0, run.stderr
        return folder

    return write


def sql_text(value):
    return "'" + str(value).replace("'", "''") + "'"


def load(folder):
    """A fleet's clean readings, alerts and truth as tables."""
    connection = duckdb.connect()
    glob = sql_text(f"{folder}/*signals_data*")
    connection.execute(f"""
        create table readings as
        select
            "timestamp"::bigint as at_ms,
            component,
            signal_name,
            value::double as value,
            event_date
        from read_csv({glob}, header = true, all_varchar = true)
    """)
    glob = sql_text(f"{folder}/*alerts_data*")
    connection.execute(f"""
        create table alerts as
        select "timestamp"::bigint as at_ms, component, alert_name
        from read_csv({glob}, header = true, all_varchar = true)
    """)
    truth = sql_text(f"{folder}.truth.csv")
    connection.execute(f"""
        create table truth as
        select * replace (component_id::varchar as component_id)
        from read_csv({truth})
    """)
    return connection


def content(path):
    """A file's bytes, whatever it is compressed with."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        # One column that no separator divides is the line itself.
        rows = duckdb.execute(
            f"""
            select line
            from read_csv(
                {sql_text(path)}, header = false, delim = '\x01', quote = '',
                escape = '', columns = {{'line': 'varchar'}},
                auto_detect = false
            )
            """
        ).fetchall()
        return "".join(line + "\n" for (line,) in rows).encode()
    return path.read_bytes()


def folder_content(folder):
    return {path.name: content(path) for path in sorted(folder.iterdir())}


# The sample


def sample_arguments():
    return yaml.safe_load((PROJECT / "data/sample.args.yml").read_text())


def test_the_sample_is_what_the_generator_writes(generate, tmp_path):
    arguments = sample_arguments()
    assert PROJECT / arguments.pop("landing_dir") == SAMPLE
    again = generate(tmp_path / "sample", **arguments)
    ours, committed = folder_content(again), folder_content(SAMPLE)
    assert ours.keys() == committed.keys()
    differing = [name for name in ours if ours[name] != committed[name]]
    assert differing == []
    truth = (tmp_path / "sample.truth.csv").read_bytes()
    assert truth == (PROJECT / "data/sample.truth.csv").read_bytes()


@pytest.fixture(scope="module")
def sample():
    """The sample's correct and distinct readings, with its truth."""
    connection = duckdb.connect()
    connection.execute(f"""
        create table lines as
        select trim(line) as line, filename
        from read_csv(
            {sql_text(SAMPLE / "*signals_data*")}, header = false, skip = 1,
            delim = '\x01', quote = '', escape = '', auto_detect = false,
            columns = {{'line': 'varchar'}}, filename = true
        )
    """)
    connection.execute("""
        create table readings as
        select distinct
            try_cast(split_part(line, ',', 2) as bigint) as at_ms,
            split_part(line, ',', 5) as component,
            split_part(line, ',', 6) as signal_name,
            try_cast(split_part(line, ',', 7) as double) as value
        from lines
        where
            len(string_split(line, ',')) = 8
            and try_cast(split_part(line, ',', 2) as bigint) is not null
            and try_cast(split_part(line, ',', 7) as double) is not null
    """)
    connection.execute(f"""
        create table truth as
        select * replace (component_id::varchar as component_id)
        from read_csv({sql_text(PROJECT / "data/sample.truth.csv")})
    """)
    return connection


def test_the_sample_is_small_and_of_every_format():
    files = list(SAMPLE.iterdir())
    assert sum(path.stat().st_size for path in files) < 5_000_000
    signal_files = [path for path in files if "signals_data" in path.name]
    suffixes = {path.suffix for path in signal_files}
    assert suffixes == {".csv", ".gz", ".zst"}
    assert len(signal_files) >= 2 * len(SIGNALS)


def test_the_sample_has_every_fault_and_every_alert(sample):
    causes = {row[0] for row in sample.execute("select distinct fault_cause from truth").fetchall()}
    assert causes == {
        "contact_resistance",
        "hot_site",
        "none",
        "sensor_fault",
        "weak_cooling",
    }
    text = "".join(path.read_text() for path in SAMPLE.glob("*alerts_data*.csv"))
    assert set(re.findall(r"LM_a\d+_\w+", text)) == ALERTS


def test_one_broken_sensor_raises_most_alerts_of_the_sample(sample):
    """The sample lacks the chattering sensor, or heat raises alerts that only that sensor may."""
    text = "".join(path.read_text() for path in SAMPLE.glob("*alerts_data*.csv"))
    alerts = set(re.findall(r"\d+,(\d{13}),.+?,.+?,(.+?),(LM_a\d+_\w+)", text))
    (broken,) = sample.execute("""
        select component_id from truth
        where fault_pole = 'neg' and sensor_mode = 'open_circuit'
    """).fetchone()
    of_broken = {alert for alert in alerts if alert[1] == broken}
    assert 0.5 < len(of_broken) / len(alerts) < 0.95
    others = {name for _, _, name in alerts - of_broken}
    assert others == {"LM_a141_cableTempImbalance", "LM_a247_ambientTempStale"}


def test_the_sample_has_true_crossings_of_both_poles(sample):
    """A 30 s period of at least two readings that average above 105, of a
    component whose sensors are sound, and the temperature got there slowly."""
    crossings = sample.execute("""
        with

        steps as (
            select
                *,
                abs(value - lag(value) over series) as step_c,
                at_ms - lag(at_ms) over series as gap_ms
            from readings
            where signal_name like '%CoreTempDegC'
            window series as (
                partition by component, signal_name order by at_ms
            )
        ),

        periods as (
            select
                component,
                signal_name,
                at_ms // 30000 as period,
                avg(value) as avg_c,
                count(*) as reading_count,
                max(step_c / greatest(gap_ms, 1) * 1000) as rate_c_per_s
            from steps
            group by component, signal_name, period
        )

        select
            periods.signal_name,
            truth.fault_cause = 'sensor_fault' as is_sensor_fault,
            max(reading_count) as reading_count,
            max(rate_c_per_s) as rate_c_per_s
        from periods
        inner join truth on periods.component = truth.component_id
        where avg_c > 105
        group by periods.signal_name, is_sensor_fault
    """).fetchall()
    true_ones = {row[0]: row for row in crossings if not row[1]}
    assert set(true_ones) == set(SIGNALS[:2])
    for _, _, reading_count, rate in true_ones.values():
        assert reading_count >= 2
        assert rate < 1.0
    assert any(row[1] for row in crossings), "no crossing of a broken sensor"


def test_the_sample_has_its_bad_rows(sample):
    (texts, short, timeless, rows, distinct_rows, unsorted) = sample.execute(
        """
        with

        fields as (
            select
                filename,
                line,
                string_split(line, ',') as parts
            from lines
        )

        select
            count(*) filter (
                len(parts) = 8 and try_cast(parts[7] as double) is null
            ),
            count(*) filter (len(parts) != 8),
            count(*) filter (len(parts) = 8 and parts[2] = ''),
            count(*),
            count(distinct (filename, line)),
            (
                select count(*)
                from (
                    select
                        parts[5] = lag(parts[5]) over file
                        and parts[2] < lag(parts[2]) over file as is_earlier
                    from (select *, rowid as n from (
                        select filename, string_split(line, ',') as parts,
                        rowid from lines
                    ))
                    window file as (partition by filename order by n)
                )
                where is_earlier
            )
        from fields
        """
    ).fetchone()
    assert texts > 0
    assert short > 0
    assert timeless > 0
    assert rows - distinct_rows > 10, "exact repeats"
    assert unsorted > 10, "rows out of time order"
    headers = {path.read_text().splitlines()[0] for path in SAMPLE.glob("*alerts_data*.csv")}
    assert headers == {ALERT_HEADER, SIGNAL_HEADER}


# A medium-sized fleet against the real ranges


@pytest.fixture(scope="module")
def fleet_folder(generate, tmp_path_factory):
    return generate(
        tmp_path_factory.mktemp("middling") / "fleet",
        sites=25,
        components=100,
        days=4,
        seed=11,
    )


@pytest.fixture(scope="module")
def fleet(fleet_folder):
    return load(fleet_folder)


def test_names_and_headers(fleet_folder):
    days = [f"2022-03-{day}" for day in range(12, 16)]
    names = {path.name for path in fleet_folder.iterdir()}
    assert names == {
        f"Tesla_SEIA_analyst_signals_data_'{day}'_'{signal}'.csv"
        for day in days
        for signal in SIGNALS
    } | {"Tesla_SEIA_analyst_alerts_data_'2022-03-12'_'2022-03-15'.csv"}
    for path in fleet_folder.iterdir():
        with path.open(newline="") as file:
            header, first = file.readline(), file.readline()
        is_alerts = "alerts_data" in path.name
        expected = ALERT_HEADER if is_alerts else SIGNAL_HEADER
        assert header == expected + "\n"
        assert first.startswith("0,16")
        if not is_alerts:
            day, signal = re.findall(r"'([^']*)'", path.name)
            assert re.fullmatch(rf"0,\d{{13}},(-?\d+,){{3}}{signal},-?\d+\.\d,{day}\n", first)


def test_each_reading_is_in_the_file_of_its_day_once(fleet):
    rows, distinct_rows, misplaced = fleet.execute("""
        select
            count(*),
            count(distinct (component, signal_name, at_ms)),
            count(*) filter (
                strftime(make_timestamp(at_ms * 1000), '%Y-%m-%d')
                != event_date
            )
        from readings
    """).fetchone()
    assert rows == distinct_rows
    assert misplaced == 0


# Per signal: the real week's mean, the allowed distance, and the spread.
REAL = {
    "LM_handleNegCoreTempDegC": (48.6, 2.5, 10.4),
    "LM_handlePosCoreTempDegC": (48.8, 2.5, 10.4),
    "LM_pcbaTempDegC": (49.0, 2.5, 8.3),
    "LM_powerLimit": (100.8, 6.0, 51.5),
}


@pytest.mark.parametrize("signal", SIGNALS)
def test_means_and_spreads_are_those_of_the_real_week(fleet, signal):
    mean, tolerance, spread = REAL[signal]
    # A broken sensor's readings are rare, but have a large effect in such a small fleet.
    found_mean, found_spread = fleet.execute(
        """
        select avg(value), stddev(value)
        from readings
        where signal_name = ? and value > -20
        """,
        [signal],
    ).fetchone()
    assert found_mean == pytest.approx(mean, abs=tolerance)
    assert found_spread == pytest.approx(spread, rel=0.2)


def test_extremes_are_those_of_the_real_week(fleet):
    ranges = {
        row[0]: row[1:]
        for row in fleet.execute("""
            select signal_name, min(value), max(value)
            from readings
            inner join truth on readings.component = truth.component_id
            where fault_cause != 'sensor_fault'
            group by signal_name
        """).fetchall()
    }
    for signal in SIGNALS[:2]:
        assert 8 < ranges[signal][0] < 30
        assert 85 < ranges[signal][1] < 110
    assert 12 < ranges["LM_pcbaTempDegC"][0] < 30
    assert 65 < ranges["LM_pcbaTempDegC"][1] < 90
    assert ranges["LM_powerLimit"][0] == 20.0
    assert 330 < ranges["LM_powerLimit"][1] < 415
    (daily_max,) = fleet.execute("""
        select median(daily_max)
        from (
            select max(value) as daily_max
            from readings
            where signal_name = 'LM_handlePosCoreTempDegC'
            group by component, event_date
        )
    """).fetchone()
    assert daily_max == pytest.approx(62, abs=5)


def test_use_is_that_of_the_real_week(fleet):
    mean_use, greatest_use, used_days = fleet.execute("""
        select avg(in_use), max(in_use), count(*)
        from (
            select count(distinct at_ms // 30000) / 2880 as in_use
            from readings
            where signal_name = 'LM_powerLimit'
            group by component, event_date
        )
    """).fetchone()
    assert mean_use == pytest.approx(0.16, abs=0.025)
    assert 0.6 < greatest_use < 0.92
    assert 0.8 < used_days / 400 < 0.97
    per_component_day = dict(
        fleet.execute("""
            select signal_name, count(*) / 400
            from readings
            group by signal_name
        """).fetchall()
    )
    # 1.84, 1.84, 1.83 and 3.58 million in 197 x 8 component-days.
    real = dict(zip(SIGNALS, (1168, 1168, 1161, 2272), strict=True))
    for signal, count in real.items():
        assert per_component_day[signal] == pytest.approx(count, rel=0.15)


def test_rhythms(fleet):
    for signal, least, greatest in [
        ("LM_handleNegCoreTempDegC", 10_000, 11_000),
        ("LM_pcbaTempDegC", 10_000, 11_000),
        ("LM_powerLimit", 5_000, 6_000),
    ]:
        gaps = fleet.execute(
            """
            with

            gaps as (
                select at_ms - lag(at_ms) over (
                    partition by component order by at_ms
                ) as gap_ms
                from readings
                where signal_name = ?
            )

            select
                min(gap_ms),
                max(gap_ms) filter (gap_ms < 60000),
                max(gap_ms)
            from gaps
            """,
            [signal],
        ).fetchone()
        assert least - 5 <= gaps[0]
        assert gaps[1] <= greatest + 5
        assert gaps[2] > 4 * 3_600_000, "gaps of hours are normal"


def test_pcba_readings_follow_the_pair_by_3_to_5_seconds(fleet):
    offsets = fleet.execute("""
        select quantile_cont(offset_ms, [0.02, 0.98])
        from (
            select pcba.at_ms - core.at_ms as offset_ms
            from readings as pcba
            asof inner join (
                select at_ms, component
                from readings
                where signal_name = 'LM_handleNegCoreTempDegC'
            ) as core
                on
                    pcba.component = core.component
                    and pcba.at_ms >= core.at_ms
            where pcba.signal_name = 'LM_pcbaTempDegC'
        )
    """).fetchone()[0]
    assert offsets[0] >= 3_000
    assert offsets[1] <= 5_000


def test_only_the_handle_pair_shares_timestamps(fleet):
    sharing = fleet.execute("""
        select distinct signals
        from (
            select list(distinct signal_name order by signal_name) as signals
            from readings
            group by at_ms
        )
        where len(signals) > 1
    """).fetchall()
    assert sharing == [(SIGNALS[:2],)]
    unpaired = fleet.execute("""
        select count(*)
        from (
            select component
            from readings
            where signal_name like '%CoreTempDegC'
            group by component, at_ms
            having count(*) != 2
        )
    """).fetchone()
    assert unpaired == (0,)


def test_a_healthy_fleet_has_neither_crossings_nor_alerts(generate, tmp_path):
    fleet = load(
        generate(
            tmp_path / "healthy",
            sites=20,
            components=80,
            days=3,
            seed=5,
            faulty_share=0,
            stale_alerts_per_component_day=0,
        )
    )
    assert fleet.execute("select distinct fault_cause from truth").fetchall() == [("none",)]
    assert fleet.execute(
        """
        select count(*) filter (value > 105), count(*) filter (value < 0)
        from readings
        where signal_name like '%TempDegC'
        """
    ).fetchone() == (0, 0)
    (alert_count,) = fleet.execute("select count(*) from alerts").fetchone()
    assert alert_count <= 2


# The default fleet against the real week's alerts and heat

# Incidents are of a component and alert, with gaps of up to 60 s.
ALERT_VIEWS = """
    create view worst as
    select alerts.component, truth.*
    from alerts
    inner join truth on alerts.component = truth.component_id
    group by all
    order by count(*) desc
    limit 1;

    create view gaps as
    select
        *,
        component in (select component from worst) as is_of_worst,
        (
            at_ms - lag(at_ms) over (
                partition by component, alert_name order by at_ms
            )
        ) / 1000 as gap_s
    from alerts;

    -- Every pole's readings, but those of a broken sensor.
    create view trusted as
    select readings.*
    from readings
    inner join truth on readings.component = truth.component_id
    where
        signal_name like '%CoreTempDegC'
        and (
            sensor_mode is null
            or fault_pole != lower(signal_name[10:12])
        );
"""


@pytest.fixture(scope="module")
def default_fleet(generate, tmp_path_factory):
    """The default fleet: as many sites, components and days as the real week."""
    fleet = load(generate(tmp_path_factory.mktemp("default") / "fleet"))
    fleet.execute(ALERT_VIEWS)
    return fleet


def test_one_chattering_sensor_raises_most_alerts(default_fleet):
    """The real week: 659 of 832 alerts are of one negative sensor, 660 of one day."""
    assert default_fleet.execute("select fault_pole, sensor_mode from worst").fetchone() == (
        "neg",
        "open_circuit",
    )
    count, worst_share, second_share, components = default_fleet.execute("""
        with counts as (
            select component, count(*) as alert_count
            from alerts
            group by component
        )
        select
            sum(alert_count)::bigint,
            max(alert_count) / sum(alert_count),
            list(alert_count order by alert_count desc)[2] / sum(alert_count),
            count(*)
        from counts
    """).fetchone()
    assert 600 < count < 1000
    assert 0.7 < worst_share < 0.87
    assert 0.05 < second_share < 0.2
    assert 6 <= components <= 16
    (day_share,) = default_fleet.execute("""
        select max(day_count) / sum(day_count)
        from (
            select count(*) as day_count
            from alerts
            group by at_ms // 86400000
        )
    """).fetchone()
    assert 0.7 < day_share < 0.9


# Of the real week's 832 alerts, with the smallest and largest share allowed.
NAME_SHARES = {
    "LM_a191_negTempRationality": (438, 0.45, 0.6),
    "LM_a141_cableTempImbalance": (326, 0.3, 0.48),
    "LM_a247_ambientTempStale": (52, 0.04, 0.09),
    "LM_a188_negTempOT": (10, 0.005, 0.03),
    "LM_a243_negCoreTempHiFoldBk": (6, 0.003, 0.02),
}


def test_the_names_of_alerts_have_the_shares_of_the_real_week(default_fleet):
    shares = dict(
        default_fleet.execute("""
            select alert_name, count(*) / sum(count(*)) over ()
            from alerts
            group by alert_name
        """).fetchall()
    )
    assert shares.keys() == NAME_SHARES.keys()
    for name, (real_count, least, greatest) in NAME_SHARES.items():
        assert least < real_count / 832 < greatest
        assert least < shares[name] < greatest, name
    (imbalance_share,) = default_fleet.execute("""
        select count(*) filter (is_of_worst and alert_name like '%a141%') / count(*)
        from gaps
    """).fetchone()
    assert imbalance_share == pytest.approx(205 / 832, abs=0.06)


def test_alerts_of_the_chattering_sensor_are_seconds_apart(default_fleet):
    """The real week: median gaps of 4 and 10 s, and 214 incidents of 832 alerts."""
    gaps = dict(
        default_fleet.execute("""
            select alert_name, median(gap_s)
            from gaps
            where is_of_worst
            group by alert_name
        """).fetchall()
    )
    assert 3 < gaps["LM_a191_negTempRationality"] < 6
    assert 7 < gaps["LM_a141_cableTempImbalance"] < 12
    incident_share, worst_incident_share = default_fleet.execute("""
        select
            count(*) filter (gap_s is null or gap_s > 60) / count(*),
            count(*) filter (is_of_worst and (gap_s is null or gap_s > 60))
            / count(*) filter (is_of_worst)
        from gaps
    """).fetchone()
    assert 0.14 < incident_share < 0.32
    assert worst_incident_share < 0.1


def test_heat_alerts_are_false_alarms_of_the_chattering_sensor(default_fleet):
    """True heat raises an alert, or the false crossing of 105 °C is missing."""
    by_name = dict(
        default_fleet.execute("""
            select alert_name, bool_and(is_of_worst)
            from gaps
            where
                alert_name in (
                    'LM_a188_negTempOT',
                    'LM_a191_negTempRationality',
                    'LM_a243_negCoreTempHiFoldBk'
                )
            group by alert_name
        """).fetchall()
    )
    assert len(by_name) == 3
    assert all(by_name.values()), by_name
    # For a pole that reads hot, the other pole is cool and the power is idle.
    hot, other, power, alert_count = default_fleet.execute("""
        with

        hot as (
            select
                readings.component,
                readings.at_ms,
                readings.value
            from readings
            inner join worst on readings.component = worst.component
            where signal_name = 'LM_handleNegCoreTempDegC' and value > 105
        )

        select
            max(hot.value),
            max(positive.value),
            max(power.value),
            (
                select count(*)
                from alerts
                where
                    alert_name like '%a188%'
                    and at_ms between
                    (select min(at_ms) from hot) - 11000
                    and (select max(at_ms) from hot) + 11000
            )
        from hot
        inner join readings as positive
            on
                hot.component = positive.component
                and hot.at_ms = positive.at_ms
                and positive.signal_name = 'LM_handlePosCoreTempDegC'
        asof inner join (
            select * from readings where signal_name = 'LM_powerLimit'
        ) as power
            on hot.component = power.component and hot.at_ms >= power.at_ms
    """).fetchone()
    assert 116 < hot < 118
    assert other < 70
    assert power < 22
    assert alert_count >= 5


def test_the_chattering_sensor_raises_alerts_while_it_reads_nonsense(default_fleet):
    """Alerts of the broken sensor fire at readings that do not show that it is broken.

    For the real week's 659 alerts, the last known readings have a mean of -15 °C at 23 kW.
    """
    near_share, negative_c, power_kw = default_fleet.execute("""
        with

        steps as (
            select
                readings.*,
                value - lag(value) over (
                    partition by readings.component order by at_ms
                ) as step_c
            from readings
            inner join worst on readings.component = worst.component
            where signal_name = 'LM_handleNegCoreTempDegC'
        ),

        nonsense as (
            select at_ms from steps where value < -40 or abs(step_c) > 25
        ),

        at_alerts as (
            select
                steps.value,
                power.value as power_kw,
                exists (
                    select 1 from nonsense
                    where abs(nonsense.at_ms - steps.at_ms) <= 600000
                ) as is_near
            from gaps
            asof inner join steps on gaps.at_ms >= steps.at_ms
            asof inner join (
                select readings.* from readings
                inner join worst on readings.component = worst.component
                where signal_name = 'LM_powerLimit'
            ) as power on gaps.at_ms >= power.at_ms
            where is_of_worst
        )

        select avg(is_near::int), avg(value), avg(power_kw)
        from at_alerts
    """).fetchone()
    assert near_share > 0.98
    assert -60 < negative_c < 20
    assert power_kw < 40


def test_the_chattering_sensor_is_an_open_circuit(default_fleet):
    """The real week: below -149 °C for tens of readings, at the negative pole only."""
    open_count, least, steps = default_fleet.execute("""
        select
            count(*) filter (value < -140),
            min(value),
            count(*) filter (abs(step_c) > 40)
        from (
            select
                value,
                value - lag(value) over (order by at_ms) as step_c
            from readings
            where
                signal_name = 'LM_handleNegCoreTempDegC'
                and component in (select component from worst)
        )
    """).fetchone()
    assert open_count >= 20
    assert -188 < least < -149
    assert steps >= 4
    (least_of_others,) = default_fleet.execute("""
        select min(value)
        from readings
        where
            signal_name like '%CoreTempDegC'
            and (
                signal_name like '%Pos%'
                or component not in (select component from worst)
            )
    """).fetchone()
    assert least_of_others > 8


def test_ambient_alerts_come_in_parallel_from_the_handles_of_a_cabinet(default_fleet):
    """The real week: 13 at each of four components, at the same times."""
    components, assets, fewest, most, moments = default_fleet.execute("""
        with counts as (
            select
                component,
                asset_id,
                count(*) as alert_count,
                list(at_ms order by at_ms) as moments
            from alerts
            inner join truth on alerts.component = truth.component_id
            where alert_name = 'LM_a247_ambientTempStale'
            group by component, asset_id
        )
        select
            count(*),
            count(distinct asset_id),
            min(alert_count),
            max(alert_count),
            count(distinct moments)
        from counts
    """).fetchone()
    assert (components, assets, fewest, most, moments) == (4, 1, 13, 13, 1)


def test_more_ambient_alerts_are_of_more_cabinets(generate, tmp_path):
    small = {"sites": 4, "assets": 4, "components": 8, "days": 2, "duty": 0.05}
    counts = []
    for rate in (0, 0.01, 1):
        fleet = load(generate(tmp_path / f"{rate}", **small, stale_alerts_per_component_day=rate))
        counts.append(
            fleet.execute("""
                select count(distinct component), count(distinct at_ms), count(*)
                from alerts
                where alert_name = 'LM_a247_ambientTempStale'
            """).fetchone()
        )
    # Three moments in two days, of two handles each; a rate of 1 is 16 alerts in all.
    assert counts == [(0, 0, 0), (2, 3, 6), (6, 9, 18)]


def test_uneven_poles_raise_their_alert_again_after_a_pause(default_fleet):
    """The real week: pauses of about 100 s as long as the poles stay uneven."""
    median_gap, repeats, without_contact_fault = default_fleet.execute("""
        select
            median(gap_s),
            count(*) filter (gap_s < 150) / count(*),
            count(*) filter (fault_cause not in ('contact_resistance', 'sensor_fault'))
        from gaps
        inner join truth on gaps.component = truth.component_id
        where alert_name = 'LM_a141_cableTempImbalance' and not is_of_worst
    """).fetchone()
    assert 85 < median_gap < 125
    assert repeats > 0.5
    assert without_contact_fault <= 2


def test_a_handle_that_is_truly_hot_raises_hardly_any_alert(default_fleet):
    """The real week: the handle longest above 105 °C raised one alert, about imbalance."""
    hot = default_fleet.execute("""
        with

        hot as (
            select component, count(*) as hot_count
            from trusted
            where value > 105
            group by component
        )

        select
            hot_count,
            count(alerts.component) as alert_count,
            count(alerts.component) filter (alert_name not like '%a141%')
        from hot
        left join alerts on hot.component = alerts.component
        group by hot.component, hot_count
        order by hot_count desc
    """).fetchall()
    assert 1 <= len(hot) <= 6
    # A reading each 10.5 s: above for half a minute to minutes.
    assert 3 <= hot[0][0] < 40
    assert hot[0][1] <= 5
    assert all(other_count == 0 for _, _, other_count in hot)


def test_one_handle_in_six_passes_90_degrees(default_fleet):
    """The real week: 34 of 197 by sound sensors, the hottest at 106 °C."""
    share, hottest = default_fleet.execute("""
        select count(*) filter (hottest > 90) / count(*), max(hottest)
        from (
            select max(value) as hottest
            from trusted
            group by component
        )
    """).fetchone()
    assert 0.12 < share < 0.22
    assert 96 < hottest < 108


def test_alerts_fire_between_readings_and_while_nothing_is_charging(default_fleet):
    """Messages are not delayed: no alert is minutes or hours after its readings."""
    chattering, fresh, late = default_fleet.execute("""
        with

        ages as (
            select
                gaps.is_of_worst,
                gaps.alert_name,
                (gaps.at_ms - readings.at_ms) / 1000 as age_s
            from gaps
            asof inner join (
                select component, at_ms
                from readings
                where signal_name = 'LM_handleNegCoreTempDegC'
            ) as readings
                on
                    gaps.component = readings.component
                    and gaps.at_ms >= readings.at_ms
        )

        select
            count(*) filter (is_of_worst and age_s > 60)
            / count(*) filter (is_of_worst),
            count(*) filter (not is_of_worst and age_s < 11)
            / count(*) filter (not is_of_worst),
            count(*) filter (not is_of_worst and age_s > 1800)
            / count(*) filter (not is_of_worst)
        from ages
        where alert_name != 'LM_a247_ambientTempStale'
    """).fetchone()
    assert 0.4 < chattering < 0.9
    assert fresh > 0.3
    assert 0.01 < late < 0.3


# Physics and faults, computed by other means than the generator's


@pytest.fixture(scope="module")
def quiet_fleet(generate, tmp_path_factory):
    """Little noise, no spread, no foldback: only the physics remains."""
    return load(
        generate(
            tmp_path_factory.mktemp("quiet") / "fleet",
            sites=8,
            components=48,
            days=2,
            seed=3,
            faulty_share=0.25,
            noise_c=0.1,
            resistance_spread=0,
            fold_back_c=1000,
            site_spread_c=0,
        )
    )


def fitted_rises(connection):
    """Each pole's degrees per kW^2, by regression on its own readings.

    Power is smoothed by a first-order lag of 300 s, reading by reading, the
    thermal mass of a pole done by Euler's method; the slope of temperature
    over it is the pole's resistance, whatever the ambient.
    """
    rows = connection.execute("""
        select component, at_ms, signal_name, value
        from readings
        where signal_name != 'LM_pcbaTempDegC'
        order by component, at_ms
    """).fetchall()
    points = {}
    state = {}
    for component, at_ms, signal, value in rows:
        last_ms, square, lagged, started = state.get(component, (None, 0.0, 0.0, at_ms))
        if last_ms is None or at_ms - last_ms > 60_000:
            square, lagged, started = 400.0, 400.0, at_ms
        else:
            passed = (at_ms - last_ms) / 1000
            lagged += (square - lagged) * min(passed / 300, 1.0)
        if signal == "LM_powerLimit":
            square = value * value
        elif at_ms - started > 60_000:
            points.setdefault((component, signal), []).append((lagged, value))
        state[component] = (at_ms, square, lagged, started)
    slopes = {}
    for key, pairs in points.items():
        if len(pairs) < 400:
            continue
        mean_x = sum(x for x, _ in pairs) / len(pairs)
        mean_y = sum(y for _, y in pairs) / len(pairs)
        slopes[key] = sum((x - mean_x) * (y - mean_y) for x, y in pairs) / sum(
            (x - mean_x) ** 2 for x, _ in pairs
        )
    return slopes


def test_resistances_of_the_truth_show_in_the_readings(quiet_fleet):
    slopes = fitted_rises(quiet_fleet)
    truth = {
        row[0]: row[1:]
        for row in quiet_fleet.execute("""
            select
                component_id,
                fault_cause,
                neg_resistance_ratio,
                pos_resistance_ratio
            from truth
        """).fetchall()
    }
    healthy = sorted(
        slope for (component, _), slope in slopes.items() if truth[component][0] == "none"
    )
    usual = healthy[len(healthy) // 2]
    checked = {"contact_resistance": 0, "weak_cooling": 0}
    for (component, signal), slope in slopes.items():
        cause, *ratios = truth[component]
        if cause not in checked:
            continue
        ratio = ratios[SIGNALS.index(signal)]
        # A weakly cooled pole is also slower than the 300 s of the fit.
        assert slope / usual == pytest.approx(ratio, rel=0.3)
        checked[cause] += 1
    assert min(checked.values()) >= 4


def test_a_contact_resistance_heats_its_pole_only(quiet_fleet):
    rows = quiet_fleet.execute("""
        with

        poles as (
            select
                component,
                at_ms,
                max(value) filter (signal_name like '%Neg%') as neg_c,
                max(value) filter (signal_name like '%Pos%') as pos_c
            from readings
            where signal_name like '%CoreTempDegC'
            group by component, at_ms
        )

        select
            fault_cause,
            fault_pole,
            quantile_cont(neg_c - pos_c, 0.02),
            quantile_cont(neg_c - pos_c, 0.98)
        from poles
        inner join truth on poles.component = truth.component_id
        where fault_cause in ('contact_resistance', 'weak_cooling', 'none')
        group by component_id, fault_cause, fault_pole
    """).fetchall()
    for cause, pole, low, high in rows:
        if cause != "contact_resistance":
            # Same resistance at both poles: equal but for the noise.
            assert -0.5 < low <= high < 0.5
        elif pole == "neg":
            assert high > 3
            assert low > -0.5
        else:
            assert low < -3
            assert high < 0.5
    assert {row[1] for row in rows} == {None, "both", "neg", "pos"}


def test_a_hot_site_starts_from_a_higher_temperature(quiet_fleet):
    warmest_other, hot, excess = quiet_fleet.execute("""
        with

        starts as (
            select component, value
            from (
                select
                    *,
                    at_ms - lag(at_ms) over (
                        partition by component order by at_ms
                    ) as gap_ms
                from readings
                where signal_name = 'LM_handlePosCoreTempDegC'
            )
            where gap_ms > 3600000
        ),

        sites as (
            select
                truth.site_id,
                max(site_excess_c) as site_excess_c,
                avg(starts.value) as start_c
            from starts
            inner join truth on starts.component = truth.component_id
            where sensor_mode is null
            group by truth.site_id
        )

        select
            median(start_c) filter (site_excess_c = 0),
            max(start_c) filter (site_excess_c > 0),
            max(site_excess_c)
        from sites
    """).fetchone()
    assert excess >= 5
    # Sites differ by their weather as well.
    assert hot - warmest_other == pytest.approx(excess, abs=5)


def test_broken_sensors_do_what_no_thermal_mass_can(quiet_fleet):
    rows = quiet_fleet.execute("""
        with

        steps as (
            select
                component,
                signal_name,
                value,
                at_ms,
                at_ms - lag(at_ms) over series as gap_ms,
                abs(value - lag(value) over series) as step_c,
                sum((value is distinct from lag_value)::int) over series
                    as run_no
            from (
                select
                    *,
                    lag(value) over (
                        partition by component, signal_name order by at_ms
                    ) as lag_value
                from readings
                where signal_name like '%CoreTempDegC'
            )
            window series as (
                partition by component, signal_name order by at_ms
            )
        ),

        runs as (
            select
                component,
                signal_name,
                max(run_s) as longest_run_s
            from (
                select
                    component,
                    signal_name,
                    run_no,
                    count(*) * 10.5 as run_s
                from steps
                group by component, signal_name, run_no
            )
            group by component, signal_name
        )

        select
            truth.sensor_mode,
            truth.fault_pole = lower(steps.signal_name[10:12]) as is_broken,
            min(steps.value),
            max(steps.step_c) filter (steps.gap_ms < 12000),
            max(runs.longest_run_s)
        from steps
        inner join runs
            on
                steps.component = runs.component
                and steps.signal_name = runs.signal_name
        inner join truth on steps.component = truth.component_id
        group by
            truth.component_id, truth.sensor_mode, truth.fault_pole,
            steps.signal_name
    """).fetchall()
    modes = set()
    for mode, is_broken, least, step, run_s in rows:
        if mode == "open_circuit" and is_broken:
            assert step >= 40
            assert least < -149
            modes.add(mode)
        elif mode == "frozen" and is_broken:
            assert run_s > 900
            modes.add(mode)
        else:
            assert least > 0
            assert step < 20
            assert run_s < 600
    assert modes == {"open_circuit", "frozen"}


# Faults over time, and weather

GROWTH_DAYS = 5
COURSE = {"sites": 3, "components": 18, "days": 24, "seed": 8, "hot_sites": 0}
COURSE |= {"resistance_spread": 0, "fold_back_c": 1000}
COURSE |= {"temp_interval_seconds": 30, "power_interval_seconds": 30}


@pytest.fixture(scope="module")
def course(generate, tmp_path_factory):
    """A fleet whose faults change, and the same fleet with lasting faults and without any.

    `readings` has each value of the three, `days` the state of each component's fault.
    """
    folder = tmp_path_factory.mktemp("course")
    changes = {"onset_share": 1, "growth_days": GROWTH_DAYS, "repair_share": 0.5}
    generate(folder / "healthy", faulty_share=0, **COURSE)
    generate(folder / "lasting", faulty_share=1, **COURSE)
    connection = load(generate(folder / "changing", faulty_share=1, **changes, **COURSE))
    glob = sql_text(folder / "*" / "*signals_data*")
    connection.execute(f"""
        create or replace table readings as
        select
            component,
            "timestamp"::bigint as at_ms,
            signal_name,
            event_date::date as day,
            max(value::double) filter (filename like '%/changing/%') as changing_value,
            max(value::double) filter (filename like '%/lasting/%') as lasting_value,
            max(value::double) filter (filename like '%/healthy/%') as healthy_value
        from read_csv({glob}, header = true, all_varchar = true, filename = true)
        group by all
    """)
    connection.execute(f"""
        create table days as
        select
            truth.*,
            day,
            case
                when day < onset_on then 'before'
                -- Heat of a session outlasts midnight, misreadings do not.
                when day = repaired_on and sensor_mode is null then 'changing'
                when day >= repaired_on then 'repaired'
                when sensor_mode is not null then 'misreads'
                when day <= onset_on + {GROWTH_DAYS} then 'changing'
                else 'full'
            end as state
        from truth
        cross join (select distinct day from readings)
    """)
    return connection


def test_a_fault_shows_from_its_onset_to_its_repair_only(course):
    """A healthy day differs from a fleet without faults, or a full fault from a lasting one."""
    found = {
        row[:2]: row[2:]
        for row in course.execute("""
            select
                fault_cause,
                state,
                max(abs(changing_value - healthy_value)),
                max(abs(changing_value - lasting_value)),
                count(*) - count(changing_value + healthy_value + lasting_value)
            from readings
            inner join days
                on readings.component = days.component_id and readings.day = days.day
            group by fault_cause, state
        """).fetchall()
    }
    assert {missing for *_, missing in found.values()} == {0}
    for cause in ("contact_resistance", "weak_cooling", "sensor_fault"):
        assert found[cause, "before"][0] == 0
        assert found[cause, "repaired"][0] == 0
        assert found[cause, "before"][1] > 10
        if cause == "sensor_fault":
            assert found[cause, "misreads"][0] > 100
        else:
            assert found[cause, "full"][0] > 10
            assert found[cause, "full"][1] == 0


def test_a_fault_grows_linearly(course):
    """The share of the full fault's extra heat differs from the elapsed share of its growth."""
    cases, error = course.execute(f"""
        select
            count(distinct component),
            max(abs(
                (changing_value - healthy_value) / (lasting_value - healthy_value)
                - (at_ms - epoch_ms(onset_on)) / (86400000 * {GROWTH_DAYS})
            ))
        from readings
        inner join truth on readings.component = truth.component_id
        where
            fault_cause = 'contact_resistance'
            and day between onset_on and onset_on + {GROWTH_DAYS - 1}
            and lasting_value - healthy_value > 10
    """).fetchone()
    assert cases >= 5
    # A session keeps the strength of its start, and readings are rounded.
    assert error < 0.05


def test_a_broken_sensor_chatters_from_its_onset_to_its_repair_only(course):
    rows = course.execute("""
        select
            count(*),
            count(*) filter (at_ms < epoch_ms(onset_on) or at_ms >= epoch_ms(repaired_on))
        from alerts
        inner join truth on alerts.component = truth.component_id
        where sensor_mode = 'open_circuit' and alert_name != 'LM_a247_ambientTempStale'
        group by component_id
    """).fetchall()
    assert rows
    for count, outside in rows:
        assert count > 20
        assert outside == 0


def test_days_of_onset_and_repair_leave_days_before_and_after(course):
    assert course.execute(f"""
        select
            count(onset_on),
            min(onset_on - date '2022-03-12') >= 5,
            max(onset_on - date '2022-03-12') <= 17,
            count(repaired_on) between 5 and 13,
            min(repaired_on - onset_on) > {GROWTH_DAYS},
            max(repaired_on) <= date '2022-04-04'
        from truth
    """).fetchone() == (18, True, True, True, True, True)


@pytest.mark.parametrize(
    ("days", "changes", "onsets", "repairs"),
    [
        (1, {"onset_share": 1, "repair_share": 1}, 0, 0),
        (2, {"onset_share": 1, "repair_share": 1}, 4, 0),
        (2, {"onset_share": 0, "repair_share": 1}, 0, 4),
        (3, {"onset_share": 1, "repair_share": 1, "growth_days": 3}, 4, 0),
    ],
)
def test_a_period_without_days_left_has_no_repair(
    generate, tmp_path, days, changes, onsets, repairs
):
    fleet = load(
        generate(tmp_path / "fleet", sites=1, components=8, days=days, faulty_share=0.5, **changes)
    )
    assert fleet.execute("""
        select
            count(onset_on),
            count(repaired_on),
            count(*) filter (
                fault_cause in ('hot_site', 'none')
                and (onset_on is not null or repaired_on is not null)
            )
        from truth
    """).fetchone() == (onsets, repairs, 0)


@pytest.mark.parametrize(
    ("start_date", "change_c"), [("2023-01-14", -10), ("2023-04-15", 0), ("2023-07-15", 10)]
)
def test_the_season_moves_every_temperature(generate, tmp_path, start_date, change_c):
    small = {"sites": 1, "components": 2, "days": 2, "start_date": start_date, "faulty_share": 0}
    generate(tmp_path / "even", **small)
    fleet = load(generate(tmp_path / "swinging", season_swing_c=10, **small))
    even = sql_text(tmp_path / "even" / "*signals_data*")
    assert fleet.execute(f"""
        select
            readings.signal_name,
            avg(readings.value - even.value::double)
        from readings
        inner join read_csv({even}, header = true, all_varchar = true) as even
            on
                readings.at_ms = even."timestamp"::bigint
                and readings.component = even.component
                and readings.signal_name = even.signal_name
        group by all
        order by all
    """).fetchall() == [
        (signal, pytest.approx(0 if signal == "LM_powerLimit" else change_c, abs=0.3))
        for signal in SIGNALS
    ]


def test_the_excess_of_hot_sites_may_be_given(generate, tmp_path):
    small = {"sites": 4, "components": 8, "days": 1, "hot_sites": 2}
    fleet = load(generate(tmp_path / "fleet", hot_site_excess_c=3.5, fault_strength=2, **small))
    assert fleet.execute("""
        select site_excess_c, count(distinct site_id) from truth group by all order by all
    """).fetchall() == [(0.0, 2), (3.5, 2)]


def test_the_factor_of_contacts_and_cooling_may_be_given(generate, tmp_path):
    small = {"sites": 4, "components": 12, "days": 1, "faulty_share": 0.5}
    fleet = load(generate(tmp_path / "fleet", fault_factor=2, fault_strength=3, **small))
    assert fleet.execute("""
        select distinct fault_strength from truth
        where fault_cause in ('contact_resistance', 'weak_cooling')
    """).fetchall() == [(2.0,)]


# Determinism, paths, wrong arguments


def test_same_arguments_same_bytes_and_another_seed_other_ones(generate, tmp_path):
    small = {"sites": 2, "components": 5, "days": 1, "compression": "gzip"}
    one = generate(tmp_path / "one", seed=7, **small)
    two = generate(tmp_path / "two", seed=7, **small)
    other = generate(tmp_path / "other", seed=8, **small)
    files = sorted(path.name for path in one.iterdir())
    assert files == sorted(path.name for path in two.iterdir())
    for name in files:
        assert (one / name).read_bytes() == (two / name).read_bytes()
    assert (tmp_path / "one.truth.csv").read_bytes() == (tmp_path / "two.truth.csv").read_bytes()
    assert all(
        (one / name).read_bytes() != (other / name).read_bytes()
        for name in files
        if "signals_data" in name
    )


def test_the_largest_seed_is_a_fleet(generate, tmp_path):
    """The ids of a fleet with a large seed overflow."""
    generate(tmp_path / "fleet", sites=1, components=2, days=1, seed=1_000_000_000)


def test_ctrl_c_ends_with_a_sentence(tmp_path):
    """Ctrl-C shows a stack trace, or no message says that the fleet is incomplete."""
    folder = tmp_path / "fleet"
    process = subprocess.Popen(
        [sys.executable, GENERATOR, f"{{landing_dir: {folder}, components: 2000, days: 30}}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while process.poll() is None and not folder.exists():
        time.sleep(0.05)
    process.send_signal(SIGINT)
    assert process.communicate()[0] == f"Interrupted: '{folder}' has a part of the fleet only.\n"
    assert process.returncode == 130


def test_a_folder_with_quotes_spaces_and_brackets(generate, tmp_path):
    folder = tmp_path / "new" / 'it\'s a "fleet" [1] {x}; drop'
    small = {"sites": 1, "components": 2, "days": 1}
    generate(folder, **small)
    assert len(list(folder.iterdir())) == len(SIGNALS) + 1
    assert (folder.parent / (folder.name + ".truth.csv")).is_file()
    # The truth file marks the folder as the generator's own, so it is written again.
    generate(folder, **small)


def test_the_truth_of_an_older_version_marks_a_folder(generate, tmp_path):
    """A folder written before the truth had onset, repair and site means cannot be rewritten."""
    small = {"sites": 1, "components": 2, "days": 1}
    generate(tmp_path / "fleet", **small)
    truth = tmp_path / "fleet.truth.csv"
    lines = truth.read_text().splitlines()
    assert lines[0].endswith(",onset_on,repaired_on,site_mean_c")
    truth.write_text("".join(line.rsplit(",", 3)[0] + "\n" for line in lines))
    generate(tmp_path / "fleet", **small)
    assert truth.read_text().splitlines() == lines


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "landing_dir is missing"),
        ({"landing_dir": ".."}, "landing_dir must name a folder"),
        ({"components": "many"}, "components must be a whole number from 1"),
        ({"days": 1.5}, "days must be a whole number"),
        ({"duty": 3}, "duty must be a number from 0.001 to 0.9, not '3'"),
        ({"sites": 9, "components": 3}, "each site needs an asset"),
        ({"compression": "rar"}, "compression must be none, gzip, zstd"),
        ({"start_date": "2022-02-30"}, "start_date must be a date"),
        ({"start_date": "tomorrow"}, "start_date must be a date"),
        ({"include_bad_rows": "yes"}, "include_bad_rows must be true"),
        ({"hot_sites": 50}, "hot_sites must be a whole number from 0 to 49"),
        ({"onset_share": 1.1}, "onset_share must be a number from 0 to 1, not '1.1'"),
        ({"growth_days": 2.5}, "growth_days must be a whole number from 0 to 3660"),
        ({"repair_share": "half"}, "repair_share must be a number from 0 to 1"),
        ({"season_swing_c": -5}, "season_swing_c must be a number from 0 to 30"),
        ({"hot_site_excess_c": 31}, "hot_site_excess_c must be a number from 0 to 30"),
        ({"fault_factor": 0.5}, "fault_factor must be a number from 1 to 10"),
        ({"colour": "red"}, "it has no argument 'colour'"),
    ],
)
def test_a_wrong_argument_is_refused(tmp_path, arguments, sentence):
    if arguments and "landing_dir" not in arguments:
        arguments = {"landing_dir": str(tmp_path / "fleet"), **arguments}
    run = generate_fleet(arguments)
    assert run.returncode != 0
    assert f"generate_fleet: {sentence}" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_one_sentence_and_no_traceback(tmp_path):
    done = generate_fleet({"landing_dir": "x", "duty": 3}, cwd=tmp_path)
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert output.count("generate_fleet: duty must be a number") == 1
    assert "Traceback" not in output
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1", "the arguments cannot be read"),
        ("none.yml", "the arguments cannot be read"),
        ("days", "the arguments must be a mapping"),
        ("", "landing_dir is missing"),
    ],
)
def test_arguments_that_are_no_mapping_are_refused(text, sentence):
    """Unreadable arguments end in a traceback."""
    run = subprocess.run([sys.executable, GENERATOR, text], capture_output=True, text=True)
    assert run.returncode != 0
    assert run.stderr.startswith(f"generate_fleet: {sentence}")
    assert "Traceback" not in run.stderr


def test_the_readme_lists_every_parameter():
    """The table of generator/README.md lacks a parameter or shows another default."""
    defaults = runpy.run_path(str(GENERATOR))["DEFAULTS"]
    table = (GENERATOR.parent / "README.md").read_text()
    shown = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    assert list(shown) == list(defaults)
    for name, default in defaults.items():
        if default is not None:
            assert shown[name] == str(default).replace("False", "false"), name


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    # A file name that the generator would write, but with foreign content.
    theirs = folder / ("Tesla_SEIA_analyst_signals_data_'2022-03-12'_'LM_powerLimit'.csv")
    theirs.write_text("precious")
    run = generate_fleet({"landing_dir": str(folder), "sites": 1, "components": 1, "days": 1})
    assert run.returncode != 0
    assert "already holds 1 other file(s)" in run.stderr
    assert [path.name for path in folder.iterdir()] == [theirs.name]
    assert theirs.read_text() == "precious"
    assert not (tmp_path / "landing.truth.csv").exists()
