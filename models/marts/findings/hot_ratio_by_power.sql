-- One row per 20 kW of recent power: how often a handle is at or above 90 °C.
with

bins as (

    select
        recent_power_bin_kw,
        sum(window_count)::bigint as window_count,
        coalesce(
            sum(window_count) filter (where temp_bin_c >= {{ hot_temp_c() }}), 0
        )::bigint as hot_window_count,
        count(distinct {{ row_of(['site_id', 'asset_id', 'component_id']) }})
            as component_count
    from {{ ref('power_temperature_bins') }}
    group by recent_power_bin_kw

)

select
    recent_power_bin_kw,
    hot_window_count / window_count as hot_ratio,
    window_count,
    hot_window_count,
    component_count
from bins
