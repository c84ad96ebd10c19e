-- The handle's place on the watchlist, day by day.
select
    day::varchar as "Day",
    concern_rank as "Rank",
    concern_score as "Score",
    shown_cause(likely_cause, confidence) as "Likely cause",
    change as "Change",
    temperature_alert_count as "Temperature alerts",
    overheated_seconds as "Overheated, s",
    peak_avg_temp_c as "Highest 30 s mean, °C"
from marts.watchlist_history
semi join one_component($component)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, day)
order by watchlist_history.day desc;
