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
        periods.site_id,
        periods.asset_id,
        periods.component_id,
        periods.signal_name,
        periods.window_method,
        periods.window_start
    from periods
    inner join {{ ref('int_implausible_readings') }} as implausible_readings
        on
            periods.site_id = implausible_readings.site_id
            and periods.asset_id = implausible_readings.asset_id
            and periods.component_id = implausible_readings.component_id
            and periods.signal_name = implausible_readings.signal_name
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
            periods.site_id = period_power.site_id
            and periods.asset_id = period_power.asset_id
            and periods.component_id = period_power.component_id
            and periods.window_method = period_power.window_method
            and periods.window_start = period_power.window_start
    left join suspect_periods
        on
            periods.site_id = suspect_periods.site_id
            and periods.asset_id = suspect_periods.asset_id
            and periods.component_id = suspect_periods.component_id
            and periods.signal_name = suspect_periods.signal_name
            and periods.window_method = suspect_periods.window_method
            and periods.window_start = suspect_periods.window_start

)

select * from overheated_windows
