-- One row per signal name that the telemetry holds.
with

observed_signals as (

    select distinct signal_name from {{ ref('stg_series') }}

),

signal_catalog as (

    select * from {{ ref('signal_catalog') }}

),

signals as (

    select
        observed_signals.signal_name,
        -- A signal that the catalog does not know is still a temperature if
        -- it is named like one: the first question asks for all of them.
        coalesce(
            signal_catalog.quantity,
            case
                when observed_signals.signal_name like '%TempDegC'
                    then 'temperature'
                else 'unknown'
            end
        ) as quantity,
        signal_catalog.sensor_position,
        signal_catalog.min_plausible,
        signal_catalog.max_plausible,
        signal_catalog.max_rate_c_per_second,
        signal_catalog.overheat_threshold_c,
        signal_catalog.signal_name is not null as is_in_catalog
    from observed_signals
    left join signal_catalog
        on observed_signals.signal_name = signal_catalog.signal_name

)

select * from signals
