-- One row per file of the landing folder: a file per day and signal, and the
-- alerts. With bad rows, a second alerts file has the columns of a signal file.
with

signal_files as (
    select
        days.range as day_no,
        signals.place,
        signals.signal_name,
        strftime(
            getvariable('start_date')::date + days.range::integer, '%Y-%m-%d'
        ) as event_date,
        false as is_late,
        format(
            'signals_data_''{}''_''{}''', event_date, signals.signal_name
        ) as subject
    from range(getvariable('days')) as days
    cross join (
        values
        (1, 'LM_handleNegCoreTempDegC'),
        (2, 'LM_handlePosCoreTempDegC'),
        (3, 'LM_pcbaTempDegC'),
        (4, 'LM_powerLimit')
    ) as signals (place, signal_name)
),

alert_files as (
    select
        null as day_no,
        places.range as place,
        null as signal_name,
        null as event_date,
        places.range = 1 as is_late,
        format(
            'alerts_data_''{}''_''{}''{}',
            getvariable('start_date'),
            strftime(make_timestamp(end_ms() * 1000 - 1), '%Y-%m-%d'),
            if(is_late, '_late', '')
        ) as subject
    from range(if(getvariable('include_bad_rows'), 2, 1)) as places
),

all_files as (
    select * from signal_files
    union all
    select * from alert_files
),

numbered as (
    select
        *,
        row_number() over (order by day_no nulls last, place) - 1 as file_no
    from all_files
),

compressed as (
    select
        *,
        case
            when getvariable('compression') != 'mixed'
                then getvariable('compression')
            when file_no = 0 or signal_name is null then 'none'
            when file_no % 5 = 4 then 'zstd'
            else 'gzip'
        end as file_compression
    from numbered
)

select
    day_no,
    signal_name,
    event_date,
    is_late,
    file_compression,
    'Tesla_SEIA_analyst_' || subject || '.csv' || case file_compression
        when 'gzip' then '.gz'
        when 'zstd' then '.zst'
        else ''
    end as file_name,
    ',timestamp,SITE,ASSET,COMPONENT,' || if(
        signal_name is null and not is_late,
        'alert_name',
        'signal_name,VALUE'
    ) || ',event_date' as header
from compressed
order by file_no;
