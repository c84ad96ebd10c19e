-- One row per UTC day and component with a reading or an alert in the days
-- that are judged: its place on the watchlist of that day, and what changed
-- since the day before.
with

numbered_days as (

    select
        day,
        row_number() over (order by day) as day_number
    from {{ ref('int_watch_days') }}

),

verdicts as (

    select
        verdicts.*,
        numbered_days.day_number,
        verdicts.confidence = 'named' as is_listed,
        lag(verdicts.concern_score) over component as previous_score,
        -- A component without a record in the judged days of the day before was
        -- not listed.
        coalesce(
            lag(verdicts.confidence = 'named') over component
            and lag(numbered_days.day_number) over component
            = numbered_days.day_number - 1,
            false
        ) as was_listed
    from {{ ref('int_component_verdicts') }} as verdicts
    inner join numbered_days on verdicts.judged_on = numbered_days.day
    window component as (
        partition by verdicts.component_key
        order by verdicts.judged_on
    )

),

stays as (

    select
        *,
        count(case when is_listed and not was_listed then 1 end) over (
            partition by component_key
            order by judged_on
            rows between unbounded preceding and current row
        ) as stay_number
    from verdicts

)

select
    concern_rank,
    site_id,
    asset_id,
    component_id,
    likely_cause,
    confidence,
    -- A score changes by less than five points from day to day by chance.
    case
        when is_listed and not was_listed then 'new'
        when was_listed and not is_listed then 'left'
        when is_listed and concern_score >= previous_score + 5 then 'worse'
        when is_listed and concern_score <= previous_score - 5 then 'better'
        when is_listed then 'same'
    end as change,
    concern_score,
    contact_resistance_suspicion,
    weak_cooling_suspicion,
    hot_site_suspicion,
    sensor_fault_suspicion,
    temperature_alert_count,
    overheated_seconds,
    peak_avg_temp_c,
    case
        when is_listed
            then row_number() over (
                    partition by component_key, stay_number, is_listed
                    order by judged_on
                )::bigint
    end as days_on_list,
    judged_on as day,
    case
        when is_listed
            then min(judged_on) over (
                    partition by component_key, stay_number, is_listed
                )
    end as first_listed_on
from stays
