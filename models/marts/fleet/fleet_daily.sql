-- One row per UTC day on which the fleet sent anything.
{{ daily_rollup([]) }}
