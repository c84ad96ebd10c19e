-- One row per temperature series with readings that its handle cannot have
-- had, or a value that froze, over all days.
with

troubles as (

    select
        series_key,
        {{ sensor_trouble_columns() }},
        min(first_implausible_at) as first_implausible_at,
        max(last_implausible_at) as last_implausible_at
    from {{ ref('int_sensor_days') }}
    group by series_key

)

select
    series.component_key,
    series.site_id,
    series.asset_id,
    series.component_id,
    series.signal_name,
    troubles.implausible_reading_count,
    troubles.impossible_step_count,
    troubles.glitch_count,
    troubles.lowest_implausible_temp_c,
    troubles.highest_implausible_temp_c,
    troubles.largest_step_c,
    troubles.frozen_seconds,
    troubles.first_implausible_at,
    troubles.last_implausible_at
from troubles
inner join {{ ref('int_series') }} as series
    on troubles.series_key = series.series_key
