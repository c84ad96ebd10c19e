{% macro thermal_spans() -%}
    {#- Candidate spans of the recent power, minutes: int_thermal_spans chooses
        the one that explains the fleet best. -#}
    {{- return([3, 5, 8, 12, 20, 30]) -}}
{%- endmacro %}


{% macro thermal_measures() -%}
    {#- The logarithms that component_thermal_profile compares with the fleet
        and with the site. -#}
    {{- return([
        'negative_recent_rise', 'positive_recent_rise',
        'negative_steady_rise', 'positive_steady_rise', 'asymmetry',
    ]) -}}
{%- endmacro %}


{% macro section_steps() -%}
    {#- Windows from the start of a section to its end: four minutes. -#}
    {{- return([240 // var('window_seconds'), 1] | max) -}}
{%- endmacro %}
