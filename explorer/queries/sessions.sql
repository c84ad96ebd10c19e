select
    shown_time(started_at) as "Started, UTC",
    duration_seconds / 60 as "Length, min",
    peak_temp_c as "Highest reading, °C",
    peak_negative_pole_temp_c as "Negative pole, 30 s, °C",
    peak_positive_pole_temp_c as "Positive pole, 30 s, °C",
    avg_power_kw as "Mean power, kW",
    max_power_kw as "Maximum power, kW",
    any_sensor_hot_seconds as "At or above 90 °C, s",
    moment_key(started_at, ended_at) as "_zoom"
from marts.charging_sessions
semi join one_component($component)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
order by peak_temp_c desc nulls last;
