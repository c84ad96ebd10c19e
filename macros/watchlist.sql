{#- The causes that component_watchlist suspects, and the sentence that it gives
    as evidence. The macros read the columns of that model. -#}

{% macro suspicion(strengths) -%}
    {#- How strongly a cause is suspected; from 1 on, the cause is named. A
        suspicion needs a deviation that is both unlikely (robust z) and large
        enough to matter (ratio or degrees), so it is the lowest of these. An
        unknown robust z gives no suspicion: least() would skip the null. -#}
    greatest(
        case
            when
                {% for strength in strengths -%}
                    {{ 'and ' if not loop.first }}{{ strength }} is not null
                {% endfor -%}
                then least({{ strengths | join(', ') }})
            else 0
        end,
        0
    )
{%- endmacro %}


{% macro nearest_cause() -%}
    {#- SQL: the cause with the strongest suspicion. From a suspicion of 1 on, a
        sensor fault takes precedence, because a broken sensor's readings are no
        evidence of anything else. Then uneven poles take precedence over weak
        cooling, which affects both poles equally. -#}
    case
        when
            sensor_fault_suspicion >= 1
            or sensor_fault_suspicion > greatest(
                contact_resistance_suspicion,
                weak_cooling_suspicion,
                hot_site_suspicion
            )
            then 'sensor_fault'
        when
            hot_site_suspicion > greatest(
                contact_resistance_suspicion, weak_cooling_suspicion
            )
            then 'hot_site'
        when
            contact_resistance_suspicion >= least(weak_cooling_suspicion, 1)
            then 'contact_resistance'
        else 'weak_cooling'
    end
{%- endmacro %}


{% macro evidence(signals) -%}
    {#- The cause with its figures, other suspicions, and consequences. A figure
        that is not known is left out. -#}
    case likely_cause
        when 'contact_resistance' then {{ contact_resistance_evidence() }}
        when 'weak_cooling' then {{ weak_cooling_evidence() }}
        when 'hot_site' then {{ hot_site_evidence() }}
        when 'sensor_fault' then {{ sensor_fault_evidence() }}
        else {{ no_evidence() }}
    end
    || case
        when
            likely_cause in ('contact_resistance', 'weak_cooling')
            and warmer_pole_growth_ratio >= 1.1
            then
                '; for the same power the '
                || if(is_negative_warmer, 'negative', 'positive')
                || ' pole warms '
                || {{ number_text('100 * (warmer_pole_growth_ratio - 1)', 0) }}
                || ' % more than before ' || warmer_pole_changed_on
        else ''
    end
    || case
        when is_site_unconfirmed
            then '; a second such day in a row would name it'
        when confidence = 'possible' and not is_muted
            then
                '; that is ' || floor(100 * suspicion)::bigint
                || ' % of what would name it'
        else ''
    end
    || coalesce('; also ' || nullif(
        concat_ws(
            ' and ',
            {% for cause in ['contact_resistance', 'weak_cooling',
                             'hot_site', 'sensor_fault'] -%}
                case
                    when
                        {{ cause }}_suspicion >= 1
                        and likely_cause <> '{{ cause }}'
                        then '{{ cause }}'
                end{{ ',' if not loop.last }}
            {% endfor -%}
        ),
        ''
    ), '')
    || if(
        confidence = 'possible' and is_muted,
        '; not named again until it has clearly grown',
        ''
    )
    || coalesce(
        '; inspected on ' || last_inspected_on || ': '
        || replace(last_inspection_result, '_', ' ')
        || coalesce(' (' || last_found_cause || ')', ''),
        ''
    )
    || '; '
    || coalesce(
        'since the repair on ' || recently_repaired_on, {{ watch_words() }}
    )
    || ': ' || recent_temperature_alert_count
    || ' temperature alert'
    || if(recent_temperature_alert_count = 1, '', 's')
    || ', ' || {{ number_text('recent_overheated_seconds / 60', 1) }}
    || ' min above ' || {{ overheat_threshold_words(signals) }}
    || if(suspect_reading_count > 0, ' by other readings', '')
    || '.'
{%- endmacro %}


{% macro watch_words() -%}
    {#- SQL: the judged days as text. -#}
    '{{ 'on the last day' if var('watch_days') == 1 else 'in the last ' ~ var('watch_days') ~ ' days' }}'
{%- endmacro %}


{% macro contact_resistance_evidence() -%}
    'The ' || if(is_negative_warmer, 'negative', 'positive') || ' pole warms '
    || coalesce(
        {{ number_text('warmer_pole_fleet_ratio', 2) }}
        || ' × the fleet''s median for its power',
        'more than before'
    )
    -- A handle that never has high power has no figure under load.
    || coalesce(
        ', and reads '
        || {{ number_text('abs(pole_imbalance_under_load_c)', 1) }} || ' °C '
        || if(
            if(
                is_negative_warmer,
                pole_imbalance_under_load_c,
                -pole_imbalance_under_load_c
            ) < 0,
            'below',
            'above'
        )
        || ' the ' || if(is_negative_warmer, 'positive', 'negative')
        || ' one under load',
        ''
    )
    -- A handful of handles has no robust deviation.
    || coalesce(
        ' (' || {{ number_text('abs(asymmetry_robust_z)', 1) }}
        || ' robust standard deviations from the fleet'
        || coalesce(
            ', ' || {{ number_text('abs(asymmetry_site_robust_z)', 1) }}
            || ' from its site',
            ''
        )
        || ')',
        ''
    )
{%- endmacro %}


{% macro weak_cooling_evidence() -%}
    coalesce(
        'Both poles warm more than the fleet''s median for their power, '
        || 'negative '
        || {{ number_text('negative_steady_rise_fleet_ratio', 2) }}
        || ' × and positive '
        || {{ number_text('positive_steady_rise_fleet_ratio', 2) }}
        || ' ×',
        'Both poles warm more than before'
    )
    || coalesce(
        ', and their time constant is '
        || {{ number_text('time_constant_minutes', 1) }}
        || ' min, the fleet''s '
        || {{ number_text('fleet_time_constant_minutes', 1) }} || ' min',
        ''
    )
    || if(
        is_hardly_slower,
        ', which is hardly slower: two worn contacts look like this',
        ''
    )
{%- endmacro %}


{% macro hot_site_evidence() -%}
    'Sessions at this site start '
    || {{ number_text('site_baseline_excess_c', 1) }}
    || ' °C warmer than at the median site at the same time of day ('
    || coalesce(
        {{ number_text('site_baseline_robust_z', 1) }}
        || ' robust standard deviations',
        'too few sites for a robust deviation'
    )
    || coalesce(
        '; their boards ' || {{ number_text('site_board_excess_c', 1) }} || ' °C',
        ''
    )
    || '), while this component''s poles warm '
    || if(
        is_conclusive,
        {{ number_text('negative_steady_rise_fleet_ratio', 2) }}
        || ' × and '
        || {{ number_text('positive_steady_rise_fleet_ratio', 2) }}
        || ' × the fleet''s median',
        'by an amount that is not known'
    )
    || ' for their power'
{%- endmacro %}


{% macro sensor_fault_evidence() -%}
    suspect_signal_name || ': ' || concat_ws(
        ', and ',
        if(
            suspect_reading_count > 0,
            suspect_reading_count || ' reading'
            || if(suspect_reading_count = 1, '', 's')
            || ' out of limits or after an impossible step, between '
            || {{ number_text('lowest_implausible_temp_c', 1) }} || ' and '
            || {{ number_text('highest_implausible_temp_c', 1) }} || ' °C'
            || coalesce(
                ', by steps of up to '
                || {{ number_text('largest_step_c', 1) }} || ' °C',
                ''
            ),
            null
        ),
        if(
            suspect_frozen_seconds > 0,
            'frozen for '
            || {{ number_text('suspect_frozen_seconds / 60', 0) }}
            || ' min in use',
            null
        )
    )
{%- endmacro %}


{% macro no_evidence() -%}
    case
        when not is_judged
            then 'It sent no reading and raised no alert'
        when not is_conclusive
            then
                'Its warming cannot be judged by '
                || {{ number_text(
                    'least(negative_window_count, positive_window_count) * '
                    ~ var('window_seconds') ~ ' / 60', 0
                ) }}
                || ' min of trusted readings of both poles'
        when asymmetry_robust_z is null
            then
                'Too few components to compare with; against their median '
                || 'it warms, negative '
                || {{ number_text('negative_steady_rise_fleet_ratio', 2) }}
                || ' × and positive '
                || {{ number_text('positive_steady_rise_fleet_ratio', 2) }}
                || ' ×'
        else
            'Warms for its power, negative '
            || {{ number_text('negative_steady_rise_fleet_ratio', 2) }}
            || ' × and positive '
            || {{ number_text('positive_steady_rise_fleet_ratio', 2) }}
            || ' × the fleet''s median, which is not out of the ordinary'
    end
{%- endmacro %}
