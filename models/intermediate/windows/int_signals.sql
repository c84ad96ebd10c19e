-- One row per signal name in the telemetry.
with

observed_signals as (

    select distinct signal_name from {{ ref('stg_series') }}

),

-- A signal that is not in the catalog counts as a temperature if its name says
-- so, because the first question asks for all temperature signals.
temperature_names as (

    {{ temperature_names(ref('stg_series'), 'signal_name') }}

),

signal_catalog as (

    select * from {{ ref('signal_catalog') }}

),

signals as (

    select
        observed_signals.signal_name,
        coalesce(
            signal_catalog.quantity,
            if(temperature_names.unit is not null, 'temperature', 'unknown')
        ) as quantity,
        case signal_catalog.unit
            when 'Celsius' then '°C'
            when 'Fahrenheit' then '°F'
            else coalesce(signal_catalog.unit, temperature_names.unit)
        end as unit,
        signal_catalog.sensor_position,
        signal_catalog.min_plausible,
        signal_catalog.max_plausible,
        signal_catalog.max_rate_c_per_second,
        signal_catalog.overheat_threshold_c,
        signal_catalog.signal_name is not null as is_in_catalog
    from observed_signals
    left join signal_catalog
        on observed_signals.signal_name = signal_catalog.signal_name
    left join temperature_names
        on observed_signals.signal_name = temperature_names.signal_name

)

select * from signals
