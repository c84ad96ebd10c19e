-- One row per component and UTC hour that an overheated sliding period reaches
-- into: for how long any of its temperature signals was overheated.
--
-- Days, sites, the fleet and the watchlist add up these hours.
-- overheated_components has the same by signal.
{%- set last_hour = 1 + 2 * window_length() // 3600 %}
with

hour_offsets as (

    select {{ number_series(0, last_hour, 1) }} as hour_offset

),

period_hours as (

    select
        periods.component_key,
        periods.is_sensor_suspect,
        periods.avg_temp_c,
        periods.window_start,
        periods.ends_before,
        {{ hour_start('periods.window_start') }}
        + hour_offsets.hour_offset * interval '1' hour as hour_start
    from {{ ref('int_overheated_periods') }} as periods
    cross join hour_offsets
    where periods.window_method = 'sliding'

),

pieces as (

    select
        component_key,
        is_sensor_suspect,
        avg_temp_c,
        hour_start,
        greatest(window_start, hour_start) as started_at,
        least(ends_before, hour_start + interval '1' hour) as ended_at
    from period_hours
    where ends_before > hour_start

),

-- Periods overlap, and both poles may be overheated at once. Each piece adds
-- only the time that no earlier piece covers.
covered_pieces as (

    select
        *,
        {{ covered_until(
            ['component_key', 'is_sensor_suspect', 'hour_start'],
            'started_at', 'ended_at'
        ) }} as covered_until
    from pieces

),

added_pieces as (

    select
        *,
        {{ uncovered_seconds('started_at', 'ended_at') }} as added_seconds
    from covered_pieces

),

overheated_hours as (

    select
        component_key,
        max(avg_temp_c) as peak_avg_temp_c,
        max(case when not is_sensor_suspect then avg_temp_c end)
            as peak_trusted_avg_temp_c,
        {{ exact_sum(
            'case when not is_sensor_suspect then added_seconds end'
        ) }} as overheated_seconds,
        {{ exact_sum(
            'case when is_sensor_suspect then added_seconds end'
        ) }} as suspect_overheated_seconds,
        hour_start
    from added_pieces
    group by all

)

select * from overheated_hours
