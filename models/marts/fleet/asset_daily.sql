-- One row per asset and UTC day on which the fleet sent anything, or into which
-- an overheated period reaches.
{{ daily_rollup('asset', ['site_id', 'asset_id']) }}
