-- One row per series and 30 s window that holds a reading.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day('window_start', ['stg_repeated_rows']) }}"
) }}

with

readings as (

    select * from {{ ref('stg_signals') }}
    where {{ is_day_to_build('observed_at') }}

),

windows as (

    select
        series_key,
        {{ mean('value') }} as avg_value,
        min(value) as min_value,
        max(value) as max_value,
        count(*) as reading_count,
        {{ window_start('observed_at') }} as window_start,
        min(observed_at) as first_reading_at,
        max(observed_at) as last_reading_at
    from readings
    group by all

)

select * from windows
