-- Warns of components with temperatures and no power, or power and no
-- temperatures: a signal that is not delivered, or not recognised by its name.
-- No power can be given for their overheated periods, or no heat be seen.
{{ config(severity='warn') }}

with

components as (

    select
        site_id,
        asset_id,
        component_id,
        count(*) filter (where quantity = 'temperature')
            as temperature_signal_count,
        count(*) filter (where quantity = 'power') as power_signal_count
    from {{ ref('int_series') }}
    group by all

)

select * from components
where (temperature_signal_count = 0) <> (power_signal_count = 0)
