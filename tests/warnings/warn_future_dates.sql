-- Warns of components with a reading or alert in the future, more than a day
-- after the newest landing file was written: a wrong clock, or files that lost
-- their time of change. The watchlist leaves these days out, unless all are.
{{ config(severity='warn') }}

with

last_times as (

    select
        series.component_key,
        days.last_reading_at as last_at
    from {{ ref('int_series_days') }} as days
    inner join {{ ref('int_series') }} as series
        on days.series_key = series.series_key
    union all
    select
        component_key,
        fired_at as last_at
    from {{ ref('int_alerts') }}

)

select
    components.site_id,
    components.asset_id,
    components.component_id,
    max(last_times.last_at) as last_at
from last_times
inner join {{ ref('int_components') }} as components
    on last_times.component_key = components.component_key
where last_times.last_at::date > {{ last_possible_day() }}
group by all
