-- One row per component and 30 s window with a pole temperature that can be
-- trusted: the temperatures, the power, and the recent power.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}
{%- set earlier_seconds = [
    recent_power_seconds() - window_length(), 0
] | max %}

with

component_windows as (

    select
        windows.component_key,
        windows.negative_pole_temp_c,
        windows.positive_pole_temp_c,
        windows.board_temp_c,
        windows.avg_power_kw,
        windows.avg_power_kw * windows.avg_power_kw as power_squared,
        {{ seconds_between(
            'parts.session_window_start', 'windows.window_start'
        ) }} as session_seconds,
        -- Sessions are cut every two hours, so that a change in the weather
        -- does not count as heat of the handle.
        {{ hash_of([
            'windows.component_key',
            'windows.part_number',
            "time_bucket(interval '2' hour, windows.window_start, "
            ~ "timestamp '2000-01-01')",
        ]) }} as stretch_key,
        windows.window_start,
        parts.session_window_start
    from {{ ref('int_component_windows') }} as windows
    inner join {{ ref('int_session_parts') }} as parts
        on
            windows.component_key = parts.component_key
            and windows.window_start::date = parts.day
            and windows.part_number = parts.part_number
    where {{ is_day_to_build(days, 'windows.window_start', days_before=1) }}

),

-- Heat follows the square of the current, and so of the power. Power before the
-- session counts as 0: a span that starts earlier is weighted by the share that
-- the session covers.
recent_power as (

    select
        *,
        sqrt(
            {{ mean('power_squared', over='over recent_windows') }}
            * least(
                session_seconds + {{ var('window_seconds') }},
                {{ recent_power_seconds() }}
            )
            / {{ recent_power_seconds() }}
        ) as recent_power_kw
    from component_windows
    window recent_windows as (
        partition by component_key, session_window_start
        order by session_seconds
        range between
        {{ earlier_seconds }} preceding
        and current row
    )

),

untrusted_windows as (

    select
        series.component_key,
        {% for position in sensor_positions() -%}
            bool_or(series.sensor_position = '{{ position }}')
                as is_{{ position }}_untrusted,
        {% endfor -%}
        windows.window_start
    from {{ ref('int_untrusted_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    group by all

),

trusted_windows as (

    select
        recent_power.component_key,
        recent_power.stretch_key,
        {% for pole in poles() -%}
            case
                when untrusted_windows.is_{{ pole }}_pole_untrusted is not true
                    then recent_power.{{ pole }}_pole_temp_c
            end as {{ pole }}_temp_c,
        {% endfor -%}
        case
            when untrusted_windows.is_board_untrusted is not true
                then recent_power.board_temp_c
        end as board_temp_c,
        recent_power.avg_power_kw,
        recent_power.power_squared,
        recent_power.recent_power_kw,
        recent_power.session_window_start,
        recent_power.window_start
    from recent_power
    left join untrusted_windows
        on
            recent_power.component_key = untrusted_windows.component_key
            and recent_power.window_start = untrusted_windows.window_start
    where {{ is_day_to_build(days, 'recent_power.window_start') }}

)

select
    windows.*,
    days.day_version
from trusted_windows as windows
left join {{ ref('int_judged_days') }} as days
    on windows.window_start::date = days.day
where coalesce(windows.negative_temp_c, windows.positive_temp_c) is not null
