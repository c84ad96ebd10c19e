-- One row per component, UTC day, 20 kW of recent power and 5 °C of the warmer
-- pole that met in a 30 s window.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day(
        'day', ['int_thermal_windows'], ['int_chosen_span']
    ) }}"
) }}

with

windows as (

    select
        windows.component_key,
        greatest(windows.negative_temp_c, windows.positive_temp_c) as temp_c,
        windows.avg_power_kw as power_kw,
        sqrt(case chosen_span.span_minutes
            {% for minutes in thermal_spans() -%}
                when {{ minutes }}
                    then windows.power_squared_{{ minutes }}_min
            {% endfor -%}
        end) as recent_power_kw,
        windows.window_start::date as day
    from {{ ref('int_thermal_windows') }} as windows
    cross join {{ ref('int_chosen_span') }} as chosen_span
    where {{ is_day_to_build('windows.window_start') }}

),

daily_bins as (

    select
        component_key,
        20 * floor(recent_power_kw / 20)::bigint as recent_power_bin_kw,
        5 * floor(temp_c / 5)::bigint as temp_bin_c,
        avg(recent_power_kw) as avg_recent_power_kw,
        avg(power_kw) as avg_power_kw,
        avg(temp_c) as avg_temp_c,
        count(*) as window_count,
        day
    from windows
    where recent_power_kw is not null and power_kw is not null
    group by all

)

select * from daily_bins
