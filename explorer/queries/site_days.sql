-- One row per site and day: the chosen sites, or the five hottest of them.
with

days as (
    select
        site_id,
        day,
        max(peak_trusted_avg_temp_c) as peak_temp_c,
        sum(avg_power_kw * power_reading_count)
        / nullif(sum(power_reading_count), 0) as avg_power_kw,
        sum(hot_window_count) / nullif(sum(trusted_window_count), 0)
            as hot_ratio,
        sum(incident_count) as incident_count
    from marts.component_daily
    semi join chosen_components($site, $asset, $component, $cause)
        using (site_id, asset_id, component_id)
    where is_chosen_day($dates, day)
    group by all
),

shown as (
    select site_id
    from days
    group by site_id
    order by max(peak_temp_c) desc nulls last, site_id
    limit if(len($site) > 0, 10, 5)
)

select
    shown_id(days.site_id) as site,
    days.day,
    days.peak_temp_c,
    days.avg_power_kw,
    days.hot_ratio,
    days.incident_count
from days
inner join shown using (site_id)
order by
    max(days.peak_temp_c) over (partition by site) desc nulls last,
    site asc,
    day asc;
