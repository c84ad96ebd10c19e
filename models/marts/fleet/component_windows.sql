-- One row per component and 30 s window that holds a reading: its time series.
with

suspect_windows as (

    select distinct
        series.component_key,
        windows.window_start
    from {{ ref('int_untrusted_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where windows.is_sensor_suspect

),

component_windows as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        {% for position in sensor_positions() -%}
            windows.{{ position }}_temp_c,
        {% endfor -%}
        windows.avg_temp_c,
        windows.max_temp_c,
        windows.avg_power_kw,
        windows.max_power_kw,
        suspect_windows.window_start is not null as is_sensor_suspect,
        windows.window_start,
        windows.window_start + {{ window_interval() }} as window_end
    from {{ ref('int_component_windows') }} as windows
    inner join {{ ref('int_components') }} as components
        on windows.component_key = components.component_key
    left join suspect_windows
        on
            windows.component_key = suspect_windows.component_key
            and windows.window_start = suspect_windows.window_start

)

select * from component_windows
