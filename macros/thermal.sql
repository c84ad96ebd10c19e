{% macro recent_power_seconds() -%}
    {#- How long a handle remembers power: about one and a half time constants
        of a sound pole. -#}
    {{- return(480) -}}
{%- endmacro %}


{% macro thermal_measures() -%}
    {#- The logarithms that component_thermal_profile compares with the fleet
        and with the site. -#}
    {{- return([
        'negative_steady_rise', 'positive_steady_rise', 'asymmetry',
    ]) -}}
{%- endmacro %}


{% macro section_steps() -%}
    {#- Windows from the start of a section to its end: four minutes. -#}
    {{- return([240 // window_length(), 1] | max) -}}
{%- endmacro %}


{% macro idle_power_kw() -%}
    {#- LM_powerLimit rests at 20 kW while a handle is plugged in and idle. -#}
    {{- return(25) -}}
{%- endmacro %}


{% macro derated_ratio() -%}
    {#- Without foldback hardly a window falls below it: one or two in a
        generated fleet of 40 handles and three days. -#}
    {{- return(0.75) -}}
{%- endmacro %}
