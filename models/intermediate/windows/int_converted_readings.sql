-- One row per typed row of the signal files, in °C and kW; repeats included.
{{ config(materialized='view') }}
{%- set series = ref('int_series') %}
{%- set signals = ref('stg_signals') %}

{% if needs_conversion(series) -%}
    with

    foreign_series as (

        select
            series_key,
            unit
        from {{ series }}
        where not {{ is_base_unit('unit') }}

    )

    select
        signals.site_id,
        signals.asset_id,
        signals.component_id,
        signals.signal_name,
        signals.series_text,
        signals.series_key,
        {{ in_base_unit('signals.value', 'foreign_series.unit') }} as value,
        signals.observed_at,
        signals.file_version
    from {{ signals }} as signals
    left join foreign_series
        on signals.series_key = foreign_series.series_key
{%- else -%}
    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        series_text,
        series_key,
        value,
        observed_at,
        file_version
    from {{ signals }}
{%- endif %}
