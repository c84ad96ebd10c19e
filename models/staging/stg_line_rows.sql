-- One row per row of the landing files that is not typed in stg_plain_rows:
-- typed here, or with the reason why not.
--
-- These are all lines of the files that have no row there. Of the others, they
-- are the lines that the typed reader refused, and those that it typed and that
-- cannot be right; the latter have to be read again, for their text.
{{ config(
    materialized='incremental',
    pre_hook="{{ start_reading(
        'is_readable and (not ' ~ is_typed() ~ ' or ' ~ holds_odd_rows() ~ ')'
    ) }}",
    post_hook="{{ end_reading(is_part=is_typed()) }}"
) }}

with

files as (

    select * from {{ ref('stg_landing_files') }}

),

odd_rows as (

    select distinct
        file_version,
        {{ text_part('series_text', 3) }} as component_id
    from {{ ref('stg_plain_rows') }}
    where recorded_at is null and line is null

),

typed_files as (

    select distinct file_version
    from {{ ref('stg_plain_rows') }}
    where recorded_at is not null

),

refused_lines as (

    select
        file_version,
        line,
        line_number
    from {{ ref('stg_plain_rows') }}
    where
        line is not null
        and {{ is_new_version('file_version') }}

),

lines as (

    select
        files.*,
        read_lines.line,
        read_lines.is_valid,
        read_lines.line_number,
        false as is_refused
    from {{ read_lines() }} as read_lines
    inner join files on read_lines.file_path = files.file_path
    left join odd_rows
        on
            files.file_version = odd_rows.file_version
            -- The place of the component in a plain file.
            and split_part(read_lines.line, ',', 5) = odd_rows.component_id
    -- Those come with their number, below.
    anti join refused_lines
        on
            files.file_version = refused_lines.file_version
            and read_lines.line = refused_lines.line
    where
        (files.file_problem is not null or read_lines.line <> files.first_line)
        and (
            odd_rows.file_version is not null
            or files.file_version not in (
                select typed_files.file_version from typed_files
            )
        )
    union all
    select
        files.*,
        refused_lines.line,
        true as is_valid,
        refused_lines.line_number,
        true as is_refused
    from refused_lines
    inner join files on refused_lines.file_version = files.file_version

),

split_lines as (

    select
        *,
        {{ csv_fields('line') }} as fields
    from lines

),

cast_lines as (

    select
        record_type,
        line,
        line_number,
        is_valid,
        is_refused,
        file_problem,
        file_version,
        field_count,
        {{ list_length('fields') }} as line_field_count,
        -- Some exports end each line with a comma; the typed reader does not
        -- see an empty field after the last.
        coalesce(
            {{ list_item('fields', 'field_count + 1') }} = '', false
        ) as has_empty_field_more,
        {% for name, position in {
            'site_id': 'site_position',
            'asset_id': 'asset_position',
            'component_id': 'component_position',
            'record_name': 'name_position',
            'timestamp_text': 'timestamp_position',
            'value_text': 'value_position'
        }.items() -%}
            nullif(
                {{ without_blanks(list_item('fields', position)) }}, ''
            ) as {{ name }},
        {% endfor -%}
        {{ number('timestamp_text') }} as epoch_ms,
        {{ number('value_text') }} as value
    from split_lines

),

judged_lines as (

    select
        *,
        case
            when file_problem is not null
                then file_problem
            when not is_valid
                then 'unreadable line: invalid encoding'
            when line_field_count is null
                then 'a quote is not closed, or stands inside a field'
            when line_field_count - has_empty_field_more::int <> field_count
                then
                    line_field_count || ' fields where the header has '
                    || field_count
            when site_id is null
                then 'no site'
            when asset_id is null
                then 'no asset'
            when component_id is null
                then 'no component'
            when record_name is null
                then 'no ' || record_type || ' name'
            when
                {{ has_control_character(
                    'site_id || asset_id || component_id || record_name'
                ) }}
                then 'a control character in an id or name'
            when timestamp_text is null
                then 'no timestamp'
            when epoch_ms is null or not {{ is_finite('epoch_ms') }}
                then 'the timestamp is not a number'
            when not epoch_ms between {{ epoch_ms_range() }}
                then
                    'the timestamp is not epoch milliseconds '
                    || 'between the years 2000 and 2100'
            when epoch_ms <> floor(epoch_ms)
                then 'the timestamp is not a whole number of milliseconds'
            when record_type = 'alert'
                then null
            when value_text is null
                then 'no value'
            when value is null
                then 'the value is not a number'
            when not {{ is_finite('value') }}
                then 'the value is not finite'
            when abs(value) >= {{ value_limit() }}
                then 'the value is {{ value_limit() }} or beyond'
        end as reject_reason
    from cast_lines

)

select
    record_type,
    case
        when reject_reason is null
            then {{ series_text(
                'site_id', 'asset_id', 'component_id', 'record_name'
            ) }}
    end as series_text,
    reject_reason,
    case when reject_reason is not null then line end as raw_line,
    case when reject_reason is not null then line_number end as line_number,
    case when reject_reason is null and record_type = 'signal' then value end
        as value,
    -- Of an alert, VALUE is its state: 0 or false when it clears.
    coalesce(
        reject_reason is null
        and record_type = 'alert'
        and (value = 0 or lower(value_text) = 'false'),
        false
    ) as is_cleared,
    case
        when reject_reason is null
            then {{ time_of_ms('epoch_ms::bigint') }}
    end as recorded_at,
    file_version
from judged_lines
where
    is_refused
    or reject_reason is not null
    or file_version not in (
        select typed_files.file_version from typed_files
    )
