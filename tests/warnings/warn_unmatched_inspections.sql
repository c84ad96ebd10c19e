-- Warns of inspections of components that the data does not have: they change
-- no verdict. Compare the ids.
{{ config(severity='warn') }}

select
    inspections.site_id,
    inspections.asset_id,
    inspections.component_id,
    inspections.inspected_on
from {{ ref('stg_inspections') }} as inspections
left join {{ ref('int_components') }} as components
    on inspections.component_key = components.component_key
where components.component_key is null
