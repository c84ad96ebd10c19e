-- One row per temperature series with readings that are impossible for its
-- handle, or a frozen value.
select
    site_id,
    asset_id,
    component_id,
    signal_name,
    lowest_implausible_temp_c,
    highest_implausible_temp_c,
    largest_step_c,
    implausible_reading_count,
    impossible_step_count,
    frozen_seconds,
    first_implausible_at,
    last_implausible_at
from {{ ref('int_sensor_troubles') }}
