-- Question 3: the average power and temperatures when a temperature-related
-- alert fires. The answer is the last known reading, over all alerts and over
-- those with a fresh one (at most 60 s old). spread: how far the choice of the
-- alignment moves the average of the fresh ones; age_s: median age, seconds.
with

averages as (

    select * from {{ ref('avg_readings_by_alert') }}
    where is_temperature_related

),

method_spreads as (

    select
        alert_name,
        signal_name,
        max(avg_fresh_value) - min(avg_fresh_value) as method_spread
    from averages
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
inner join method_spreads
    on
        averages.alert_name = method_spreads.alert_name
        and averages.signal_name = method_spreads.signal_name
where averages.alignment = 'last_known'
order by
    averages.alert_name = 'all temperature alerts' desc,
    averages.alert_count desc,
    averages.alert_name asc,
    averages.signal_name asc
