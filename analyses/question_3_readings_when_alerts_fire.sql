-- Question 3: the average power and temperatures when a temperature-related
-- alert fires. Each average is over the last known readings: of all alerts (the
-- question as asked), and of the trusted ones, whose component had no suspect
-- temperature sensor. age_s: their median age, seconds. fresh: over readings
-- that are at most {{ var('reading_max_age_seconds') }} s old.
with

averages as (

    select * from {{ ref('avg_readings_by_alert') }}
    where is_temperature_related

),

all_alerts as (

    select * from averages
    where alert_scope = 'all' and alignment = 'last_known'

),

trusted_alerts as (

    select * from averages
    where alert_scope = 'trusted' and alignment = 'last_known'

)

select
    coalesce(all_alerts.alert_name, 'all temperature alerts') as alert_name,
    all_alerts.signal_name,
    all_alerts.alert_count as alerts,
    round(all_alerts.avg_value, 2) as avg,
    round(all_alerts.avg_fresh_value, 2) as avg_fresh,
    coalesce(trusted_alerts.alert_count, 0) as trusted,
    round(trusted_alerts.avg_value, 2) as avg_trusted,
    round(trusted_alerts.avg_fresh_value, 2) as avg_trusted_fresh,
    round(all_alerts.median_reading_age_seconds, 1) as age_s
from all_alerts
left join trusted_alerts
    on
        all_alerts.alert_name is not distinct from trusted_alerts.alert_name
        and all_alerts.signal_name = trusted_alerts.signal_name
order by
    all_alerts.is_total desc,
    all_alerts.alert_count desc,
    all_alerts.alert_name asc,
    all_alerts.signal_name asc
