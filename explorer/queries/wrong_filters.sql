-- One row per filter value that is not in this file.
with

chosen_values as (
    select
        'site' as kind,
        unnest($site) as key
    union all
    select
        'asset' as kind,
        unnest($asset) as key
    union all
    select
        'handle' as kind,
        unnest($component) as key
    union all
    select
        'cause' as kind,
        unnest($cause) as key
    union all
    select
        'signal' as kind,
        unnest($signal) as key
    union all
    select
        'day' as kind,
        unnest($dates) as key
    union all
    select
        'moment' as kind,
        unnest($zoom) as key
),

known_values as (
    select
        'site' as kind,
        site_key(site_id) as key
    from marts.component_watchlist
    union all
    select
        'asset' as kind,
        asset_key(site_id, asset_id) as key
    from marts.component_watchlist
    union all
    select
        'handle' as kind,
        component_key(site_id, asset_id, component_id) as key
    from marts.component_watchlist
    union all
    select
        'cause' as kind,
        likely_cause as key
    from marts.component_watchlist
    union all
    select
        'signal' as kind,
        signal_name as key
    from marts.sensor_faults
    union all
    select
        'moment' as kind,
        key
    from moments($component)
)

select
    'This file has no ' || kind || ' ' || shown_key(key)
    || ': the address is out of date.' as sentence
from chosen_values
anti join known_values using (kind, key)
where kind <> 'day' or try_cast(key as date) is null;
