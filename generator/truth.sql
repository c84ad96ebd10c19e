-- One row per component, with its fault at full strength.
select
    site_id,
    asset_id,
    component_id,
    fault_cause,
    round(
        if(fault_cause = 'hot_site', site_excess_c, own_strength), 3
    ) as fault_strength,
    fault_pole,
    sensor_mode,
    site_excess_c,
    round(neg_resistance * neg_factor / healthy_resistance(), 3)
        as neg_resistance_ratio,
    round(pos_resistance * pos_factor / healthy_resistance(), 3)
        as pos_resistance_ratio,
    onset_on,
    repaired_on,
    round(ambient_c + site_excess_c, 3) as site_mean_c
from components
order by component_no;
