-- One row per judged day, component and pole with a steady rise in the judged
-- days: how the rise has changed, and since when.
--
-- The change is at the split where the days before and after differ most in
-- relation to their errors, as in a CUSUM test. A day is weighted by its error
-- and by the usual day-to-day spread of a healthy handle.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_watch_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_watch_days') %}

with

watched_days as (

    select *
    from {{ ref('int_watched_days') }}
    where is_after_repair and {{ is_day_to_build(days, 'judged_on') }}

),

rises as (

    select
        watched_days.judged_on,
        watched_days.component_key,
        thermal_days.pole,
        thermal_days.day,
        ln(thermal_days.steady_rise_c_at_100_kw) as log_rise,
        1 / (
            pow(thermal_days.steady_rise_relative_error, 2)
            + pow({{ day_to_day_spread() }}, 2)
        ) as weight,
        {{ dbt.datediff('watched_days.judged_on', 'thermal_days.day', 'day') }}
            as day_offset,
        watched_days.is_recent,
        watched_days.day_version
    from watched_days
    inner join {{ ref('int_thermal_days') }} as thermal_days
        on
            watched_days.component_key = thermal_days.component_key
            and watched_days.day = thermal_days.day
    -- As for a verdict, an estimate whose error may be as large as itself is
    -- ignored.
    where thermal_days.steady_rise_relative_error < 1

),

running_sums as (

    select
        *,
        row_number() over days as day_number,
        count(*) over pole as day_count,
        {{ exact_sum('weight', over='over before') }} as weight_before,
        {{ exact_sum('weight', over='over pole') }} as total_weight,
        {{ exact_sum('weight * log_rise', over='over before') }}
            as rise_before,
        {{ exact_sum('weight * log_rise', over='over pole') }} as total_rise,
        {{ exact_sum('weight', over='over last_days') }} as recent_weight,
        {{ exact_sum('weight * log_rise', over='over last_days') }}
            as recent_rise
    from rises
    window
        pole as (partition by judged_on, component_key, pole),
        days as (partition by judged_on, component_key, pole order by day),
        before as (
            partition by judged_on, component_key, pole
            order by day
            rows between unbounded preceding and 1 preceding
        ),
        last_days as (
            partition by judged_on, component_key, pole
            order by day
            rows between 1 preceding and current row
        )

),

-- A change needs three days before it and two after it.
splits as (

    select
        *,
        case
            when day_number > 3 and day_number < day_count
                then rise_before / weight_before
        end as log_rise_before,
        (total_rise - rise_before) / (total_weight - weight_before)
        - log_rise_before as log_change,
        log_change
        / sqrt(1 / weight_before + 1 / (total_weight - weight_before))
            as change_z
    from running_sums

),

changes as (

    select *
    from splits
    qualify
        row_number() over (
            partition by judged_on, component_key, pole
            order by abs(change_z) desc nulls last, day desc
        ) = 1

),

thirds as (

    select
        *,
        day_number <= floor(day_count / 3) as is_first,
        day_number > day_count - floor(day_count / 3) as is_last
    from running_sums
    where day_count >= 6

),

-- Tukey's resistant line: through the medians of the first and last thirds.
lines as (

    select
        judged_on,
        component_key,
        pole,
        median(case when is_last then log_rise end)
        - median(case when is_first then log_rise end) as line_rise,
        median(case when is_last then day_offset end)
        - median(case when is_first then day_offset end) as line_days
    from thirds
    group by judged_on, component_key, pole

),

last_days as (

    select
        judged_on,
        component_key,
        pole,
        recent_rise / recent_weight as log_rise,
        recent_weight as weight
    from running_sums
    -- A handle that was not in use in the judged days has no growth by now.
    where day_number = day_count and is_recent

)

select
    changes.judged_on,
    changes.component_key,
    changes.pole,
    round(exp(7 * lines.line_rise / lines.line_days), 6) as weekly_ratio,
    round(exp(changes.log_change), 6) as change_ratio,
    round(changes.change_z, 6) as change_z,
    round(exp(last_days.log_rise - changes.log_rise_before), 6)
        as growth_ratio,
    round(
        (last_days.log_rise - changes.log_rise_before)
        / sqrt(1 / changes.weight_before + 1 / last_days.weight),
        6
    ) as growth_z,
    changes.day_count,
    case when changes.change_z is not null then changes.day end as changed_on,
    changes.day_version
from changes
inner join last_days
    on
        changes.judged_on = last_days.judged_on
        and changes.component_key = last_days.component_key
        and changes.pole = last_days.pole
left join lines
    on
        changes.judged_on = lines.judged_on
        and changes.component_key = lines.component_key
        and changes.pole = lines.pole
