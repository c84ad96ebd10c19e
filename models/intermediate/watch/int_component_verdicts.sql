-- One row per judged day and component with a reading or an alert in the days
-- that are judged: the likely cause, how much it matters, and the resulting
-- rank; 1 is the one to look at first.
{%- set causes = [
    'contact_resistance', 'weak_cooling', 'hot_site', 'sensor_fault'
] %}
with

site_days as (

    select
        suspicions.judged_on,
        components.site_id,
        max(suspicions.hot_site_suspicion) as suspicion
    from {{ ref('int_component_suspicions') }} as suspicions
    inner join {{ ref('int_components') }} as components
        on suspicions.component_key = components.component_key
    where suspicions.is_site_judged
    group by suspicions.judged_on, components.site_id

),

compared_site_days as (

    select
        *,
        suspicion >= 1.25
        or (
            suspicion >= 1
            and lag(suspicion, 1, 1) over (
                partition by site_id
                order by judged_on
            ) >= 1
        ) as confirms
    from site_days

),

site_spells as (

    select
        *,
        max(case when confirms then judged_on end) over days_so_far
            as confirmed_on,
        max(case when suspicion < 0.8 then judged_on end) over days_so_far
            as ended_on
    from compared_site_days
    window days_so_far as (
        partition by site_id
        order by judged_on
        rows between unbounded preceding and current row
    )

),

-- A spell of warm weather at one site passes within a day. So a site that comes
-- just above the limits stays possible until it is above them on two days in a
-- row. Then days above them count until its suspicion falls below 0.8. On its
-- first judged day, there is no day before: one is enough.
confirmed_suspicions as (

    select
        suspicions.judged_on,
        suspicions.component_key,
        suspicions.contact_resistance_suspicion,
        suspicions.weak_cooling_suspicion,
        coalesce(
            suspicions.hot_site_suspicion >= 1
            and (
                site_spells.confirmed_on is null
                or site_spells.confirmed_on < site_spells.ended_on
            ),
            false
        ) as is_site_unconfirmed,
        if(is_site_unconfirmed, 0.99, suspicions.hot_site_suspicion)
            as hot_site_suspicion,
        suspicions.sensor_fault_suspicion,
        suspicions.temperature_alert_count,
        suspicions.overheated_seconds,
        suspicions.peak_avg_temp_c,
        suspicions.cooler_pole_fleet_ratio,
        suspicions.warmer_pole_fleet_ratio,
        suspicions.time_constant_minutes,
        suspicions.warmer_pole_growth_ratio,
        suspicions.is_negative_warmer,
        suspicions.warmer_pole_changed_on
    from {{ ref('int_component_suspicions') }} as suspicions
    inner join {{ ref('int_components') }} as components
        on suspicions.component_key = components.component_key
    left join site_spells
        on
            suspicions.judged_on = site_spells.judged_on
            and components.site_id = site_spells.site_id

),

suspicions as (

    select
        *,
        {{ nearest_cause() }} as nearest_cause
    from confirmed_suspicions

),

-- On one day, a fault takes precedence over no fault.
valid_inspections as (

    select
        component_key,
        result,
        found_cause,
        inspected_on
    from {{ ref('stg_inspections') }}
    qualify
        rank() over (
            partition by component_key, inspected_on
            order by result = 'no_fault' asc
        ) = 1

),

inspections as (

    select
        component_key,
        result,
        found_cause,
        inspected_on,
        coalesce(
            max(case when result = 'no_fault' then inspected_on end)
                over earlier_days
            > coalesce(
                max(case when result <> 'no_fault' then inspected_on end)
                    over earlier_days,
                date '0001-01-01'
            ),
            false
        ) as follows_no_fault
    from valid_inspections
    window earlier_days as (
        partition by component_key
        order by inspected_on
        range between unbounded preceding and interval '1' day preceding
    )

),

