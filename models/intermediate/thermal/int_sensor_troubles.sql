-- One row per temperature series with readings that its handle cannot have
-- had, or a value that froze.
with

implausible as (

    select
        series_key,
        count(*) as implausible_reading_count,
        count(*) filter (where is_impossible_step) as impossible_step_count,
        -- A bad contact can heat a handle faster than a sound one warms, but
        -- nothing cools it as fast: steps up are the sensor's if as many
        -- lead down.
        count(*) filter (where is_out_of_limits)
        + 2 * least(
            count(*) filter (where is_impossible_step and step_c > 0),
            count(*) filter (where is_impossible_step and step_c < 0)
        ) as glitch_count,
        min(temp_c) as lowest_implausible_temp_c,
        max(temp_c) as highest_implausible_temp_c,
        max(abs(step_c)) filter (where is_impossible_step) as largest_step_c,
        min(observed_at) as first_implausible_at,
        max(observed_at) as last_implausible_at
    from {{ ref('int_implausible_readings') }}
    group by series_key

),

frozen as (

    select
        series_key,
        sum(frozen_seconds)::bigint as frozen_seconds
    from {{ ref('int_frozen_runs') }}
    group by series_key

),

sensor_troubles as (

    select
        series.component_key,
        series.site_id,
        series.asset_id,
        series.component_id,
        series.signal_name,
        coalesce(implausible.implausible_reading_count, 0)
            as implausible_reading_count,
        coalesce(implausible.impossible_step_count, 0)
            as impossible_step_count,
        coalesce(implausible.glitch_count, 0) as glitch_count,
        implausible.lowest_implausible_temp_c,
        implausible.highest_implausible_temp_c,
        implausible.largest_step_c,
        coalesce(frozen.frozen_seconds, 0) as frozen_seconds,
        implausible.first_implausible_at,
        implausible.last_implausible_at
    from implausible
    full join frozen using (series_key)
    inner join {{ ref('int_series') }} as series using (series_key)

)

select * from sensor_troubles
