-- One row per component, 20 kW bin of recent power and 5 °C bin of the warmer
-- pole that occurred together in a 30 s window.
with

bins as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        daily_bins.recent_power_bin_kw,
        daily_bins.temp_bin_c,
        {% for measure in ['recent_power_kw', 'power_kw', 'temp_c'] -%}
            {{ weighted_mean(
                'daily_bins.avg_' ~ measure, 'daily_bins.window_count'
            ) }} as avg_{{ measure }},
        {% endfor -%}
        sum(daily_bins.window_count)::bigint as window_count
    from {{ ref('int_daily_bins') }} as daily_bins
    inner join {{ ref('int_components') }} as components
        on daily_bins.component_key = components.component_key
    group by all

)

select * from bins
