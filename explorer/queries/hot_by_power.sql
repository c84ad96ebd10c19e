select
    recent_power_bin_kw,
    sum(window_count) as window_count,
    coalesce(sum(window_count) filter (temp_bin_c >= 90), 0)
    / sum(window_count) as hot_ratio,
    count(distinct component_key(site_id, asset_id, component_id))
        as component_count
from marts.power_temperature_bins
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
group by recent_power_bin_kw
order by recent_power_bin_kw;
