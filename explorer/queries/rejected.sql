-- The first 1,000 rejected rows; the table of reasons counts all of them.
select
    file_name as "File",
    line_number as "Line",
    reject_reason as "Reason",
    raw_line as "Text"
from marts.rejected_rows
order by file_name, line_number
limit 1000;
