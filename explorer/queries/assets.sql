-- A trend is the slope of the daily figure over the chosen days.
select
    shown_id(site_id) as "Site",
    site_link(site_id) as "_Site",
    shown_id(asset_id) as "Asset",
    count(distinct component_id) as "Handles",
    max(peak_trusted_avg_temp_c) as "Highest 30 s mean, °C",
    regr_slope(
        avg_trusted_pole_temp_c, date_diff('day', date '2000-01-01', day)
    ) as "Mean pole trend, °C a day",
    100 * sum(hot_window_count) / nullif(sum(trusted_window_count), 0)
        as "At or above 90 °C, %",
    sum(overheated_seconds) as "Overheated, s",
    sum(avg_power_kw * power_reading_count)
    / nullif(sum(power_reading_count), 0) as "Mean power, kW",
    regr_slope(avg_power_kw, date_diff('day', date '2000-01-01', day))
        as "Power trend, kW a day",
    max(max_power_kw) as "Maximum power, kW",
    100 * avg(utilisation_ratio) as "In use, %",
    sum(incident_count) as "Alert incidents",
    sum(lost_energy_kwh) as "Lost by derating, kWh",
    asset_key(site_id, asset_id) as "_asset"
from marts.component_daily
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, day)
group by site_id, asset_id
order by "Highest 30 s mean, °C" desc nulls last, site_id asc, asset_id asc;
