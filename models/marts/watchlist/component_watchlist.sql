-- One row per component, ranked: 1 is the one to look at first. The ranking is
-- the last day of watchlist_history, with the evidence as text.
with

last_day as (

    select max(judged_on) as day from {{ ref('int_component_verdicts') }}

),

verdicts as (

    select *
    from {{ ref('int_component_verdicts') }}
    where judged_on = (select last_day.day from last_day)

),

history as (

    select *
    from {{ ref('watchlist_history') }}
    where day = (select last_day.day from last_day)

),

worst_sensors as (

    select *
    from {{ ref('int_watched_sensors') }}
    where judged_on = (select last_day.day from last_day)
    qualify
        row_number() over (
            partition by component_key
            order by
                greatest(glitch_count / 4, frozen_seconds / 600) desc,
                signal_name asc
        ) = 1

),

last_inspections as (

    select
        *,
        -- A repair after the last day says nothing about the judged days.
        max(
            case
                when
                    result = 'repaired'
                    and inspected_on <= (select last_day.day from last_day)
                    then inspected_on
            end
        ) over (
            partition by site_id, asset_id, component_id
        ) as last_repaired_on
    from {{ ref('inspections') }}
    qualify
        row_number() over (
            partition by site_id, asset_id, component_id
            order by
                inspected_on desc,
                -- On one day, a fault takes precedence over no fault.
                result = 'no_fault' asc,
                result desc,
                found_cause desc nulls last,
                note desc nulls last
        ) = 1

),

temperature_alerts as (

    select
        component_key,
        count(*) as temperature_alert_count
    from {{ ref('int_alerts') }}
    where is_temperature_related
    group by component_key

),

overheated_components as (

    select
        component_key,
        {{ exact_sum('overheated_seconds') }} as overheated_seconds,
        max(peak_trusted_avg_temp_c) as peak_avg_temp_c
    from {{ ref('int_overheated_hours') }}
    group by component_key

),

components as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        coalesce(verdicts.likely_cause, 'none') as likely_cause,
        coalesce(verdicts.confidence, 'none') as confidence,
        verdicts.component_key is not null as is_judged,
        coalesce(verdicts.concern_score, 0) as concern_score,
        verdicts.suspicion,
        {% for cause in [
            'contact_resistance', 'weak_cooling', 'hot_site', 'sensor_fault',
        ] -%}
            coalesce(verdicts.{{ cause }}_suspicion, 0)
                as {{ cause }}_suspicion,
        {% endfor -%}
        coalesce(verdicts.temperature_alert_count, 0)
            as recent_temperature_alert_count,
        coalesce(verdicts.overheated_seconds, 0) as recent_overheated_seconds,
        coalesce(temperature_alerts.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(overheated_components.overheated_seconds, 0)
            as overheated_seconds,
        overheated_components.peak_avg_temp_c,
        verdicts.concern_rank,
        verdicts.warmer_pole_fleet_ratio,
        verdicts.time_constant_minutes,
        verdicts.fleet_time_constant_minutes,
        verdicts.warmer_pole_growth_ratio,
        verdicts.warmer_pole_changed_on,
        coalesce(verdicts.is_negative_warmer, false) as is_negative_warmer,
        coalesce(verdicts.is_hardly_slower, false) as is_hardly_slower,
        profiles.negative_steady_rise_fleet_ratio,
        profiles.positive_steady_rise_fleet_ratio,
        profiles.asymmetry_robust_z,
        profiles.asymmetry_site_robust_z,
        profiles.pole_imbalance_under_load_c,
        profiles.site_baseline_excess_c,
        profiles.site_board_excess_c,
        profiles.site_baseline_robust_z,
        profiles.implausible_reading_count,
        profiles.frozen_seconds,
        profiles.negative_window_count,
        profiles.positive_window_count,
        profiles.is_conclusive,
        history.change,
        history.days_on_list,
        history.first_listed_on,
        coalesce(verdicts.is_muted, false) as is_muted,
        coalesce(verdicts.is_site_unconfirmed, false) as is_site_unconfirmed,
        last_inspections.result as last_inspection_result,
        last_inspections.found_cause as last_found_cause,
        last_inspections.note as last_inspection_note,
        last_inspections.inspected_on as last_inspected_on,
        case
            when
                last_inspections.last_repaired_on
                > verdicts.judged_on - {{ var('watch_days') }}
                then last_inspections.last_repaired_on
        end as recently_repaired_on,
        worst_sensors.signal_name as suspect_signal_name,
        worst_sensors.implausible_reading_count as suspect_reading_count,
        worst_sensors.lowest_implausible_temp_c,
        worst_sensors.highest_implausible_temp_c,
        worst_sensors.largest_step_c,
        worst_sensors.frozen_seconds as suspect_frozen_seconds
    from {{ ref('int_components') }} as components
    inner join {{ ref('component_thermal_profile') }} as profiles
        on
            components.site_id = profiles.site_id
            and components.asset_id = profiles.asset_id
            and components.component_id = profiles.component_id
    left join verdicts on components.component_key = verdicts.component_key
    left join history
        on
            components.site_id = history.site_id
            and components.asset_id = history.asset_id
            and components.component_id = history.component_id
    left join last_inspections
        on
            components.site_id = last_inspections.site_id
            and components.asset_id = last_inspections.asset_id
            and components.component_id = last_inspections.component_id
    left join worst_sensors
        on components.component_key = worst_sensors.component_key
    left join temperature_alerts
        on components.component_key = temperature_alerts.component_key
    left join overheated_components
        on components.component_key = overheated_components.component_key

),

worded_components as (

    select
        *,
        {{ evidence(ref('int_signals')) }} as evidence
    from components

)

select
    -- Components without a record in the judged days come last.
    row_number() over (
        order by
            components.concern_rank asc nulls last,
            components.site_id asc,
            components.asset_id asc,
            components.component_id asc
    )::bigint as concern_rank,
    components.site_id,
    components.asset_id,
    components.component_id,
    components.likely_cause,
    components.confidence,
    components.evidence,
    if(components.confidence = 'possible', 'If it grows: ', '')
    || cause.next_step
    || if(components.is_hardly_slower, '; measure both contacts, too', '')
        as next_step,
    components.change,
    components.last_inspection_result,
    components.last_inspection_note,
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
    components.recent_temperature_alert_count,
    components.temperature_alert_count,
    components.recent_overheated_seconds,
    components.overheated_seconds,
    components.peak_avg_temp_c,
    components.days_on_list,
    components.is_negative_warmer,
    components.is_muted,
    components.is_conclusive,
    components.first_listed_on,
    components.last_inspected_on
from worded_components as components
inner join {{ ref('cause_catalog') }} as cause
    on components.likely_cause = cause.likely_cause
order by concern_rank
