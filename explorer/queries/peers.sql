-- Temperature of each pole by recent power, against the healthy handles.
select
    if(measure like 'negative%', 'Negative pole', 'Positive pole') as pole,
    recent_power_kw,
    own_value,
    healthy_p10_value,
    healthy_median_value,
    healthy_p90_value,
    neighbour_median_value
from marts.component_peers
semi join one_component($component)
    using (site_id, asset_id, component_id)
where measure like '%\_temp\_c\_at\_%' escape '\'
order by pole, recent_power_kw;
