-- Warns of days on which one component has inspections with a fault and without
-- one, of which the fault counts: from marts.inspections. Two causes do not
-- contradict each other.
{{ config(severity='warn') }}

select distinct
    faults.site_id,
    faults.asset_id,
    faults.component_id,
    faults.inspected_on
from {{ ref('stg_inspections') }} as faults
inner join {{ ref('stg_inspections') }} as no_faults
    on
        faults.component_key = no_faults.component_key
        and faults.inspected_on = no_faults.inspected_on
where
    faults.result <> 'no_fault'
    and no_faults.result = 'no_fault'
    and coalesce(faults.found_cause = no_faults.found_cause, true)
