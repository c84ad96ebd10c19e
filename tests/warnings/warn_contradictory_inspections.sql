-- Warns of days on which one component has inspections with a fault and without
-- one, of which the fault counts: from marts.inspections.
{{ config(severity='warn') }}

select
    site_id,
    asset_id,
    component_id,
    inspected_on
from {{ ref('stg_inspections') }}
group by all
having bool_or(result = 'no_fault') and bool_or(result <> 'no_fault')
