{%- set positions = [
    'timestamp_position', 'site_position', 'asset_position',
    'component_position', 'name_position', 'value_position', 'note_position',
    'signal_positions',
] -%}
-- One row per file in the landing folder.
with

formats as (

    select * from {{ ref('stg_file_formats') }}

),

causes as (

    select {{ sorted_list('likely_cause') }} as known_causes
    from {{ ref('cause_catalog') }}

),

files as (

    select
        formats.*,
        -- A changed catalog makes a new version of the file.
        case
            when formats.record_type = 'inspection'
                then causes.known_causes
        end as known_causes
    from formats
    cross join causes

),

known_columns as (

    select
        *,
        {{ list_where(
            'header_fields',
            'field',
            "field in (lower(timestamp_column), lower(site_column), "
            ~ "lower(asset_column), lower(component_column), "
            ~ "lower(name_column), lower(value_column), 'alert_name') "
            ~ "or (record_type = 'inspection' and field = 'note')"
        ) }} as known_fields
    from files

),

judged_files as (

    select
        *,
        case
            when record_type is null
                then 'ignored: neither signals_data nor alerts_data nor '
                    || 'inspections in its name'
            when read_problem is not null
                then 'cannot be read: ' || read_problem
            when not is_read
                then
                    'ignored: not a .csv, .csv.gz, .csv.zst or .parquet file'
            when first_line is null
                then 'empty file'
            when
                timestamp_position is null
                or site_position is null
                or asset_position is null
                or component_position is null
                or (name_position is null and not is_wide)
                or (
                    record_type <> 'alert'
                    and value_position is null
                    and not is_wide
                )
                then
                    'the first line is not a header with the columns '
                    || concat_ws(
                        ', ',
                        timestamp_column, site_column, asset_column,
                        component_column
                    )
                    || case
                        when is_wide then ''
                        when record_type = 'alert'
                            then ', alert_name'
                        else ', ' || name_column || ' and ' || value_column
                    end
            when
                {{ list_length('known_fields') }}
                > {{ list_length('array_distinct(known_fields)') }}
                then 'the header names a column twice'
            when is_wide and {{ list_length('signal_positions') }} = 0
                then 'the header names no signal'
        end as file_problem
    from known_columns

)

select
    file_path,
    file_name,
    record_type,
    first_line,
    header_line,
    header_names,
    file_problem,
    -- The detected format. Everything not listed is as in the export.
    case
        when file_problem is null
            then concat_ws(
                    ', ',
                    file_kind,
                    case
                        when file_kind like '%CSV' and delimiter = chr(9)
                            then 'tabs'
                        when file_kind like '%CSV' and delimiter <> ','
                            then 'delimiter ' || delimiter
                    end,
                    case when decimal_mark = ',' then 'decimal comma' end,
                    case when is_wide then 'wide' end,
                    time_format
                )
    end as format,
    is_read and read_problem is null as is_readable,
    coalesce(record_type = 'signal', false)
    and {{ has_plain_form() }}
    and not has_long_lines as is_plain,
    is_utf8,
    has_mixed_line_ends,
    has_long_lines,
    delimiter,
    decimal_mark,
    time_format,
    lost_digits,
    {{ list_length('header_fields') }} as field_count,
    {% for position in positions -%}
        {{ position }},
    {% endfor -%}
    known_causes,
    line_count,
    size_bytes,
    {{ time_of_ms('floor(modified_ns / 1000000)::bigint') }} as modified_at,
    -- A file can only record the past. One day is added for wrong clocks and
    -- time zones. A modification time before 2000 is ignored.
    least(
        case
            when modified_ns >= {{ first_epoch_second() * 1000000000 }}
                then floor(modified_ns / 1000000)::bigint + 86400000
        end,
        {{ (last_epoch_second() + 1) * 1000 - 1 }}
    ) as last_possible_ms,
    -- Posting a file again under the same name makes a new version, and so does
    -- any change of the code that reads it. With 63 bits, every reader can
    -- represent the version as a number.
    ({{ hash_of([
        'file_path', 'is_read', 'read_problem', 'first_line', 'is_odd',
        'size_bytes', 'modified_ns', 'judged_by', 'entity_tag', 'delimiter',
        'decimal_mark', 'time_format', 'lost_digits', "'" ~ project_version() ~ "'",
        'known_causes',
    ] + positions) }} % 9223372036854775807)::bigint as file_version
from judged_files
