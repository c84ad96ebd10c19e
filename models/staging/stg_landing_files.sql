-- One row per file in the landing folder.
with

landing_files as (

    select
        file_path,
        is_read,
        read_problem,
        first_line,
        is_odd,
        is_utf8,
        mixes_line_ends,
        has_long_lines,
        line_count,
        size_bytes,
        modified_ns,
        judged_by
    from {{ source('landing', 'files') }}

),

named_files as (

    select
        *,
        {{ file_name('file_path') }} as file_name,
        {{ list_map(
            csv_fields('first_line'),
            'field',
            'lower(' ~ without_blanks('field') ~ ')'
        ) }} as header_fields,
        case
            when contains(lower(file_name), 'signals_data')
                then 'signal'
            when contains(lower(file_name), 'alerts_data')
                then 'alert'
        end as record_type
    from landing_files

),

positioned_files as (

    select
        *,
        {{ list_where(
            'header_fields',
            'field',
            "field in ('timestamp', 'site', 'asset', 'component', "
            ~ "'signal_name', 'alert_name', 'value')"
        ) }} as known_fields,
        {% for column in ['timestamp', 'site', 'asset', 'component'] -%}
            {{ list_position('header_fields', "'" ~ column ~ "'") }}
                as {{ column }}_position,
        {% endfor -%}
        -- Some exports of alerts carry the alert's name in signal_name.
        case record_type
            when 'signal'
                then {{ list_position('header_fields', "'signal_name'") }}
            else
                coalesce(
                    {{ list_position('header_fields', "'alert_name'") }},
                    {{ list_position('header_fields', "'signal_name'") }}
                )
        end as name_position,
        {{ list_position('header_fields', "'value'") }} as value_position
    from named_files

),

judged_files as (

    select
        *,
        case
            when record_type is null
                then 'ignored: neither signals_data nor alerts_data in its name'
            when read_problem is not null
                then 'cannot be read: ' || read_problem
            when not is_read
                then 'ignored: not a .csv, .csv.gz or .csv.zst file'
            when first_line is null
                then 'empty file'
            when
                timestamp_position is null
                or site_position is null
                or asset_position is null
                or component_position is null
                or name_position is null
                or (record_type = 'signal' and value_position is null)
                then
                    'the first line is not a header with the columns '
                    || 'timestamp, SITE, ASSET, COMPONENT, '
                    || if(
                        record_type = 'signal',
                        'signal_name and VALUE',
                        'alert_name'
                    )
            when
                {{ list_length('known_fields') }}
                > {{ list_length('array_distinct(known_fields)') }}
                then 'the header names a column twice'
        end as file_problem
    from positioned_files

)

select
    file_path,
    file_name,
    record_type,
    first_line,
    file_problem,
    is_read and read_problem is null as is_readable,
    coalesce(record_type = 'signal', false)
    and {{ has_plain_form() }}
    and not has_long_lines as is_plain,
    is_utf8,
    mixes_line_ends as has_mixed_line_ends,
    has_long_lines,
    {{ list_length('header_fields') }} as field_count,
    timestamp_position,
    site_position,
    asset_position,
    component_position,
    name_position,
    value_position,
    line_count,
    size_bytes,
    {{ time_of_ms('floor(modified_ns / 1000000)::bigint') }} as modified_at,
    -- A file that is posted again under its name has another one, and so has
    -- every file when other code reads it. Of 63 bits, a number to any reader.
    ({{ hash_of([
        'file_path', 'is_read', 'read_problem', 'first_line', 'is_odd',
        'size_bytes', 'modified_ns', 'judged_by',
        "'" ~ project_version() ~ "'",
    ]) }} % 9223372036854775807)::bigint as file_version
from judged_files
