{% macro epoch_ms_range() -%}
    {#- The years 2000 to 2100: seconds and microseconds fall outside. -#}
    946684800000 and 4102444799999
{%- endmacro %}


{% macro value_limit() -%}
    {#- Beyond any quantity in any unit, and small enough that the fourth power
        of a value, which the thermal fits sum up, is finite. -#}
    1e30
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


{% macro reader_errors(way) -%}
    {#- What keep_rejects kept, as errors, each beside its file, as files. -#}
    {{ way }}_errors as errors
    inner join {{ way }}_scans as scans
        on
            errors.scan_id = scans.scan_id
            and errors.file_id = scans.file_id
    inner join {{ ref('stg_landing_files') }} as files
        on {{ file_path_of('scans.file_path') }} = files.file_path
{%- endmacro %}


{% macro give_up_unusual_files(relation) -%}
    {#- Of a file with a line that could not be typed, or with names that have
        blanks around them or control characters, no row is kept. -#}
    {{- return(adapter.dispatch('give_up_unusual_files')(relation)) -}}
{%- endmacro %}


{% macro default__give_up_unusual_files(relation) -%}
    create or replace temporary table unusual_files as
    select files.file_version
    from {{ reader_errors('plain') }}
    union
    select file_version
    from {{ relation }}
    where {{ is_file_to_build() }}
    group by file_version, series_key
    having
        count(recorded_at) < count(*)
        {% for column in [
            'site_id', 'asset_id', 'component_id', 'record_name'
        ] -%}
            or any_value({{ column }}) <> trim(any_value({{ column }}))
            or {{ has_control_character('any_value(' ~ column ~ ')') }}
        {% endfor -%}
    union
    {{ files_read_in_part(relation) }};

    delete from {{ relation }}
    where file_version in (select file_version from unusual_files);

    update {{ built_files() }}
    set has_rows = false
    where
        model_name = {{ dbt.string_literal(relation.identifier) }}
        and file_version in (select file_version from unusual_files);

    drop table unusual_files
{%- endmacro %}


{% macro files_read_in_part(relation) -%}
    {#- The reader's word is not taken for it that it gave all lines: they were
        counted before. Where the count leaves a doubt, as blank lines or another
        line end do, the lines are counted one by one. -#}
    select files.file_version
    from {{ ref('stg_landing_files') }} as files
    left join (
        select
            file_version,
            count(*) as row_count
        from {{ relation }}
        where {{ is_file_to_build() }}
        group by file_version
    ) as read_rows
        on files.file_version = read_rows.file_version
    where
        {{ is_file_to_read('files.file_path') }}
        and files.file_version in (
            select file_version from {{ built_files() }}
            where
                model_name = {{ dbt.string_literal(relation.identifier) }}
                and has_rows
        )
        and case
            when
                coalesce(read_rows.row_count, 0)
                = files.line_count - (files.file_problem is null)::int
                then false
            else
                count_rows(
                    files.file_path,
                    case when files.file_problem is null then files.first_line end
                ) is distinct from coalesce(read_rows.row_count, 0)
        end
{%- endmacro %}


{% macro mark_files_read_in_part(relation) -%}
    {#- Runs before leave_out_files, which has a better word on those that were
        changed meanwhile. -#}
    {{- return(adapter.dispatch('mark_files_read_in_part')(relation)) -}}
{%- endmacro %}


{% macro default__mark_files_read_in_part(relation) -%}
    {#- Rendered, for with --empty a ref is a query. -#}
    update {{ ref('stg_landing_files').render() }}
    set file_problem = {{ partly_read_problem() }}
    where file_version in ({{ files_read_in_part(relation) }})
{%- endmacro %}


{% macro keep_unreadable_lines(relation) -%}
    {#- Lines that the reader itself refuses (not UTF-8, or longer than its
        buffer) stand in temporary tables of the model's own connection. -#}
    {{- return(adapter.dispatch('keep_unreadable_lines')(relation)) -}}
{%- endmacro %}


{% macro default__keep_unreadable_lines(relation) -%}
    {#- What the reader shows of them lacks characters, so their text is that of
        the plugin, which finds the same lines in the same order. -#}
    insert into {{ relation }} (
        record_type,
        reject_reason,
        raw_line,
        line_number,
        file_version
    )
    with

    unreadable_lines as (

        select
            files.record_type,
            files.file_path,
            files.file_version,
            errors.line,
            lower(errors.error_type::varchar) as error_type,
            -- It comes with the rest of the line end before it.
            ltrim(errors.csv_line, chr(13) || chr(10)) as reader_text,
            row_number() over file_lines as line_rank,
            count(*) over (partition by files.file_path) as line_count
        from {{ reader_errors('line') }}
        window
            file_lines as (partition by files.file_path order by errors.line)

    ),

    file_texts as (

        select
            file_path,
            lines_not_utf8(file_path) as texts
        from unreadable_lines
        group by file_path

    ),

    -- A list beside each of its lines would be its square in size.
    line_texts as (

        select
            file_path,
            unnest(texts) as text,
            generate_subscripts(texts, 1) as line_rank,
            length(texts) as line_count
        from file_texts

    )

    select
        lines.record_type,
        'unreadable line: ' || lines.error_type,
        coalesce(line_texts.text, lines.reader_text),
        lines.line,
        lines.file_version
    from unreadable_lines as lines
    left join line_texts
        on
            lines.file_path = line_texts.file_path
            and lines.line_rank = line_texts.line_rank
            and lines.line_count = line_texts.line_count
{%- endmacro %}


{% macro is_unreadable(line) -%}
    {#- Whether a line that the reader gave is none of UTF-8. -#}
    {{- return(adapter.dispatch('is_unreadable')(line)) -}}
{%- endmacro %}


{% macro default__is_unreadable(line) -%}
    {#- The reader gives no such line: see keep_unreadable_lines. -#}
    false
{%- endmacro %}


{% macro shown_line(line) -%}
    {#- A rejected line as text that any reader can open. -#}
    {{- return(adapter.dispatch('shown_line')(line)) -}}
{%- endmacro %}


{% macro default__shown_line(line) -%}
    {{ line }}
{%- endmacro %}


{% macro is_rejecting_file() -%}
    file_version in (
        select file_version from {{ ref('stg_line_rows') }}
        where reject_reason is not null
    )
{%- endmacro %}


{% macro set_lines_in_order() -%}
    {#- Runs before the lines of the files to build are numbered. -#}
    {{- return(adapter.dispatch('set_lines_in_order')()) -}}
{%- endmacro %}


{% macro default__set_lines_in_order() -%}
    {#- The reader goes by the variable that names the files to read. -#}
{%- endmacro %}


{% macro is_moving() -%}
    (
        is_read
        and read_problem is null
        and not is_unchanged(file_path)
    )
{%- endmacro %}


{% macro moved_problem() -%}
    'cannot be read: it was changed, removed or out of reach while the '
    || 'build read it'
{%- endmacro %}


{% macro partly_read_problem() -%}
    'cannot be read: the reader gave other rows than it has lines'
{%- endmacro %}


{% macro is_left_out() -%}
    coalesce(
        file_problem in ({{ moved_problem() }}, {{ partly_read_problem() }}),
        false
    )
{%- endmacro %}


{% macro leave_out_files(relation) -%}
    {#- Runs after files were read: the rows of one that was changed meanwhile
        may be neither the old nor the new ones, or stand under another header.
        None is kept, nor of a file that was not read whole, and
        stg_landing_files says so; where no signal file is left, the build
        stops. -#}
    {{- return(adapter.dispatch('leave_out_files')(relation)) -}}
{%- endmacro %}


{% macro default__leave_out_files(relation) -%}
    {#- Rendered, for with --empty a ref is a query. -#}
    update {{ ref('stg_landing_files').render() }}
    set file_problem = {{ moved_problem() }}
    where
        file_path in (
            select file_path from {{ landing_files() }}
            where {{ is_moving() }} and {{ is_file_to_read('file_path') }}
        )
        and file_version in (
            select file_version from {{ built_files() }}
            where model_name = {{ dbt.string_literal(relation.identifier) }}
        );

    select error(
        'No signal file was read. The first, ' || min(file_name) || ', '
        || arg_min(file_problem, file_name) || '.'
    )
    from {{ ref('stg_landing_files') }}
    where
        record_type = 'signal'
        and is_readable
        and (file_problem is null or {{ is_left_out() }})
    having bool_and({{ is_left_out() }});

    delete from {{ relation }}
    where file_version in (
        select file_version from {{ ref('stg_landing_files') }}
        where {{ is_left_out() }}
    );

    delete from {{ built_files() }}
    where
        model_name = {{ dbt.string_literal(relation.identifier) }}
        and file_version in (
            select file_version from {{ ref('stg_landing_files') }}
            where {{ is_left_out() }}
        )
{%- endmacro %}


{% macro keep_rows_without_number(relation) -%}
    {#- Runs after the lines of rejected rows were numbered: in a file that was
        changed since its rows were read, or could not be read again, they
        cannot all be found. Its rows stay as they were read, and the next build
        numbers them. -#}
    {{- return(adapter.dispatch('keep_rows_without_number')(relation)) -}}
{%- endmacro %}


{% macro default__keep_rows_without_number(relation) -%}
    create or replace temporary table unnumbered_rows as
    with

    rejected_rows as (

        select
            reject_reason,
            raw_line,
            line_number,
            file_version,
            count(*) over (partition by file_version) as row_count
        from {{ ref('stg_line_rows') }}
        where reject_reason is not null and {{ is_file_to_build() }}

    ),

    numbered_files as (

        select
            file_version,
            count(*) as row_count
        from {{ relation }}
        group by file_version

    )

    select
        files.file_name,
        rejected_rows.reject_reason,
        rejected_rows.raw_line,
        rejected_rows.line_number,
        rejected_rows.file_version
    from rejected_rows
    inner join {{ ref('stg_landing_files') }} as files
        on rejected_rows.file_version = files.file_version
    left join numbered_files
        on rejected_rows.file_version = numbered_files.file_version
    where
        rejected_rows.row_count is distinct from numbered_files.row_count
        or files.file_path in (
            select file_path from {{ landing_files() }} where {{ is_moving() }}
        );

    delete from {{ relation }}
    where file_version in (select file_version from unnumbered_rows);

    insert into {{ relation }} by name
    from unnumbered_rows;

    delete from {{ built_files() }}
    where
        model_name = {{ dbt.string_literal(relation.identifier) }}
        and file_version in (select file_version from unnumbered_rows);

    drop table unnumbered_rows
{%- endmacro %}
