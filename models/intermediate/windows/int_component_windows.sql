-- One row per component and 30 s window with a reading.
--
-- The windows side by side: both poles, the board and the power at the same
-- time, and the part of the day's use. A gap inside a window is shorter than
-- the window, so the gaps between sessions are exact here.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}
with

windows as (

    select
        windows.*,
        series.component_key,
        series.quantity,
        series.sensor_position
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where {{ is_day_to_build(days, 'windows.window_start') }}

),

component_windows as (

    select
        component_key,
        window_start,
        {% for position in sensor_positions() -%}
            max(avg_value) filter (where sensor_position = '{{ position }}')
                as {{ position }}_temp_c,
        {% endfor -%}
        max(avg_value) filter (where quantity = 'temperature') as avg_temp_c,
        max(max_value) filter (where quantity = 'temperature') as max_temp_c,
        max(avg_value) filter (where quantity = 'power') as avg_power_kw,
        max(max_value) filter (where quantity = 'power') as max_power_kw,
        sum(reading_count) filter (where quantity = 'power')
            as power_reading_count,
        min(first_reading_at) as first_reading_at,
        max(last_reading_at) as last_reading_at
    from windows
    group by all

),

gaps as (

    select
        *,
        {{ epoch_ms('first_reading_at') }}
        - {{ epoch_ms('lag(last_reading_at) over component_in_time') }}
            as gap_ms
    from component_windows
    window component_in_time as (
        partition by component_key, window_start::date
        order by window_start
    )

),

numbered_windows as (

    select
        *,
        count(case
            when gap_ms is null
                or gap_ms > {{ var('session_gap_seconds') }} * 1000
                then 1
        end) over (
            partition by component_key, window_start::date
            order by window_start
            rows between unbounded preceding and current row
        ) as part_number
    from gaps

)

select
    windows.component_key,
    {% for position in sensor_positions() -%}
        windows.{{ position }}_temp_c,
    {% endfor -%}
    windows.avg_temp_c,
    windows.max_temp_c,
    windows.avg_power_kw,
    windows.max_power_kw,
    windows.power_reading_count::bigint as power_reading_count,
    windows.part_number,
    windows.window_start,
    windows.first_reading_at,
    windows.last_reading_at,
    days.day_version
from numbered_windows as windows
left join {{ ref('stg_days') }} as days on windows.window_start::date = days.day
