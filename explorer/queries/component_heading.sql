with

watchlist as (
    select
        *,
        count(*) over () as component_count
    from marts.component_watchlist
)

select
    'Handle ' || shown_id(component_id) || ' · asset ' || shown_id(asset_id)
    || ' · site ' || shown_id(site_id) as title,
    'Rank ' || concern_rank || ' of ' || component_count || ', score '
    || printf('%.1f', concern_score) || '. Likely cause: '
    || shown_cause(likely_cause, confidence)
    || coalesce(', listed since ' || strftime(first_listed_on, '%-d %b %Y'), '')
    || '. ' || coalesce(evidence, '') as evidence,
    nullif(next_step, 'Nothing') as next_step
from watchlist
semi join one_component($component)
    using (site_id, asset_id, component_id)
union all by name
select 'Choose a handle.' as title
where not exists (select 1 from one_component($component));
