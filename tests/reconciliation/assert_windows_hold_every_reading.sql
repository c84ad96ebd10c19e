-- Fails if the windows have more or fewer readings than were staged.
with

windowed as (

    select coalesce(sum(reading_count), 0) as reading_count
    from {{ ref('int_signal_windows') }}

),

staged as (

    select count(*) as reading_count from {{ ref('int_readings') }}

)

select
    windowed.reading_count as windowed_count,
    staged.reading_count as staged_count
from windowed
cross join staged
where windowed.reading_count <> staged.reading_count
