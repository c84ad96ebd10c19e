{#- Each condition, SQL, is true or null of every row; a row that breaks one
    says which. One test for all conditions of a model: dbt spends longer on a
    test than the engine does. -#}
{% test every_row(model, conditions) %}

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
    {% for condition in conditions -%}
        not ({{ condition }}){{ ' or' if not loop.last }}
    {% endfor %}

{% endtest %}
