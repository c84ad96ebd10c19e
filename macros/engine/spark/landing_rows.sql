{% macro spark__has_read(rejects) -%}
    {{- return(false) -}}
{%- endmacro %}


{% macro spark__give_up_unusual_files(relation) -%}
{%- endmacro %}


{% macro spark__keep_unreadable_lines(relation) -%}
{%- endmacro %}


{% macro spark__is_unreadable(line) -%}
    not is_valid_utf8({{ line }})
{%- endmacro %}


{% macro spark__shown_line(line) -%}
    {#- A byte that is not UTF-8 as on DuckDB: of the characters and such bytes
        that the line is made of, in hexadecimal, it is one that stands alone. -#}
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


{% macro spark__set_lines_in_order() -%}
    {#- A view cannot read the session's variables: it names the files. -#}
    {%- set files_query -%}
        select file_path
        from {{ ref('stg_landing_files') }}
        where {{ is_rejecting_file() }} and {{ is_file_to_build() }}
    {%- endset -%}
    {%- if execute -%}
        {%- set paths = [] -%}
        {%- for row in run_query(files_query).rows -%}
            {%- do paths.append(text_literal(row[0])) -%}
        {%- endfor -%}
        {%- do run_query(create_spark_lines_in_order(
            '_metadata.file_path in (' ~ (paths or ["''"]) | join(', ') ~ ')'
        )) -%}
    {%- endif -%}
{%- endmacro %}


{% macro create_spark_lines_in_order(condition) -%}
    {#- Lines are read in blocks, on many machines. Within a block they come in
        order, so the number of a line is its place in the block, and the count
        of the lines before that; nothing is sorted. -#}
    create or replace view landing.lines_in_order as
    with

    lines as (

        select
            filename,
            line,
            block_start,
            monotonically_increasing_id() as line_id
        from (
            select
                _metadata.file_path as filename,
                value as line,
                _metadata.file_block_start as block_start
            from {{ spark_folder('text') }}
            where {{ condition }}
        )

    ),

    blocks as (

        select
            filename,
            block_start,
            min(line_id) as first_line_id,
            count(*) as line_count
        from lines
        group by all

    ),

    placed_blocks as (

        select
            filename,
            block_start,
            first_line_id,
            sum(line_count) over (
                partition by filename
                order by block_start
            ) - line_count as lines_before
        from blocks

    )

    select
        lines.filename,
        nullif(lines.line, '') as line,
        lines.line_id - placed_blocks.first_line_id + 1
        + placed_blocks.lines_before as folder_line_number
    from lines
    inner join placed_blocks using (filename, block_start)
{%- endmacro %}


{% macro spark__mark_files_read_in_part(relation) -%}
{%- endmacro %}


{% macro spark__leave_out_files(relation) -%}
{%- endmacro %}


{% macro spark__keep_rows_without_number(relation) -%}
{%- endmacro %}
