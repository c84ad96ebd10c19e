-- The ten hottest handles of the last day, with the minute of their peak.
with

last_day as (
    -- An overheated period can end on a day without readings.
    select max(day) as day
    from marts.fleet_daily
    where used_component_count > 0
),

hottest as (
    select
        site_id,
        asset_id,
        component_id,
        day,
        peak_trusted_avg_temp_c,
        overheated_seconds,
        incident_count
    from marts.component_daily
    where
        day = (select last_day.day from last_day)
        and peak_trusted_avg_temp_c is not null
    order by peak_trusted_avg_temp_c desc, component_id asc
    limit 10
),

windows as (
    select
        site_id,
        asset_id,
        component_id,
        window_start,
        avg_power_kw,
        greatest(
            if(negative_pole_status = 'trusted', negative_pole_temp_c, null),
            if(positive_pole_status = 'trusted', positive_pole_temp_c, null),
            if(board_status = 'trusted', board_temp_c, null)
        ) as trusted_temp_c
    from marts.component_windows
    semi join hottest using (site_id, asset_id, component_id)
    where window_start >= (select last_day.day from last_day)
),

-- The first of the windows with the highest mean.
peaks as (
    select
        site_id,
        asset_id,
        component_id,
        window_start,
        avg_power_kw
    from windows
    qualify
        row_number() over (
            partition by site_id, asset_id, component_id
            order by trusted_temp_c desc nulls last, window_start asc
        ) = 1
)

select
    shown_id(hottest.component_id) as "Handle",
    component_link(hottest.site_id, hottest.asset_id, hottest.component_id)
    || '&component-dates='
    || address_value([hottest.day::varchar, hottest.day::varchar]) as "_Handle",
    shown_id(hottest.site_id) as "Site",
    hottest.peak_trusted_avg_temp_c as "Highest 30 s mean, °C",
    shown_time(peaks.window_start) as "At, UTC",
    peaks.avg_power_kw as "Power then, kW",
    hottest.overheated_seconds as "Overheated, s",
    hottest.incident_count as "Alert incidents",
    watchlist.concern_rank as "Watchlist rank",
    shown_cause(
        watchlist.likely_cause, watchlist.confidence
    ) as "Likely cause"
from hottest
left join peaks using (site_id, asset_id, component_id)
left join marts.component_watchlist as watchlist
    using (site_id, asset_id, component_id)
order by hottest.peak_trusted_avg_temp_c desc, hottest.component_id asc;
