{#- One number in the place of several texts: joins, groups and sorts of
    millions of rows take half the time. It is made of the texts alone, so it
    is the same in every build, and of ten million components two share a key
    with a chance of one in 400 000; the keys of stg_series are tested. -#}

{% macro series_key(
    site='site_id', asset='asset_id', component='component_id',
    signal='signal_name'
) -%}
    {{- hash_of([site, asset, component, signal]) -}}
{%- endmacro %}


{% macro component_key(
    site='site_id', asset='asset_id', component='component_id'
) -%}
    {{- hash_of([site, asset, component]) -}}
{%- endmacro %}