-- At an inspection, the workshop has the watchlist of the last judged day
-- before it.
no_faults as (

    select
        suspicions.*,
        inspections.inspected_on,
        inspections.found_cause is null and inspections.follows_no_fault
            as mutes_all_causes,
        -- A handle that was on the list for nothing has no cause to mute.
        case
            when inspections.found_cause is not null
                then inspections.found_cause
            when
                greatest(
                    {% for cause in causes -%}
                        suspicions.{{ cause }}_suspicion
                        {{- ',' if not loop.last }}
                    {% endfor %}
                ) >= 0.5
                then suspicions.nearest_cause
        end as muted_cause
    from inspections
    inner join suspicions
        on
            inspections.component_key = suspicions.component_key
            and inspections.inspected_on > suspicions.judged_on
    where inspections.result = 'no_fault'
    qualify
        row_number() over (
            partition by
                inspections.component_key,
                inspections.inspected_on,
                inspections.found_cause
            order by suspicions.judged_on desc
        ) = 1

),

faults as (

    select
        component_key,
        inspected_on
    from inspections
    where result <> 'no_fault'

),

-- The suspicion of an unchanged fault moves by less than 25 % in a week. An
-- inspection without a fault mutes the cause that was listed. If one of an
-- earlier day has muted the strongest cause, the next one mutes all causes
-- that were at least possible.
mutes as (

    select
        no_faults.component_key,
        no_faults.inspected_on,
        {% for cause in causes -%}
            max(
                case
                    when
                        no_faults.muted_cause = '{{ cause }}'
                        or (
                            no_faults.mutes_all_causes
                            and no_faults.{{ cause }}_suspicion >= 0.5
                        )
                        then
                            1.25
                            * greatest(no_faults.{{ cause }}_suspicion, 1)
                end
            ) as {{ cause }}_muted_below,
        {% endfor -%}
        min(faults.inspected_on) as ended_on
    from no_faults
    left join faults
        on
            no_faults.component_key = faults.component_key
            and no_faults.inspected_on <= faults.inspected_on
    group by no_faults.component_key, no_faults.inspected_on

),

muted_components as (

    select
        {% for cause in causes -%}
            max(mutes.{{ cause }}_muted_below) as {{ cause }}_muted_below,
        {% endfor -%}
        suspicions.judged_on,
        suspicions.component_key
    from suspicions
    inner join mutes
        on
            suspicions.component_key = mutes.component_key
            and suspicions.judged_on >= mutes.inspected_on
            and suspicions.judged_on < coalesce(
                mutes.ended_on, date '9999-12-31'
            )
    group by suspicions.judged_on, suspicions.component_key

),

days as (

    select
        judged_on,
        lag(judged_on) over (order by judged_on) as previous_on
    from suspicions
    group by judged_on

),

previous_days as (

    select
        days.judged_on,
        suspicions.component_key,
        {% for cause in causes -%}
            suspicions.{{ cause }}_suspicion,
        {% endfor -%}
        days.previous_on
    from days
    inner join suspicions on days.previous_on = suspicions.judged_on

),

-- A fault that was confirmed is still there.
inspected_days as (

    select distinct
        previous_days.judged_on,
        previous_days.component_key
    from previous_days
    inner join inspections
        on
            previous_days.component_key = inspections.component_key
            and previous_days.previous_on <= inspections.inspected_on
            and previous_days.judged_on >= inspections.inspected_on
    where inspections.result <> 'confirmed'

),

