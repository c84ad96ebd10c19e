-- Fails where an alert is missing from the answers to question 3: every alert
-- stands with every signal, also one that has no reading.
with

expected as (

    select
        alerts.alert_id,
        signals.signal_name
    from {{ ref('stg_alerts') }} as alerts
    cross join {{ ref('int_signals') }} as signals

)

select expected.*
from expected
anti join {{ ref('alert_readings') }} using (alert_id, signal_name)
