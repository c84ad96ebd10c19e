{#- Tables on Spark: first an empty one that the catalog knows, then its rows.
    In one statement they would lie in a folder that it does not know until all
    are there, and a build killed meanwhile would leave one that no other build
    can write to. -#}

{% macro spark__create_table_as(
    temporary, relation, compiled_code, language='sql'
) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set compiled_code = get_select_subquery(compiled_code) -%}
    {%- endif -%}
    {%- do create_empty_table(relation, compiled_code) -%}
    insert overwrite table {{ relation }} by name {{ compiled_code }}
{%- endmacro %}


{% macro create_empty_table(relation, query, clauses='') -%}
    {%- set columns = [] -%}
    {%- for row in run_query('describe query ' ~ query).rows -%}
        {%- do columns.append(adapter.quote(row[0]) ~ ' ' ~ row[1]) -%}
    {%- endfor -%}
    {%- do run_query(
        'create table ' ~ relation ~ ' (' ~ columns | join(', ')
        ~ ') using parquet ' ~ clauses
    ) -%}
{%- endmacro %}
