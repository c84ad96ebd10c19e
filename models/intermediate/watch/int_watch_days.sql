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

-- int_judged_days covers the readings of a day, not its alerts, and not the
-- period that may reach into the next day. It has no row where nothing was
-- read, so code and variables count below, too.
day_versions as (

    select
        day,
        day_version as row_version
    from {{ ref('int_judged_days') }}
    union all
    select
        fired_at::date as day,
        {{ hash_of_all(hash_of(['alert_id', 'is_temperature_related'])) }}
            as row_version
    from {{ ref('int_alerts') }}
    group by fired_at::date
    union all
    select
        hour_start::date as day,
        {{ hash_of_all(hash_of([
            'component_key', 'overheated_seconds', 'peak_trusted_avg_temp_c'
        ])) }} as row_version
    from {{ ref('int_overheated_hours') }}
    group by hour_start::date

),

watched_days as (

    select
        days.day,
        {{ hash_of_all(hash_of([
            'day_versions.row_version', 'day_offsets.day_offset'
        ])) }} as days_version
    from days
    cross join day_offsets
    inner join day_versions
        on days.day - day_offsets.day_offset::int = day_versions.day
    group by days.day

)

select
    watched_days.day,
    {{ hash_of([
        'watched_days.days_version',
        'repaired_days.repairs_version',
        text_literal(project_version() ~ variable_values()),
    ]) }} as day_version
from watched_days
left join repaired_days on watched_days.day = repaired_days.day
