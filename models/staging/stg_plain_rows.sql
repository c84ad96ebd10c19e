-- One row per row of the signal files that are plain: the columns of the
-- export in its order, ASCII without quotes, and lines that end in \n.
--
-- The engine types such rows while it reads, in a third of the time that
-- stg_line_rows takes. Of a file in which anything at all is unusual no row is
-- kept, and it is read by its lines.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_file('is_plain') }}",
    post_hook=[
        "{{ give_up_unusual_files(this) if has_read('plain') }}",
        "{{ leave_out_files(this) }}"
    ]
) }}

with

plain_rows as (

    select
        *,
        timestamp between {{ epoch_ms_range() }}
        and timestamp = floor(timestamp)
        and abs(value) < {{ value_limit() }}
        and site is not null
        and asset is not null
        and component is not null
        and signal_name is not null as is_typed
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
    plain_rows.value,
    -- The row of a file that is not plain after all has no time.
    case
        when plain_rows.is_typed
            then {{ time_of_ms('plain_rows.timestamp::bigint') }}
    end as recorded_at
from plain_rows
inner join {{ ref('stg_landing_files') }} as files
    on plain_rows.filename = files.file_path
