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
            -overheated_seconds / 300.0 - temperature_alert_count / 20.0
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
                greatest(glitch_count / 4.0, frozen_seconds / 600.0) desc,
                signal_name asc
        ) = 1

),

figures as (

    select
        components.*,
        profiles.* exclude (site_id, asset_id, component_id),
        worst_sensors.signal_name as suspect_signal_name,
        worst_sensors.implausible_reading_count as suspect_reading_count,
        worst_sensors.lowest_implausible_temp_c,
        worst_sensors.highest_implausible_temp_c,
        worst_sensors.largest_step_c,
        worst_sensors.frozen_seconds / 60.0 as frozen_minutes,
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
        * {{ var('window_seconds') }} / 60.0 as minutes_in_use
    from scored_components as components
    inner join profiles using (site_id, asset_id, component_id)
    left join worst_sensors using (site_id, asset_id, component_id)

),

sentences as (

    select
        *,
        format(
            'The {} pole warms {:.2f} × the fleet''s median for its power{} '
            || '({:.1f} robust standard deviations from the fleet{})',
            warmer_pole,
            warmer_pole_fleet_ratio,
            -- A handle that never works hard has no figure under load.
            if(
                warmer_pole_excess_c is null,
                '',
                format(
                    ', and reads {:.1f} °C {} the {} one under load',
                    abs(warmer_pole_excess_c),
                    if(warmer_pole_excess_c < 0, 'below', 'above'),
                    cooler_pole
                )
            ),
            abs(asymmetry_robust_z),
            if(
                asymmetry_site_robust_z is null,
                '',
                format(', {:.1f} from its site', abs(asymmetry_site_robust_z))
            )
        ) as contact_resistance_evidence,
        format(
            'Both poles warm more than the fleet''s median for their power, '
            || 'negative {:.2f} × and positive {:.2f} ×, and their time '
            || 'constant is {:.1f} min, the fleet''s {:.1f} min{}',
            negative_steady_rise_fleet_ratio,
            positive_steady_rise_fleet_ratio,
            time_constant_minutes,
            fleet_time_constant_minutes,
            if(
                is_hardly_slower,
                ', which is hardly slower: two worn contacts look like this',
                ''
            )
        ) as weak_cooling_evidence,
        format(
            'Sessions at this site start {:.1f} °C warmer than the other '
            || 'sites'' at the same time of day ({:.1f} robust standard '
            || 'deviations), while this component''s poles warm {} for '
            || 'their power',
            site_baseline_excess_c,
            site_baseline_robust_z,
            if(
                is_conclusive,
                format(
                    '{:.2f} × and {:.2f} × the fleet''s median',
                    negative_steady_rise_fleet_ratio,
                    positive_steady_rise_fleet_ratio
                ),
                'by an amount that is not known'
            )
        ) as hot_site_evidence,
        suspect_signal_name || ': ' || concat_ws(
            ', and ',
            if(
                suspect_reading_count > 0,
                format(
                    '{} reading{} that the handle cannot have had, between '
                    || '{:.1f} and {:.1f} °C{}',
                    suspect_reading_count,
                    if(suspect_reading_count = 1, '', 's'),
                    lowest_implausible_temp_c,
                    highest_implausible_temp_c,
                    if(
                        largest_step_c is null,
                        '',
                        format(', by steps of up to {:.1f} °C', largest_step_c)
                    )
                ),
                null
            ),
            if(
                frozen_minutes > 0,
                format('frozen for {:.0f} min in use', frozen_minutes),
                null
            )
        ) as sensor_fault_evidence,
        case
            when not is_conclusive
                then
                    format(
                        'Its warming cannot be judged by {:.0f} min of trusted '
                        || 'readings of both poles',
                        minutes_in_use
                    )
            when asymmetry_robust_z is null
                then
                    format(
                        'Too few components to compare with; against their '
                        || 'median it warms, negative {:.2f} × and positive '
                        || '{:.2f} ×',
                        negative_steady_rise_fleet_ratio,
                        positive_steady_rise_fleet_ratio
                    )
            else
                format(
                    'Warms for its power, negative {:.2f} × and positive '
                    || '{:.2f} × the fleet''s median, which is not out of the '
                    || 'ordinary',
                    negative_steady_rise_fleet_ratio,
                    positive_steady_rise_fleet_ratio
                )
        end as none_evidence,
        format(
            '; {} temperature alert{}, {:.1f} min above {}.',
            temperature_alert_count,
            if(temperature_alert_count = 1, '', 's'),
            overheated_seconds / 60.0,
            {{ overheat_threshold_words(ref('int_signals')) }}
        ) as consequences
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
            format(
                '; that is {:.0f} % of what would name {}',
                floor(100 * suspicion),
                nearest_cause
            ),
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
    ) as concern_rank,
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
