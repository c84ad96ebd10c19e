-- Fails if the answers to question 3 lack an alert, or have an alert that no
-- file contains. Every alert is paired with every signal, even without a
-- reading.
with

expected as (

    select
        alerts.alert_id,
        signals.signal_name
    from {{ ref('stg_alerts') }} as alerts
    cross join {{ ref('int_signals') }} as signals

),

answered as (

    select
        alert_id,
        signal_name
    from {{ ref('alert_readings') }}

)

select
    alert_id,
    signal_name,
    answered.alert_id is null as is_missing
from expected
full join answered using (alert_id, signal_name)
where expected.alert_id is null or answered.alert_id is null
