select
    shown_id(component_id) || if(
        count(*) over (partition by component_id) > 1,
        ' at ' || shown_id(asset_id) || ', ' || shown_id(site_id),
        ''
    ) as label,
    component_key(site_id, asset_id, component_id) as key
from chosen_components($site, $asset, [], $cause)
order by concern_rank;
