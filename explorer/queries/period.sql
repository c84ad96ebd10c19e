-- One row: the period that the published file covers, and the age of its build.
with

build as (
    select
        *,
        greatest(date_diff('minute', built_at, now() at time zone 'UTC'), 0)
            as age_minutes
    from marts.build_info
)

select
    component_count || if(component_count = 1, ' handle', ' handles') || ' at '
    || site_count || if(site_count = 1, ' site', ' sites')
    || ' · ' || strftime(first_reading_at, '%-d %b %Y %H:%M') || ' to '
    || strftime(last_reading_at, '%-d %b %Y %H:%M') || ' UTC · built '
    || strftime(built_at, '%-d %b %Y %H:%M') || ' UTC, '
    || case
        when age_minutes < 120 then age_minutes || ' min'
        when age_minutes < 2880 then age_minutes // 60 || ' hours'
        else age_minutes // 1440 || ' days'
    end || ' ago' as words
from build;
