{#- Models that go on from the build before, on Spark: a table of Parquet
    partitions, one for each part that is built by itself, a day or a file, and
    its version. What a table holds is thus told by its partitions alone, which
    Spark shows only once all their files are written: a build that was killed
    leaves no part that looks whole, and the next one builds it.

    The model's pre-hook drops the partitions that are not wanted any more, and
    leaves in variables of the session which parts are to be built. -#}

{% materialization incremental, adapter='spark' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_relation(this) -%}
    {%- do refuse_to_lose_parts() -%}
    {#- It stays null where no pre-hook says more. -#}
    {%- do run_query(set_part_variable('part_of', 'string', 'null')) -%}
    {{ run_hooks(pre_hooks) }}
    {%- set part_of = run_query('select ' ~ part_variable('part_of')).rows[0][0] -%}
    {%- if not part_of -%}
        {%- do exceptions.raise_compiler_error(
            this.identifier ~ ' is incremental, and tells no parts to build: '
            ~ 'give it the pre-hook build_by_day or build_by_file.'
        ) -%}
    {%- endif -%}
    {%- set kept = parts_of(this) if is_incremental() else [] -%}
    {%- set new = parts_to_build() -%}
    {%- set rows -%}
        select
            rows.*,
            parts.built_part,
            parts.part_version
        from (
            {{ compiled_code }}
        ) as rows
        inner join {{ part_variable('parts') }} as parts
            on rows.{{ part_of }} = parts.part
    {%- endset -%}
    {%- if not kept -%}
        {#- Its columns may be others than they were. -#}
        {%- if existing_relation -%}
            {%- do adapter.drop_relation(existing_relation) -%}
        {%- endif -%}
        {%- do create_empty_table(
            this, rows, 'partitioned by (built_part, part_version)'
        ) -%}
    {%- endif -%}
    {%- if new -%}
        {#- The partitions that this overwrites are those of its own rows: what
            a killed build may have left there. -#}
        {%- call statement('main') -%}
            insert overwrite table {{ this }} by name {{ rows }}
        {%- endcall -%}
    {%- else -%}
        {%- call noop_statement('main', 'nothing new') -%}{%- endcall -%}
    {%- endif -%}
    {%- do add_empty_parts(new) -%}
    {{ run_hooks(post_hooks) }}
    {{- return({'relations': [target_relation]}) -}}
{%- endmaterialization %}


{% macro refuse_to_lose_parts() -%}
    {#- In the other mode, to overwrite one partition is to drop all others. -#}
    {%- set mode = 'spark.sql.sources.partitionOverwriteMode' -%}
    {%- if run_query('set ' ~ mode).rows[0][1] | lower != 'dynamic' -%}
        {%- do exceptions.raise_compiler_error(
            mode ~ ' must be dynamic: days that need no build would be lost.'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro parts_to_build() -%}
    {%- set parts = [] -%}
    {%- for row in run_query(
        'select built_part, part_version from ' ~ part_variable('parts')
        ~ " where built_part <> ''"
    ).rows -%}
        {%- do parts.append([row[0], row[1]]) -%}
    {%- endfor -%}
    {{- return(parts) -}}
{%- endmacro %}


{% macro add_empty_parts(parts) -%}
    {#- A part that has no rows is a partition, too, or it would be looked for
        in each build, and be missing to the models that read it. -#}
    {%- set held = parts_of(this) if parts else [] -%}
    {%- set empty = partitions(parts | reject('in', held)) -%}
    {%- if empty -%}
        {%- do run_query(
            'alter table ' ~ this ~ ' add if not exists ' ~ empty | join(' ')
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro drop_parts(parts) -%}
    {%- if parts -%}
        {%- do run_query(
            'alter table ' ~ this ~ ' drop if exists '
            ~ partitions(parts) | join(', ')
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro partitions(parts) -%}
    {%- set literals = [] -%}
    {%- for part, version in parts -%}
        {%- do literals.append(
            "partition (built_part = '" ~ part ~ "', part_version = '"
            ~ version ~ "')"
        ) -%}
    {%- endfor -%}
    {{- return(literals) -}}
{%- endmacro %}


{% macro part_variable(name) -%}
    {#- Models are built side by side in one session. A unit test has neither a
        name nor variables: there, whose pre-hook does not run, it is null. -#}
    {%- if not this.identifier -%}
        {%- set types = {
            'days': 'array<date>',
            'files': 'array<bigint>',
            'paths': 'array<string>',
            'code_version': 'bigint',
        } -%}
        {{- return('null::' ~ types[name]) -}}
    {%- endif -%}
    {{- return(this.identifier ~ '__' ~ name) -}}
{%- endmacro %}


{% macro parts_of(relation) -%}
    {#- [part, version] of each partition that a table has. -#}
    {%- set parts = [] -%}
    {%- for row in run_query('show partitions ' ~ relation).rows -%}
        {%- set part = row[0] | replace('built_part=', '')
            | replace('part_version=', '') | string -%}
        {%- do parts.append(part.split('/')) -%}
    {%- endfor -%}
    {{- return(parts) -}}
{%- endmacro %}


{% macro choose_parts(part_of, part_type, wanted) -%}
    {#- wanted: the version of each part that the model is to hold. -#}
    {%- set held = parts_of(this) if is_incremental() else [] -%}
    {%- set kept = {} -%}
    {%- set dropped = [] -%}
    {%- for part, version in held -%}
        {%- if wanted.get(part) == version -%}
            {%- do kept.update({part: version}) -%}
        {%- else -%}
            {%- do dropped.append([part, version]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do drop_parts(dropped) -%}
    {%- set rows = [] -%}
    {%- set literals = [] -%}
    {%- for part, version in wanted.items() if part not in kept -%}
        {%- set literal = "'" ~ part ~ "'::" ~ part_type -%}
        {%- do literals.append(literal) -%}
        {%- do rows.append(
            '(' ~ literal ~ ", '" ~ part ~ "', '" ~ version ~ "')"
        ) -%}
    {%- endfor -%}
    {%- do run_on_spark([
        set_part_variable('part_of', 'string', text_literal(part_of)),
        'create or replace temporary view ' ~ part_variable('parts')
        ~ ' as select * from values '
        ~ (rows | join(', ') if rows
            else '(null::' ~ part_type ~ ", '', '')")
        ~ ' as parts (part, built_part, part_version)',
    ]) -%}
    {{- return(literals) -}}
{%- endmacro %}
