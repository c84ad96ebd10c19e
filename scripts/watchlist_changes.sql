-- One row per component whose place on the watchlist changed between two days;
-- the components of a hot site are one row. Without a change, one row of nulls.
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

judged as (
    select
        history.*,
        history.day = days.last_day as is_now,
        history.confidence = 'named' as is_named
    from marts.watchlist_history as history
    inner join days on history.day in (days.last_day, days.day_before)
),

compared as (
    select
        site_id,
        asset_id,
        component_id,
        bool_or(is_now and is_named) as is_listed,
        bool_or(not is_now and is_named) as was_listed,
        bool_or(is_now) as is_judged,
        any_value(likely_cause) filter (where is_now and is_named) as cause_now,
        any_value(likely_cause) filter (where not is_now and is_named)
            as cause_before,
        any_value(concern_rank) filter (where is_now and is_named)
            as concern_rank,
        any_value(concern_score) filter (where is_now and is_named)
            as score_now,
        any_value(concern_score) filter (where not is_now and is_named)
            as score_before
    from judged
    group by all
),

changes as (
    select
        *,
        coalesce(cause_now, cause_before) as likely_cause,
        likely_cause = 'hot_site' as is_hot_site,
        case
            when is_listed and not was_listed then 'new'
            when was_listed and not is_listed then 'gone'
            when cause_now <> cause_before then 'new cause'
            when score_now >= score_before + 5 then 'worse'
        end as change,
        case
            when change = 'new cause'
                then 'before ' || replace(cause_before, '_', ' ')
            when change = 'gone' and not is_judged then 'not in use lately'
        end as remark
    from compared
    where change is not null
),

listed as (
    select
        change,
        is_hot_site,
        likely_cause,
        remark,
        site_id,
        if(is_hot_site, null, asset_id) as asset_id,
        if(is_hot_site, null, component_id) as component_id,
        count(*) as component_count,
        min(concern_rank) as concern_rank,
        max(score_now) as concern_score
    from changes
    group by all
)

select
    listed.change,
    listed.component_count,
    listed.component_id,
    listed.site_id,
    md5(
        if(
            listed.is_hot_site,
            to_json([listed.site_id]),
            to_json([listed.site_id, listed.asset_id, listed.component_id])
        )
    ) as page_key,
    replace(listed.likely_cause, '_', ' ') as cause,
    listed.remark,
    listed.concern_rank,
    listed.concern_score,
    days.last_day,
    days.day_before
from days
left join listed on true
order by
    array_position(['new', 'new cause', 'worse', 'gone'], listed.change),
    listed.concern_rank asc,
    listed.component_id asc,
    listed.site_id asc;
