-- One row per component that sent a reading or raised an alert.
with

components as (

    select
        component_key,
        site_id,
        asset_id,
        component_id
    from {{ ref('stg_series') }}
    union
    select
        component_key,
        site_id,
        asset_id,
        component_id
    from {{ ref('stg_alerts') }}

)

select
    component_key,
    site_id,
    asset_id,
    component_id
from components
