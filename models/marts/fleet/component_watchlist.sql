-- One row per component, ranked: 1 is the one to look at first.
with

concerns as (

    select * from {{ ref('int_component_concerns') }}

),

profiles as (

    select * from {{ ref('component_thermal_profile') }}

),

-- A broken sensor is found first: what it reads is no evidence of anything
-- else. Then an uneven pair of poles: weak cooling is even.
causes as (

    select
        *,
        greatest(
            contact_resistance_suspicion,
            weak_cooling_suspicion,
            hot_site_suspicion,
            sensor_fault_suspicion
        ) as suspicion,
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
        end as nearest_cause,
        if(suspicion >= 1, nearest_cause, 'none') as likely_cause,
        suspicion >= 0.5 as is_worth_watching,
        if(is_worth_watching, nearest_cause, 'none') as described_cause,
        -- From 0 to 1: five minutes above the limit, or twenty alerts, are
        -- most of the way.
        1 - exp(
            -overheated_seconds / 300 - temperature_alert_count / 20
        ) as consequence
    from concerns

),

scored_components as (

    select
        *,
        case
            -- Rounded up, 50 would say that a cause is named.
            when suspicion < 1
                then least(round(40 * suspicion + 10 * consequence, 1), 49.9)
            else round(50 + 30 * (1 - 1 / suspicion) + 20 * consequence, 1)
        end as concern_score
    from causes

),

worst_sensors as (

    select *
    from {{ ref('int_sensor_troubles') }}
    qualify
        row_number() over (
            partition by site_id, asset_id, component_id
            order by
                greatest(glitch_count / 4, frozen_seconds / 600) desc,
                signal_name asc
        ) = 1

),

figures as (

    select
        components.*,
        profiles.negative_steady_rise_fleet_ratio,
        profiles.positive_steady_rise_fleet_ratio,
        profiles.asymmetry_robust_z,
        profiles.asymmetry_site_robust_z,
        profiles.pole_imbalance_under_load_c,
        profiles.site_baseline_excess_c,
        profiles.site_baseline_robust_z,
        profiles.implausible_reading_count,
        profiles.frozen_seconds,
        profiles.is_conclusive,
        worst_sensors.signal_name as suspect_signal_name,
        worst_sensors.implausible_reading_count as suspect_reading_count,
        worst_sensors.lowest_implausible_temp_c,
        worst_sensors.highest_implausible_temp_c,
        worst_sensors.largest_step_c,
        worst_sensors.frozen_seconds / 60 as frozen_minutes,
        if(components.is_negative_warmer, 'negative', 'positive')
            as warmer_pole,
        if(components.is_negative_warmer, 'positive', 'negative')
            as cooler_pole,
        if(
            components.is_negative_warmer,
            profiles.negative_steady_rise_fleet_ratio,
            profiles.positive_steady_rise_fleet_ratio
        ) as warmer_pole_fleet_ratio,
        if(
            components.is_negative_warmer,
            profiles.pole_imbalance_under_load_c,
            -profiles.pole_imbalance_under_load_c
        ) as warmer_pole_excess_c,
        (
            profiles.negative_time_constant_seconds
            + profiles.positive_time_constant_seconds
        ) / 120 as time_constant_minutes,
        median(
            (
                profiles.negative_time_constant_seconds
                + profiles.positive_time_constant_seconds
            ) / 120
        ) over () as fleet_time_constant_minutes,
        -- What cools less is slower in proportion; halfway is nearer to the
        -- contacts.
        components.nearest_cause = 'weak_cooling'
        and pow(time_constant_minutes / fleet_time_constant_minutes, 2)
        < least(
            profiles.negative_steady_rise_fleet_ratio,
            profiles.positive_steady_rise_fleet_ratio
        ) as is_hardly_slower,
        least(profiles.negative_window_count, profiles.positive_window_count)
        * {{ var('window_seconds') }} / 60 as minutes_in_use
    from scored_components as components
    inner join profiles using (site_id, asset_id, component_id)
    left join worst_sensors using (site_id, asset_id, component_id)

),

