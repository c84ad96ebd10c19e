-- One row per site and UTC day of the loaded period.
{{ daily_rollup(['site_id']) }}
