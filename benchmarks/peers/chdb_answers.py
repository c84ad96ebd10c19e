"""Questions 1 to 3 in ClickHouse, as chDB brings it: by window functions and ASOF JOIN.

Questions 1 and 2 by tumbling windows and by sliding periods (any start, not only at a reading).

    python benchmarks/peers/chdb_answers.py LANDING_DIR ANSWERS_DIR

The fastest of what was tried; CPU seconds on the real week, one after the other on a busy machine:

- as below: 3.6, measured with periods that end at a reading; the rows without a value add 0.1
- the rows without a value by UNION ALL, not arrayJoin: 0.3 more
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

-- A mean is rounded: a sum of doubles can miss a mean of exactly the threshold.
create table tumbling_windows engine = Memory as
select SITE, ASSET, COMPONENT, signal_name,
       toStartOfInterval(observed_at, interval 30 second) as window_start,
       round(avg(value), 9) as avg_temp_c, count() as reading_count
from temperatures
group by all
having avg_temp_c > {threshold_c};

-- One row per step: all periods (s, s + 30 s] with s from window_start to before starts_before have
-- the same readings. Readings change where one enters, or leaves 30 s later: a row without a value.
-- A series that never reads more than the threshold has no mean above it.
create table sliding_periods engine = Memory as
with changes as (
    select SITE, ASSET, COMPONENT, signal_name,
           arrayJoin([(observed_at, toNullable(value)), (observed_at + interval 30 second, null)])
               as change,
           change.1 as period_end, change.2 as value_or_null
    from temperatures
    where (SITE, ASSET, COMPONENT, signal_name) in (
        select SITE, ASSET, COMPONENT, signal_name from temperatures where value > {threshold_c}
    )
),
periods as (
    select distinct SITE, ASSET, COMPONENT, signal_name, period_end,
           round(avg(value_or_null) over sliding_period, 9) as avg_temp_c,
           count(value_or_null) over sliding_period as reading_count
    from changes
    window sliding_period as (
        partition by SITE, ASSET, COMPONENT, signal_name
        order by toUnixTimestamp64Milli(period_end)
        range between 29999 preceding and current row
    )
),
steps as (
    select *, leadInFrame(period_end) over (
        partition by SITE, ASSET, COMPONENT, signal_name
        order by period_end
        rows between unbounded preceding and unbounded following
    ) as ends_before
    from periods
)
select *, period_end - interval 30 second as window_start,
       ends_before - interval 30 second as starts_before
from steps
where avg_temp_c > {threshold_c};
"""
WINDOWS = """
with tumbling_power as (
    select SITE, ASSET, COMPONENT,
           toStartOfInterval(observed_at, interval 30 second) as window_start,
           max(value) as max_power_kw, count() as power_reading_count
    from power
    where (SITE, ASSET, COMPONENT) in (select SITE, ASSET, COMPONENT from tumbling_windows)
    group by all
),
sliding_power as (
    select SITE, ASSET, COMPONENT, window_start, ends_before,
           max(value) as max_power_kw, count() as power_reading_count
    from (
        select distinct SITE, ASSET, COMPONENT, window_start, ends_before,
               toStartOfInterval(window_start, interval 30 second) as first_window,
               arrayJoin([first_window, first_window + 30, first_window + 60]) as touched_window
        from sliding_periods
    ) as periods
    inner join (
        select *, toStartOfInterval(observed_at, interval 30 second) as touched_window
        from power
        where (SITE, ASSET, COMPONENT) in (select SITE, ASSET, COMPONENT from sliding_periods)
    ) as power using (SITE, ASSET, COMPONENT, touched_window)
    where observed_at > window_start and observed_at < ends_before
    group by all
)
select SITE as site_id, ASSET as asset_id, COMPONENT as component_id, signal_name,
       'tumbling' as window_method, toDateTime64(window_start, 3) as window_start,
       null as starts_before, avg_temp_c, reading_count,
       max_power_kw, coalesce(power_reading_count, 0) as power_reading_count
from tumbling_windows
left join tumbling_power using (SITE, ASSET, COMPONENT, window_start)
union all
select SITE, ASSET, COMPONENT, signal_name, 'sliding', window_start,
       starts_before, avg_temp_c, reading_count,
       max_power_kw, coalesce(power_reading_count, 0)
from sliding_periods
left join sliding_power using (SITE, ASSET, COMPONENT, window_start, ends_before)
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
            # ClickHouse text literals use backslash escapes.
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
