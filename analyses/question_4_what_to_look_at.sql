-- Question 4: which components are concerning, why, and what to check? The ten
-- to look at first. A score of 50 or more names a cause.
with

watchlist as (

    select * from {{ ref('component_watchlist') }}
    where concern_rank <= 10

),

answers as (

    select
        concern_rank,
        concern_score,
        component_id,
        if(confidence = 'possible', 'perhaps ', '')
        || likely_cause as likely_cause,
        1 as line,
        evidence as finding
    from watchlist
    union all
    select
        concern_rank,
        null as concern_score,
        null as component_id,
        'check:' as likely_cause,
        2 as line,
        next_step as finding
    from watchlist
    where confidence = 'named'

)

select
    concern_rank as rank,
    concern_score as score,
    component_id,
    likely_cause,
    finding
from answers
order by concern_rank, line
