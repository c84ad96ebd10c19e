select
    file_name as "File",
    reject_reason as "Reason",
    row_count as "Rows",
    first_line_number as "First line"
from marts.rejected_rows_by_reason
order by row_count desc, file_name asc;
