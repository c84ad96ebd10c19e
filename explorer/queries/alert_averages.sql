-- Question 3: the last known reading when a temperature alert fired, averaged
-- over all alerts and over those with trusted sensors.
select
    replace(
        coalesce(all_alerts.sensor_position, all_alerts.quantity), '_', ' '
    ) as "Reading",
    all_alerts.signal_name as "Signal",
    if(all_alerts.quantity = 'power', 'kW', '°C') as "Unit",
    all_alerts.avg_value as "Mean, all alerts",
    trusted.avg_value as "Mean, trusted alerts",
    all_alerts.reading_count as "Alerts, all",
    coalesce(trusted.reading_count, 0) as "Alerts, trusted",
    all_alerts.median_reading_age_seconds as "Median age of the reading, s"
from marts.avg_readings_by_alert as all_alerts
left join marts.avg_readings_by_alert as trusted
    on
        all_alerts.signal_name = trusted.signal_name
        and trusted.is_total
        and trusted.alert_scope = 'trusted'
        and trusted.alignment = 'last_known'
where
    all_alerts.is_total
    and all_alerts.alert_scope = 'all'
    and all_alerts.alignment = 'last_known'
order by all_alerts.quantity desc, all_alerts.sensor_position desc;
