-- One row per component and overheated period that holds a power reading.
--
-- Single readings, because a sliding period does not align with the windows.
with

periods as (

    select distinct
        component_key,
        window_method,
        window_start,
        ends_before
    from {{ ref('int_overheated_periods') }}

),

-- The periods of a step reach over less than two windows' length, and so touch
-- at most three: joining by those, and only then by time, keeps the work in
-- proportion to the periods.
period_windows as (

    {% for offset in [0, 1, 2] -%}
        select
            *,
            {{ window_start('window_start') }}
            + {{ offset }} * {{ window_interval() }} as touched_window_start
        from periods
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

power_readings as (

    select
        series.component_key,
        readings.value as power_kw,
        readings.observed_at
    from {{ ref('stg_signals') }} as readings
    inner join {{ ref('int_series') }} as series
        on readings.series_key = series.series_key
    where series.quantity = 'power'

),

period_power as (

    select
        periods.component_key,
        periods.window_method,
        max(readings.power_kw) as max_power_kw,
        count(*) as power_reading_count,
        periods.window_start,
        periods.ends_before
    from period_windows as periods
    inner join power_readings as readings
        on
            periods.component_key = readings.component_key
            and periods.touched_window_start
            = {{ window_start('readings.observed_at') }}
            and periods.ends_before > readings.observed_at
            -- Tumbling: [start, end). Sliding: (start, end], and the last end
            -- is not of the step.
            and case periods.window_method
                when 'tumbling'
                    then periods.window_start <= readings.observed_at
                when 'sliding'
                    then periods.window_start < readings.observed_at
            end
    group by all

)

select * from period_power
