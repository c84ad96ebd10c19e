{% macro epoch_ms_range() -%}
    {#- The years 2000 to 2100: seconds and microseconds fall outside. -#}
    946684800000 and 4102444799999
{%- endmacro %}


{% macro has_read_a_file() -%}
    {#- The reader leaves its tables in the model's own connection only where
        it has read something. -#}
    {%- set reject_tables -%}
        select 1 from duckdb_tables() where table_name = 'reject_errors'
    {%- endset -%}
    {{- return(execute and run_query(reject_tables).rows | length > 0) -}}
{%- endmacro %}


{% macro keep_unreadable_lines(relation) -%}
    {#- Lines that the reader itself refuses (not UTF-8, or longer than its
        buffer) stand in temporary tables of the model's own connection. -#}
    insert into {{ relation }} (
        file_path,
        file_name,
        record_type,
        reject_reason,
        raw_line,
        line_number,
        file_version
    )
    select
        scans.file_path,
        files.file_name,
        files.record_type,
        'unreadable line: ' || lower(errors.error_type::varchar),
        errors.csv_line,
        errors.line,
        hash(files.file_version, getvariable('code_version'))
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


{% macro moving_files(condition) -%}
    {#- SQL of one row: which landing files, of those that meet a condition,
        are no more what they were when the build began; null where none. -#}
    select string_agg(
        string_split(file_path, '/')[-1], ', ' order by file_path
    ) as moving_files
    from {{ landing_files() }}
    where
        is_read
        and read_problem is null
        and {{ condition }}
        and not is_unchanged(file_path, size_bytes, modified_ns)
{%- endmacro %}


{% macro stop_where_files_moved(variable) -%}
    {#- Runs after the files that a variable names (null: all) were read: the
        rows of one that was changed meanwhile may be neither the old nor the
        new ones, or stand under another header. -#}
    select error(
        'Changed while the build read it: ' || moving_files
        || '; start the build again.'
    )
    from ({{ moving_files(
        "(getvariable('" ~ variable ~ "') is null or list_contains("
        ~ "getvariable('" ~ variable ~ "')::varchar[], file_path))"
    ) }})
    where moving_files is not null
{%- endmacro %}


{% macro read_changed_files() -%}
    {#- Only files that are new, or have changed, are read; the rows of those
        that have changed, or are gone, are deleted first. -#}
    set variable code_version
    = {{ dbt.string_literal(local_md5(model.get('compiled_code', ''))) }};
    {% if is_incremental() -%}
        delete from {{ this }}
        where file_version not in (
            select hash(file_version, getvariable('code_version'))
            from {{ ref('stg_landing_files') }}
        );
    {%- endif %}
    {# To look each file up among all takes long where there are thousands. -#}
    set variable files_to_read = {% if is_incremental() -%}
        (
            select coalesce(list(file_path), [''])
            from {{ ref('stg_landing_files') }}
            where hash(file_version, getvariable('code_version')) not in (
                select file_version from {{ this }}
            )
        )
    {%- else %} null {%- endif %}
{%- endmacro %}
