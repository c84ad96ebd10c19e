-- One row per reading of a signal; exact repeats count once.
{{ config(materialized='view') }}

with

signals as (

    select * from {{ ref('stg_signals') }}

),

repeated_readings as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        series_key,
        value,
        observed_at
    from {{ ref('int_repeated_rows') }}
    where is_staged_copy

),

readings as (

    select
        signals.site_id,
        signals.asset_id,
        signals.component_id,
        signals.signal_name,
        signals.series_key,
        signals.value,
        signals.observed_at
    from signals
    -- Not `using`: Spark would put these columns first.
    anti join repeated_readings
        on
            signals.series_key = repeated_readings.series_key
            and signals.value = repeated_readings.value
            and signals.observed_at = repeated_readings.observed_at
    union all
    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        series_key,
        value,
        observed_at
    from repeated_readings

)

select
    readings.site_id,
    readings.asset_id,
    readings.component_id,
    readings.signal_name,
    readings.series_key,
    {{ converted_value('readings.value', ref('int_series')) }} as value,
    readings.observed_at
from readings
{{ join_foreign_series('readings', ref('int_series')) }}
