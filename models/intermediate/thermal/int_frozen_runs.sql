-- One row per temperature series and stretch of in-use time in which the value
-- never changed, although a working sensor's value would have changed.
with

series as (

    select
        series_key,
        component_key,
        signal_name
    from {{ ref('int_series') }}
    where quantity = 'temperature'

),

linked_windows as (

    select
        *,
        coalesce(
            previous_window_start > lag(window_start) over (
                partition by series_key
                order by window_start
            ),
            true
        ) as is_run_start
    from {{ ref('int_window_changes') }}
    where is_unchanged

),

unchanged_windows as (

    select
        *,
        count(case when is_run_start then 1 end) over (
            partition by series_key
            order by window_start
            rows between unbounded preceding and current row
        ) as run_number
    from linked_windows

),

lengths as (

    select
        series_key,
        any_value(min_value) as frozen_temp_c,
        count(*) as unchanged_count,
        -- The window before the first unchanged one is part of the run.
        (count(*) + 1) * {{ var('window_seconds') }} as frozen_seconds,
        min(previous_window_start) as started_at,
        max(window_start) + {{ window_interval() }} as ended_at
    from unchanged_windows
    group by series_key, run_number

),

series_runs as (

    select
        series_key,
        sum(unchanged_count) as unchanged_count,
        max(frozen_seconds) as longest_seconds
    from lengths
    group by series_key

),

window_counts as (

    select
        series_key,
        sum(window_count) as window_count
    from {{ ref('int_series_days') }}
    group by series_key

),

-- How often, and for how long, a working sensor repeats its value: the medians
-- over the components, so that frozen sensors do not distort them. Both are low
-- for fine, noisy readings, and high for whole degrees and slow sensors.
usual_runs as (

    select
        series.signal_name,
        median(
            coalesce(series_runs.unchanged_count, 0)
            / window_counts.window_count
        ) as usual_unchanged_share,
        median(coalesce(series_runs.longest_seconds, 0))
            as usual_longest_seconds
    from series
    inner join window_counts using (series_key)
    left join series_runs using (series_key)
    group by series.signal_name

),

-- At least ten minutes in use, and twice the usual longest run. Over that time,
-- a working sensor's noise would show.
runs as (

    select
        lengths.*,
        series.component_key,
        usual_runs.usual_unchanged_share
    from lengths
    inner join series using (series_key)
    inner join usual_runs using (signal_name)
    where
        lengths.frozen_seconds >= 600
        and lengths.frozen_seconds >= 2 * usual_runs.usual_longest_seconds

),

other_sensors as (

    select
        runs.series_key,
        runs.started_at,
        max(windows.max_value) - min(windows.min_value) as range_c
    from runs
    inner join series as others
        on
            runs.component_key = others.component_key
            and runs.series_key <> others.series_key
    inner join {{ ref('int_signal_windows') }} as windows
        on
            others.series_key = windows.series_key
            and runs.started_at <= windows.window_start
            and runs.ended_at > windows.window_start
    group by runs.series_key, runs.started_at, others.series_key

),

-- With coarse readings, a steady handle may repeat its value for a while, but
-- not while another sensor of it warms by degrees.
frozen_runs as (

    select
        runs.series_key,
        runs.frozen_temp_c,
        runs.frozen_seconds,
        max(other_sensors.range_c) as other_range_c,
        runs.started_at,
        runs.ended_at
    from runs
    left join other_sensors using (series_key, started_at)
    group by all
    having
        any_value(runs.usual_unchanged_share) <= 0.05
        or max(other_sensors.range_c) >= 5

)

select * from frozen_runs
