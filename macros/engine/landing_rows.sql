{% macro epoch_ms_range() -%}
    {#- The years 2000 to 2100: seconds and microseconds fall outside. -#}
    946684800000 and 4102444799999
{%- endmacro %}


{% macro has_read(rejects) -%}
    {#- The reader leaves its tables of rejected lines in the model's own
        connection only where it has read something. -#}
    {{- return(adapter.dispatch('has_read')(rejects)) -}}
{%- endmacro %}


{% macro default__has_read(rejects) -%}
    {%- set reject_tables -%}
        select 1 from duckdb_tables()
        where table_name = {{ dbt.string_literal(rejects ~ '_errors') }}
    {%- endset -%}
    {{- return(execute and run_query(reject_tables).rows | length > 0) -}}
{%- endmacro %}


{% macro give_up_unusual_files(relation) -%}
    {#- Of a file with a line that could not be typed, or with names that need
        more than to be copied, no row is kept; a row that is not typed marks
        it. -#}
    {{- return(adapter.dispatch('give_up_unusual_files')(relation)) -}}
{%- endmacro %}


{% macro default__give_up_unusual_files(relation) -%}
    insert into {{ relation }} (file_version, code_version, is_typed)
    with

    unusual_files as (

        select files.file_version
        from plain_errors as errors
        inner join plain_scans as scans
            on
                errors.scan_id = scans.scan_id
                and errors.file_id = scans.file_id
        inner join {{ ref('stg_landing_files') }} as files
            on scans.file_path = files.file_path
        union
        select file_version
        from {{ relation }}
        where file_version in (
            select file_version from {{ ref('stg_landing_files') }}
            where
                getvariable('files_to_read') is null
                or file_path in getvariable('files_to_read')
        )
        group by file_version, series_key
        having
            not bool_and(is_typed)
            {% for column in [
                'site_id', 'asset_id', 'component_id', 'record_name'
            ] -%}
                or contains(any_value({{ column }}), '"')
                or any_value({{ column }}) <> trim(any_value({{ column }}))
            {% endfor %}

    )

    select distinct
        file_version,
        getvariable('code_version')::ubigint,
        false
    from unusual_files;

    delete from {{ relation }}
    where
        series_key is not null
        and file_version in (
            select file_version from {{ relation }}
            where series_key is null
        )
{%- endmacro %}


{% macro keep_unreadable_lines(relation) -%}
    {#- Lines that the reader itself refuses (not UTF-8, or longer than its
        buffer) stand in temporary tables of the model's own connection. -#}
    {{- return(adapter.dispatch('keep_unreadable_lines')(relation)) -}}
{%- endmacro %}


{% macro default__keep_unreadable_lines(relation) -%}
    insert into {{ relation }} (
        record_type,
        reject_reason,
        raw_line,
        line_number,
        file_version,
        code_version
    )
    select
        files.record_type,
        'unreadable line: ' || lower(errors.error_type::varchar),
        errors.csv_line,
        errors.line,
        files.file_version,
        getvariable('code_version')::ubigint
    from line_errors as errors
    inner join line_scans as scans
        on
            errors.scan_id = scans.scan_id
            and errors.file_id = scans.file_id
    inner join {{ ref('stg_landing_files') }} as files
        on scans.file_path = files.file_path
{%- endmacro %}


{% macro set_rejected_files() -%}
    {#- A list in a variable prunes the scan to these files; a join would
        not, and a name pasted into SQL could do harm. -#}
    {{- return(adapter.dispatch('set_rejected_files')()) -}}
{%- endmacro %}


{% macro default__set_rejected_files() -%}
    set variable rejected_files = (
        select coalesce(list(file_path), [''])
        from {{ ref('stg_landing_files') }}
        where file_version in (
            select file_version from {{ ref('stg_line_rows') }}
            where reject_reason is not null and line_number is null
        )
    )
{%- endmacro %}


{% macro moving_files(condition) -%}
    {#- SQL of one row: which landing files, of those that meet a condition,
        are no more what they were when the build began; null where none. -#}
    {{- return(adapter.dispatch('moving_files')(condition)) -}}
{%- endmacro %}


{% macro default__moving_files(condition) -%}
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
    {{- return(adapter.dispatch('stop_where_files_moved')(variable)) -}}
{%- endmacro %}


{% macro default__stop_where_files_moved(variable) -%}
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


{% macro read_changed_files(known_files, condition='true') -%}
    {#- Of the files that the condition concerns only those that are new, or
        have changed, are read; the rows of all others are deleted first, and
        all rows where the model's SQL has changed. -#}
    {{- return(adapter.dispatch('read_changed_files')(known_files, condition)) -}}
{%- endmacro %}


{% macro default__read_changed_files(known_files, condition) -%}
    set variable code_version = hash({{ dbt.string_literal(
        local_md5(model.get('compiled_code', ''))
    ) }});
    {% if is_incremental() -%}
        delete from {{ this }}
        where
            code_version <> getvariable('code_version')::ubigint
            or file_version not in (
                select file_version from {{ ref('stg_landing_files') }}
                where {{ known_files }} and {{ condition }}
            );
    {%- endif %}
    {#- Null where these are all files that the reader knows: to look each of
        thousands up among all takes long. -#}
    set variable files_to_read = (
        select
            case
                when count(*) > count(*) filter (where is_to_read)
                    or count(*) = 0
                    then coalesce(
                        list(file_path) filter (where is_to_read), ['']
                    )
            end
        from (
            select
                file_path,
                {{ condition }}
                {% if is_incremental() -%}
                    and file_version not in (
                        select file_version from {{ this }}
                    )
                {%- endif %} as is_to_read
            from {{ ref('stg_landing_files') }}
            where {{ known_files }}
        )
    )
{%- endmacro %}


{% macro is_file_to_read(path) -%}
    {#- True of the files that read_changed_files found. -#}
    {{- return(adapter.dispatch('is_file_to_read')(path)) -}}
{%- endmacro %}


{% macro default__is_file_to_read(path) -%}
    (
        getvariable('files_to_read') is null
        or {{ path }} in getvariable('files_to_read')
    )
{%- endmacro %}


{% macro code_version() -%}
    {#- A hash of the model's SQL, which read_changed_files left. -#}
    {{- return(adapter.dispatch('code_version')()) -}}
{%- endmacro %}


{% macro default__code_version() -%}
    getvariable('code_version')::ubigint
{%- endmacro %}
