-- One row per judged day, component, and day with a reading or an alert among
-- the days that are judged together (watch_days) and those that trends look
-- back to.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_watch_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_watch_days') %}

with

component_days as (

    select
        series.component_key,
        series_days.day
    from {{ ref('int_series_days') }} as series_days
    inner join {{ ref('int_series') }} as series
        on series_days.series_key = series.series_key
    union
    select
        component_key,
        fired_at::date as day
    from {{ ref('int_alerts') }}

),

repairs as (

    select
        component_key,
        inspected_on as repaired_on
    from {{ ref('stg_inspections') }}
    where result = 'repaired'

),

day_offsets as (

    select {{ number_series(0, watch_reach(), 1) }} as day_offset

),

watched_days as (

    select
        watch_days.day as judged_on,
        watch_days.day - day_offsets.day_offset::int as day,
        watch_days.day_version
    from {{ ref('int_watch_days') }} as watch_days
    cross join day_offsets
    where {{ is_day_to_build(days, 'watch_days.day') }}

),

watched_component_days as (

    select
        watched_days.judged_on,
        component_days.component_key,
        component_days.day,
        watched_days.day_version
    from watched_days
    inner join component_days on watched_days.day = component_days.day

),

last_repairs as (

    select
        watched_days.judged_on,
        watched_days.component_key,
        max(repairs.repaired_on) as repaired_on
    from watched_component_days as watched_days
    inner join repairs
        on
            watched_days.component_key = repairs.component_key
            and watched_days.judged_on >= repairs.repaired_on
    group by watched_days.judged_on, watched_days.component_key

)

select
    watched_days.judged_on,
    watched_days.component_key,
    watched_days.day,
    watched_days.day > watched_days.judged_on - {{ var('watch_days') }}
        as is_recent,
    -- The day of a repair still shows the handle before the repair.
    coalesce(watched_days.day > last_repairs.repaired_on, true)
        as is_after_repair,
    watched_days.day_version
from watched_component_days as watched_days
left join last_repairs
    on
        watched_days.judged_on = last_repairs.judged_on
        and watched_days.component_key = last_repairs.component_key
