-- One row per temperature series and 30 s period, by either method, with a
-- mean above the threshold.
with

periods as (

    select
        series_key,
        'tumbling' as window_method,
        avg_value as avg_temp_c,
        reading_count,
        window_start,
        null as starts_before,
        window_start + {{ window_interval() }} as ends_before
    from {{ ref('int_signal_windows') }}
    union all
    select
        series_key,
        'sliding' as window_method,
        avg_value as avg_temp_c,
        reading_count,
        window_start,
        starts_before,
        ends_before
    from {{ ref('int_sliding_periods') }}

),

overheated_periods as (

    select
        periods.series_key,
        series.component_key,
        series.site_id,
        series.asset_id,
        series.component_id,
        series.signal_name,
        series.sensor_position,
        periods.window_method,
        periods.avg_temp_c,
        {{ overheat_threshold('series') }} as overheat_threshold_c,
        periods.reading_count,
        periods.window_start,
        periods.starts_before,
        periods.window_start + {{ window_interval() }} as window_end,
        periods.ends_before
    from periods
    inner join {{ ref('int_series') }} as series
        on periods.series_key = series.series_key
    where
        series.quantity = 'temperature'
        and periods.avg_temp_c > {{ overheat_threshold('series') }}

),

suspect_periods as (

    select distinct
        periods.series_key,
        periods.window_method,
        periods.window_start
    from overheated_periods as periods
    inner join {{ ref('int_implausible_readings') }} as implausible_readings
        on
            periods.series_key = implausible_readings.series_key
            and implausible_readings.observed_at
            >= periods.window_start - {{ sensor_suspect_interval() }}
            and implausible_readings.observed_at
            <= periods.window_end + {{ sensor_suspect_interval() }}

),

judged_periods as (

    select
        periods.series_key,
        periods.component_key,
        periods.site_id,
        periods.asset_id,
        periods.component_id,
        periods.signal_name,
        periods.sensor_position,
        periods.window_method,
        periods.avg_temp_c,
        periods.overheat_threshold_c,
        periods.reading_count,
        suspect_periods.window_start is not null as is_sensor_suspect,
        periods.window_start,
        periods.starts_before,
        periods.window_end,
        periods.ends_before
    from overheated_periods as periods
    left join suspect_periods
        on
            periods.series_key = suspect_periods.series_key
            and periods.window_method = suspect_periods.window_method
            and periods.window_start = suspect_periods.window_start

)

select * from judged_periods
