-- One row per reading of a signal; exact repeats count once.
{{ config(materialized='view') }}

with

accepted_readings as (

    select
        site_id,
        asset_id,
        component_id,
        record_name as signal_name,
        series_key,
        value,
        recorded_at as observed_at
    from {{ ref('stg_landing_rows') }}
    where reject_reason is null and record_type = 'signal'

),

repeated_readings as (

    select
        site_id,
        asset_id,
        component_id,
        record_name as signal_name,
        series_key,
        value,
        recorded_at as observed_at
    from {{ ref('stg_repeated_rows') }}
    where record_type = 'signal' and is_staged_copy

),

single_readings as (

    select
        accepted_readings.site_id,
        accepted_readings.asset_id,
        accepted_readings.component_id,
        accepted_readings.signal_name,
        accepted_readings.series_key,
        accepted_readings.value,
        accepted_readings.observed_at
    from accepted_readings
    -- Not `using`, which on Spark puts these columns first.
    anti join repeated_readings
        on
            accepted_readings.series_key = repeated_readings.series_key
            and accepted_readings.value = repeated_readings.value
            and accepted_readings.observed_at = repeated_readings.observed_at

),

readings as (

    select * from single_readings
    union all
    select * from repeated_readings

)

select
    site_id,
    asset_id,
    component_id,
    signal_name,
    series_key,
    value,
    observed_at
from readings
