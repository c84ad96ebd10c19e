{#- How names are split into words, and how words are compared. -#}

{% macro words_of(name) -%}
    {#- A word begins at a capital after a small letter, and at the last of
        several capitals before a small letter. So pcbaOTFoldback becomes
        ' pcba ot foldback '. Digits and all other characters separate words. -#}
    {%- set split = replace_pattern(
        replace_pattern(name, '(\\p{Ll})(\\p{Lu})', '\\1 \\2'),
        '(\\p{Lu})(\\p{Lu}\\p{Ll})', '\\1 \\2'
    ) -%}
    concat(
        ' ',
        trim({{ replace_pattern(
            'lower(' ~ split ~ ')', '[^\\p{L}\\p{M}]+', ' '
        ) }}),
        ' '
    )
{%- endmacro %}


{% macro as_word(text) -%}
    {#- SQL: 'No fault' as no_fault, the spelling of catalogs. -#}
    {{ replace_pattern('lower(' ~ text ~ ')', '[ _-]+', '_') }}
{%- endmacro %}


{% macro temperature_names(relation, column) -%}
    {#- SQL: a query of the names with a word that means temperature. The unit
        is null if a signal's name also has a word of another quantity. -#}
    select
        names.{{ column }},
        case
            when count(*) filter (where temperature_words.place = 'other') = 0
                then coalesce(
                    max(temperature_words.unit) filter (
                        where temperature_words.place = 'last'
                    ),
                    max(temperature_words.unit)
                )
        end as unit
    from (
        select distinct
            {{ column }},
            {{ words_of(column) }} as words
        from {{ relation }}
    ) as names
    inner join {{ ref('temperature_words') }} as temperature_words
        on case temperature_words.place
            when 'end' then contains(names.words, temperature_words.word || ' ')
            when 'inside' then contains(names.words, temperature_words.word)
            when 'last'
                then {{ by_engine('ends_with', 'endswith') }}(
                    names.words, temperature_words.word || ' '
                )
            else contains(names.words, ' ' || temperature_words.word || ' ')
        end
    group by names.{{ column }}
    having count(*) filter (where temperature_words.place <> 'other') > 0
{%- endmacro %}
