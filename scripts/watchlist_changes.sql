-- One row per component whose place on the watchlist changed between two days.
-- The later day is the last day. The earlier one is $since (or the first day if
-- that is later), or without $since the day before the last.
with

days as (
    select
        max(day) as last_day,
        if(
            $since is null,
            max(day) filter (where day < newest_day),
            coalesce(max(day) filter (where day <= $since::date), min(day))
        ) as day_before
    from (
        select
            day,
            max(day) over () as newest_day
        from marts.watchlist_history
    ) as history
),

listed as (
    select
        history.*,
        history.day = days.last_day as is_now
    from marts.watchlist_history as history
    inner join days on history.day in (days.last_day, days.day_before)
    where history.confidence = 'named'
),

compared as (
    select
        site_id,
        asset_id,
        component_id,
        bool_or(is_now) as is_listed,
        bool_or(not is_now) as was_listed,
        max(concern_score) filter (where is_now)
        - max(concern_score) filter (where not is_now) as score_change,
        any_value(concern_rank) filter (where is_now) as concern_rank,
        any_value(concern_score) filter (where is_now) as concern_score,
        coalesce(
            any_value(likely_cause) filter (where is_now),
            any_value(likely_cause)
        ) as likely_cause
    from listed
    group by all
)

select
    case
        when not was_listed then 'new'
        when is_listed then 'worse'
        else 'gone'
    end as change,
    component_id,
    site_id,
    md5(to_json([site_id, asset_id, component_id])) as component,
    replace(likely_cause, '_', ' ') as cause,
    concern_rank,
    concern_score,
    days.last_day,
    days.day_before
from days
left join compared
    on not was_listed or not is_listed or score_change >= 5
order by
    array_position(['new', 'worse', 'gone'], change),
    concern_rank asc,
    component_id asc;
