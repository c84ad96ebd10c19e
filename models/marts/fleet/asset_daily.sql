-- One row per asset and UTC day with any record of the fleet, or with a part of
-- an overheated period.
{{ daily_rollup('asset', ['site_id', 'asset_id']) }}
