-- Warns of inspections of components that the data does not have, or outside
-- its days, which change no verdict: from marts.inspections where listed_on is
-- null. Compare the ids and dates. An inspection may be up to watch_days newer
-- than the data: the readings of its day may come later.
{{ config(severity='warn') }}

with

days as (

    select day from {{ ref('int_series_days') }}
    union all
    select fired_at::date as day from {{ ref('int_alerts') }}

),

data as (

    select
        min(day) as first_day,
        max(day) as last_day
    from days

)

select
    inspections.site_id,
    inspections.asset_id,
    inspections.component_id,
    inspections.inspected_on
from {{ ref('stg_inspections') }} as inspections
cross join data
left join {{ ref('int_components') }} as components
    on inspections.component_key = components.component_key
where
    components.component_key is null
    or inspections.inspected_on < data.first_day
    or inspections.inspected_on > data.last_day + {{ var('watch_days') }}
