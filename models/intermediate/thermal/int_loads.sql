-- One row per component: how far its poles differ while it works hard.
with

windows as (

    select
        component_key,
        avg_power_kw,
        negative_temp_c - positive_temp_c as pole_imbalance_c
    from {{ ref('int_thermal_windows') }}
    where negative_temp_c is not null and positive_temp_c is not null

),

fleet as (

    select median(avg_power_kw) as median_power_kw from windows

),

loads as (

    select
        component_key,
        {{ mean('pole_imbalance_c') }} as pole_imbalance_under_load_c,
        count(*) as load_window_count
    from windows
    -- Not a join by `>=`, for which Spark sends all windows to every worker.
    where avg_power_kw >= (select fleet.median_power_kw from fleet)
    group by component_key

)

select * from loads
