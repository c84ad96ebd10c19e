-- One row per judged day and component with a reading or an alert in the days
-- that are judged: the heat balances of its poles over all stretches, side by
-- side.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_watch_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_watch_days') %}

with

watched_days as (

    select *
    from {{ ref('int_watched_days') }}
    where is_recent and {{ is_day_to_build(days, 'judged_on') }}

),

components as (

    select distinct
        watched_days.judged_on,
        watched_days.component_key,
        components.site_id,
        watched_days.day_version
    from watched_days
    inner join {{ ref('int_components') }} as components
        on watched_days.component_key = components.component_key

),

sums as (

    select
        watched_days.judged_on,
        balances.component_key,
        balances.pole,
        {{ heat_balance_sums() }}
    from watched_days
    inner join {{ ref('int_stretch_balances') }} as balances
        on
            watched_days.component_key = balances.component_key
            and watched_days.day = balances.day
    where watched_days.is_after_repair
    group by watched_days.judged_on, balances.component_key, balances.pole

),

{{ heat_balances(['judged_on', 'component_key', 'pole']) }},

component_thermals as (

    select
        components.judged_on,
        components.component_key,
        components.site_id,
        {% for pole in poles() -%}
            {{ pole }}.steady_rise_c_at_100_kw
                as {{ pole }}_steady_rise_c_at_100_kw,
            {{ pole }}.time_constant_seconds
                as {{ pole }}_time_constant_seconds,
            {{ pole }}.r_squared as {{ pole }}_balance_r_squared,
            -- Too little data gives no verdict: an estimate whose error may be
            -- as large as itself is ignored. On the log scale, twice and half
            -- the rise are equally far off.
            case
                when {{ pole }}.steady_rise_relative_error < 1
                    then ln({{ pole }}.steady_rise_c_at_100_kw)
            end as log_{{ pole }}_steady_rise,
            {{ pole }}.steady_rise_relative_error
                as {{ pole }}_steady_rise_error,
        {% endfor -%}
        log_negative_steady_rise - log_positive_steady_rise as log_asymmetry,
        sqrt(
            pow(negative.steady_rise_relative_error, 2)
            + pow(positive.steady_rise_relative_error, 2)
        ) as asymmetry_error,
        coalesce(negative.window_count, 0) as negative_window_count,
        coalesce(positive.window_count, 0) as positive_window_count,
        components.day_version
    from components
    {% for pole in poles() -%}
        left join heat_balances as {{ pole }}
            on
                components.judged_on = {{ pole }}.judged_on
                and components.component_key = {{ pole }}.component_key
                and {{ pole }}.pole = '{{ pole }}'
    {% endfor -%}

)

select * from component_thermals
