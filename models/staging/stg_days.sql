-- One row per UTC day with a record in the landing files, or that a sliding
-- period of an earlier day can reach into.
--
-- day_version covers everything that decides about the rows of a day in the
-- models that are built day by day: the files of the day and of the days before
-- it that such a model reads, the variables, the signal catalog, and the words
-- that classify all other signals. The SQL of the project is part of each
-- file's version.
{%- set days_before = [1, sliding_days_before()] | max %}
with

file_days as (

    select distinct
        file_version,
        day
    from {{ ref('stg_file_series') }}

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

signal_catalog as (

    select * from {{ ref('signal_catalog') }}

),

temperature_words as (

    select * from {{ ref('temperature_words') }}

),

catalog_rows as (

    select {{ hash_of_contents('signal_catalog') }} as row_version
    from signal_catalog
    union all
    select {{ hash_of_contents('temperature_words') }} as row_version
    from temperature_words

),

catalog as (

    select {{ hash_of_all('row_version') }} as catalog_version
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
        'catalog.catalog_version',
        text_literal(variable_values()),
    ]) }} as day_version
from file_versions
cross join catalog
