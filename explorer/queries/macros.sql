-- Macros that all queries share. A filter is a list of keys; an empty list does
-- not filter.

-- A key is JSON text: unambiguous, and never a word that Vizro reserves.
create macro site_key(site_id) as to_json([site_id])::varchar;

create macro asset_key(site_id, asset_id) as
to_json([site_id, asset_id])::varchar;

create macro component_key(site_id, asset_id, component_id) as
to_json([site_id, asset_id, component_id])::varchar;

create macro moment_key(started_at, ended_at) as started_at || '/' || ended_at;

create macro is_chosen(keys, key) as keys = [] or list_contains(keys, key);

create macro is_chosen_day(dates, day) as
dates = []
or coalesce(
    day::date between try_cast(dates[1] as date)
    and try_cast(dates[-1] as date),
    false
);

-- A filter value as Vizro writes it in an address.
create macro address_value(key) as
'b64_' || rtrim(
    translate(to_base64(encode(to_json(key)::varchar)), '+/', '-_'), '='
);

create macro page_link(page, control, key) as
page || '?' || control || '=' || address_value(key);

create macro component_link(site_id, asset_id, component_id) as
page_link(
    '/component',
    'component-component',
    component_key(site_id, asset_id, component_id)
);

create macro site_link(site_id) as
page_link('/sites', 'sites-site', [site_key(site_id)]);

-- The id in a key; the key may be any text from an address.
create macro shown_key(key) as
left(coalesce(try(json_extract_string(key, '$[-1]')), key), 100);

-- An id as displayed.
create macro shown_id(id) as if(trim(id) = '', '(empty)', id);

create macro shown_cause(cause, confidence) as
if(confidence = 'possible', 'perhaps ', '') || replace(cause, '_', ' ');

create macro shown_time(moment) as strftime(moment, '%Y-%m-%d %H:%M:%S');

create macro chosen_components(sites, assets, components, causes) as table
    select
        site_id,
        asset_id,
        component_id,
        concern_rank,
        likely_cause,
        confidence
    from marts.component_watchlist
    where
        is_chosen(sites, site_key(site_id))
        and is_chosen(assets, asset_key(site_id, asset_id))
        and is_chosen(
            components, component_key(site_id, asset_id, component_id)
        )
        and is_chosen(causes, likely_cause);

-- The handle of a page. Without one, the page has nothing to show.
create macro one_component(components) as table
    select
        site_id,
        asset_id,
        component_id,
        concern_rank
    from marts.component_watchlist
    where
        components[1] = component_key(site_id, asset_id, component_id);

-- What the chart of a handle can be zoomed to: its sessions and incidents.
create macro moments(components) as table
    select
        'Session ' || strftime(started_at, '%-d %b %H:%M') || ', up to '
        || printf('%.1f', peak_temp_c) || ' °C' as label,
        moment_key(started_at, ended_at) as key,
        started_at
    from marts.charging_sessions
    semi join one_component(components)
        using (site_id, asset_id, component_id)
    union all
    select
        'Alert ' || strftime(started_at, '%-d %b %H:%M') || ', '
        || alert_name as label,
        moment_key(started_at, ended_at) as key,
        started_at
    from marts.alert_incidents
    semi join one_component(components)
        using (site_id, asset_id, component_id);

-- The totals of each handle over its days.
create macro component_totals(dates) as table
    select
        site_id,
        asset_id,
        component_id,
        max(peak_trusted_avg_temp_c) as peak_temp_c,
        100 * sum(hot_window_count) / nullif(sum(trusted_window_count), 0)
            as hot_percent,
        sum(overheated_seconds) as overheated_seconds,
        sum(avg_power_kw * power_reading_count)
        / nullif(sum(power_reading_count), 0)
            as avg_power_kw,
        max(max_power_kw) as max_power_kw,
        sum(derated_seconds) as derated_seconds,
        sum(lost_energy_kwh) as lost_energy_kwh,
        sum(incident_count) as incident_count
    from marts.component_daily
    where is_chosen_day(dates, day)
    group by all;

create macro evidence_words(component_id, evidence, next_step) as
'Handle ' || shown_id(component_id) || ': ' || coalesce(evidence, '')
|| coalesce(' ' || nullif(next_step, 'Nothing') || '.', '');
