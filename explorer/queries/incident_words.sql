select
    if(
        count(*) = 0,
        'No alert incidents for these filters.',
        count(*) || if(count(*) = 1, ' incident', ' incidents') || ' ('
        || sum(alert_count) || if(sum(alert_count) = 1, ' alert', ' alerts')
        || ') of '
        || count(distinct component_key(site_id, asset_id, component_id))
        || if(
            count(distinct component_key(site_id, asset_id, component_id)) = 1,
            ' handle',
            ' handles'
        ) || '; ' || count(*) filter (is_trusted)
        || ' with trusted sensors. The handle was at or above 90 °C within '
        || '10 minutes of ' || count(*) filter (was_hot) || ', overheated in '
        || count(*) filter (was_overheated) || '.'
    ) as sentence
from marts.alert_incidents
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at);
