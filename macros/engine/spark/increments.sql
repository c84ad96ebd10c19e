{% macro spark__build_by_day(
    day_of, inputs, tables, daily_tables, days_before
) -%}
{%- endmacro %}


{% macro spark__is_day_to_build(column, days_before) -%}
    true
{%- endmacro %}
