select
    min(day)::varchar as first_day,
    max(day)::varchar as last_day
from marts.fleet_daily;
