-- One row per UTC day: the version of all inputs of the models that need the
-- verdict on each sensor.
--
-- Which windows can be trusted, and which session a window belongs to, depends
-- on more distant days than day_version in stg_days covers. So the rows that
-- decide this count as part of the version.
with

days as (

    select * from {{ ref('stg_days') }}

),

judgements as (

    select
        {{ hash_of([
            'series_key', 'is_sensor_suspect', 'is_frozen', 'window_start'
        ]) }}
            as judgement,
        window_start::date as day
    from {{ ref('int_untrusted_windows') }}
    union all
    select
        {{ hash_of([
            'component_key', 'part_number', 'session_window_start', 'day'
        ]) }} as judgement,
        day
    from {{ ref('int_session_parts') }}

),

-- A window's recent power may reach back to the day before.
read_judgements as (

    select * from judgements
    union all
    select
        judgement,
        day + 1 as day
    from judgements

),

judged_days as (

    select
        day,
        {{ hash_of_all('judgement') }} as judgements_version
    from read_judgements
    group by day

)

select
    days.day,
    -- Published with component_windows: with 63 bits, every reader can
    -- represent the version as a number.
    (
        {{ hash_of(['days.day_version', 'judged_days.judgements_version']) }}
        % 9223372036854775807
    )::bigint as day_version
from days
left join judged_days on days.day = judged_days.day
