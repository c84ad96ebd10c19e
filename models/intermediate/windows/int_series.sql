-- One row per series: a signal of a component, with the properties of the
-- signal.
with

series as (

    select
        series.series_key,
        series.component_key,
        series.site_id,
        series.asset_id,
        series.component_id,
        series.signal_name,
        signals.quantity,
        signals.unit,
        signals.sensor_position,
        signals.min_plausible,
        signals.max_plausible,
        signals.max_rate_c_per_second,
        signals.overheat_threshold_c,
        signals.is_in_catalog
    from {{ ref('stg_series') }} as series
    inner join {{ ref('int_signals') }} as signals
        on series.signal_name = signals.signal_name

)

select * from series
