-- Warns of components with temperatures but no power, or power but no
-- temperatures: a signal is not delivered, or its name is not recognised. Their
-- overheated periods have no power, or their heat cannot be seen.
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
