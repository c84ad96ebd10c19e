-- One row per UTC day with a reading or an alert: the last of the days that the
-- watchlist judges together, with the version of everything that it reads of
-- them and of the days that trends look back to.
with

days as (

    select day from {{ ref('int_series_days') }}
    union
    select fired_at::date as day from {{ ref('int_alerts') }}

),

day_offsets as (

    select {{ number_series(0, watch_reach(), 1) }} as day_offset

),

catalog_rows as (

    {% for catalog in ['alert_catalog', 'cause_catalog'] -%}
        select {{ hash_of_contents(catalog) }} as row_version
        from {{ ref(catalog) }} as {{ catalog }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

catalogs as (

    select {{ hash_of_all('row_version') }} as catalogs_version
    from catalog_rows

),

-- A repair changes the verdicts of its own day and all later days.
repairs as (

    select
        inspected_on,
        {{ hash_of([
            'site_id', 'asset_id', 'component_id', 'inspected_on'
        ]) }} as row_version
    from {{ ref('stg_inspections') }}
    where result = 'repaired'

),

repaired_days as (

    select
        days.day,
        {{ hash_of_all('repairs.row_version') }} as repairs_version
    from days
    inner join repairs on days.day >= repairs.inspected_on
    group by days.day

),

watched_days as (

    select
        days.day,
        {{ hash_of_all(hash_of([
            'judged_days.day_version', 'day_offsets.day_offset'
        ])) }} as days_version
    from days
    cross join day_offsets
    inner join {{ ref('int_judged_days') }} as judged_days
        on days.day - day_offsets.day_offset::int = judged_days.day
    group by days.day

)

select
    watched_days.day,
    {{ hash_of([
        'watched_days.days_version', 'catalogs.catalogs_version',
        'repaired_days.repairs_version',
    ]) }} as day_version
from watched_days
cross join catalogs
left join repaired_days on watched_days.day = repaired_days.day
