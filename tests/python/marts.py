"""All marts of two builds side by side, whichever engine built them."""

# A sum of floats depends on the order of its terms, which no engine guarantees.
LARGEST_DIFFERENCE = 1e-9  # relative; absolute below 1, for values near zero
# Not compared: when and from what a build was made, and versions, because each engine hashes in its
# own way.
OF_EACH_BUILD = "build_info"
VERSIONS = ("file_version", "day_version")


def sql_text(value):
    return "'" + str(value).replace("'", "''") + "'"


def marts_of_file(connection, path, alias):
    """{mart: SQL of its table or view} of a file of DuckDB."""
    connection.execute(f"attach {sql_text(path)} as {alias} (read_only)")
    names = connection.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = $1 and table_schema = 'marts'",
        [alias],
    ).fetchall()
    return {name: f"{alias}.marts.{name}" for (name,) in names if name != OF_EACH_BUILD}


def marts_of_folder(folder):
    """{mart: SQL} of what Spark published: a folder of Parquet per mart; false for an empty one.

    A mart that is built by file has a folder for each file, and no file where it has no row.
    """
    return {
        mart.name: any(mart.rglob("*.parquet"))
        and f"read_parquet({sql_text(mart / '**/*.parquet')})"
        for mart in folder.iterdir()
        if mart.is_dir() and mart.name != OF_EACH_BUILD
    }


def marts_that_differ(connection, one, other):
    """A sentence for each mart that differs."""
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            yield f"{name} is there only once"
        elif not one[name] or not other[name]:
            ((count,),) = connection.execute(
                f"select count(*) from {one[name] or other[name]}"
            ).fetchall()
            if count:
                yield f"{name} has {count} rows only once"
        elif difference := difference_of(connection, one[name], other[name]):
            yield f"{name}: {difference}"


def difference_of(connection, one, other):
    """The difference between two tables, or nothing. The order of columns does not matter."""
    types, other_types = (
        {
            name: type_
            for name, type_, *_ in connection.execute(f"describe {table}").fetchall()
            if name not in VERSIONS
        }
        for table in (f"from {one}", f"from {other}")
    )
    if types != other_types:
        return f"columns {types} and {other_types}"
    # Floats come last, because they may differ a little.
    columns = sorted(types, key=lambda name: (types[name] == "DOUBLE", name))
    for table, name in ((one, "one"), (other, "other")):
        connection.execute(
            f"create or replace temporary table {name} as select {quoted(columns)}, row_number() "
            f"over (order by {quoted(columns)}) as row_number from {table}"
        )
    counts = connection.execute(
        "select (select count(*) from one), (select count(*) from other)"
    ).fetchone()
    if counts[0] != counts[1]:
        return f"{counts[0]} and {counts[1]} rows"
    equal = " and ".join(f"({is_equal(name, types[name])})" for name in columns)
    different = connection.execute(
        f"select one, other from one join other using (row_number) where ({equal}) is not true"
    ).fetchall()
    if different:
        return f"{len(different)} rows, such as {different[0][0]} and {different[0][1]}"
    return None


def is_equal(column, type_):
    condition = f'one."{column}" is not distinct from other."{column}"'
    if type_ == "DOUBLE":
        condition += (
            f' or abs(one."{column}" - other."{column}")'
            f' <= {LARGEST_DIFFERENCE} * greatest(1, abs(one."{column}"))'
        )
    return condition


def quoted(columns):
    return ", ".join(f'"{column}"' for column in columns)
