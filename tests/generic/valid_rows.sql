{#- The columns (or expressions) of each key are never null and together unique.
    Each condition (SQL) is true or null in every row. For a failing row, the
    column problem says why. One test per model, because dbt spends longer on a
    test than the engine does.
    other_keys: further keys of the model. versions: of an incremental model,
    the model that lists its current versions; a build tests only rows of
    versions that it has not published yet, and rows without one. at_most: pairs
    of computed numbers; the first is at most the second. -#}
{% test valid_rows(
    model, key, conditions=[], other_keys=[], versions=none, at_most=[]
) %}

{%- set conditions = conditions + [] -%}
{%- for one, other in at_most -%}
    {%- do conditions.append(is_at_most(one, other)) -%}
{%- endfor -%}

{%- set keys = ([key] if key else []) + other_keys -%}
{%- set version_column = (
    'file_version' if versions == 'stg_landing_files' else 'day_version'
) -%}
{%- set is_tested = (
    is_version_to_test(versions, version_column) if versions else 'true'
) -%}
{{ 'with' if keys }}

{% for columns in keys -%}
    invalid_keys_{{ loop.index }} as (

        select
            {% for column in columns -%}
                {{ column }} as key_{{ loop.index }}{{ ',' if not loop.last }}
            {% endfor -%}
        from {{ model }}
        where {{ is_tested }}
        group by all
        having
            count(*) > 1
            {% for column in columns -%}
                or {{ column }} is null
            {% endfor %}
    ){{ ',' if not loop.last }}

{% endfor -%}

{% for columns in keys -%}
    select
        case
            {% for column in columns -%}
                when {{ column }} is null
                    then {{ text_literal('null in key: ' ~ column) }}
            {% endfor -%}
            else {{ text_literal('repeated key: ' ~ columns | join(', ')) }}
        end as problem,
        tested.*
    from (select * from {{ model }}) as tested
    inner join invalid_keys_{{ loop.index }} as invalid_keys
        on
            {% for column in columns -%}
                {{ column }} is not distinct from invalid_keys.key_{{ loop.index }}
                {{ 'and' if not loop.last }}
            {% endfor -%}
    {{ 'union all' if conditions or not loop.last }}
{% endfor -%}

{% if conditions -%}
    select
        case
            {% for condition in conditions -%}
                when not ({{ condition }})
                    then {{ text_literal('not true: ' ~ condition) }}
            {% endfor -%}
        end as problem,
        *
    from {{ model }}
    where
        (
            {% for condition in conditions -%}
                not ({{ condition }}){{ ' or' if not loop.last }}
            {% endfor -%}
        )
        and {{ is_tested }}
{%- endif %}

{% if versions -%}
    union all
    select
        'no version' as problem,
        *
    from {{ model }}
    where {{ version_column }} is null
{%- endif %}

{% endtest %}
