-- Warns of components with readings more than a day after the newest landing
-- file was written: a wrong clock, or files that lost their time of change.
{{ config(severity='warn') }}

with

files as (

    select max(modified_at) as last_written_at
    from {{ ref('stg_landing_files') }}

)

select
    series.site_id,
    series.asset_id,
    series.component_id,
    max(days.last_reading_at) as last_reading_at
from {{ ref('int_series_days') }} as days
inner join {{ ref('int_series') }} as series
    on days.series_key = series.series_key
cross join files
where days.last_reading_at > files.last_written_at + interval '1' day
group by all
