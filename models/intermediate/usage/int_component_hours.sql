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
        {{ weighted_mean('avg_power_kw', 'power_reading_count') }}
            as avg_power_kw,
        max(max_power_kw) as max_power_kw,
        count(*) as used_window_count,
        {{ hour_start('window_start') }} as hour_start
    from {{ ref('int_component_windows') }}
    where {{ is_day_to_build(days, 'window_start') }}
    group by all

),

-- A frozen value can be a peak, the same as in the marts of overheating. But it
-- is neither hot time nor compared with the other pole.
plausible_windows as (

    select
        series.component_key,
        max(windows.avg_value) filter (
            where untrusted_windows.series_key is null
        ) as trusted_temp_c,
        -- Means above the threshold are judged by their sliding periods.
        max(windows.avg_value) filter (
            where windows.avg_value <= {{ overheat_threshold('series') }}
        ) as temp_below_threshold_c,
        {% for pole in poles() -%}
            max(windows.avg_value) filter (
                where
                series.sensor_position = '{{ pole }}_pole'
                and untrusted_windows.series_key is null
            ) as {{ pole }}_pole_temp_c,
        {% endfor -%}
        windows.window_start
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    left join {{ ref('int_untrusted_windows') }} as untrusted_windows
        on
            windows.series_key = untrusted_windows.series_key
            and windows.window_start = untrusted_windows.window_start
    where
        series.quantity = 'temperature'
        and untrusted_windows.is_sensor_suspect is not true
        and {{ is_day_to_build(days, 'windows.window_start') }}
    group by all

),

plausible_hours as (

    select
        component_key,
        max(temp_below_threshold_c) as peak_trusted_avg_temp_c,
        {{ mean('(negative_pole_temp_c + positive_pole_temp_c) / 2') }}
            as avg_trusted_pole_temp_c,
        {{ mean('abs(negative_pole_temp_c - positive_pole_temp_c)') }}
            as avg_pole_imbalance_c,
        max(abs(negative_pole_temp_c - positive_pole_temp_c))
            as max_pole_imbalance_c,
        count(negative_pole_temp_c - positive_pole_temp_c)
            as pole_window_count,
        count(trusted_temp_c) as trusted_window_count,
        count(*) filter (where trusted_temp_c >= {{ hot_temp_c() }})
            as hot_window_count,
        {{ hour_start('window_start') }} as hour_start
    from plausible_windows
    group by all

),

component_hours as (

    select
        component_key,
        used_hours.peak_avg_temp_c,
        plausible_hours.peak_trusted_avg_temp_c,
        plausible_hours.avg_trusted_pole_temp_c,
        plausible_hours.avg_pole_imbalance_c,
        plausible_hours.max_pole_imbalance_c,
        used_hours.avg_power_kw,
        used_hours.max_power_kw,
        used_hours.used_window_count,
        coalesce(plausible_hours.pole_window_count, 0) as pole_window_count,
        coalesce(plausible_hours.trusted_window_count, 0)
            as trusted_window_count,
        coalesce(plausible_hours.hot_window_count, 0) as hot_window_count,
        hour_start
    from used_hours
    left join plausible_hours using (component_key, hour_start)

)

select
    component_hours.*,
    days.day_version
from component_hours
left join {{ ref('int_judged_days') }} as days
    on component_hours.hour_start::date = days.day
