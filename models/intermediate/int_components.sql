-- One row per component that sent a reading or raised an alert.
with

components as (

    select
        site_id,
        asset_id,
        component_id
    from {{ ref('int_component_windows') }}
    union
    select
        site_id,
        asset_id,
        component_id
    from {{ ref('stg_alerts') }}

)

select
    site_id,
    asset_id,
    component_id
from components
