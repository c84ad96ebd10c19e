{% macro missing_tables() -%}
    {#- On-run-start: dbt run loads no seeds, and dbt test builds no models.
        Returns the message to stop with if these tables are missing. -#}
    {%- if execute and flags.WHICH in ('run', 'test') -%}
        {%- set needed = 'seed' if flags.WHICH == 'run' else 'model' -%}
        {%- set nodes = graph.nodes.values()
            | selectattr('resource_type', 'equalto', needed) | list -%}
        {%- set table = nodes | first -%}
        {%- if not adapter.get_relation(
            table.database, table.schema, table.alias
        ) -%}
            {{- return(
                'There is no table ' ~ table.schema ~ '.' ~ table.alias
                ~ ' yet: run dbt build'
                ~ (', or dbt seed before dbt run' if needed == 'seed') ~ '.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
