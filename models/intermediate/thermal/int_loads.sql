-- One row per component: how far its poles differ while it works hard.
with

windows as (

    select
        negative.site_id,
        negative.asset_id,
        negative.component_id,
        negative.avg_power_kw,
        negative.temp_c - positive.temp_c as pole_imbalance_c
    from {{ ref('int_thermal_windows') }} as negative
    inner join {{ ref('int_thermal_windows') }} as positive
        using (site_id, asset_id, component_id, window_start)
    where negative.pole = 'negative' and positive.pole = 'positive'

),

fleet as (

    select median(avg_power_kw) as median_power_kw from windows

),

loads as (

    select
        windows.site_id,
        windows.asset_id,
        windows.component_id,
        avg(windows.pole_imbalance_c) as pole_imbalance_under_load_c,
        count(*) as load_window_count
    from windows
    inner join fleet on windows.avg_power_kw >= fleet.median_power_kw
    group by all

)

select * from loads
