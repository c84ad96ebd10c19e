-- One row per component and UTC day with a window under load (60 kW of recent
-- power or more): how far its poles differ, also in relation to their power.
--
-- Heat grows with the square of the power, so a day's imbalance is the slope
-- over the square of the recent power. A day of heavy use does not look worse.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}

with

windows as (

    select
        component_key,
        negative_temp_c - positive_temp_c as imbalance_c,
        -- The unit is (100 kW)².
        recent_power_kw * recent_power_kw / 10000 as load,
        window_start::date as day
    from {{ ref('int_thermal_windows') }}
    where
        {{ is_day_to_build(days, 'window_start') }}
        and recent_power_kw >= 60
        and negative_temp_c is not null
        and positive_temp_c is not null

),

sums as (

    select
        component_key,
        {{ exact_sum('imbalance_c * load') }} as imbalance_by_load,
        {{ exact_sum('load * load') }} as load_by_load,
        {{ exact_sum('imbalance_c * imbalance_c') }} as imbalance_by_imbalance,
        {{ exact_sum('imbalance_c') }} as total_imbalance_c,
        count(*) as window_count,
        day
    from windows
    group by all

),

-- Windows within the span of the recent power are not independent, so they
-- count as one.
slopes as (

    select
        component_key,
        total_imbalance_c,
        imbalance_by_load / load_by_load as imbalance_at_100_kw_c,
        sqrt(
            greatest(
                imbalance_by_imbalance
                - imbalance_by_load * imbalance_by_load / load_by_load,
                0
            )
            / nullif(window_count - 1, 0)
            / load_by_load
            * {{ recent_power_seconds() }} / {{ var('window_seconds') }}
        ) as imbalance_error_c,
        window_count,
        -- Less than half an hour is too little to know the slope.
        window_count * {{ var('window_seconds') }} >= 1800 as is_known,
        day
    from sums

)

select
    slopes.component_key,
    slopes.total_imbalance_c,
    slopes.window_count,
    case when slopes.is_known then slopes.imbalance_at_100_kw_c end
        as imbalance_at_100_kw_c,
    case when slopes.is_known then slopes.imbalance_error_c end
        as imbalance_error_c,
    slopes.day,
    days.day_version
from slopes
left join {{ ref('int_judged_days') }} as days
    on slopes.day = days.day
