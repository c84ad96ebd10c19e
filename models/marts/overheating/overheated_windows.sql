-- One row per temperature series, method and 30 s period above the threshold.
with

periods as (

    select * from {{ ref('int_overheated_periods') }}

),

period_power as (

    select * from {{ ref('int_period_power') }}

),

suspect_periods as (

    select distinct
        periods.series_key,
        periods.window_method,
        periods.window_start
    from periods
    inner join {{ ref('int_implausible_readings') }} as implausible_readings
        on
            periods.series_key = implausible_readings.series_key
            and implausible_readings.observed_at
            >= periods.window_start - {{ sensor_suspect_interval() }}
            and implausible_readings.observed_at
            <= periods.window_end + {{ sensor_suspect_interval() }}

),

overheated_windows as (

    select
        periods.site_id,
        periods.asset_id,
        periods.component_id,
        periods.signal_name,
        periods.sensor_position,
        periods.window_method,
        periods.avg_temp_c,
        periods.reading_count,
        period_power.max_power_kw,
        coalesce(period_power.power_reading_count, 0) as power_reading_count,
        suspect_periods.window_start is not null as is_sensor_suspect,
        periods.window_start,
        periods.window_end
    from periods
    left join period_power
        on
            periods.component_key = period_power.component_key
            and periods.window_method = period_power.window_method
            and periods.window_start = period_power.window_start
    left join suspect_periods
        on
            periods.series_key = suspect_periods.series_key
            and periods.window_method = suspect_periods.window_method
            and periods.window_start = suspect_periods.window_start

)

select * from overheated_windows
