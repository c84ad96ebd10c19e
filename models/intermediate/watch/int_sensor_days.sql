-- One row per temperature series and UTC day with readings that are impossible
-- for its handle, or a frozen value.
with

implausible as (

    select
        series_key,
        count(*) as implausible_reading_count,
        count(*) filter (where is_out_of_limits) as out_of_limits_count,
        count(*) filter (where is_impossible_step and step_c > 0)
            as step_up_count,
        count(*) filter (where is_impossible_step and step_c < 0)
            as step_down_count,
        min(temp_c) as lowest_implausible_temp_c,
        max(temp_c) as highest_implausible_temp_c,
        max(abs(step_c)) filter (where is_impossible_step) as largest_step_c,
        min(observed_at) as first_implausible_at,
        max(observed_at) as last_implausible_at,
        observed_at::date as day
    from {{ ref('int_implausible_readings') }}
    group by series_key, observed_at::date

),

frozen as (

    select
        series_key,
        count(*) * {{ var('window_seconds') }} as frozen_seconds,
        window_start::date as day
    from {{ ref('int_untrusted_windows') }}
    where is_frozen
    group by series_key, window_start::date

)

select
    series_key,
    coalesce(implausible.implausible_reading_count, 0)
        as implausible_reading_count,
    coalesce(implausible.out_of_limits_count, 0) as out_of_limits_count,
    coalesce(implausible.step_up_count, 0) as step_up_count,
    coalesce(implausible.step_down_count, 0) as step_down_count,
    implausible.lowest_implausible_temp_c,
    implausible.highest_implausible_temp_c,
    implausible.largest_step_c,
    coalesce(frozen.frozen_seconds, 0) as frozen_seconds,
    implausible.first_implausible_at,
    implausible.last_implausible_at,
    day
from implausible
full join frozen using (series_key, day)
