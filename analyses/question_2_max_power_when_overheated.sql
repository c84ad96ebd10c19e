-- Question 2: what is the maximum power in those periods? The first row is the
-- answer: over the fleet, in any period, without suspect sensors. The rows
-- below have the maximum by suspect sensors, and for each overheated series.
with

overheated_windows as (

    select * from {{ ref('overheated_windows') }}
    where window_method = 'sliding'

),

-- At equal power, the hotter period first, then the earlier one.
ranked_windows as (

    select
        *,
        row_number() over (
            partition by is_sensor_suspect
            order by
                max_power_kw desc nulls last,
                avg_temp_c desc,
                window_start asc,
                component_id asc,
                signal_name asc
        ) as fleet_rank,
        row_number() over (
            partition by
                is_sensor_suspect, site_id, asset_id, component_id, signal_name
            order by
                max_power_kw desc nulls last, avg_temp_c desc, window_start asc
        ) as series_rank
    from overheated_windows

),

answers as (

    select
        'fleet' as answer_for,
        *
    from ranked_windows
    where fleet_rank = 1
    union all
    select
        'component' as answer_for,
        *
    from ranked_windows
    where series_rank = 1

)

select
    answers.answer_for,
    answers.is_sensor_suspect as suspect,
    answers.component_id,
    answers.signal_name,
    date_trunc('second', answers.window_start) as window_start,
    answers.max_power_kw as max_kw,
    round(answers.avg_temp_c, 2) as temp_c
from answers
order by
    case answers.answer_for when 'fleet' then 1 else 2 end,
    answers.is_sensor_suspect asc,
    answers.max_power_kw desc nulls last,
    answers.component_id asc,
    answers.signal_name asc
