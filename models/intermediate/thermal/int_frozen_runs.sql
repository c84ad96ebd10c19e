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
        windows.avg_value,
        windows.min_value,
        windows.max_value
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_signals') }} as signals
        on windows.signal_name = signals.signal_name
    where signals.quantity = 'temperature'

),

compared_windows as (

    select
        *,
        min_value = max_value
        and coalesce(
            min_value = lag(min_value) over series_in_time
            and max_value = lag(max_value) over series_in_time,
            false
        ) as is_unchanged
    from windows
    window series_in_time as (
        partition by site_id, asset_id, component_id, signal_name
        order by window_start
    )

),

numbered_windows as (

    select
        *,
        count(*) filter (where not is_unchanged) over (
            partition by site_id, asset_id, component_id, signal_name
            order by window_start
            rows between unbounded preceding and current row
        ) as run_number
    from compared_windows

),

-- How often a sound sensor reads the same in two windows: the median over the
-- components, so that frozen ones have no say. It is low where readings are
-- fine and noisy, and high where they are whole degrees.
unchanged_shares as (

    select
        signal_name,
        avg(is_unchanged::integer) as unchanged_share
    from compared_windows
    group by site_id, asset_id, component_id, signal_name

),

usual_shares as (

    select
        signal_name,
        median(unchanged_share) as usual_unchanged_share
    from unchanged_shares
    group by signal_name

),

-- Ten minutes in use: far longer than a sensor's noise can hide.
runs as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        run_number,
        any_value(min_value) as frozen_temp_c,
        count(*) * {{ var('window_seconds') }} as frozen_seconds,
        min(window_start) as started_at,
        max(window_start) + {{ window_interval() }} as ended_at
    from numbered_windows
    group by all
    having count(*) * {{ var('window_seconds') }} >= 600

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
