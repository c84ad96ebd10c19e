"""Questions 1 to 3 in ClickHouse, as chDB brings it: by window functions and ASOF JOIN.

    python benchmarks/peers/chdb_answers.py LANDING_DIR ANSWERS_DIR

The fastest of what was tried; CPU seconds on the real week, one after the other on a busy machine:

- as below: 3.6
- signal names as LowCardinality(String): 4.9
- window function and ASOF JOIN over all series: 4.9
- a MergeTree ordered by series and time, not a Memory table: 5.5, with less memory
- views, so that each query reads the files anew: 12
"""

import sys
from pathlib import Path

from chdb import session

THRESHOLD_C = 105
COLUMNS = "timestamp Int64, SITE Int64, ASSET Int64, COMPONENT Int64"
TABLES = """
create table readings engine = Memory as
select SITE, ASSET, COMPONENT, signal_name,
       fromUnixTimestamp64Milli(timestamp) as observed_at, VALUE as value
from file('{landing_dir}/*signals_data*', CSVWithNames,
          '{columns}, signal_name String, VALUE Float64');

create table alerts engine = Memory as
select SITE, ASSET, COMPONENT, alert_name, fromUnixTimestamp64Milli(timestamp) as fired_at
from file('{landing_dir}/*alerts_data*', CSVWithNames, '{columns}, alert_name String');

create view temperatures as select * from readings where endsWith(signal_name, 'TempDegC');
create view power as select * from readings where signal_name = 'LM_powerLimit';

-- A mean is rounded, for a sum of doubles can miss one exactly at the threshold.
create table tumbling_windows engine = Memory as
select SITE, ASSET, COMPONENT, signal_name,
       toStartOfInterval(observed_at, interval 30 second) as window_start,
       round(avg(value), 9) as avg_temp_c
from temperatures
group by all
having avg_temp_c > {threshold_c};

-- A series that never reads more than the threshold has no mean above it.
create table rolling_windows engine = Memory as
select SITE, ASSET, COMPONENT, signal_name, observed_at as window_end,
       observed_at - interval 30 second as window_start, avg_temp_c
from (
    select *, round(avg(value) over (
        partition by SITE, ASSET, COMPONENT, signal_name
        order by toUnixTimestamp64Milli(observed_at)
        range between 29999 preceding and current row
    ), 9) as avg_temp_c
    from temperatures
    where (SITE, ASSET, COMPONENT, signal_name) in (
        select SITE, ASSET, COMPONENT, signal_name from temperatures where value > {threshold_c}
    )
)
where avg_temp_c > {threshold_c};
"""
WINDOWS = """
with tumbling_power as (
    select SITE, ASSET, COMPONENT,
           toStartOfInterval(observed_at, interval 30 second) as window_start,
           max(value) as max_power_kw
    from power
    where (SITE, ASSET, COMPONENT) in (select SITE, ASSET, COMPONENT from tumbling_windows)
    group by all
),
rolling_power as (
    select SITE, ASSET, COMPONENT, window_start, max(value) as max_power_kw
    from (select distinct SITE, ASSET, COMPONENT, window_start, window_end
          from rolling_windows) as windows
    inner join (
        select * from power
        where (SITE, ASSET, COMPONENT) in (select SITE, ASSET, COMPONENT from rolling_windows)
    ) as power using (SITE, ASSET, COMPONENT)
    where observed_at > window_start and observed_at <= window_end
    group by all
)
select SITE as site_id, ASSET as asset_id, COMPONENT as component_id, signal_name,
       'tumbling' as window_method, toDateTime64(window_start, 3) as window_start,
       avg_temp_c, max_power_kw
from tumbling_windows
left join tumbling_power using (SITE, ASSET, COMPONENT, window_start)
union all
select SITE, ASSET, COMPONENT, signal_name, 'rolling', window_start, avg_temp_c, max_power_kw
from rolling_windows
left join rolling_power using (SITE, ASSET, COMPONENT, window_start)
settings join_use_nulls = 1
"""
AVERAGES = """
with alert_signals as (
    select * from alerts cross join (select distinct signal_name from readings) as signals
),
alerted_readings as (
    select * from readings
    where (SITE, ASSET, COMPONENT) in (select SITE, ASSET, COMPONENT from alerts)
),
alert_readings as (
    select alert_name, alert_signals.signal_name as signal_name, value,
           dateDiff('millisecond', observed_at, fired_at) <= 60000 as is_fresh
    from alert_signals
    asof left join alerted_readings
        on alert_signals.SITE = alerted_readings.SITE
       and alert_signals.ASSET = alerted_readings.ASSET
       and alert_signals.COMPONENT = alerted_readings.COMPONENT
       and alert_signals.signal_name = alerted_readings.signal_name
       and alert_signals.fired_at >= alerted_readings.observed_at
)
select name as alert_name, signal_name, count() as alert_count, count(value) as reading_count,
       avg(value) as avg_value, countIf(is_fresh) as fresh_reading_count,
       avgIf(value, is_fresh) as avg_fresh_value
from alert_readings
array join if(
    position(lower(alert_name), 'temp') > 0, [alert_name, 'all temperature alerts'], [alert_name]
) as name
group by name, signal_name
settings join_use_nulls = 1
"""


def main(landing_dir, answers_dir):
    """Reads the files once, and writes the answers."""
    with session.Session() as clickhouse:
        tables = TABLES.format(
            # A text of ClickHouse escapes with backslashes.
            landing_dir=landing_dir.replace("\\", "\\\\").replace("'", "\\'"),
            columns=COLUMNS,
            threshold_c=THRESHOLD_C,
        )
        for statement in tables.split(";")[:-1]:
            clickhouse.query(f"{statement} settings session_timezone = 'UTC'")
        answers = {"overheated_windows": WINDOWS, "avg_readings_by_alert": AVERAGES}
        Path(answers_dir).mkdir(exist_ok=True)
        for name, query in answers.items():
            answer = clickhouse.query(f"{query}, session_timezone = 'UTC'", "CSVWithNames")
            Path(answers_dir, f"{name}.csv").write_bytes(answer.bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
