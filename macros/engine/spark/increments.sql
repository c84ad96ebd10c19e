{% macro spark__build_by_file(readable_files, condition, inputs) -%}
{%- endmacro %}


{% macro spark__is_file_to_build() -%}
    true
{%- endmacro %}


{% macro spark__is_file_to_read(path) -%}
    true
{%- endmacro %}


{% macro spark__code_version() -%}
    0::bigint
{%- endmacro %}


{% macro spark__build_by_day(
    day_of, inputs, tables, daily_tables, days_before
) -%}
{%- endmacro %}


{% macro spark__is_day_to_build(column, days_before) -%}
    true
{%- endmacro %}


{% macro spark__is_day_to_test(table, column) -%}
    true
{%- endmacro %}
