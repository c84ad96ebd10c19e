select
    concern_rank as "Rank",
    shown_id(component_id) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(site_id) as "Site",
    shown_id(asset_id) as "Asset",
    shown_cause(
        watchlist.likely_cause, watchlist.confidence
    ) as "Likely cause",
    concern_score as "Score",
    first_listed_on::varchar as "Listed since",
    change as "Change",
    watchlist.overheated_seconds as "Overheated, s",
    totals.peak_temp_c as "Highest 30 s mean, °C",
    temperature_alert_count as "Temperature alerts",
    if(is_conclusive, 'yes', 'no') as "Conclusive",
    evidence_words(component_id, evidence, next_step) as "_evidence"
from marts.component_watchlist as watchlist
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
left join component_totals([]) as totals
    using (site_id, asset_id, component_id)
order by concern_rank;
