-- Question 3: the average power and temperatures when a temperature-related
-- alert fires. The answer is the last known reading, over all alerts and over
-- those with a fresh one, at most {{ var('reading_max_age_seconds') }} s old.
-- spread: how far the choice of the alignment moves the average, over the fresh
-- ones that have a value by all four; age_s: median age, seconds.
with

averages as (

    select * from {{ ref('avg_readings_by_alert') }}
    where is_temperature_related

),

comparable_readings as (

    select
        signal_name,
        alert_name,
        value,
        nearest_value,
        interpolated_value,
        window_avg_value
    from {{ ref('alert_readings') }}
    where
        is_temperature_related
        and is_fresh
        and interpolated_value is not null
        and window_avg_value is not null

),

grouped_readings as (

    select * from comparable_readings
    union all
    select * replace ('all temperature alerts' as alert_name)
    from comparable_readings

),

method_spreads as (

    select
        alert_name,
        signal_name,
        greatest(
            avg(value),
            avg(nearest_value),
            avg(interpolated_value),
            avg(window_avg_value)
        ) - least(
            avg(value),
            avg(nearest_value),
            avg(interpolated_value),
            avg(window_avg_value)
        ) as method_spread
    from grouped_readings
    group by all

)

select
    averages.alert_name,
    averages.signal_name,
    averages.alert_count as alerts,
    round(averages.avg_value, 2) as avg,
    averages.fresh_reading_count as fresh,
    round(averages.avg_fresh_value, 2) as avg_fresh,
    round(method_spreads.method_spread, 2) as spread,
    round(averages.median_reading_age_seconds, 1) as age_s
from averages
left join method_spreads
    on
        averages.alert_name = method_spreads.alert_name
        and averages.signal_name = method_spreads.signal_name
where averages.alignment = 'last_known'
order by
    averages.alert_name = 'all temperature alerts' desc,
    averages.alert_count desc,
    averages.alert_name asc,
    averages.signal_name asc
