{#- What the name of an alert or a signal says, where no catalog has the name. -#}

{% macro words_of(name) -%}
    {#- A word begins at a capital after a small letter, and at the last capital
        of several before a small letter. So pcbaOTFoldback becomes
        ' pcba ot foldback '. Digits and all other characters separate words. -#}
    {%- set split = replace_pattern(
        replace_pattern(name, '(\\p{Ll})(\\p{Lu})', '\\1 \\2'),
        '(\\p{Lu})(\\p{Lu}\\p{Ll})', '\\1 \\2'
    ) -%}
    concat(
        ' ',
        {{ replace_pattern('lower(' ~ split ~ ')', '[^\\p{L}\\p{M}]+', ' ') }},
        ' '
    )
{%- endmacro %}


{% macro temperature_names(relation, column) -%}
    select distinct names.{{ column }}
    from (
        select distinct
            {{ column }},
            {{ words_of(column) }} as words
        from {{ relation }}
    ) as names
    inner join {{ ref('temperature_words') }} as temperature_words
        on contains(
            names.words,
            case temperature_words.place
                when 'whole' then ' ' || temperature_words.word || ' '
                when 'end' then temperature_words.word || ' '
                else temperature_words.word
            end
        )
{%- endmacro %}
