{#- On Spark, a version is a partition, and a table's partitions are its list of
    versions. Spark shows a partition only once all its files are written, so a
    build that was killed leaves no version that looks complete. -#}

{% macro spark__delete_old_rows(current, column, also) -%}
    {%- set wanted = values_of(
        'select distinct ' ~ column ~ '::string from ' ~ current
    ) -%}
    {%- set kept = [] -%}
    {%- set old = [] -%}
    {%- if holds_versions(column) -%}
        {%- set again = values_of(
            'select distinct ' ~ column ~ '::string from ' ~ this
            ~ ' where ' ~ also
        ) -%}
        {%- for version in partitions_of(this) -%}
            {%- if version in wanted and version not in again -%}
                {%- do kept.append(version) -%}
            {%- else -%}
                {%- do old.append(version) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if not kept -%}
        {#- Its columns may have changed. -#}
        {%- do create_empty_table(
            this, model.compiled_code, column, replaces=true
        ) -%}
    {%- elif old -%}
        {%- do drop_partitions(column, old) -%}
    {%- endif -%}
{%- endmacro %}


{% macro partitions_of(relation) -%}
    {#- The versions in a table, as texts. -#}
    {%- set versions = [] -%}
    {%- for row in run_query('show partitions ' ~ relation).rows -%}
        {%- do versions.append(row[0].split('=')[1]) -%}
    {%- endfor -%}
    {{- return(versions) -}}
{%- endmacro %}


{% macro drop_partitions(column, versions) -%}
    {%- set partitions = [] -%}
    {%- for version in versions -%}
        {%- do partitions.append('partition (' ~ column ~ ' = ' ~ version ~ ')') -%}
    {%- endfor -%}
    {%- if partitions -%}
        {%- do run_query(
            'alter table ' ~ this ~ ' drop if exists ' ~ partitions | join(', ')
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro values_of(query) -%}
    {{- return(run_query(query).columns[0].values() | list) -}}
{%- endmacro %}


{% macro spark__built_versions(column) -%}
    select distinct built.{{ column }}
    from {{ this }} as built
    where built.{{ column }} is not null
{%- endmacro %}


{% macro spark__is_version_to_test(current, column) -%}
    true
{%- endmacro %}
