select
    shown_cause(likely_cause) as label,
    likely_cause as key
from marts.component_watchlist
group by likely_cause
order by likely_cause = 'none', likely_cause;
