-- One row per temperature series, method and 30 s period above the threshold.
with

periods as (

    select * from {{ ref('int_overheated_periods') }}

),

-- Several series of a component can be overheated in the same period.
component_periods as (

    select distinct
        component_key,
        window_method,
        window_start,
        ends_before
    from periods

),

-- The periods of a step span less than the length of two windows, and so touch
-- at most three. Joining by window first, and by time second, keeps the work in
-- proportion to the periods.
period_windows as (

    {% for offset in [0, 1, 2] -%}
        select
            *,
            {{ window_start('window_start') }}
            + {{ offset }} * {{ window_interval() }} as touched_window_start
        from component_periods
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Few components are overheated: the engine skips the readings of the others.
power_series as (

    select
        series_key,
        component_key
    from {{ ref('int_series') }}
    where
        quantity = 'power'
        and component_key in (select periods.component_key from periods)

),

-- Single readings, because a sliding period does not align with the windows.
power_readings as (

    select
        power_series.component_key,
        readings.value as power_kw,
        readings.observed_at
    from {{ ref('int_readings') }} as readings
    inner join power_series
        on readings.series_key = power_series.series_key

),

period_power as (

    select
        windows.component_key,
        windows.window_method,
        max(readings.power_kw) as max_power_kw,
        count(*) as power_reading_count,
        windows.window_start,
        windows.ends_before
    from period_windows as windows
    inner join power_readings as readings
        on
            windows.component_key = readings.component_key
            and windows.touched_window_start
            = {{ window_start('readings.observed_at') }}
            and windows.ends_before > readings.observed_at
            -- Tumbling: [start, end). Sliding: (start, end]; the step's periods
            -- end before ends_before.
            and case windows.window_method
                when 'tumbling'
                    then windows.window_start <= readings.observed_at
                when 'sliding'
                    then windows.window_start < readings.observed_at
            end
    group by all

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
