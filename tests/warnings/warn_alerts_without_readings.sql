-- Warns of components with alerts but without a reading of any signal: their
-- alerts count, but have no power or temperature. Compare the ids in both kinds
-- of files.
{{ config(severity='warn') }}

with

components_with_readings as (

    select distinct component_key from {{ ref('int_series') }}

)

select
    alerts.site_id,
    alerts.asset_id,
    alerts.component_id,
    count(*) as alert_count
from {{ ref('int_alerts') }} as alerts
anti join components_with_readings
    on alerts.component_key = components_with_readings.component_key
group by all
