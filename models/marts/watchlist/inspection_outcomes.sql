-- One row per listed cause and confidence with a later inspection: how often
-- the watchlist was right.
with

inspections as (

    select *
    from {{ ref('inspections') }}
    where is_list_right is not null

)

select
    listed_cause,
    listed_confidence,
    count(*) as inspection_count,
    count(*) filter (where result <> 'no_fault') as fault_count,
    count(*) filter (where is_list_right) as right_count,
    count(*) filter (where is_list_right) / count(*) as right_ratio,
    max(inspected_on) as last_inspected_on
from inspections
group by listed_cause, listed_confidence
