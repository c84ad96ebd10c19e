{% macro spark__load_csv_rows(model, agate_table) -%}
    {#- dbt-spark's own version fails at an apostrophe, and turns an empty cell
        into the text None. Catalogs are small enough for one statement. -#}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for value in row -%}
            {%- set type = types.get(
                agate_table.column_names[loop.index0],
                adapter.convert_type(agate_table, loop.index0)
            ) -%}
            {%- do cells.append(
                'cast(' ~ ('null' if value is none
                    else text_literal(value | string)) ~ ' as ' ~ type ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set statement -%}
        insert into {{ this }} values {{ rows | join(', ') }}
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=true) -%}
    {{- return(statement) -}}
{%- endmacro %}
