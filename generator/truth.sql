-- One row per component, with its fault.
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
    round(neg_resistance / healthy_resistance(), 3) as neg_resistance_ratio,
    round(pos_resistance / healthy_resistance(), 3) as pos_resistance_ratio
from components
order by component_no;
