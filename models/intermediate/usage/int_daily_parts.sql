-- One row per component, UTC day and part: a stretch of use without a gap. That
-- is a charging session, or the share of one that falls on the day.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}

with

windows as (

    select * from {{ ref('int_component_windows') }}
    where {{ is_day_to_build(days, 'window_start') }}

),

parts as (

    select
        component_key,
        part_number,
        {% for position in sensor_positions() -%}
            max({{ position }}_temp_c) as peak_{{ position }}_temp_c,
        {% endfor -%}
        max(avg_temp_c) as peak_avg_temp_c,
        max(max_temp_c) as peak_temp_c,
        {{ weighted_mean('avg_power_kw', 'power_reading_count') }}
            as avg_power_kw,
        max(max_power_kw) as max_power_kw,
        sum(power_reading_count)::bigint as power_reading_count,
        count(*) filter (where avg_temp_c >= {{ hot_temp_c() }})
            as hot_window_count,
        window_start::date as day,
        min(window_start) as first_window_start,
        max(window_start) as last_window_start,
        min(first_reading_at) as started_at,
        max(last_reading_at) as ended_at,
        -- The first of equally hot windows.
        max_by(
            first_reading_at,
            {{ row_of(['avg_temp_c', '-' ~ epoch_ms('first_reading_at')]) }}
        ) filter (where avg_temp_c is not null) as peaked_at
    from windows
    group by all

)

select
    parts.*,
    days.day_version
from parts
left join {{ ref('stg_days') }} as days
    on parts.day = days.day
