{#- Models that go on from the build before, on Spark: a table of Parquet
    partitions, one for each part that is built by itself, a day or a file, and
    its version. What a table holds is thus told by its partitions alone, which
    Spark shows only once all their files are written: a build that was killed
    leaves no part that looks whole, and needs no repair.

    The model's pre-hook drops the partitions that are not wanted any more, and
    leaves in variables of the session which parts are to be built. -#}

{% materialization incremental, adapter='spark' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- set part_of = run_query('select ' ~ part_variable('part_of')).rows[0][0] -%}
    {%- set rows -%}
        select
            rows.*,
            parts.built_part,
            parts.part_version
        from (
            {{ compiled_code }}
        ) as rows
        inner join {{ this.identifier }}__parts as parts
            on rows.{{ part_of }} = parts.part
    {%- endset -%}
    {%- if is_incremental() and parts_of(this) -%}
        {#- The partitions that this overwrites are those of its own rows: what
            a killed build may have left there. -#}
        {%- call statement('main') -%}
            insert overwrite table {{ this }} by name {{ rows }}
        {%- endcall -%}
    {%- else -%}
        {#- Nothing is kept: its columns may be others than they were. -#}
        {%- if existing_relation -%}
            {%- do adapter.drop_relation(existing_relation) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            create table {{ this }} using parquet
            partitioned by (built_part, part_version) as
            {{ rows }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{- return({'relations': [target_relation]}) -}}
{%- endmaterialization %}


{% macro part_variable(name) -%}
    {#- Models are built side by side in one session. -#}
    {{- return(this.identifier ~ '__' ~ name) -}}
{%- endmacro %}


{% macro parts_of(relation) -%}
    {#- [part, version] of each partition that a table has. -#}
    {%- set parts = [] -%}
    {%- for row in run_query('show partitions ' ~ relation).rows -%}
        {%- do parts.append(
            row[0] | replace('built_part=', '') | replace('part_version=', '')
            | string
        ) -%}
    {%- endfor -%}
    {%- set pairs = [] -%}
    {%- for part in parts -%}
        {%- do pairs.append(part.split('/')) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{%- endmacro %}


{% macro declare_part_variables() -%}
    {#- Null, where a model runs without its pre-hook: in a unit test. -#}
    {%- for node in graph.nodes.values() if (
        node.resource_type == 'model'
        and node.config.materialized == 'incremental'
    ) -%}
        {%- for name, type in {
            'days': 'array<date>',
            'files': 'array<bigint>',
            'paths': 'array<string>',
            'code_version': 'bigint',
        }.items() -%}
            {%- do run_query(
                'declare or replace variable ' ~ node.alias ~ '__' ~ name
                ~ ' ' ~ type
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}


{% macro choose_parts(part_of, part_type, wanted) -%}
    {#- wanted: the version of each part that the model is to hold. -#}
    {%- set held = parts_of(this) if is_incremental() else [] -%}
    {%- set kept = [] -%}
    {%- set dropped = [] -%}
    {%- for part, version in held -%}
        {%- if wanted.get(part) == version -%}
            {%- do kept.append(part) -%}
        {%- else -%}
            {%- do dropped.append(
                "partition (built_part = '" ~ part ~ "', part_version = '"
                ~ version ~ "')"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- set literals = [] -%}
    {%- for part, version in wanted.items() if part not in kept -%}
        {%- set literal = "'" ~ part ~ "'::" ~ part_type -%}
        {%- do literals.append(literal) -%}
        {%- do rows.append(
            '(' ~ literal ~ ", '" ~ part ~ "', '" ~ version ~ "')"
        ) -%}
    {%- endfor -%}
    {%- if dropped -%}
        {%- do run_query(
            'alter table ' ~ this ~ ' drop if exists ' ~ dropped | join(', ')
        ) -%}
    {%- endif -%}
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
