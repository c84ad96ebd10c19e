-- One row per series: a signal of a component.
with

series as (

    select distinct
        series_key,
        site_id,
        asset_id,
        component_id,
        record_name as signal_name
    from {{ ref('stg_file_series') }}
    where record_type = 'signal'

)

select
    series_key,
    {{ component_key() }} as component_key,
    site_id,
    asset_id,
    component_id,
    signal_name
from series