-- A muted cause is at most possible. A cause that was named the day before
-- stays named while its suspicion is at least 0.8: chance alone must not take
-- a handle off the list for a day. A repair since then ends this, and so does
-- an inspection without a fault.
judged_components as (

    select
        suspicions.judged_on,
        suspicions.component_key,
        {% for cause in causes -%}
            coalesce(
                suspicions.{{ cause }}_suspicion
                < muted_components.{{ cause }}_muted_below,
                false
            ) as is_{{ cause }}_muted,
            case
                when is_{{ cause }}_muted
                    then least(suspicions.{{ cause }}_suspicion, 0.99)
                when
                    suspicions.{{ cause }}_suspicion >= 0.8
                    and suspicions.{{ cause }}_suspicion < 1
                    and previous_days.{{ cause }}_suspicion >= 1
                    and inspected_days.judged_on is null
                    then 1
                else suspicions.{{ cause }}_suspicion
            end as {{ cause }}_suspicion,
        {% endfor -%}
        suspicions.temperature_alert_count,
        suspicions.overheated_seconds,
        suspicions.peak_avg_temp_c,
        suspicions.cooler_pole_fleet_ratio,
        suspicions.warmer_pole_fleet_ratio,
        suspicions.time_constant_minutes,
        suspicions.warmer_pole_growth_ratio,
        suspicions.is_negative_warmer,
        suspicions.is_site_unconfirmed,
        suspicions.warmer_pole_changed_on
    from suspicions
    left join previous_days
        on
            suspicions.judged_on = previous_days.judged_on
            and suspicions.component_key = previous_days.component_key
    left join inspected_days
        on
            suspicions.judged_on = inspected_days.judged_on
            and suspicions.component_key = inspected_days.component_key
    left join muted_components
        on
            suspicions.judged_on = muted_components.judged_on
            and suspicions.component_key = muted_components.component_key

),

causes as (

    select
        *,
        greatest(
            contact_resistance_suspicion,
            weak_cooling_suspicion,
            hot_site_suspicion,
            sensor_fault_suspicion
        ) as suspicion,
        {{ nearest_cause() }} as nearest_cause,
        case
            when suspicion >= 1 then 'named'
            when suspicion >= 0.5 then 'possible'
            else 'none'
        end as confidence,
        if(suspicion >= 0.5, nearest_cause, 'none') as likely_cause,
        case nearest_cause
            {% for cause in causes -%}
                when '{{ cause }}' then is_{{ cause }}_muted
            {% endfor -%}
        end as is_muted,
        median(time_constant_minutes) over (partition by judged_on)
            as fleet_time_constant_minutes,
        -- Weak cooling also slows the handle down in proportion. Less than half
        -- of that slowing points to the contacts.
        coalesce(
            likely_cause = 'weak_cooling'
            and pow(time_constant_minutes / fleet_time_constant_minutes, 2)
            < cooler_pole_fleet_ratio,
            false
        ) as is_hardly_slower
    from judged_components

),

scored_components as (

    select
        *,
        -- From 0 to 1: five minutes above the limit, or twenty alerts, give
        -- about two thirds.
        1 - exp(
            -overheated_seconds / 300 - temperature_alert_count / 20
        ) as consequence,
        case
            -- A score that rounds up to 50 would look like a named cause.
            when suspicion < 1
                then least(round(40 * suspicion + 10 * consequence, 1), 49.9)
            else round(50 + 30 * (1 - 1 / suspicion) + 20 * consequence, 1)
        end as concern_score
    from causes

)

select
    verdicts.judged_on,
    row_number() over (
        partition by verdicts.judged_on
        order by
            verdicts.concern_score desc,
            verdicts.peak_avg_temp_c desc nulls last,
            components.site_id asc,
            components.asset_id asc,
            components.component_id asc
    )::bigint as concern_rank,
    verdicts.component_key,
    components.site_id,
    components.asset_id,
    components.component_id,
    verdicts.likely_cause,
    verdicts.confidence,
    verdicts.nearest_cause,
    verdicts.concern_score,
    verdicts.suspicion,
    verdicts.contact_resistance_suspicion,
    verdicts.weak_cooling_suspicion,
    verdicts.hot_site_suspicion,
    verdicts.sensor_fault_suspicion,
    verdicts.temperature_alert_count,
    verdicts.overheated_seconds,
    verdicts.peak_avg_temp_c,
    verdicts.warmer_pole_fleet_ratio,
    verdicts.time_constant_minutes,
    verdicts.fleet_time_constant_minutes,
    verdicts.warmer_pole_growth_ratio,
    verdicts.is_negative_warmer,
    verdicts.is_hardly_slower,
    verdicts.is_muted,
    verdicts.likely_cause = 'hot_site'
    and verdicts.is_site_unconfirmed
    and not verdicts.is_muted as is_site_unconfirmed,
    verdicts.warmer_pole_changed_on
from scored_components as verdicts
inner join {{ ref('int_components') }} as components
    on verdicts.component_key = components.component_key
