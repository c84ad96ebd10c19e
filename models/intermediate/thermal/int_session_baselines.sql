-- One row per session that began after an hour of rest: the temperature that
-- its component started from, and the fleet's at that time of day.
with

sessions as (

    select
        component_key,
        session_window_start as started_at,
        max(last_window_start) as last_window_start
    from {{ ref('int_session_parts') }}
    group by all

),

rested_starts as (

    select
        *,
        started_at - lag(last_window_start) over (
            partition by component_key
            order by started_at
        ) as rest
    from sessions
    -- Before the fleet's first record nobody knows who rested.
    qualify
        coalesce(rest, started_at - min(started_at) over ())
        >= interval '1' hour

),

first_offsets as (

    select {{ number_series(0, 59, var('window_seconds')) }} as offset_seconds

),

first_minutes as (

    select
        starts.component_key,
        starts.started_at,
        starts.started_at
        + first_offsets.offset_seconds * interval '1' second as window_start
    from rested_starts as starts
    cross join first_offsets

),

-- Both poles, in the first minute, before the power has warmed them.
first_windows as (

    select
        minutes.component_key,
        minutes.started_at,
        windows.negative_temp_c,
        windows.positive_temp_c
    from first_minutes as minutes
    inner join {{ ref('int_thermal_windows') }} as windows
        on
            minutes.component_key = windows.component_key
            and minutes.window_start = windows.window_start

),

first_temperatures as (

    {% for pole in poles() -%}
        select
            component_key,
            started_at,
            {{ pole }}_temp_c as temp_c
        from first_windows
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

start_temperatures as (

    select
        component_key,
        started_at,
        {{ mean('temp_c') }} as start_temp_c
    from first_temperatures
    group by all

),

-- Nights are cold everywhere: what counts is the start against the others
-- that began in the same four hours of the day.
compared_starts as (

    select
        *,
        median(start_temp_c) over (
            partition by floor(hour(started_at) / 4)
        ) as fleet_start_temp_c
    from start_temperatures

)

select
    component_key,
    start_temp_c,
    fleet_start_temp_c,
    start_temp_c - fleet_start_temp_c as baseline_excess_c,
    started_at
from compared_starts
