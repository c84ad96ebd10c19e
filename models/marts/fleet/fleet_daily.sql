-- One row per UTC day on which the fleet sent anything, or into which an
-- overheated period reaches.
{{ daily_rollup('fleet', []) }}
