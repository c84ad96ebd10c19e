select
    file_name as "File",
    record_type as "Rows of",
    format as "Format",
    row_count as "Rows",
    staged_row_count as "Staged",
    rejected_row_count as "Rejected",
    repeated_row_count as "Repeated",
    file_problem as "Problem"
from marts.load_audit
order by
    file_problem is null,
    rejected_row_count desc nulls last,
    repeated_row_count desc nulls last,
    file_name asc;
