-- Sessions and incidents of the handle, and an option for all days.
select
    'All chosen days' as label,
    '' as key,
    null::timestamp as started_at
union all
select
    'Session ' || strftime(started_at, '%-d %b %H:%M') || ', up to '
    || printf('%.1f', peak_temp_c) || ' °C' as label,
    started_at || '/' || ended_at as key,
    started_at
from marts.charging_sessions
semi join one_component($component)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
union all
select
    'Alert '
    || strftime(started_at, '%-d %b %H:%M')
    || ', '
    || alert_name as label,
    started_at || '/' || ended_at as key,
    started_at
from marts.alert_incidents
semi join one_component($component)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
order by started_at nulls first;
