-- One row per component and 30 s window with a reading: its time series.
{{ config(
    materialized='incremental',
    on_schema_change='append_new_columns',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}

with

untrusted_windows as (

    select
        series.component_key,
        {% for position in sensor_positions() -%}
            max(
                if(windows.is_sensor_suspect, 'suspect', 'frozen')
            ) filter (where series.sensor_position = '{{ position }}')
                as {{ position }}_status,
        {% endfor -%}
        bool_or(windows.is_sensor_suspect) as is_sensor_suspect,
        windows.window_start
    from {{ ref('int_untrusted_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where {{ is_day_to_build(days, 'windows.window_start') }}
    group by all

),

component_windows as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        {% for position in sensor_positions() -%}
            case
                when windows.{{ position }}_temp_c is not null
                    then coalesce(
                            untrusted_windows.{{ position }}_status, 'trusted'
                        )
            end as {{ position }}_status,
        {% endfor -%}
        {% for position in sensor_positions() -%}
            windows.{{ position }}_temp_c,
        {% endfor -%}
        windows.avg_temp_c,
        windows.max_temp_c,
        windows.avg_power_kw,
        windows.max_power_kw,
        coalesce(untrusted_windows.is_sensor_suspect, false)
            as is_sensor_suspect,
        windows.window_start,
        windows.window_start + {{ window_interval() }} as window_end,
        days.day_version
    from {{ ref('int_component_windows') }} as windows
    inner join {{ ref('int_components') }} as components
        on windows.component_key = components.component_key
    left join {{ ref('int_judged_days') }} as days
        on windows.window_start::date = days.day
    left join untrusted_windows
        on
            windows.component_key = untrusted_windows.component_key
            and windows.window_start = untrusted_windows.window_start
    where {{ is_day_to_build(days, 'windows.window_start') }}

)

select * from component_windows
