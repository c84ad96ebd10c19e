-- One row per temperature series, method and 30 s period above the threshold.
with

periods as (

    select * from {{ ref('int_overheated_periods') }}

),

period_power as (

    select * from {{ ref('int_period_power') }}

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
        periods.is_sensor_suspect,
        periods.window_start,
        periods.starts_before,
        periods.window_end
    from periods
    left join period_power
        on
            periods.component_key = period_power.component_key
            and periods.window_method = period_power.window_method
            and periods.window_start = period_power.window_start
            and periods.ends_before = period_power.ends_before

)

select * from overheated_windows
