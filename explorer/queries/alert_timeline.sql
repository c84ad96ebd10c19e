select
    alert_name,
    started_at,
    shown_id(component_id) as component,
    shown_id(site_id) as site,
    alert_count,
    peak_temp_c,
    case
        when not is_trusted then 'suspect sensor'
        when was_overheated then 'overheated'
        when was_hot then 'at or above 90 °C'
        else 'below 90 °C'
    end as state
from marts.alert_incidents
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
order by alert_incidents.started_at;
