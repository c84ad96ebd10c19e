-- One row per temperature series and method: the period with the most power.
with

overheated_windows as (

    select * from {{ ref('overheated_windows') }}

),

ranked_windows as (

    select
        *,
        row_number() over (
            partition by
                site_id, asset_id, component_id, signal_name, window_method
            order by
                max_power_kw desc nulls last,
                avg_temp_c desc,
                window_start asc
        ) as power_rank
    from overheated_windows

)

select
    site_id,
    asset_id,
    component_id,
    signal_name,
    window_method,
    max_power_kw,
    avg_temp_c,
    is_sensor_suspect,
    window_start
from ranked_windows
where power_rank = 1
