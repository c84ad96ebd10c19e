select
    case measure
        when 'negative_steady_rise_c_at_100_kw'
            then 'Rise of the negative pole at 100 kW, °C'
        when 'positive_steady_rise_c_at_100_kw'
            then 'Rise of the positive pole at 100 kW, °C'
        when 'steady_rise_asymmetry' then 'Negative over positive rise'
        when 'pole_imbalance_under_load_c'
            then 'Negative above positive pole under load, °C'
        when 'negative_time_constant_seconds'
            then 'Time constant of the negative pole, s'
        when 'positive_time_constant_seconds'
            then 'Time constant of the positive pole, s'
        when 'baseline_excess_c' then 'Session start above the fleet, °C'
        when 'site_baseline_excess_c'
            then 'Session start of its site above other sites, °C'
        when 'glitch_count' then 'Glitches of its worst sensor'
        when 'frozen_seconds' then 'Sensor frozen in use, s'
        else measure
    end as "Measure",
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
