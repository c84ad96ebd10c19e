-- One row per UTC day with a reading in the landing files, or that a sliding
-- period of an earlier day can reach into.
--
-- day_version covers everything that decides about the rows of a day in the
-- models that are built day by day: the signal files of the day and of the days
-- before it that such a model reads, the variables and the catalogs. The SQL of
-- the project is part of each file's version. Files of alerts do not count: one
-- log that grows each day must not change the version of every day.
{%- set days_before = [1, sliding_days_before()] | max %}
{%- set catalogs = ['signal_catalog', 'temperature_words', 'alert_catalog'] %}
with

file_days as (

    select distinct
        file_version,
        day
    from {{ ref('stg_file_series') }}
    where record_type = 'signal'

),

read_days as (

    {% for offset in range(days_before + 1) -%}
        select
            file_version,
            {{ offset }} as days_before,
            day + {{ offset }} as day
        from file_days
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

catalog_rows as (

    {% for catalog in catalogs -%}
        select {{ hash_of_contents(catalog) }} as row_version
        from {{ ref(catalog) }} as {{ catalog }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

catalogs as (

    select {{ hash_of_all('row_version') }} as catalogs_version
    from catalog_rows

),

file_versions as (

    select
        day,
        {{ hash_of_all(hash_of(['file_version', 'days_before'])) }}
            as files_version
    from read_days
    group by day

)

select
    file_versions.day,
    {{ hash_of([
        'file_versions.day',
        'file_versions.files_version',
        'catalogs.catalogs_version',
        text_literal(variable_values()),
    ]) }} as day_version
from file_versions
cross join catalogs
