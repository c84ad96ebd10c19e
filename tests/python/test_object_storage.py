"""A landing folder on object storage, on an S3 server on loopback.

Its files give the marts of a local folder. Each file is read once, in one version. A store that
does not answer gives one sentence without credentials.
"""

import gzip
import logging
import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import duckdb
import pytest
from fsspec.registry import _registry
from landing import (
    ALERT_HEADER,
    ROOT,
    SIGNAL_HEADER,
    dbt_command,
    generate_fleet,
    typed_dbt,
    write_file,
)
from marts import marts_of_file, marts_that_differ
from test_staging import parquet_reading

if not os.environ.get("CI"):
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")

NOON = 1647086400000
SECRET = "geheim/Z9"
MOVED = "cannot be read: it was changed, removed or out of reach while the build read it"
MODELS = ["int_readings", "rejected_rows", "load_audit"]
BUILD = ("build", "--exclude-resource-type", "unit_test")
NOWHERE = {
    **{"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull},
    **{"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"},
}


@pytest.fixture(scope="module")
def server():
    """A client of the server. Everything started meanwhile finds this server, and no other."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs each request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        credentials = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET}
        for name, value in {**NOWHERE, **credentials}.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import boto3

        yield boto3.client("s3", region_name="us-east-1")
    server.stop()


@pytest.fixture
def landing(server, request):
    """A separate bucket, with two files in its folder `in`."""
    bucket = re.sub(r"\W+|_", "-", request.node.name).strip("-").lower()[-60:].strip("-")
    server.create_bucket(Bucket=bucket)

    def put(name, body, **options):
        body = body.encode() if isinstance(body, str) else body
        server.put_object(Bucket=bucket, Key=f"in/{name}", Body=body, **options)

    def remove(name):
        server.delete_object(Bucket=bucket, Key=f"in/{name}")

    for site in "ab":
        put(f"signals_data_{site}.csv", text(site))
    return SimpleNamespace(bucket=bucket, url=f"s3://{bucket}/in", put=put, remove=remove)


@pytest.fixture
def copied(monkeypatch, warehouse):
    """The names of the objects that builds copy."""
    names, plugin = [], sys.modules["landing_files"]
    copy = plugin.ListedObject.copy

    def copy_and_note(self, path):
        names.append(self.path.split("/")[-1])
        copy(self, path)

    monkeypatch.setattr(plugin.ListedObject, "copy", copy_and_note)
    return names


def text(site, count=2):
    rows = [f"0,{NOON + at},{site},a,c,LM_powerLimit,20.5," for at in range(count)]
    return "\n".join([SIGNAL_HEADER, *rows, "bad", ""])


def sites(warehouse):
    query = "select site_id from intermediate.int_readings order by all"
    return "".join(row["site_id"] for row in warehouse.rows(query))


def problems(warehouse):
    query = "select file_name, file_problem from marts.load_audit where file_problem is not null"
    return {row["file_name"]: row["file_problem"] for row in warehouse.rows(query)}


def when_starting(model, act):
    def callback(event):
        if event.info.name == "LogStartLine" and event.data.node_info.node_name == model:
            act()

    return [callback]


def refusal(warehouse, url):
    """The sentence with which a build of a folder stops."""
    run = warehouse.invoke("run", "--select", "+load_audit", landing_dir=url)
    assert not run.success
    words = [str(run.exception)] if run.exception else [r.message for r in run.result.results]
    sentence = " ".join(" ".join(filter(None, words)).split())
    assert SECRET not in sentence
    assert "Traceback" not in sentence
    return sentence


def make_build(folder, url, **variables):
    """`make build`, as its script runs it."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts/build.py"],
        check=False,
        env={
            **os.environ,
            **{"LANDING_DIR": url, "WAREHOUSE_PATH": str(folder / "warehouse.duckdb")},
            **{"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")},
            **{"PYTHONDONTWRITEBYTECODE": ""},
            **variables,
        },
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A small fleet of files of each kind, a damaged file, and objects that are not files."""
    folder = tmp_path_factory.mktemp("fleet") / "fleet"
    arguments = {"landing_dir": str(folder), "sites": 1, "components": 2, "days": 1}
    run = generate_fleet(arguments)
    assert run.returncode == 0, run.stderr
    (first, *_) = (path for path in sorted(folder.iterdir()) if "signals" in path.name)
    header, *rows = first.read_text().splitlines()
    first.unlink()
    parts = ["\n".join([header, *rows[part::5], ""]) for part in range(5)]
    write_file(folder, "signals_data_0.csv", parts[0] + "bad\n")
    write_file(folder, "signals_data_1.csv.gz", parts[1])
    write_file(folder, "signals_data_2.csv.zst", parts[2])
    write_file(folder, "signals_data_3.csv", parts[3].encode("utf-16"))
    duckdb.sql(
        f"copy (from read_csv('{write_file(folder, 'rows.csv', parts[4])}')) "
        f"to '{folder}/signals_data_4.parquet'"
    )
    write_file(folder, "signals_data_cut.csv.gz", "")
    (folder / "signals_data_cut.csv.gz").write_bytes(gzip.compress(parts[1].encode())[:-9])
    write_file(folder, "signals_data_it's [1] é*?.csv", f"{header}\n")
    write_file(folder, "alerts_data.csv", f"{ALERT_HEADER}\n0,{NOON},a,a,c,LM_gunTempHigh,\n")
    write_file(folder, ".signals_data.csv", text("z"))
    write_file(folder, "sub/signals_data.csv", text("z"))
    return folder


def upload(server, folder, bucket, prefix=""):
    """Uploads the objects, and gives the files the same times."""
    server.create_bucket(Bucket=bucket)
    for path in folder.rglob("*"):
        if path.is_file():
            key = prefix + str(path.relative_to(folder))
            server.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
            time = server.head_object(Bucket=bucket, Key=key)["LastModified"].timestamp()
            os.utime(path, (time, time))


def test_a_folder_on_s3_gives_the_marts_of_a_local_one(server, fleet, tmp_path):
    """A file of some kind is not read from an object store, or not completely."""
    upload(server, fleet, "fleet", "my fleet/")
    server.put_object(Bucket="fleet", Key="my fleet/", Body=b"")  # as consoles create a folder
    paths = []
    for name, landing_dir in [("local", fleet), ("s3", "s3://fleet/my fleet/")]:
        paths.append(tmp_path / f"{name}.duckdb")
        run = dbt_command(*BUILD, folder=tmp_path, landing_dir=landing_dir, warehouse=paths[-1])
        assert run.returncode == 0, run.stdout
        assert "Unclosed" not in run.stdout
        assert not os.path.exists(f"{paths[-1]}.work.tmp")
    with duckdb.connect() as connection:
        local, remote = (
            marts_of_file(connection, path, name)
            for path, name in zip(paths, ["local", "remote"], strict=True)
        )
        assert list(marts_that_differ(connection, local, remote)) == []
        found = connection.sql(
            "select file_name, format, file_problem from remote.marts.load_audit"
        ).fetchall()
        kinds = {format.split(",")[0] for _, format, _ in found if format}
        assert kinds == {"CSV", "UTF-16 CSV", "Parquet"}
        assert {problem[:30] for *_, problem in found if problem} == {
            "ignored: neither signals_data ",
            "cannot be read: its compressed",
        }
        ((folder,),) = connection.sql("select landing_dir from remote.marts.build_info").fetchall()
    assert folder == "s3://fleet/my fleet"


def test_only_changed_objects_are_read(warehouse, landing, copied):
    """Each build reads an object again, or an object replaced within the same second is missed."""
    url = landing.url
    warehouse.load(url, *MODELS)
    assert sites(warehouse) == "aabb"
    assert copied == ["signals_data_a.csv", "signals_data_b.csv"]
    copied.clear()
    warehouse.load(url, *MODELS)
    assert copied == []
    landing.put("signals_data_a.csv", text("c"))  # the same length as before
    warehouse.load(url, *MODELS)
    assert sites(warehouse) == "bbcc"
    assert copied == ["signals_data_a.csv"]
    landing.remove("signals_data_b.csv")
    landing.put("notes.txt", "x")
    landing.put("sub/signals_data_d.csv", text("d"))
    warehouse.load(url, *MODELS)
    assert sites(warehouse) == "cc"
    assert problems(warehouse).keys() == {"notes.txt"}
    assert len(copied) == 1


MOVES = {
    "is replaced": (lambda landing: landing.put("signals_data_a.csv", text("c")), "bbcc"),
    "grows": (lambda landing: landing.put("signals_data_a.csv", text("a", 5)), "aaaaabb"),
    "vanishes": (lambda landing: landing.remove("signals_data_a.csv"), "bb"),
}


@pytest.mark.parametrize(
    ("when", "move"),
    [
        ("listed", "is replaced"),
        ("listed", "vanishes"),
        ("in-half", "is replaced"),
        ("in-half", "grows"),
        ("known", "is replaced"),
        ("known", "vanishes"),
        ("copied", "grows"),
        ("copied", "vanishes"),
    ],
)
def test_an_object_that_changes_during_the_build(warehouse, landing, monkeypatch, when, move):
    """Rows of two versions are loaded, or the next build misses the new version."""
    plugin, moved, callbacks = sys.modules["landing_files"], [], None
    copy, copy_file = plugin.ListedObject.copy, shutil.copyfileobj
    act, later_sites = MOVES[move]

    def act_once():
        if not moved:
            moved.append(act(landing))

    def act_and_copy(self, path):
        if self.path.endswith("_a.csv"):
            act_once()
        copy(self, path)

    def copy_in_half(source, target, size):
        target.write(source.read(size))
        act_once()
        copy_file(source, target, size)

    if when == "listed":
        monkeypatch.setattr(plugin.ListedObject, "copy", act_and_copy)
    elif when == "in-half":
        monkeypatch.setattr(plugin, "BLOCK_BYTES", 20)
        monkeypatch.setattr(plugin.shutil, "copyfileobj", copy_in_half)
    elif when == "known":  # an earlier build listed it, but did not read it
        warehouse.load(landing.url, "stg_landing_files")
        callbacks = when_starting("stg_landing_files", act_once)
    else:
        callbacks = when_starting("stg_landing_files", act_once)
    warehouse.load(landing.url, *MODELS, callbacks=callbacks)
    assert moved
    if when == "copied":
        assert (sites(warehouse), problems(warehouse)) == ("aabb", {})
    else:
        assert (sites(warehouse), problems(warehouse)) == ("bb", {"signals_data_a.csv": MOVED})
    monkeypatch.undo()
    warehouse.load(landing.url, *MODELS)
    assert (sites(warehouse), problems(warehouse)) == (later_sites, {})


def test_an_object_that_cannot_be_read_is_named(warehouse, landing, copied):
    """One object stops the others, or its reason is missing."""
    landing.put("signals_data_c.csv", text("c"), StorageClass="GLACIER")
    landing.put("signals_data_d.csv/part-0.csv", text("d"))
    landing.put("signals_data_e.csv", "")
    warehouse.load(landing.url, *MODELS)
    assert sites(warehouse) == "aabb"
    denied = "access is denied (InvalidObjectState): check the credentials and what they may read"
    assert copied.count("signals_data_c.csv") == 1
    assert problems(warehouse) == {
        "signals_data_c.csv": f"cannot be read: {denied}",
        "signals_data_d.csv": "cannot be read: not a file",
        "signals_data_e.csv": "empty file",
    }


def test_the_parts_of_a_parquet_file_are_read(warehouse, landing):
    """A folder of part files on S3 is not read, or a tool's extra files beside the parts are."""
    landing.put("signals_data_c.parquet/_SUCCESS", "")
    landing.put("signals_data_c.parquet/part-0.parquet", parquet_reading("c", f"{NOON}"))
    landing.put("signals_data_c.parquet/part-1.parquet", "PAR1")
    warehouse.load(landing.url, *MODELS)
    assert sites(warehouse) == "aabbc"
    assert problems(warehouse) == {
        "signals_data_c.parquet/part-1.parquet": "cannot be read: it is no Parquet file, or is "
        "damaged"
    }


