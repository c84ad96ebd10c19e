-- One row per UTC day with any record of the fleet, or with a part of an
-- overheated period.
{{ daily_rollup('fleet', []) }}
