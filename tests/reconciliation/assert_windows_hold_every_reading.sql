-- Fails if the windows have more or fewer readings than the landing files.
-- Counts rows and repeats apart: the engine counts rows without reading them.
with

windowed as (

    select coalesce(sum(reading_count), 0) as reading_count
    from {{ ref('int_signal_windows') }}

),

loaded as (

    select count(*) as row_count from {{ ref('stg_signals') }}

),

-- Of the copies of a reading, one counts.
repeated as (

    select
        coalesce(sum(row_count), 0)
        - count(case when is_staged_copy then 1 end) as row_count
    from {{ ref('int_repeated_rows') }}

)

select
    windowed.reading_count as windowed_count,
    loaded.row_count - repeated.row_count as staged_count
from windowed
cross join loaded
cross join repeated
where windowed.reading_count <> loaded.row_count - repeated.row_count
