{% macro epoch_ms_range() -%}
    {#- The years 2000 to 2100: seconds and microseconds fall outside. -#}
    946684800000 and 4102444799999
{%- endmacro %}


{% macro keep_unreadable_lines(relation) -%}
    {#- Lines that the reader itself refuses (not UTF-8, or longer than its
        buffer) stand in temporary tables of the model's own connection. -#}
    insert into {{ relation }} (
        file_path, file_name, record_type, reject_reason, raw_line, line_number
    )
    select
        scans.file_path,
        files.file_name,
        files.record_type,
        'unreadable line: ' || lower(errors.error_type::varchar),
        errors.csv_line,
        errors.line
    from reject_errors as errors
    inner join reject_scans as scans
        on
            errors.scan_id = scans.scan_id
            and errors.file_id = scans.file_id
    inner join {{ ref('stg_landing_files') }} as files
        on scans.file_path = files.file_path
{%- endmacro %}


{% macro set_rejected_files() -%}
    {#- A list in a variable prunes the scan to these files; a join would
        not, and a name pasted into SQL could do harm. -#}
    set variable rejected_files = (
        select coalesce(list(distinct file_path), [''])
        from {{ ref('stg_landing_rows') }}
        where reject_reason is not null and line_number is null
    )
{%- endmacro %}
