-- One row per session that began after an hour of rest: the temperature that
-- its component started from, and the fleet's at that time of day.
with

session_starts as (

    select
        site_id,
        asset_id,
        component_id,
        session_number,
        min(first_window_start) as started_at,
        max(last_window_start) as last_window_start
    from {{ ref('int_session_parts') }}
    group by all

),

rested_starts as (

    select
        *,
        started_at - lag(last_window_start) over (
            partition by site_id, asset_id, component_id
            order by started_at
        ) as rest
    from session_starts
    -- Before the fleet's first record nobody knows who rested.
    qualify
        coalesce(rest, started_at - min(started_at) over ())
        >= interval '1' hour

),

-- Both poles, in the first minute, before the power has warmed them.
first_windows as (

    select
        site_id,
        asset_id,
        component_id,
        started_at,
        started_at + unnest(range(0, 60, {{ var('window_seconds') }}))
        * interval '1' second as window_start
    from rested_starts

),

start_temperatures as (

    select
        starts.site_id,
        starts.asset_id,
        starts.component_id,
        starts.started_at,
        avg(windows.temp_c) as start_temp_c
    from first_windows as starts
    inner join {{ ref('int_thermal_windows') }} as windows
        on
            starts.site_id = windows.site_id
            and starts.asset_id = windows.asset_id
            and starts.component_id = windows.component_id
            and starts.window_start = windows.window_start
    group by all

),

-- Nights are cold everywhere: what counts is the start against the others
-- that began in the same four hours of the day.
compared_starts as (

    select
        *,
        median(start_temp_c) over (
            partition by hour(started_at) // 4
        ) as fleet_start_temp_c
    from start_temperatures

)

select
    site_id,
    asset_id,
    component_id,
    start_temp_c,
    fleet_start_temp_c,
    start_temp_c - fleet_start_temp_c as baseline_excess_c,
    started_at
from compared_starts
