{% macro share_of_days(window_count, day_count) -%}
    {{ window_count }} * {{ var('window_seconds') }} / ({{ day_count }} * 86400)
{%- endmacro %}


{% macro hourly_counts() -%}
    {#- The counts of component_hourly that are summed per day. -#}
    {{- return([
        'used_window_count', 'pole_window_count', 'trusted_window_count',
        'hot_window_count', 'alert_count', 'temperature_alert_count',
        'incident_count', 'trusted_incident_count',
    ]) -}}
{%- endmacro %}


{% macro daily_rollup(level, keys) -%}
    {#- Component days summed per site or fleet. Means are weighted by their
        number of readings or windows, so the result is the overall mean and not
        a mean of means. -#}
    with

    days as (

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
            {{ weighted_mean('avg_trusted_pole_temp_c', 'pole_window_count') }}
                as avg_trusted_pole_temp_c,
            {{ weighted_mean('avg_pole_imbalance_c', 'pole_window_count') }}
                as avg_pole_imbalance_c,
            max(max_pole_imbalance_c) as max_pole_imbalance_c,
            sum(hot_window_count) / nullif(sum(trusted_window_count), 0)
                as hot_ratio,
            case
                when count(utilisation_ratio) > 0
                    then {{ share_of_days('sum(used_window_count)', 'count(*)') }}
            end as utilisation_ratio,
            {% for quantity in [
                'overheated_seconds', 'suspect_overheated_seconds',
                'derated_seconds', 'lost_energy_kwh',
            ] -%}
                {{ exact_sum(quantity) }} as {{ quantity }},
            {% endfor -%}
            sum(unjudged_hot_session_count)::bigint
                as unjudged_hot_session_count,
            count(*) as component_count,
            count(*) filter (where used_window_count > 0)
                as used_component_count,
            {% for position in sensor_positions() + ['power'] -%}
                sum({{ position }}_reading_count)::bigint
                    as {{ position }}_reading_count,
            {% endfor -%}
            {% for count in hourly_counts() -%}
                sum({{ count }})::bigint as {{ count }},
            {% endfor -%}
            count(*) filter (where overheated_seconds > 0)
                as overheated_component_count,
            day
        from {{ ref('component_daily') }}
        group by all

    )

    select
        days.*,
        power_days.p90_power_kw
    from days
    left join {{ ref('int_power_days') }} as power_days
        on
            days.day = power_days.day
            and power_days.level = '{{ level }}'
            {% for key in keys -%}
                and days.{{ key }} = power_days.{{ key }}
            {% endfor %}
{%- endmacro %}
