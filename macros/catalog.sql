{% macro sensor_positions() -%}
    {#- The positions of the temperature sensors in a handle, as named in
        signal_catalog. Each position becomes its own set of columns. -#}
    {{- return(['negative_pole', 'positive_pole', 'board']) -}}
{%- endmacro %}


{% macro inspection_results() -%}
    {#- The results that a workshop reports for an inspected component. -#}
    {{- return(['confirmed', 'no_fault', 'repaired']) -}}
{%- endmacro %}


{% macro poles() -%}
    {{- return(['negative', 'positive']) -}}
{%- endmacro %}
