-- One row per row of the signal files that are plain: the columns of the
-- export in its order, no quotes, and lines that end in \n.
--
-- The engine types such rows while it reads, in a third of the time that
-- stg_line_rows takes. A file in which anything at all is unusual keeps only
-- rows that are not `is_typed`, and is read by its lines.
{{ config(
    materialized='incremental',
    pre_hook="{{ read_changed_files('is_plain') }}",
    post_hook=[
        "{{ give_up_unusual_files(this) if has_read('plain') }}",
        "{{ stop_where_files_moved('files_to_read') }}"
    ]
) }}

with

plain_rows as (

    select
        *,
        timestamp between {{ epoch_ms_range() }}
        and timestamp = floor(timestamp) as has_time
    from {{ source('landing', 'plain_rows') }}
    where {{ is_file_to_read('filename') }}

)

select
    plain_rows.site as site_id,
    plain_rows.asset as asset_id,
    plain_rows.component as component_id,
    plain_rows.signal_name as record_name,
    {{ series_key(
        'plain_rows.site',
        'plain_rows.asset',
        'plain_rows.component',
        'plain_rows.signal_name'
    ) }} as series_key,
    files.file_version,
    {{ code_version() }} as code_version,
    plain_rows.value,
    coalesce(
        plain_rows.has_time
        and {{ is_finite('plain_rows.value') }}
        and plain_rows.site is not null
        and plain_rows.asset is not null
        and plain_rows.component is not null
        and plain_rows.signal_name is not null,
        false
    ) as is_typed,
    case
        when plain_rows.has_time
            then {{ time_of_ms('plain_rows.timestamp::bigint') }}
    end as recorded_at
from plain_rows
inner join {{ ref('stg_landing_files') }} as files
    on plain_rows.filename = files.file_path
