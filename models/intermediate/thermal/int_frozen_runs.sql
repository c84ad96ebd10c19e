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

-- The number of a window, less its number among the unchanged ones, is the
-- same for neighbours.
unchanged_windows as (

    select
        *,
        window_number - row_number() over (
            partition by site_id, asset_id, component_id, signal_name
            order by window_start
        ) as run_number
    from {{ ref('int_window_changes') }}
    where is_unchanged

),

unchanged_counts as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        count(*) as unchanged_count
    from unchanged_windows
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

-- How often a sound sensor reads the same in two windows: the median over the
-- components, so that frozen ones have no say. It is low where readings are
-- fine and noisy, and high where they are whole degrees.
usual_shares as (

    select
        signal_name,
        median(
            coalesce(unchanged_counts.unchanged_count, 0)
            / window_counts.window_count
        ) as usual_unchanged_share
    from window_counts
    left join unchanged_counts
        using (site_id, asset_id, component_id, signal_name)
    group by signal_name

),

-- Ten minutes in use: far longer than a sensor's noise can hide. The window
-- that the first unchanged one equals belongs to the run.
runs as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        run_number,
        any_value(min_value) as frozen_temp_c,
        (count(*) + 1) * {{ var('window_seconds') }} as frozen_seconds,
        min(previous_window_start) as started_at,
        max(window_start) + {{ window_interval() }} as ended_at
    from unchanged_windows
    group by all
    having (count(*) + 1) * {{ var('window_seconds') }} >= 600

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
    inner join usual_shares
        on runs.signal_name = usual_shares.signal_name
    left join other_sensors
        on
            runs.site_id = other_sensors.site_id
            and runs.asset_id = other_sensors.asset_id
            and runs.component_id = other_sensors.component_id
            and runs.signal_name = other_sensors.signal_name
            and runs.run_number = other_sensors.run_number
    group by all
    having
        any_value(usual_shares.usual_unchanged_share) <= 0.05
        or max(other_sensors.range_c) >= 5

)

select * from frozen_runs
