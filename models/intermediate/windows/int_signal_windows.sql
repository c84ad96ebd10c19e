-- One row per series and 30 s window with a reading.
--
-- The same pass finds the few windows that may contain a repeated reading
-- (count_of_cells). Only these windows are read again.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}
with

readings as (

    select
        signals.series_key,
        signals.value as raw_value,
        {{ converted_value('signals.value', ref('int_series')) }} as value,
        signals.observed_at,
        {{ window_start('signals.observed_at') }} as window_start
    from {{ ref('stg_signals') }} as signals
    {{ join_foreign_series('signals', ref('int_series')) }}
    where {{ is_day_to_build(days, 'signals.observed_at') }}

),

all_windows as (

    select
        series_key,
        {{ mean('value') }} as avg_value,
        min(value) as min_value,
        max(value) as max_value,
        count(*) as reading_count,
        {{ count_of_cells('observed_at') }} as cell_count,
        window_start,
        min(observed_at) as first_reading_at,
        max(observed_at) as last_reading_at
    from readings
    group by all

),

crowded_windows as (

    select
        series_key,
        window_start
    from all_windows
    where reading_count > cell_count

),

distinct_readings as (

    select distinct
        readings.series_key,
        readings.raw_value,
        readings.value,
        readings.observed_at,
        readings.window_start
    from readings
    semi join crowded_windows
        on
            readings.series_key = crowded_windows.series_key
            and readings.window_start = crowded_windows.window_start

),

windows as (

    select
        series_key,
        avg_value,
        min_value,
        max_value,
        reading_count,
        false as is_crowded,
        window_start,
        first_reading_at,
        last_reading_at
    from all_windows
    where reading_count = cell_count
    union all
    select
        series_key,
        {{ mean('value') }} as avg_value,
        min(value) as min_value,
        max(value) as max_value,
        count(*) as reading_count,
        true as is_crowded,
        window_start,
        min(observed_at) as first_reading_at,
        max(observed_at) as last_reading_at
    from distinct_readings
    group by series_key, window_start

)

select
    windows.*,
    days.day_version
from windows
left join {{ ref('stg_days') }} as days on windows.window_start::date = days.day
