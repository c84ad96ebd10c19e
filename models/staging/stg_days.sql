-- One row per UTC day of which the landing files hold a record.
with

file_days as (

    select distinct
        file_version,
        code_version,
        day
    from {{ ref('stg_file_series') }}
    where not is_rejected

)

select
    day,
    {{ hash_of_all(hash_of(['file_version', 'code_version'])) }}
        as day_version
from file_days
group by day
