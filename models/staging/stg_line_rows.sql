-- One row per row of the landing files that stg_plain_rows did not take: typed,
-- or with the reason why not.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_file(
        'is_readable',
        'not ' ~ is_file_of('stg_plain_rows') ~ ' and not ' ~ is_left_out()
    ) }}",
    post_hook=[
        "{{ keep_unreadable_lines(this) if has_read('line') }}",
        "{{ mark_files_read_in_part(this) }}",
        "{{ leave_out_files(this) }}"
    ]
) }}
-- depends_on: {{ ref('stg_plain_rows') }}

with

lines as (

    select
        filename as file_path,
        line
    from {{ source('landing', 'lines') }}
    where
        line is not null
        and {{ is_file_to_read('filename') }}

),

files as (

    select * from {{ ref('stg_landing_files') }}

),

split_lines as (

    select
        lines.line,
        files.*,
        {{ csv_fields('lines.line') }} as fields
    from lines
    inner join files on lines.file_path = files.file_path
    where files.file_problem is not null or lines.line <> files.first_line

),

cast_lines as (

    select
        record_type,
        line,
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
            when {{ is_unreadable('line') }}
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
    site_id,
    asset_id,
    component_id,
    record_name,
    {{ series_key(signal='record_name') }} as series_key,
    reject_reason,
    case when reject_reason is not null then line end as raw_line,
    null::bigint as line_number,
    file_version,
    case when reject_reason is null then value end as value,
    case
        when reject_reason is null
            then {{ time_of_ms('epoch_ms::bigint') }}
    end as recorded_at
from judged_lines
