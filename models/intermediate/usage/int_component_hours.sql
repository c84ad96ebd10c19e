-- One row per component and UTC hour in which it was in use.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}

with

used_hours as (

    select
        component_key,
        max(avg_temp_c) as peak_avg_temp_c,
        {{ mean('abs(negative_pole_temp_c - positive_pole_temp_c)') }}
            as avg_pole_imbalance_c,
        max(abs(negative_pole_temp_c - positive_pole_temp_c))
            as max_pole_imbalance_c,
        {{ weighted_mean('avg_power_kw', 'power_reading_count') }}
            as avg_power_kw,
        max(max_power_kw) as max_power_kw,
        count(*) as used_window_count,
        count(negative_pole_temp_c - positive_pole_temp_c)
            as pole_window_count,
        {{ hour_start('window_start') }} as hour_start
    from {{ ref('int_component_windows') }}
    where {{ is_day_to_build(days, 'window_start') }}
    group by all

),

-- As in the marts of overheating: a frozen value is no reason to distrust a
-- peak.
suspect_windows as (

    select
        series_key,
        window_start
    from {{ ref('int_untrusted_windows') }}
    where is_sensor_suspect

),

trusted_hours as (

    select
        series.component_key,
        max(windows.avg_value) as peak_trusted_avg_temp_c,
        {{ hour_start('windows.window_start') }} as hour_start
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    anti join suspect_windows
        on
            windows.series_key = suspect_windows.series_key
            and windows.window_start = suspect_windows.window_start
    where
        series.quantity = 'temperature'
        -- What is above the threshold is judged by its sliding periods.
        and windows.avg_value <= {{ overheat_threshold('series') }}
        and {{ is_day_to_build(days, 'windows.window_start') }}
    group by all

),

component_hours as (

    select
        component_key,
        used_hours.peak_avg_temp_c,
        trusted_hours.peak_trusted_avg_temp_c,
        used_hours.avg_pole_imbalance_c,
        used_hours.max_pole_imbalance_c,
        used_hours.avg_power_kw,
        used_hours.max_power_kw,
        used_hours.used_window_count,
        used_hours.pole_window_count,
        hour_start
    from used_hours
    left join trusted_hours using (component_key, hour_start)

)

select
    component_hours.*,
    days.day_version
from component_hours
left join {{ ref('int_judged_days') }} as days
    on component_hours.hour_start::date = days.day
