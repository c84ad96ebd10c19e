{#- Each record has one text that names its series. Models join by hashes of it,
    so joins, groups and sorts of millions of rows take half the time. A key
    depends on the texts alone, so it is the same in every build. Among ten
    million components, the chance that two share a key is one in 400 000; the
    keys of stg_series are tested. -#}

{% macro series_text(site, asset, component, signal) -%}
    {#- No id contains chr(31), the unit separator of ASCII, because ids with
        control characters are rejected. -#}
    concat({{ [site, asset, component, signal] | join(', chr(31), ') }})
{%- endmacro %}


{% macro text_part(text, place) -%}
    {#- place: 1 site, 2 asset, 3 component, 4 signal, alert or inspection
        result. Inspections also have 5, the found cause, and 6, a note. -#}
    split_part({{ text }}, chr(31), {{ place }})
{%- endmacro %}


{% macro component_key(
    site='site_id', asset='asset_id', component='component_id'
) -%}
    {{- hash_of([site, asset, component]) -}}
{%- endmacro %}
