{% macro missing_tables() -%}
    {#- On-run-start: dbt run loads no seeds, and dbt test builds no models.
        Returns the message to stop with if one of these is missing: the
        first seed, or the model that every build begins with. -#}
    {%- if execute and flags.WHICH in ('run', 'test') -%}
        {%- if flags.WHICH == 'run' -%}
            {%- set attribute, needed = 'resource_type', 'seed' -%}
        {%- else -%}
            {%- set attribute, needed = 'name', 'stg_landing_files' -%}
        {%- endif -%}
        {%- set table = graph.nodes.values()
            | selectattr(attribute, 'equalto', needed) | first -%}
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
