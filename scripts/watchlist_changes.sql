-- One row per component whose place on the watchlist changed between two days;
-- the components of a hot site are one row. Without a change, one row of nulls.
-- The later day is the last day. The earlier one is $since (or the first day if
-- that is later), or without $since the day before the last. $sent is the list
-- of that day as it was sent, or null.
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

named as (
    select
        day,
        site_id,
        asset_id,
        component_id,
        likely_cause,
        concern_rank,
        concern_score
    from marts.watchlist_history
    where confidence = 'named'
),

-- What was sent, because late data may have changed the list of that day.
earlier as (
    select named.* exclude (day, concern_rank)
    from named
    inner join days on named.day = days.day_before
    where $sent is null
    union all by name
    select sent.*
    from (
        select unnest(
            from_json(
                $sent,
                '[{"site_id": "VARCHAR", "asset_id": "VARCHAR",
                "component_id": "VARCHAR", "likely_cause": "VARCHAR",
                "concern_score": "DOUBLE"}]'
            ),
            recursive := true
        )
    ) as sent
),

judged as (
    select
        history.site_id,
        history.asset_id,
        history.component_id
    from marts.watchlist_history as history
    inner join days on history.day = days.last_day
),

compared as (
    select
        coalesce(listed.site_id, earlier.site_id) as site_id,
        coalesce(listed.asset_id, earlier.asset_id) as asset_id,
        coalesce(listed.component_id, earlier.component_id) as component_id,
        listed.likely_cause as cause_now,
        earlier.likely_cause as cause_before,
        listed.concern_rank,
        listed.concern_score as score_now,
        earlier.concern_score as score_before,
        judged.component_id is not null as is_judged
    from (
        select named.*
        from named
        inner join days on named.day = days.last_day
    ) as listed
    full join earlier
        on
            listed.site_id = earlier.site_id
            and listed.asset_id = earlier.asset_id
            and listed.component_id = earlier.component_id
    left join judged
        on
            earlier.site_id = judged.site_id
            and earlier.asset_id = judged.asset_id
            and earlier.component_id = judged.component_id
),

changes as (
    select
        *,
        coalesce(cause_now, cause_before) as likely_cause,
        likely_cause = 'hot_site' as is_hot_site,
        case
            when cause_before is null then 'new'
            when cause_now is null then 'gone'
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