def test_objects_are_read_in_large_blocks(warehouse, landing, server):
    """An object takes a request for every few bytes, or is read more than once."""
    plugin, sizes = sys.modules["landing_files"], []
    landing.put("signals_data_a.csv", text("a", 900_000))
    folder = plugin.list_objects(landing.url, plugin.Texts(None))
    file = folder["signals_data_a.csv"]
    fetch = file.store._call_s3

    async def count(method, *arguments, **options):
        sizes.append(method)
        return await fetch(method, *arguments, **options)

    file.store._call_s3 = count
    with file.open() as content:
        assert content.read() == text("a", 900_000).encode()
    file.open().close()
    assert len(text("a", 900_000)) > 2 * plugin.BLOCK_BYTES
    assert sizes == ["get_object"] * len(sizes)
    assert 1 <= len(sizes) <= 3


def test_a_store_that_cannot_be_listed(warehouse, landing, monkeypatch):
    """A build ends with a stack trace, or reveals a secret."""
    start = f"The landing folder '{landing.url}' cannot be listed: "
    assert (
        f"{start.replace(landing.bucket, 'no-such-bucket')}there is no such bucket: check its "
        "name, and AWS_ENDPOINT_URL." in refusal(warehouse, "s3://no-such-bucket/in")
    )
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        sentence = refusal(warehouse, landing.url)
    assert sentence.endswith(
        f"{start}the store is out of reach (EndpointConnectionError): check the network, and "
        "AWS_ENDPOINT_URL."
    )
    with monkeypatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        patch.delenv("AWS_SECRET_ACCESS_KEY")
        assert (
            f"{start}there are no credentials (NoCredentialsError): set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE." in refusal(warehouse, landing.url)
        )
    with monkeypatch.context() as patch:
        patch.delitem(_registry, "s3", raising=False)
        patch.setitem(sys.modules, "s3fs", None)
        assert (
            f"{start}s3fs is missing: run .venv/bin/uv sync --frozen --inexact --group s3."
            in refusal(warehouse, landing.url)
        )
    assert f"{start.replace('s3:', 'abc:')}" in refusal(warehouse, landing.url.replace("s3", "abc"))
    assert "There is nothing to load" in refusal(warehouse, f"s3://{landing.bucket}/empty")


