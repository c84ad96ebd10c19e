-- One row per site and UTC day with any record of the fleet, or with a part of
-- an overheated period.
{{ daily_rollup('site', ['site_id']) }}
