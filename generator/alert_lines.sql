-- The lines of one file of alerts. With bad rows, every fifth alert goes to the
-- late file.
with

lines as (
    select
        row_no,
        row_no || ',' || at_ms || ',' || ids || ',' || alert_name
        || if(getvariable('is_late'), ',1.0,', ',')
        || strftime(make_timestamp(at_ms * 1000), '%Y-%m-%d') as line
    from alerts
    where
        not getvariable('include_bad_rows')
        or (row_no % 5 = 4) = getvariable('is_late')
),

repeats as (
    select
        row_no + 2.5 as place,
        line
    from lines
    where getvariable('include_bad_rows') and row_no % 20 = 8
),

broken as (
    select
        row_no + 0.5 as place,
        row_no || ',' as line
    from lines
    where getvariable('include_bad_rows') and row_no = 5
),

placed as (
    select
        row_no as place,
        line
    from lines
    union all
    select * from repeats
    union all
    select * from broken
)

select line
from placed
order by place;
