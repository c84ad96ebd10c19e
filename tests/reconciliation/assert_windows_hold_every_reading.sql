-- Fails where the windows hold more or fewer readings than were staged.
with

windowed as (

    select sum(reading_count) as reading_count
    from {{ ref('int_signal_windows') }}

),

staged as (

    select count(*) as reading_count from {{ ref('stg_signals') }}

)

select
    windowed.reading_count as windowed_count,
    staged.reading_count as staged_count
from windowed
cross join staged
where windowed.reading_count is distinct from staged.reading_count