def test_what_is_known_outlives_a_store_that_is_out_of_reach(
    warehouse, landing, copied, monkeypatch
):
    """A network that is down for a minute causes a new copy of all objects."""
    warehouse.load(landing.url, *MODELS)
    copied.clear()
    with monkeypatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        refusal(warehouse, landing.url)
    warehouse.load(landing.url, *MODELS)
    assert copied == []


def test_wrong_credentials(warehouse, landing, server):
    """A key that the store refuses gives more than one sentence."""
    import urllib.request

    def switch(count):  # from the next request on, moto checks the credentials
        address = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset-auth"
        request = urllib.request.Request(address, count, {"Content-Type": "text/plain"})
        urllib.request.urlopen(request).close()

    switch(b"0")
    try:
        assert (
            "cannot be listed: access is denied (InvalidAccessKeyId): check the credentials and "
            "what they may read." in refusal(warehouse, landing.url)
        )
    finally:
        switch(b"inf")


def test_a_password_in_the_address_is_refused(server, tmp_path):
    """A password appears in a message, a log or the warehouse."""
    run = make_build(tmp_path, f"s3://key:{SECRET}@bucket/in")
    assert run.returncode
    assert (run.stdout, run.stderr) == (
        "LANDING_DIR has a user and a password in its address: leave them out, and set "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n",
        "",
    )
    for command in ("compile", "debug"):
        landing_dir = f"s3://key:{SECRET}@bucket/in"
        run = typed_dbt(command, folder=tmp_path, landing_dir=landing_dir)
        assert run.stdout
        assert SECRET not in run.stdout
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_make_build_lists_a_store_each_time(landing, tmp_path):
    """make build reports that nothing has changed in a folder that it does not list."""
    for site in "ac":
        landing.put("signals_data_a.csv", text(site).replace("LM_powerLimit", "contactTempDegC"))
        run = make_build(tmp_path, landing.url)
        assert (run.returncode, run.stderr) == (0, ""), run.stdout
        assert f"from '{landing.url}'" in run.stdout
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as connection:
        found = connection.sql("select distinct site_id from marts.component_daily").fetchall()
        assert sorted(found) == [("b",), ("c",)]
        contents = str(connection.sql("from marts.build_info").fetchall())
    assert SECRET not in contents
    assert SECRET.encode() not in (tmp_path / "warehouse.duckdb").read_bytes()
