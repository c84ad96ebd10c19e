-- The lines of one file of a signal and a day.
with

signal_readings as (
    select
        *,
        'LM_handleNegCoreTempDegC' as signal_name,
        neg_c as value
    from core_readings
    union all by name
    select
        *,
        'LM_handlePosCoreTempDegC' as signal_name,
        pos_c as value
    from core_readings
    union all by name
    select
        *,
        'LM_pcbaTempDegC' as signal_name,
        pcba_c as value
    from pcba_readings
    union all by name
    select
        *,
        'LM_powerLimit' as signal_name,
        power_kw as value
    from power_readings
),

readings as (
    select
        row_no,
        at_ms,
        value,
        ',' || ids || ',' || signal_name || ',' as subject,
        ',' || getvariable('event_date') as tail,
        row_no || ',' || at_ms || subject || value || tail as line
    from signal_readings
    where signal_name = getvariable('signal_name')
),

repeats as (
    select
        row_no + 900.5 as place,
        line
    from readings
    where getvariable('include_bad_rows') and row_no % 4000 = 1234
),

broken as (
    select
        row_no + 0.5 as place,
        unnest([
            -- No time.
            row_no || ',' || subject || value || tail,
            -- A text as value.
            row_no || ',' || at_ms + 9 || subject || 'sensor offline' || tail,
            -- A missing field.
            row_no || ',' || at_ms + 12 || subject || value
        ]) as line
    from readings
    where getvariable('include_bad_rows') and row_no = 2500
),

placed as (
    select
        case
            -- Some readings arrive at the end of the file.
            when getvariable('include_bad_rows') and row_no % 1500 = 77
                then row_no + 1e12
            else row_no
        end as place,
        line
    from readings
    union all
    select * from repeats
    union all
    select * from broken
)

select line
from placed
order by place, line;
