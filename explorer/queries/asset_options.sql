select
    shown_id(asset_id) as label,
    asset_key(site_id, asset_id) as key
from chosen_components($site, [], [], [])
group by site_id, asset_id
order by try_cast(asset_id as double), asset_id, site_id;
