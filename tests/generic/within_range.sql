{#- The column, where it is not null, lies between the limits, both included.
    Limits are SQL expressions, so that one column can limit another. -#}
{% test within_range(model, column_name, at_least=none, at_most=none) %}

{%- if at_least is none and at_most is none -%}
    {{ exceptions.raise_compiler_error(
        'within_range on ' ~ column_name ~ ' needs at_least, at_most or both'
    ) }}
{%- endif %}

select {{ column_name }}
from {{ model }}
where
    false
    {% if at_least is not none -%}
        or {{ column_name }} < {{ at_least }}
    {%- endif %}
    {% if at_most is not none -%}
        or {{ column_name }} > {{ at_most }}
    {%- endif %}

{% endtest %}
