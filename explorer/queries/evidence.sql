-- The evidence of the first listed handle, until another one is selected.
select evidence_words(component_id, evidence, next_step) as sentence
from marts.component_watchlist
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
order by concern_rank
limit 1;
