-- Statements that make each mart of the attached file readable as marts.<name>.
select
    format(
        'create view marts."{0}" as from warehouse.marts."{0}"',
        replace(table_name, '"', '""')
    )
from duckdb_tables()
where database_name = 'warehouse' and schema_name = 'marts';
