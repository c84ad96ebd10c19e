-- One row per temperature series with readings that are impossible for its
-- handle, or a frozen value, over all days.
with

sensor_days as (

    select
        series.component_key,
        series.site_id,
        series.asset_id,
        series.component_id,
        series.signal_name,
        days.*
    from {{ ref('int_sensor_days') }} as days
    inner join {{ ref('int_series') }} as series
        on days.series_key = series.series_key

)

select
    component_key,
    site_id,
    asset_id,
    component_id,
    signal_name,
    {{ sensor_trouble_columns() }},
    min(first_implausible_at) as first_implausible_at,
    max(last_implausible_at) as last_implausible_at
from sensor_days
group by component_key, site_id, asset_id, component_id, signal_name
