{% macro spark__write_build_state(is_whole) -%}
    {#- A view is replaced in one step; a table of files is not. -#}
    {%- do run_on_spark([
        'create schema if not exists ' ~ build_state().without_identifier(),
        'create or replace view ' ~ build_state() ~ ' as select ' ~ is_whole
        ~ ' as is_whole',
    ]) -%}
{%- endmacro %}


{% macro spark__publish() -%}
    {#- Other readers get each public model as a folder of Parquet. -#}
    {%- for node in graph.nodes.values() if (
        node.resource_type == 'model' and node.access == 'public'
    ) -%}
        {%- do run_query(
            'insert overwrite directory '
            ~ text_literal(published_path() ~ '/' ~ node.name)
            ~ ' using parquet select /*+ coalesce(1) */ * from '
            ~ node.relation_name
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro spark__published_path() -%}
    {{- return(
        env_var('SPARK_EXPORT', '')
        or (env_var('SPARK_WAREHOUSE', '') or 'target/spark') ~ '/marts'
    ) -}}
{%- endmacro %}


{% macro spark__next_step_hint() -%}
    {{- return(
        "Next: the marts are folders of Parquet in '"
        ~ shown_text(published_path()) ~ "'."
    ) -}}
{%- endmacro %}
