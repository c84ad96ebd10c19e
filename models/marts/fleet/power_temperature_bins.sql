-- One row per component, 20 kW of recent power and 5 °C of the warmer pole
-- that met in a 30 s window.
with

chosen_span as (

    select span_minutes from {{ ref('int_thermal_spans') }}
    where is_chosen

),

windows as (

    select
        pole_windows.site_id,
        pole_windows.asset_id,
        pole_windows.component_id,
        pole_windows.window_start,
        max(pole_windows.temp_c) as temp_c,
        max(pole_windows.avg_power_kw) as power_kw,
        sqrt(max(case chosen_span.span_minutes
            {% for minutes in thermal_spans() -%}
                when {{ minutes }}
                    then pole_windows.power_squared_{{ minutes }}_min
            {% endfor -%}
        end)) as recent_power_kw
    from {{ ref('int_thermal_windows') }} as pole_windows
    cross join chosen_span
    group by all

),

bins as (

    select
        site_id,
        asset_id,
        component_id,
        20 * floor(recent_power_kw / 20)::bigint as recent_power_bin_kw,
        5 * floor(temp_c / 5)::bigint as temp_bin_c,
        {{ mean('recent_power_kw') }} as avg_recent_power_kw,
        {{ mean('power_kw') }} as avg_power_kw,
        {{ mean('temp_c') }} as avg_temp_c,
        count(*) as window_count
    from windows
    where recent_power_kw is not null and power_kw is not null
    group by all

)

select * from bins
