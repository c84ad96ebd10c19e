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
        window_start + {{ window_interval() }} as window_end
    from {{ ref('int_signal_windows') }}
    union all
    select
        series_key,
        'rolling' as window_method,
        avg_value as avg_temp_c,
        reading_count,
        window_start,
        window_end
    from {{ ref('int_rolling_windows') }}

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
        periods.window_end
    from periods
    inner join {{ ref('int_series') }} as series
        on periods.series_key = series.series_key
    where
        series.quantity = 'temperature'
        and periods.avg_temp_c > {{ overheat_threshold('series') }}

)

select * from overheated_periods
