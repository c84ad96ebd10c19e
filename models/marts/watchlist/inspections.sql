-- One row per component and inspection.
with

inspections as (

    select * from {{ ref('stg_inspections') }}

)

select
    site_id,
    asset_id,
    component_id,
    result,
    found_cause,
    note,
    inspected_on
from inspections
