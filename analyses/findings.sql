-- What stands out: the five most serious findings. For all findings: from
-- marts.fleet_findings.
select
    finding_rank as rank,
    severity,
    sentence as finding
from {{ ref('fleet_findings') }}
where finding_rank <= 5
order by finding_rank
