-- One row per temperature series and stretch of in-use time in which its
-- value never changed, which a sound sensor would not have done.
with

windows as (

    select
        windows.site_id,
        windows.asset_id,
        windows.component_id,
        windows.signal_name,
        windows.window_start,
        windows.min_value,
        windows.max_value
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_signals') }} as signals
        on windows.signal_name = signals.signal_name
    where signals.quantity = 'temperature'

),

linked_windows as (

    select
        *,
        coalesce(
            previous_window_start > lag(window_start) over (
                partition by site_id, asset_id, component_id, signal_name
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
        count(*) filter (where is_run_start) over (
            partition by site_id, asset_id, component_id, signal_name
            order by window_start
            rows between unbounded preceding and current row
        ) as run_number
    from linked_windows

),

lengths as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        run_number,
        any_value(min_value) as frozen_temp_c,
        count(*) as unchanged_count,
        -- The window that the first unchanged one equals belongs to the run.
        (count(*) + 1) * {{ var('window_seconds') }} as frozen_seconds,
        min(previous_window_start) as started_at,
        max(window_start) + {{ window_interval() }} as ended_at
    from unchanged_windows
    group by all

),

series_runs as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        sum(unchanged_count) as unchanged_count,
        max(frozen_seconds) as longest_seconds
    from lengths
    group by all

),

window_counts as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        count(*) as window_count
    from windows
    group by all

),

-- How often, and how long, a sound sensor reads the same: the medians over the
-- components, so that frozen ones have no say. Both are low where readings are
-- fine and noisy, and high where they are whole degrees and the sensor is slow.
usual_runs as (

    select
        window_counts.signal_name,
        median(
            coalesce(series_runs.unchanged_count, 0)
            / window_counts.window_count
        ) as usual_unchanged_share,
        median(coalesce(series_runs.longest_seconds, 0))
            as usual_longest_seconds
    from window_counts
    left join series_runs
        using (site_id, asset_id, component_id, signal_name)
    group by window_counts.signal_name

),

-- Ten minutes in use, and twice what is usual: far longer than a sensor's
-- noise can hide.
runs as (

    select
        lengths.*,
        usual_runs.usual_unchanged_share
    from lengths
    inner join usual_runs on lengths.signal_name = usual_runs.signal_name
    where
        lengths.frozen_seconds >= 600
        and lengths.frozen_seconds >= 2 * usual_runs.usual_longest_seconds

),

other_sensors as (

    select
        runs.site_id,
        runs.asset_id,
        runs.component_id,
        runs.signal_name,
        runs.run_number,
        max(others.max_value) - min(others.min_value) as range_c
    from runs
    inner join windows as others
        on
            runs.site_id = others.site_id
            and runs.asset_id = others.asset_id
            and runs.component_id = others.component_id
            and runs.signal_name <> others.signal_name
            and runs.started_at <= others.window_start
            and runs.ended_at > others.window_start
    group by
        runs.site_id,
        runs.asset_id,
        runs.component_id,
        runs.signal_name,
        runs.run_number,
        others.signal_name

),

-- Where readings are coarse, a steady handle may well read the same for a
-- while; not while it warms by degrees elsewhere.
frozen_runs as (

    select
        runs.site_id,
        runs.asset_id,
        runs.component_id,
        runs.signal_name,
        runs.frozen_temp_c,
        runs.frozen_seconds,
        max(other_sensors.range_c) as other_range_c,
        runs.started_at,
        runs.ended_at
    from runs
    left join other_sensors
        on
            runs.site_id = other_sensors.site_id
            and runs.asset_id = other_sensors.asset_id
            and runs.component_id = other_sensors.component_id
            and runs.signal_name = other_sensors.signal_name
            and runs.run_number = other_sensors.run_number
    group by all
    having
        any_value(runs.usual_unchanged_share) <= 0.05
        or max(other_sensors.range_c) >= 5

)

select * from frozen_runs
