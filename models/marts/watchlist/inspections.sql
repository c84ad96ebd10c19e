-- One row per component and inspection, with what the watchlist of the last
-- judged day before it said, at most watch_days before.
with

inspections as (

    select * from {{ ref('stg_inspections') }}

),

verdicts as (

    select * from {{ ref('int_component_verdicts') }}

),

listed_inspections as (

    select
        inspections.site_id,
        inspections.asset_id,
        inspections.component_id,
        inspections.result,
        inspections.found_cause,
        inspections.note,
        verdicts.likely_cause as listed_cause,
        verdicts.confidence as listed_confidence,
        verdicts.concern_rank as listed_rank,
        inspections.inspected_on,
        verdicts.judged_on as listed_on
    from inspections
    left join verdicts
        on
            inspections.site_id = verdicts.site_id
            and inspections.asset_id = verdicts.asset_id
            and inspections.component_id = verdicts.component_id
            and inspections.inspected_on > verdicts.judged_on
            and inspections.inspected_on
            <= verdicts.judged_on + {{ var('watch_days') }}
    qualify
        row_number() over (
            partition by
                inspections.site_id,
                inspections.asset_id,
                inspections.component_id,
                inspections.inspected_on,
                inspections.result,
                inspections.found_cause,
                inspections.note
            order by verdicts.judged_on desc nulls last
        ) = 1

),

-- On one day, a fault counts and no_fault does not. Of one cause, the strongest
-- result counts, once: equal inspections may differ in their notes.
ranked_inspections as (

    select
        *,
        rank() over (
            partition by site_id, asset_id, component_id, inspected_on
            order by result = 'no_fault' asc
        ) = 1
        and row_number() over (
            partition by
                site_id, asset_id, component_id, inspected_on, found_cause
            order by result = 'no_fault' asc, result desc, note asc nulls last
        ) = 1 as counts
    from listed_inspections

)

select
    site_id,
    asset_id,
    component_id,
    result,
    found_cause,
    note,
    listed_cause,
    listed_confidence,
    listed_rank,
    case
        when not counts then null
        -- The cause that was listed was not checked.
        when
            result = 'no_fault'
            and listed_confidence <> 'none'
            and found_cause <> listed_cause
            then null
        when result = 'no_fault' then listed_confidence = 'none'
        else
            listed_confidence <> 'none'
            and coalesce(found_cause, listed_cause) = listed_cause
    end as is_list_right,
    inspected_on,
    listed_on
from ranked_inspections
