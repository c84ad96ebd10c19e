{% macro robust_z(value, centre, spread, least_spread, error='0') -%}
    {#- Distance from the centre in robust standard deviations. The median
        absolute deviation (MAD) of a normal distribution is 1 / 1.4826 of its
        standard deviation. Unlike the standard deviation, the MAD does not grow
        with the few outliers to be found. The scale is never below
        least_spread, so that a fleet of equals does not turn small differences
        into large scores. It is also never below the standard error of the
        value itself. -#}
    ({{ value }} - {{ centre }})
    / greatest(1.4826 * {{ spread }}, {{ least_spread }}, {{ error }})
{%- endmacro %}
