-- One row per site and UTC day on which the fleet sent anything.
{{ daily_rollup(['site_id']) }}
