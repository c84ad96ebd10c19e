{% macro robust_z(value, centre, spread, least_spread, error='0') -%}
    {#- Distance from the centre in robust standard deviations. The median
        absolute deviation of a normal distribution is 1 / 1.4826 of its
        standard deviation; unlike it, the MAD does not grow with the few that
        are to be found. The scale is never below least_spread, which keeps a
        fleet of equals from turning small differences into large scores, nor
        below the standard error of the value itself. -#}
    ({{ value }} - {{ centre }})
    / greatest(1.4826 * {{ spread }}, {{ least_spread }}, {{ error }})
{%- endmacro %}
