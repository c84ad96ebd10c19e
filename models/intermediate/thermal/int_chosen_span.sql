-- One row: the span of the recent power that serves for all components.
select span_minutes
from {{ ref('int_thermal_spans') }}
where is_chosen
