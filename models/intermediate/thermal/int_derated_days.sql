-- One row per component and UTC day on which a charging session reached the
-- foldback temperature, and then had less power than expected or cannot be
-- judged.
--
-- The expected power keeps falling at the rate of the two minutes before.
-- Without foldback, power falls ever more slowly: a steeper fall is foldback,
-- and more energy is lost than is found here.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}

with

windows as (

    select
        component_key,
        greatest(negative_temp_c, positive_temp_c) as temp_c,
        avg_power_kw as power_kw,
        {{ seconds_between('session_window_start', 'window_start') }}
            as session_seconds,
        session_window_start,
        window_start
    from {{ ref('int_thermal_windows') }}
    where {{ is_day_to_build(days, 'window_start', days_before=1) }}

),

day_offsets as (

    select {{ number_series(0, 1, 1) }} as day_offset

),

foldback as (

    select min(foldback_temp_c) as temp_c from {{ ref('alert_catalog') }}

),

-- A day is judged by itself and the day before, as its version says, also
-- where a session lasts longer.
hot_sessions as (

    select
        windows.component_key,
        windows.session_window_start,
        windows.window_start::date + day_offsets.day_offset::int as day,
        min(windows.session_seconds) as hot_from_seconds,
        min(windows.window_start) as first_hot_at,
        max(windows.window_start) as last_hot_at
    from windows
    cross join day_offsets
    where windows.temp_c >= (select foldback.temp_c from foldback)
    group by all

),

hot_windows as (

    select
        windows.component_key,
        windows.session_window_start,
        windows.session_seconds - hot_sessions.hot_from_seconds as hot_seconds,
        windows.power_kw,
        windows.window_start,
        hot_sessions.day
    from windows
    inner join hot_sessions
        on
            windows.component_key = hot_sessions.component_key
            and windows.session_window_start = hot_sessions.session_window_start
            and windows.window_start::date <= hot_sessions.day
            and windows.window_start::date >= hot_sessions.day - 1
    -- Later, the car itself is more and more likely to take less power.
    where
        windows.power_kw > {{ idle_power_kw() }}
        and windows.window_start
        <= hot_sessions.last_hot_at + {{ alert_reach() }}

),

-- Without both minutes the rate is unknown. Rising power means that a car has
-- just been plugged in.
session_falls as (

    select
        component_key,
        session_window_start,
        day,
        {{ mean('case when hot_seconds >= -120 and hot_seconds < -60 '
                ~ 'then power_kw end') }} as earlier_kw,
        {{ mean('case when hot_seconds >= -60 and hot_seconds < 0 '
                ~ 'then power_kw end') }} as later_kw,
        later_kw <= 1.02 * earlier_kw as is_judged
    from hot_windows
    group by component_key, session_window_start, day

),

-- later_kw is the mean power half a minute before the session gets hot.
expected_powers as (

    select
        windows.component_key,
        windows.power_kw,
        falls.later_kw * pow(
            least(falls.later_kw / falls.earlier_kw, 1),
            (windows.hot_seconds + 30) / 60
        ) as expected_kw,
        windows.day
    from hot_windows as windows
    inner join session_falls as falls
        on
            windows.component_key = falls.component_key
            and windows.session_window_start = falls.session_window_start
            and windows.day = falls.day
    where
        windows.hot_seconds >= 0
        and windows.window_start::date = windows.day
        and falls.is_judged

),

derated_days as (

    select
        component_key,
        (count(*) * {{ var('window_seconds') }})::double as derated_seconds,
        {{ exact_sum('expected_kw - power_kw') }}
        * {{ var('window_seconds') }} / 3600 as lost_energy_kwh,
        day
    from expected_powers
    where power_kw <= {{ derated_ratio() }} * expected_kw
    group by all

),

-- A session counts on the day on which it gets hot.
unjudged_days as (

    select
        sessions.component_key,
        count(*) as unjudged_hot_session_count,
        sessions.day
    from hot_sessions as sessions
    left join session_falls as falls
        on
            sessions.component_key = falls.component_key
            and sessions.session_window_start = falls.session_window_start
            and sessions.day = falls.day
    where
        sessions.day = sessions.first_hot_at::date
        and falls.is_judged is not true
    group by all

),

hot_days as (

    select
        coalesce(derated_days.component_key, unjudged_days.component_key)
            as component_key,
        coalesce(derated_days.derated_seconds, 0) as derated_seconds,
        coalesce(derated_days.lost_energy_kwh, 0) as lost_energy_kwh,
        coalesce(unjudged_days.unjudged_hot_session_count, 0)
            as unjudged_hot_session_count,
        coalesce(derated_days.day, unjudged_days.day) as day
    from derated_days
    full outer join unjudged_days
        on
            derated_days.component_key = unjudged_days.component_key
            and derated_days.day = unjudged_days.day

)

select
    hot_days.*,
    days.day_version
from hot_days
left join {{ ref('int_judged_days') }} as days
    on hot_days.day = days.day
where {{ is_day_to_build(days, 'hot_days.day') }}
