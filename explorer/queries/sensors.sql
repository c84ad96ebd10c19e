select
    shown_id(component_id) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(site_id) as "Site",
    signal_name as "Signal",
    implausible_reading_count as "Implausible readings",
    lowest_implausible_temp_c as "Lowest of them, °C",
    highest_implausible_temp_c as "Highest of them, °C",
    impossible_step_count as "Impossible steps",
    largest_step_c as "Largest step, °C",
    frozen_seconds / 60 as "Frozen, min",
    shown_time(first_implausible_at) as "First, UTC",
    shown_time(last_implausible_at) as "Last, UTC"
from marts.sensor_faults
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
where is_chosen($signal, signal_name)
order by implausible_reading_count desc, frozen_seconds desc, component_id asc;
