{#- The landing folder on Spark: what it holds is found, and its lines are
    read, by Spark itself, so the folder may lie wherever Spark can read. Paths
    become SQL only through text_literal. -#}

{% macro spark__find_landing_files() -%}
    {%- do run_on_spark([
        'create schema if not exists landing',
        'create schema if not exists staging',
        'drop table if exists landing.found',
    ]) -%}
    {%- do create_empty_table('landing.found', spark_files()) -%}
    {%- do run_on_spark([
        'insert overwrite table landing.found by name ' ~ spark_files(),
        'drop table if exists landing.files',
        'alter table landing.found rename to landing.files',
    ]) -%}
{%- endmacro %}


{% macro spark__prepare_readers(files) -%}
    {#- No file is typed while it is read: all go by their lines. -#}
    {%- do run_on_spark([
        "create or replace view landing.plain_rows as select '' as filename, "
        ~ "'' as site, '' as asset, '' as component, '' as signal_name, "
        ~ "0::double as timestamp, 0::double as value where false",
        create_spark_lines(),
    ]) -%}
{%- endmacro %}


{% macro spark__has_plain_form() -%}
    false
{%- endmacro %}


{% macro spark__file_name(path) -%}
    {#- Spark's paths are encoded as in an address, where a plus is one. -#}
    url_decode(replace(split_part({{ path }}, '/', -1), '+', '%2B'))
{%- endmacro %}


{% macro run_on_spark(statements) -%}
    {#- dbt hands one statement over at a time. -#}
    {%- for statement in statements -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro spark_folder(format) -%}
    {#- The landing folder as a table. A path is a pattern to Spark, so what it
        would take for one is escaped; and it is a name, in backticks. -#}
    {%- set path = modules.re.sub('([\\[\\]{}*?^\\\\])', '\\\\\\1', landing_dir()) -%}
    {{- return(format ~ '.`' ~ path | replace('`', '``') ~ '`') -}}
{%- endmacro %}


{% macro spark_inventory() -%}
    {#- Spark does not see files that are empty, or whose name begins with a
        dot or an underscore. -#}
    select
        _metadata.file_path,
        length as size_bytes,
        unix_micros(_metadata.file_modification_time::timestamp_ltz) * 1000
            as modified_ns
    from {{ spark_folder('binaryFile') }}
{%- endmacro %}


{% macro spark_files() -%}
    with

    files as (

        select
            *,
            {{ is_delivery('file_path') }} as is_read
        from ({{ spark_inventory() }})

    ),

    first_lines as (

        select
            filename,
            min_by(line, line_id) as first_line
        from (
            select
                _metadata.file_path as filename,
                value as line,
                _metadata.file_block_start as block_start,
                monotonically_increasing_id() as line_id
            from {{ spark_folder('text') }}
            where {{ is_delivery('_metadata.file_path') }}
        )
        where block_start = 0 and line <> ''
        group by filename

    )

    select
        files.file_path,
        files.is_read,
        null::string as read_problem,
        first_lines.first_line,
        false as mixes_line_ends,
        false as has_long_lines,
        null::bigint as line_count,
        false as is_odd,
        files.size_bytes,
        files.modified_ns
    from files
    left join first_lines on files.file_path = first_lines.filename
{%- endmacro %}


{% macro create_spark_lines() -%}
    create or replace view landing.lines as
    select
        _metadata.file_path as filename,
        nullif(value, '') as line
    from {{ spark_folder('text') }}
    where {{ is_delivery('_metadata.file_path') }}
{%- endmacro %}


{% macro is_delivery(path) -%}
    lower({{ path }}) rlike r'(?:signals|alerts)_data[^/]*\.csv(?:\.gz|\.zst)?$'
{%- endmacro %}
