-- One row per component, pole and UTC day with a heat balance: how the pole's
-- temperature responds to power on that day alone.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}

with

sums as (

    select
        balances.component_key,
        balances.pole,
        balances.day,
        balances.day_version,
        {{ heat_balance_sums() }}
    from {{ ref('int_stretch_balances') }} as balances
    where {{ is_day_to_build(days, 'balances.day') }}
    group by
        balances.component_key,
        balances.pole,
        balances.day,
        balances.day_version

),

{{ heat_balances(['component_key', 'pole', 'day', 'day_version']) }}

select
    component_key,
    pole,
    window_count,
    steady_rise_c_at_100_kw,
    steady_rise_relative_error,
    time_constant_seconds,
    r_squared,
    day,
    day_version
from heat_balances
