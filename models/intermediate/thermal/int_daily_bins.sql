-- One row per component, UTC day, 20 kW bin of recent power and 5 °C bin of the
-- warmer pole that occurred together in a 30 s window.
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
        recent_power_kw,
        window_start::date as day
    from {{ ref('int_thermal_windows') }}
    where {{ is_day_to_build(days, 'window_start') }}

),

daily_bins as (

    select
        component_key,
        20 * floor(recent_power_kw / 20)::bigint as recent_power_bin_kw,
        5 * floor(temp_c / 5)::bigint as temp_bin_c,
        {{ mean('recent_power_kw') }} as avg_recent_power_kw,
        {{ mean('power_kw') }} as avg_power_kw,
        {{ mean('temp_c') }} as avg_temp_c,
        count(*) as window_count,
        day
    from windows
    where recent_power_kw is not null and power_kw is not null
    group by all

)

select
    daily_bins.*,
    days.day_version
from daily_bins
left join {{ ref('int_judged_days') }} as days
    on daily_bins.day = days.day
