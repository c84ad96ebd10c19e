{% macro sensor_positions() -%}
    {#- The places of the temperature sensors in a handle, as signal_catalog
        names them: each becomes columns of its own. -#}
    {{- return(['negative_pole', 'positive_pole', 'board']) -}}
{%- endmacro %}


{% macro inspection_results() -%}
    {#- What a workshop says of a component that it inspected. -#}
    {{- return(['confirmed', 'no_fault', 'repaired']) -}}
{%- endmacro %}


{% macro poles() -%}
    {{- return(['negative', 'positive']) -}}
{%- endmacro %}
