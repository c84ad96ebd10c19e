{#- Each condition, SQL, is true or null of every row; a row that breaks one
    says which. One test for all conditions of a model: dbt spends longer on a
    test than the engine does. day_of, of a model that is built by day: the
    column that tells the day. -#}
{% test every_row(model, conditions, day_of=none) %}

select
    case
        {% for condition in conditions -%}
            when not ({{ condition }})
                then {{ text_literal(condition) }}
        {% endfor -%}
    end as broken_condition,
    *
from {{ model }}
where
    (
        {% for condition in conditions -%}
            not ({{ condition }}){{ ' or' if not loop.last }}
        {% endfor -%}
    )
    and {{ is_day_to_test(model, day_of) if day_of else 'true' }}

{% endtest %}
