-- One row per UTC day of the loaded period.
{{ daily_rollup([]) }}