sentences as (

    select
        *,
        'The ' || warmer_pole || ' pole warms '
        || {{ number_text('warmer_pole_fleet_ratio', 2) }}
        || ' × the fleet''s median for its power'
        -- A handle that never works hard has no figure under load.
        || coalesce(
            ', and reads '
            || {{ number_text('abs(warmer_pole_excess_c)', 1) }} || ' °C '
            || if(warmer_pole_excess_c < 0, 'below', 'above')
            || ' the ' || cooler_pole || ' one under load',
            ''
        )
        || ' (' || {{ number_text('abs(asymmetry_robust_z)', 1) }}
        || ' robust standard deviations from the fleet'
        || coalesce(
            ', ' || {{ number_text('abs(asymmetry_site_robust_z)', 1) }}
            || ' from its site',
            ''
        )
        || ')' as contact_resistance_evidence,
        'Both poles warm more than the fleet''s median for their power, '
        || 'negative '
        || {{ number_text('negative_steady_rise_fleet_ratio', 2) }}
        || ' × and positive '
        || {{ number_text('positive_steady_rise_fleet_ratio', 2) }}
        || ' ×, and their time constant is '
        || {{ number_text('time_constant_minutes', 1) }}
        || ' min, the fleet''s '
        || {{ number_text('fleet_time_constant_minutes', 1) }} || ' min'
        || if(
            is_hardly_slower,
            ', which is hardly slower: two worn contacts look like this',
            ''
        ) as weak_cooling_evidence,
        'Sessions at this site start '
        || {{ number_text('site_baseline_excess_c', 1) }}
        || ' °C warmer than the other sites'' at the same time of day ('
        || {{ number_text('site_baseline_robust_z', 1) }}
        || ' robust standard deviations), while this component''s poles warm '
        || if(
            is_conclusive,
            {{ number_text('negative_steady_rise_fleet_ratio', 2) }}
            || ' × and '
            || {{ number_text('positive_steady_rise_fleet_ratio', 2) }}
            || ' × the fleet''s median',
            'by an amount that is not known'
        )
        || ' for their power' as hot_site_evidence,
        suspect_signal_name || ': ' || concat_ws(
            ', and ',
            if(
                suspect_reading_count > 0,
                suspect_reading_count || ' reading'
                || if(suspect_reading_count = 1, '', 's')
                || ' that the handle cannot have had, between '
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
                frozen_minutes > 0,
                'frozen for ' || {{ number_text('frozen_minutes', 0) }}
                || ' min in use',
                null
            )
        ) as sensor_fault_evidence,
        case
            when not is_conclusive
                then
                    'Its warming cannot be judged by '
                    || {{ number_text('minutes_in_use', 0) }}
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
        end as none_evidence,
        '; ' || temperature_alert_count || ' temperature alert'
        || if(temperature_alert_count = 1, '', 's')
        || ', ' || {{ number_text('overheated_seconds / 60', 1) }}
        || ' min above ' || {{ overheat_threshold_words(ref('int_signals')) }}
        || '.' as consequences
    from figures

),

described_components as (

    select
        *,
        case described_cause
            when 'contact_resistance' then contact_resistance_evidence
            when 'weak_cooling' then weak_cooling_evidence
            when 'hot_site' then hot_site_evidence
            when 'sensor_fault' then sensor_fault_evidence
            else none_evidence
        end
        || if(
            likely_cause = 'none' and is_worth_watching,
            '; that is ' || floor(100 * suspicion)::bigint
            || ' % of what would name ' || nearest_cause,
            ''
        )
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
        || consequences as evidence,
        if(is_hardly_slower, '; measure both contacts, too', '')
            as further_step
    from sentences

)

select
    row_number() over (
        order by
            components.concern_score desc,
            components.peak_avg_temp_c desc nulls last,
            components.site_id asc,
            components.asset_id asc,
            components.component_id asc
    )::bigint as concern_rank,
    components.site_id,
    components.asset_id,
    components.component_id,
    components.likely_cause,
    components.evidence,
    cause.next_step
    || if(
        components.likely_cause = 'none' and components.is_worth_watching,
        ' yet; if it grows: ' || nearest_cause.next_step,
        ''
    )
    || components.further_step as next_step,
    components.suspect_signal_name,
    components.concern_score,
    components.contact_resistance_suspicion,
    components.weak_cooling_suspicion,
    components.hot_site_suspicion,
    components.sensor_fault_suspicion,
    components.negative_steady_rise_fleet_ratio,
    components.positive_steady_rise_fleet_ratio,
    components.asymmetry_robust_z,
    components.pole_imbalance_under_load_c,
    components.site_baseline_excess_c,
    components.implausible_reading_count,
    components.frozen_seconds,
    components.temperature_alert_count,
    components.overheated_seconds,
    components.peak_avg_temp_c,
    components.is_conclusive
from described_components as components
inner join {{ ref('cause_catalog') }} as cause
    on components.likely_cause = cause.likely_cause
inner join {{ ref('cause_catalog') }} as nearest_cause
    on components.nearest_cause = nearest_cause.likely_cause
order by concern_rank
