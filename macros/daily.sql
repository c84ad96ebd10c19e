{% macro share_of_days(window_count, day_count) -%}
    {{ window_count }} * {{ var('window_seconds') }} / ({{ day_count }} * 86400)
{%- endmacro %}


{% macro daily_rollup(keys) -%}
    {#- Component days summed up over a site or the fleet. Means are weighed by
        what they are means of, readings or windows, so the result is the mean
        over all of them and not a mean of means. -#}
    select
        {% for key in keys -%}
            {{ key }},
        {% endfor -%}
        {% for measure in ['negative_pole_temp_c', 'positive_pole_temp_c',
                           'board_temp_c', 'power_kw'] -%}
            {%- set count_column = measure
                | replace('_temp_c', '') | replace('_kw', '')
                ~ '_reading_count' -%}
            min(min_{{ measure }}) as min_{{ measure }},
            {{ weighted_mean('avg_' ~ measure, count_column) }}
                as avg_{{ measure }},
            max(max_{{ measure }}) as max_{{ measure }},
        {% endfor -%}
        max(peak_avg_temp_c) as peak_avg_temp_c,
        max(peak_trusted_avg_temp_c) as peak_trusted_avg_temp_c,
        {{ weighted_mean('avg_pole_imbalance_c', 'pole_window_count') }}
            as avg_pole_imbalance_c,
        max(max_pole_imbalance_c) as max_pole_imbalance_c,
        case
            when count(utilisation_ratio) > 0
                then {{ share_of_days('sum(used_window_count)', 'count(*)') }}
        end as utilisation_ratio,
        {{ exact_sum('overheated_seconds') }} as overheated_seconds,
        {{ exact_sum('suspect_overheated_seconds') }}
            as suspect_overheated_seconds,
        count(*) as component_count,
        count(*) filter (where used_window_count > 0)
            as used_component_count,
        {% for position in sensor_positions() + ['power'] -%}
            sum({{ position }}_reading_count)::bigint
                as {{ position }}_reading_count,
        {% endfor -%}
        sum(used_window_count)::bigint as used_window_count,
        count(*) filter (where overheated_seconds > 0)
            as overheated_component_count,
        sum(alert_count)::bigint as alert_count,
        sum(temperature_alert_count)::bigint as temperature_alert_count,
        day
    from {{ ref('component_daily') }}
    group by all
{%- endmacro %}
