-- Warns of inspections of components that the data does not have, or more than
-- a day after the newest landing file was written: they change no verdict.
-- Compare the ids and the dates.
{{ config(severity='warn') }}

with

files as (

    select max(modified_at) as last_written_at
    from {{ ref('stg_landing_files') }}

)

select
    inspections.site_id,
    inspections.asset_id,
    inspections.component_id,
    inspections.inspected_on
from {{ ref('stg_inspections') }} as inspections
left join {{ ref('int_components') }} as components
    on inspections.component_key = components.component_key
cross join files
where
    components.component_key is null
    or inspections.inspected_on > files.last_written_at + interval '1' day
