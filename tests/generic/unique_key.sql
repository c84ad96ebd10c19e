{#- The columns (or expressions) are never null and together unique. day_of, of
    a model that is built by day: the column that tells the day. -#}
{% test unique_key(model, columns, day_of=none) %}

select
    {% for column in columns -%}
        {{ column }} as key_{{ loop.index }},
    {% endfor -%}
    count(*) as row_count
from {{ model }}
where {{ is_day_to_test(model, day_of) if day_of else 'true' }}
group by all
having
    count(*) > 1
    {% for column in columns -%}
        or {{ column }} is null
    {% endfor %}

{% endtest %}
