-- Fails if the rows in the files are not the sum of the staged, rejected and
-- repeated rows: rows were lost or counted twice.
with

audited as (

    select
        record_type,
        sum(staged_row_count) as staged_row_count
    from {{ ref('load_audit') }}
    where record_type is not null
    group by record_type

),

-- Clears are staged, too: they end alerts, but are not alerts themselves.
cleared as (

    select distinct
        series_text,
        recorded_at
    from {{ ref('stg_line_rows') }}
    where is_cleared and {{ is_of_kept_file() }}

),

staged_alerts as (

    select alert_id as staged_id from {{ ref('stg_alerts') }}
    union all
    select series_text as staged_id from cleared

),

staged as (

    select
        'signal' as record_type,
        count(*) as staged_row_count
    from {{ ref('int_readings') }}
    union all
    select
        'alert' as record_type,
        count(*) as staged_row_count
    from staged_alerts
    union all
    select
        'inspection' as record_type,
        count(*) as staged_row_count
    from {{ ref('inspections') }}

),

audited_rejected as (

    select sum(rejected_row_count) as row_count
    from {{ ref('load_audit') }}

),

rejected as (

    select count(*) as row_count
    from {{ ref('rejected_rows') }}

)

select
    staged.record_type,
    audited.staged_row_count as audited_count,
    staged.staged_row_count as staged_count
from staged
left join audited on staged.record_type = audited.record_type
where coalesce(audited.staged_row_count, 0) <> staged.staged_row_count
union all
select
    'rejected' as record_type,
    audited_rejected.row_count as audited_count,
    rejected.row_count as staged_count
from rejected
cross join audited_rejected
where audited_rejected.row_count <> rejected.row_count
