-- One row per temperature series and 30 s period, by either method, with a
-- mean above the threshold.
with

tumbling_windows as (

    select
        windows.site_id,
        windows.asset_id,
        windows.component_id,
        windows.signal_name,
        'tumbling' as window_method,
        windows.avg_value as avg_temp_c,
        windows.reading_count,
        windows.window_start,
        windows.window_start + {{ window_interval() }} as window_end
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_signals') }} as signals
        on windows.signal_name = signals.signal_name
    where signals.quantity = 'temperature'

),

rolling_windows as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        'rolling' as window_method,
        avg_value as avg_temp_c,
        reading_count,
        window_start,
        window_end
    from {{ ref('int_rolling_windows') }}

),

periods as (

    select * from tumbling_windows
    union all
    select * from rolling_windows

),

overheated_periods as (

    select * from periods
    where avg_temp_c > {{ var('overheat_threshold_c') }}

)

select * from overheated_periods
