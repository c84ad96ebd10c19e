select
    replace(replace(measure, '_kw', ' kW'), '_', ' ') as "Measure",
    own_value as "This handle",
    healthy_median_value as "Healthy median",
    healthy_p10_value as "Healthy p10",
    healthy_p90_value as "Healthy p90",
    neighbour_median_value as "Neighbour median",
    robust_z as "Robust z",
    case
        when is_flagged then 'yes'
        when not is_flagged then 'no'
    end as "Named as cause"
from marts.component_peers
semi join one_component($component)
    using (site_id, asset_id, component_id)
where measure not like '%\_temp\_c\_at\_%' escape '\'
order by is_flagged desc nulls last, abs(robust_z) desc nulls last, measure;
