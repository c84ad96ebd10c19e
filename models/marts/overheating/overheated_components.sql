-- One row per temperature series with a 30 s period above the threshold.
with

overheated_windows as (

    select * from {{ ref('overheated_windows') }}

),

overheated_components as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        count(*) filter (where window_method = 'tumbling')
            as tumbling_window_count,
        count(*) filter (where window_method = 'rolling')
            as rolling_window_count,
        max(avg_temp_c) as peak_avg_temp_c,
        bool_and(is_sensor_suspect) as is_sensor_suspect,
        min(window_start) as first_overheated_at,
        max(window_end) as last_overheated_at
    from overheated_windows
    group by all

)

select * from overheated_components
