-- Warns of components that sent no reading in the last three days before the
-- fleet's latest reading: unplugged, replaced, or no longer delivered.
{{ config(severity='warn') }}

with

components as (

    select
        series.site_id,
        series.asset_id,
        series.component_id,
        max(days.last_reading_at) as last_reading_at
    from {{ ref('int_series_days') }} as days
    inner join {{ ref('int_series') }} as series
        on days.series_key = series.series_key
    group by all

),

fleet as (

    select max(days.last_reading_at) as last_reading_at
    from {{ ref('int_series_days') }} as days

)

select components.*
from components
cross join fleet
where components.last_reading_at < fleet.last_reading_at - interval '3' day
