{#- The columns (or expressions) are never null and together unique. -#}
{% test unique_key(model, columns) %}

select
    {% for column in columns -%}
        {{ column }} as key_{{ loop.index }},
    {% endfor -%}
    count(*) as row_count
from {{ model }}
group by all
having
    count(*) > 1
    {% for column in columns -%}
        or {{ column }} is null
    {% endfor %}

{% endtest %}
