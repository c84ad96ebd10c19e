{#- int_signal_windows and int_readings convert readings. All models after them
    use °C and kW, also for limits and thresholds. -#}

{% macro in_base_unit(value, unit) -%}
    case {{ unit }}
        when '°F' then round(({{ value }} - 32) * 5 / 9, 9)
        when 'K' then round({{ value }} - 273.15, 9)
        when 'W' then round({{ value }} / 1000, 9)
        else {{ value }}
    end
{%- endmacro %}


{% macro is_base_unit(unit) -%}
    coalesce({{ unit }} in ('°C', 'kW'), true)
{%- endmacro %}


{% macro needs_conversion(series) -%}
    {#- Decided while a build compiles a model, so that a fleet without such a
        signal has no extra cost. A unit test has no table. -#}
    {%- if not execute or not this.identifier or load_relation(series) is none -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set query -%}
        select 1 as one from {{ series }}
        where not {{ is_base_unit('unit') }}
        limit 1
    {%- endset -%}
    {{- return(run_query(query).rows | length > 0) -}}
{%- endmacro %}


{% macro converted_value(value, series) -%}
    {{- in_base_unit(value, 'foreign_series.unit') if needs_conversion(series)
        else value -}}
{%- endmacro %}


{% macro join_foreign_series(rows, series) -%}
    {%- if needs_conversion(series) -%}
        left join {{ series }} as foreign_series
            on
                {{ rows }}.series_key = foreign_series.series_key
                and not {{ is_base_unit('foreign_series.unit') }}
    {%- endif -%}
{%- endmacro %}
