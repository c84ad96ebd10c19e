{#- The landing folder on Spark: Spark itself lists the folder and reads the
    lines, so the folder may be anywhere that Spark can read. Paths become SQL
    only through text_literal. No file is typed while it is read: all are read
    as lines. -#}

{% macro spark__list_landing_files() -%}
    {#- Spark stops at a file that it cannot read, so such files are found
        first. Returns the reason if the folder itself cannot be listed. -#}
    {%- if not is_read_by_spark('select count(*) from ' ~ spark_folder('binaryfile')) -%}
        {{- return(
            'it is missing, or it has a folder such as day=1, which Spark takes for '
            ~ 'a partition'
        ) -}}
    {%- endif -%}
    {%- set problems = spark_read_problems() -%}
    {%- do run_on_spark([
        'create schema if not exists landing',
        'create schema if not exists staging',
        'drop table if exists landing.found',
    ]) -%}
    {%- do create_empty_table('landing.found', spark_files(problems)) -%}
    {%- set insertion = 'insert overwrite table landing.found by name ' -%}
    {%- do run_on_spark([insertion ~ spark_files(problems)]) -%}
    {%- set utf16_files = spark_utf16_files() -%}
    {%- if utf16_files -%}
        {%- for file in utf16_files if file.problem -%}
            {%- do problems.update({file.file_path: file.problem}) -%}
        {%- endfor -%}
        {%- do run_on_spark([insertion ~ spark_files(problems, utf16_files)]) -%}
    {%- endif -%}
    {%- do run_on_spark([
        'drop table if exists landing.files',
        'alter table landing.found rename to landing.files',
    ]) -%}
{%- endmacro %}


{% macro spark_read_problems() -%}
    {#- {path: why Spark cannot read the whole file}. Compressed files are first
        read together, and one by one only if that fails. -#}
    {%- set files_query -%}
        select
            file_path,
            {{ file_name('file_path') }} as file_name,
            {{ is_parquet('file_path') }} as is_parquet
        from ({{ spark_inventory() }})
        where
            {{ is_delivery('file_path') }}
            and ({{ is_parquet('file_path') }} or {{ is_compressed('file_path') }})
    {%- endset -%}
    {%- set text_query -%}
        select max(xxhash64(value)) from {{ spark_folder('text') }}
        where
            {{ is_delivery('_metadata.file_path') }}
            and {{ is_compressed('_metadata.file_path') }}
    {%- endset -%}
    {%- set problems = {} -%}
    {%- set files = run_query(files_query).rows -%}
    {%- set is_text_whole = files and is_read_by_spark(text_query) -%}
    {%- for file in files if file.is_parquet or not is_text_whole -%}
        {%- set table = spark_path(
            'parquet' if file.is_parquet else 'text',
            landing_dir() ~ '/' ~ file.file_name
        ) -%}
        {%- if not is_read_by_spark('select max(xxhash64(*)) from ' ~ table) -%}
            {%- do problems.update({file.file_path: (
                'it is no Parquet file, or is damaged' if file.is_parquet
                else 'its compressed data is corrupt, or ends too early'
            )}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems) -}}
{%- endmacro %}


{% macro is_read_by_spark(query) -%}
    {#- Whether a query runs without an error; dbt cannot catch errors. -#}
    {%- set script -%}
        begin
            declare exit handler for sqlexception
            begin
                values (false);
            end;
            {{ query }};
            values (true);
        end
    {%- endset -%}
    {{- return(run_query(script).rows[0][0]) -}}
{%- endmacro %}


{% macro spark_utf16_files() -%}
    {#- The UTF-16 files among the listed ones: file_path, file_name and
        problem. -#}
    {%- set files_query -%}
        select
            file_path,
            {{ file_name('file_path') }} as file_name,
            {{ is_compressed('file_path') }} as is_compressed
        from landing.found
        where hex(first_line) rlike '^(?:FFFE|FEFF)'
    {%- endset -%}
    {%- set files = [] -%}
    {%- for file in run_query(files_query).rows -%}
        {%- set content = spark_path('binaryfile', landing_dir() ~ '/' ~ file.file_name) -%}
        {%- set decoding -%}
            select max(xxhash64(decode(content, 'UTF-16'))) from {{ content }}
        {%- endset -%}
        {%- do files.append({
            'file_path': file.file_path,
            'file_name': file.file_name,
            'problem': (
                'on Spark, UTF-16 must not be compressed' if file.is_compressed
                else 'it is not valid UTF-16, or is cut off'
                if not is_read_by_spark(decoding)
            ),
        }) -%}
    {%- endfor -%}
    {{- return(files) -}}
{%- endmacro %}


{% macro run_on_spark(statements) -%}
    {#- dbt runs one statement at a time. -#}
    {%- for statement in statements -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro spark__has_plain_form() -%}
    false
{%- endmacro %}


{% macro spark__file_name(path) -%}
    {#- Spark's paths are URL-encoded, but a plus is a plain plus. -#}
    url_decode(replace(
        regexp_extract({{ path }}, r'(?i)((?:[^/]+[.]parquet/)?[^/]*)$', 1), '+', '%2B'
    ))
{%- endmacro %}


{% macro spark_folder(format) -%}
    {#- The landing folder as a table. Spark reads a path as a glob pattern, so
        special characters are escaped. The path is also an identifier, so it is
        in backticks. -#}
    {{- return(spark_path(format, landing_dir())) -}}
{%- endmacro %}


{% macro spark_path(format, path) -%}
    {%- set path = modules.re.sub('([\\[\\]{}*?^\\\\])', '\\\\\\1', path) -%}
    {{- return(format ~ '.`' ~ path | replace('`', '``') ~ '`') -}}
{%- endmacro %}


{% macro spark_inventory() -%}
    {#- Spark ignores empty files, and files whose name begins with a dot or an
        underscore. A pattern without a match is an error. -#}
    {%- set parts = spark_folder('binaryfile')[:-1] ~ '/*.[pP][aA][rR][qQ][uU][eE][tT]/*`' -%}
    {%- set folders = [spark_folder('binaryfile')] -%}
    {%- if execute and flags.WHICH in ('build', 'run')
        and is_read_by_spark('select count(*) from ' ~ parts) -%}
        {%- do folders.append(parts) -%}
    {%- endif -%}
    {% for folder in folders -%}
        select
            _metadata.file_path,
            length as size_bytes,
            unix_micros(_metadata.file_modification_time::timestamp_ltz) * 1000
                as modified_ns
        from {{ folder }}
        {%- if not loop.first %}
            where
                {{ is_delivery('_metadata.file_path') }}
                and _metadata.file_path rlike r'/[^/_.][^/]*$'
        {%- endif %}
        {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}


{% macro spark_parquet_files() -%}
    {#- The Parquet files of the landing folder: rows of path and name. -#}
    {%- if not (execute and flags.WHICH in ('build', 'run')) -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set files_query -%}
        select
            file_path,
            {{ file_name('file_path') }} as file_name
        from ({{ spark_inventory() }})
        where {{ is_delivery('file_path') }} and {{ is_parquet('file_path') }}
    {%- endset -%}
    {{- return(run_query(files_query).rows) -}}
{%- endmacro %}


{% macro is_parquet(path) -%}
    lower({{ path }}) rlike r'[.]parquet(?:/[^/]*)?$'
{%- endmacro %}


{% macro is_compressed(path) -%}
    lower({{ path }}) rlike r'[.](?:gz|zst)$'
{%- endmacro %}


{% macro spark_lines(paths=none, problems={}, utf16_files=none) -%}
    {#- A subquery: the lines of the landing files, in the order of line_id
        within a block (file_path, block_start, line_id, line). A Parquet file
        gives a header and its rows as CSV.
        paths: SQL of a list of paths; none for all. problems: paths to leave
        out.
        utf16_files: rows of path and name; none for those in landing.files. -#}
    {%- if utf16_files is none -%}
        {%- set utf16_files = spark_listed_utf16_files() -%}
    {%- endif -%}
    {%- set is_wanted -%}
        {{ is_delivery('_metadata.file_path') }}
        and not {{ is_parquet('_metadata.file_path') }}
        {%- if paths is not none %} and _metadata.file_path in ({{ paths }}){% endif -%}
        {%- for path in problems | list + utf16_files | map(attribute='file_path') | list %}
            and _metadata.file_path <> {{ text_literal(path) }}
        {%- endfor -%}
    {%- endset -%}
    (
        select
            _metadata.file_path,
            _metadata.file_block_start as block_start,
            monotonically_increasing_id() as line_id,
            value as line
        from {{ spark_folder('text') }}
        where {{ is_wanted }}
        {% for file in utf16_files if file.file_path not in problems and (
            paths is none or text_literal(file.file_path) in paths
        ) -%}
            union all
            select
                {{ text_literal(file.file_path) }},
                0,
                line_id,
                line
            from (
                select posexplode(
                    split(decode(content, 'UTF-16'), r'\r\n?|\n', -1)
                ) as (line_id, line)
                from {{ spark_path(
                    'binaryfile', landing_dir() ~ '/' ~ file.file_name
                ) }}
            )
        {% endfor -%}
        {% for file in spark_parquet_files() if file.file_path not in problems and (
            paths is none or text_literal(file.file_path) in paths
        ) -%}
            {%- set path = file.file_path -%}
            {%- set table = spark_path(
                'parquet', landing_dir() ~ '/' ~ file.file_name
            ) -%}
            {%- set columns = run_query(
                'describe query select * from ' ~ table
            ).rows -%}
            union all
            select
                {{ text_literal(path) }},
                -1,
                0,
                {{ text_literal(columns | map(attribute='col_name') | join(',')) }}
            union all
            select
                {{ text_literal(path) }},
                _metadata.file_block_start,
                monotonically_increasing_id(),
                concat_ws(
                    ','
                    {%- for column in columns -%}
                        , {{ csv_field(
                            '`' ~ column.col_name ~ '`', column.data_type
                        ) }}
                    {%- endfor -%}
                )
            from {{ table }}
        {% endfor -%}
    )
{%- endmacro %}


{% macro spark_listed_utf16_files() -%}
    {%- if not (execute and flags.WHICH in ('build', 'run')) -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set files_query -%}
        select
            file_path,
            {{ file_name('file_path') }} as file_name
        from landing.files
        where file_kind = 'UTF-16 CSV' and read_problem is null
    {%- endset -%}
    {{- return(run_query(files_query).rows) -}}
{%- endmacro %}


{% macro csv_field(column, type) -%}
    {#- A value as a CSV field; a whole double without an exponent. -#}
    {%- set text = 'coalesce(' ~ column ~ "::string, '')" -%}
    case
        {% if type in ('double', 'float') -%}
            when {{ column }} = floor({{ column }}) and abs({{ column }}) < 1e15
                then {{ column }}::bigint || '.0'
        {%- endif %}
        when {{ text }} rlike '[",]'
            then '"' || replace({{ text }}, '"', '""') || '"'
        else {{ text }}
    end
{%- endmacro %}


{% macro spark_files(problems={}, utf16_files=[]) -%}
    with

    files as (

        select
            *,
            {{ is_delivery('file_path') }} as is_read
        from ({{ spark_inventory() }})

    ),

    first_lines as (

        select
            file_path,
            min_by(line, struct(block_start, line_id), 21) as lines
        from {{ spark_lines(none, problems, utf16_files) }}
        where block_start <= 0 and line <> ''
        group by file_path

    )

    select
        files.file_path,
        files.is_read,
        case
            {% for path, problem in problems.items() -%}
                when files.file_path = {{ text_literal(path) }}
                    then {{ text_literal(problem) }}
            {% endfor -%}
            when false then ''
        end as read_problem,
        case
            {% for file in utf16_files -%}
                when files.file_path = {{ text_literal(file.file_path) }}
                    then 'UTF-16 CSV'
            {% endfor -%}
            when {{ is_parquet('files.file_path') }} then 'Parquet'
            else 'CSV'
        end as file_kind,
        first_lines.lines[0] as first_line,
        slice(first_lines.lines, 2, 20) as sample_lines,
        false as mixes_line_ends,
        false as has_long_lines,
        null::bigint as line_count,
        false as is_odd,
        true as is_utf8,
        files.size_bytes,
        files.modified_ns,
        null::string as entity_tag,
        null::string as judged_by
    from files
    left join first_lines on files.file_path = first_lines.file_path
{%- endmacro %}


{% macro is_delivery(path) -%}
    lower({{ path }}) rlike r'(?:signals_data|alerts_data|inspections)[^/]*\.(?:csv(?:\.gz|\.zst)?|parquet(?:/[^/]*)?)$'
{%- endmacro %}


{% macro spark__start_reading(condition) -%}
    {{- delete_old_rows('stg_landing_files', 'file_version') -}}
{%- endmacro %}


{% macro spark__read_typed_rows() -%}
    (
        select
            '' as file_path,
            '' as site,
            '' as asset,
            '' as component,
            '' as signal_name,
            0::double as timestamp,
            0::double as value
        where false
    )
{%- endmacro %}


{% macro spark__keep_odd_lines() -%}
{%- endmacro %}


{% macro spark__read_lines() -%}
    {%- set files_query -%}
        select file_path from {{ ref('stg_landing_files') }}
        where
            is_readable
            and {{ is_new_version('file_version') }}
    {%- endset -%}
    (
        select
            file_path,
            line,
            is_valid_utf8(line) as is_valid,
            null::bigint as line_number
        from {{ spark_lines(paths_of(files_query)) }}
        where line <> ''
    )
{%- endmacro %}


{% macro paths_of(files_query) -%}
    {#- A list of literals, so that Spark opens no other file. dbt also compiles
        before the tables exist. -#}
    {%- set paths = ["''"] -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- for path in values_of(files_query) -%}
            {%- do paths.append(text_literal(path)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(paths | join(', ')) -}}
{%- endmacro %}


{% macro spark__end_reading(is_line) -%}
    {%- set moved_query -%}
        select file_version::string from {{ ref('stg_landing_files') }}
        where is_readable and not {{ is_as_listed() }}
    {%- endset -%}
    {%- if execute -%}
        {%- do drop_partitions('file_version', values_of(moved_query)) -%}
    {%- endif -%}
{%- endmacro %}


{% macro is_as_listed() -%}
    {#- If a file vanishes while it is read, Spark returns what it has read so
        far (spark.sql.files.ignoreMissingFiles). -#}
    file_path in (
        select listed.file_path
        from {{ ref('stg_landing_files') }} as listed
        inner join ({{ spark_inventory() }}) as present
            on
                listed.file_path = present.file_path
                and listed.size_bytes = present.size_bytes
                and listed.modified_at = {{ time_of_ms(
                    'floor(present.modified_ns / 1000000)::bigint'
                ) }}
    )
{%- endmacro %}


{% macro spark__holds_all_lines(found_line_count) -%}
    {{ is_as_listed() }}
{%- endmacro %}


{% macro spark__reading_problem() -%}
    {{ moved_problem() }}
{%- endmacro %}


{% macro spark__sql_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}


{% macro spark__number_lines(lines) -%}
    {#- Lines are read in blocks, on many machines. Within a block they are in
        order. So a line's number is its position in the block plus the count of
        lines before the block, and nothing needs sorting. -#}
    {%- set files_query -%}
        select distinct files.file_path
        from {{ ref('stg_line_rows') }} as rejected
        inner join {{ ref('stg_landing_files') }} as files
            on rejected.file_version = files.file_version
        where
            rejected.reject_reason is not null
            {% if holds_versions('file_version') -%}
                and files.file_version not in (
                    select file_version from {{ this }}
                    where line_number is not null
                )
            {%- endif %}
    {%- endset -%}
    (
        with

        all_lines as (

            select * from {{ spark_lines(paths_of(files_query)) }} as read_lines

        ),

        blocks as (

            select
                file_path,
                block_start,
                min(line_id) as first_line_id,
                count(*) as line_count
            from all_lines
            group by all

        ),

        placed_blocks as (

            select
                file_path,
                block_start,
                first_line_id,
                sum(line_count) over (
                    partition by file_path
                    order by block_start
                ) - line_count as lines_before
            from blocks

        ),

        wanted_lines as (

            select distinct
                file_version,
                file_path,
                raw_line
            from {{ lines }}

        )

        select
            wanted_lines.file_version,
            wanted_lines.raw_line,
            all_lines.line_id - placed_blocks.first_line_id + 1
            + placed_blocks.lines_before as line_number
        from wanted_lines
        inner join all_lines
            on
                wanted_lines.file_path = all_lines.file_path
                and wanted_lines.raw_line = all_lines.line
        inner join placed_blocks
            on
                all_lines.file_path = placed_blocks.file_path
                and all_lines.block_start = placed_blocks.block_start
    )
{%- endmacro %}


{% macro spark__shown_line(line) -%}
    {#- Shows invalid UTF-8 bytes the same as DuckDB does: the line is split, in
        hexadecimal, into characters and invalid bytes. -#}
    {%- set utf8 = [
        '[0-7].',
        '(?:C[2-9A-F]|D.)[89AB].',
        '(?:E0[AB]|ED[89]|E[1-9A-CEF][89AB]).[89AB].',
        '(?:F0[9AB]|F[123][89AB]|F48).(?:[89AB].){2}',
        '..'
    ] -%}
    case
        when is_valid_utf8({{ line }})
            then {{ line }}
        else
            array_join(
                transform(
                    regexp_extract_all(
                        hex({{ line }}), r'({{ utf8 | join('|') }})', 1
                    ),
                    part -> case
                        when part >= '80' and length(part) = 2
                            then r'\x' || lower(part)
                        else unhex(part)::string
                    end
                ),
                ''
            )
    end
{%- endmacro %}
