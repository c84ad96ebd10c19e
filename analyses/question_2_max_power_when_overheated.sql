-- Question 2: what is the maximum power in those periods? For the fleet, for
-- each overheated series, and for each tumbling window, with the temperature of
-- that period. The one number is that of the fleet's rolling periods, which are
-- any periods, without suspect sensors: the first row.
with

overheated_windows as (

    select * from {{ ref('overheated_windows') }}

),

fleet as (

    select
        'fleet' as answer_for,
        is_sensor_suspect,
        window_method,
        max(max_power_kw) as max_power_kw,
        arg_max(avg_temp_c, max_power_kw) as avg_temp_c
    from overheated_windows
    group by all

),

series as (

    select
        'component' as answer_for,
        is_sensor_suspect,
        window_method,
        max_power_kw,
        avg_temp_c,
        component_id,
        signal_name,
        window_start
    from {{ ref('max_power_when_overheated') }}

),

windows as (

    select
        'period' as answer_for,
        is_sensor_suspect,
        window_method,
        max_power_kw,
        avg_temp_c,
        component_id,
        signal_name,
        window_start
    from overheated_windows
    where window_method = 'tumbling'

),

answers as (

    select * from fleet
    union all by name
    select * from series
    union all by name
    select * from windows

)

select
    answer_for,
    is_sensor_suspect as suspect,
    window_method as method,
    component_id,
    signal_name,
    date_trunc('second', window_start) as window_start,
    max_power_kw as max_kw,
    round(avg_temp_c, 2) as temp_c
from answers
order by
    case answer_for when 'fleet' then 1 when 'component' then 2 else 3 end,
    is_sensor_suspect asc,
    window_method asc,
    component_id asc,
    signal_name asc,
    window_start asc
