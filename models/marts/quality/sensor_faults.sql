-- One row per temperature series with readings that are impossible for its
-- handle, or a frozen value, over all days.
with

sensor_days as (

    select
        series.site_id,
        series.asset_id,
        series.component_id,
        series.signal_name,
        days.*
    from {{ ref('int_sensor_days') }} as days
    inner join {{ ref('int_series') }} as series
        on days.series_key = series.series_key

),

sensors as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        {{ sensor_trouble_columns() }},
        min(first_implausible_at) as first_implausible_at,
        max(last_implausible_at) as last_implausible_at
    from sensor_days
    group by site_id, asset_id, component_id, signal_name

)

select
    site_id,
    asset_id,
    component_id,
    signal_name,
    lowest_implausible_temp_c,
    highest_implausible_temp_c,
    largest_step_c,
    implausible_reading_count,
    impossible_step_count,
    frozen_seconds,
    first_implausible_at,
    last_implausible_at
from sensors
