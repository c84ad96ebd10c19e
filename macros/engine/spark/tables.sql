{#- Tables on Spark: first an empty table in the catalog, then its rows. With a
    single statement, the folder would be unknown to the catalog until all rows
    are written. A build killed meanwhile would leave a folder that no later
    build can write to. -#}

{% macro spark__create_table_as(
    temporary, relation, compiled_code, language='sql'
) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set compiled_code = get_select_subquery(compiled_code) -%}
    {%- endif -%}
    {#- All other models are rebuilt completely. -#}
    {%- set is_incremental = config.get('materialized') == 'incremental' -%}
    {%- set partition = config.get('partition_by') if is_incremental else none -%}
    {%- if is_incremental and not partition -%}
        {%- do exceptions.raise_compiler_error(
            this.identifier ~ ' is incremental and has no partition_by: each '
            ~ 'build would replace all its rows.'
        ) -%}
    {%- endif -%}
    {%- if temporary -%}
        {{- return(spark__create_temporary_view(relation, compiled_code)) -}}
    {%- endif -%}
    {%- do create_empty_table(relation, compiled_code, partition) -%}
    insert overwrite table {{ relation }} by name {{ compiled_code }}
{%- endmacro %}


{% macro create_empty_table(relation, query, partition=none, replaces=false) -%}
    {%- set columns = [] -%}
    {%- for row in run_query('describe query ' ~ query).rows -%}
        {%- do columns.append(adapter.quote(row[0]) ~ ' ' ~ row[1]) -%}
    {%- endfor -%}
    {#- Only now, because the query may read the table. -#}
    {%- if replaces -%}
        {%- do adapter.drop_relation(relation.incorporate(type='table')) -%}
    {%- endif -%}
    {%- do run_query(
        'create table ' ~ relation ~ ' (' ~ columns | join(', ')
        ~ ') using parquet'
        ~ (' partitioned by (' ~ partition ~ ')' if partition else '')
    ) -%}
{%- endmacro %}
