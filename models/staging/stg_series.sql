-- One row per series: a signal of a component.
with

series as (

    select
        series_key,
        any_value(site_id) as site_id,
        any_value(asset_id) as asset_id,
        any_value(component_id) as component_id,
        any_value(record_name) as signal_name
    from {{ ref('stg_file_series') }}
    where record_type = 'signal' and not is_rejected
    group by series_key

)

select
    series_key,
    {{ component_key() }} as component_key,
    site_id,
    asset_id,
    component_id,
    signal_name
from series
