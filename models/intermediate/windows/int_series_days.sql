-- One row per series and UTC day: the totals of its windows.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}

with

windows as (

    select * from {{ ref('int_signal_windows') }}
    where {{ is_day_to_build(days, 'window_start') }}

),

series_days as (

    select
        series_key,
        count(*) as window_count,
        sum(reading_count)::bigint as reading_count,
        min(min_value) as min_value,
        {{ weighted_mean('avg_value', 'reading_count') }} as avg_value,
        max(max_value) as max_value,
        min(first_reading_at) as first_reading_at,
        max(last_reading_at) as last_reading_at,
        window_start::date as day
    from windows
    group by all

)

select
    series_days.*,
    days.day_version
from series_days
left join {{ ref('stg_days') }} as days
    on series_days.day = days.day
