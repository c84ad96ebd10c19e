{#- A record carries one text that names its series, and models join by hashes:
    joins, groups and sorts of millions of rows take half the time. A key is made
    of the texts alone, so it is the same in every build, and of ten million
    components two share a key with a chance of one in 400 000; the keys of
    stg_series are tested. -#}

{% macro series_text(site, asset, component, signal) -%}
    {#- No id holds chr(31), the unit separator of ASCII: control characters are
        rejected. -#}
    concat({{ [site, asset, component, signal] | join(', chr(31), ') }})
{%- endmacro %}


{% macro text_part(text, place) -%}
    {#- place: 1 site, 2 asset, 3 component, 4 signal, alert or result of an
        inspection, which also has 5 the cause that was found and 6 a note. -#}
    split_part({{ text }}, chr(31), {{ place }})
{%- endmacro %}


{% macro component_key(
    site='site_id', asset='asset_id', component='component_id'
) -%}
    {{- hash_of([site, asset, component]) -}}
{%- endmacro %}
