-- One row per temperature series with readings that its handle cannot have
-- had, or a value that froze.
with

sensor_troubles as (

    select * from {{ ref('int_sensor_troubles') }}

),

implausible_times as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        min(observed_at) as first_implausible_at,
        max(observed_at) as last_implausible_at
    from {{ ref('int_implausible_readings') }}
    group by all

),

sensor_faults as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        sensor_troubles.lowest_implausible_temp_c,
        sensor_troubles.highest_implausible_temp_c,
        sensor_troubles.largest_step_c,
        sensor_troubles.implausible_reading_count,
        sensor_troubles.impossible_step_count,
        sensor_troubles.frozen_seconds,
        implausible_times.first_implausible_at,
        implausible_times.last_implausible_at
    from sensor_troubles
    left join implausible_times
        using (site_id, asset_id, component_id, signal_name)

)

select * from sensor_faults
