"""What make notify prints and sends, from a hand-made warehouse, to a webhook on loopback."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import duckdb
import pytest
from landing import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from site_pages import page_name

SECRET = "token-of-the-webhook"


@pytest.fixture
def warehouse(tmp_path):
    """A warehouse with the history of a few handles.

    A row is the day, handle, rank, confidence and score, and perhaps the cause.
    """

    def make(rows):
        path = tmp_path / "warehouse.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute(
                "create schema marts; create table marts.build_info as select 1; "
                "create table marts.watchlist_history (day date, "
                "site_id text, asset_id text, component_id text, concern_rank bigint, "
                "likely_cause text, confidence text, concern_score double)"
            )
            for day, handle, rank, confidence, score, *causes in rows:
                [cause] = causes or ["none" if confidence == "none" else "weak_cooling"]
                connection.execute(
                    "insert into marts.watchlist_history values (?, 's', 'a', ?, ?, ?, ?, ?)",
                    [f"2022-03-{day}", handle, rank, cause, confidence, score],
                )
        return path

    return make


@pytest.fixture
def webhook():
    """A server that keeps posted messages; it refuses a path with fail."""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.append(json.loads(body))
            self.send_response(500 if "fail" in self.path else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.posted = posted
    server.url = f"json://127.0.0.1:{server.server_port}/{SECRET}"
    yield server
    server.shutdown()


def notify(path, **variables):
    environment = {**os.environ, "WAREHOUSE_PATH": str(path), **variables}
    for name in {"NOTIFY_URLS", "SINCE", "SITE_URL", "SITE_DIR"} - variables.keys():
        environment.pop(name, None)
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/notify.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in run.stderr
    assert SECRET not in run.stdout + run.stderr
    return run


HISTORY = [
    (12, "old", 1, "named", 60),
    (13, "old", 1, "named", 60),
    (13, "worse", 2, "named", 55),
    (13, "same", 3, "named", 52),
    (13, "gone", 4, "named", 51),
    (13, "perhaps", 5, "possible", 45),
    (14, "worse", 1, "named", 60),
    (14, "new", 2, "named", 58),
    (14, "same", 3, "named", 56.9),
    (14, "old", 4, "named", 55),
    (14, "gone", 5, "possible", 45),
    (14, "perhaps", 6, "none", 5),
]


def test_it_says_what_is_new_worse_or_gone(warehouse):
    """A change is missed, or an unchanged handle is named."""
    run = notify(warehouse(HISTORY), SITE_URL="https://site.example/")
    title, *lines = run.stdout.splitlines()
    assert title == "Watchlist of 14 Mar 2022, against 13 Mar 2022: 1 new, 1 worse, 1 gone"
    [(key,)] = duckdb.sql("select md5(to_json(['s', 'a', 'new']))").fetchall()
    page = page_name("component", (("component", key),))
    assert lines[0] == (
        f"new: handle new at site s, weak cooling, rank 2, score 58.0: https://site.example/{page}"
    )
    assert [line.split(" at ")[0] for line in lines] == [
        "new: handle new",
        "worse: handle worse",
        "gone: handle gone",
    ]


def test_a_hot_site_is_one_line(warehouse):
    """Each handle of a hot site is a line, and hides the other changes."""
    site = [(14, f"h{n}", n, "named", 80 - n, "hot_site") for n in range(2, 10)]
    left = [(13, f"h{n}", n, "none", 0) for n in range(2, 10)]
    run = notify(warehouse([*left, *site, (13, "x", 1, "none", 0), (14, "x", 1, "named", 90)]))
    title, *lines = run.stdout.splitlines()
    assert title.endswith("9 new, 0 worse, 0 gone")
    [(key,)] = duckdb.sql("select md5(to_json(['s']))").fetchall()
    page = page_name("site", (("site", key),))
    assert lines[0].startswith("new: handle x at site s, weak cooling, rank 1, score 90.0: ")
    assert lines[1:] == [f"new: 8 handles at site s, hot site, rank 2, score 78.0: site/{page}"]


def test_another_cause_is_told(warehouse):
    """The workshop goes on looking for the cause of the day before."""
    rows = [(13, "x", 1, "named", 60, "weak_cooling"), (14, "x", 1, "named", 58, "sensor_fault")]
    title, line = notify(warehouse(rows)).stdout.splitlines()
    assert title.endswith("0 new, 1 new cause, 0 worse, 0 gone")
    assert line.startswith(
        "new cause: handle x at site s, sensor fault, before weak cooling, rank 1, score 58.0: "
    )


def test_a_handle_that_fell_silent_is_told_apart(warehouse):
    """A handle that broke down looks like one that recovered."""
    rows = [
        (13, "silent", 1, "named", 60),
        (13, "well", 2, "named", 55),
        (14, "well", 1, "none", 5),
    ]
    _, *lines = notify(warehouse(rows)).stdout.splitlines()
    assert [line.split(": site/")[0] for line in lines] == [
        "gone: handle silent at site s, weak cooling, not in use lately",
        "gone: handle well at site s, weak cooling",
    ]


def test_many_changes_are_five_lines(warehouse):
    """A bad day fills the screen."""
    rows = [(13, "x", 1, "none", 0), *((14, f"h{n}", n, "named", 90 - n) for n in range(1, 31))]
    run = notify(warehouse(rows))
    lines = run.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].endswith("30 new, 0 worse, 0 gone")
    assert lines[4] == "and 27 more: site/watchlist.html"


def test_another_day_can_be_compared_with(warehouse):
    """SINCE is ignored."""
    run = notify(warehouse(HISTORY), SINCE="2022-03-12")
    assert "against 12 Mar 2022: 3 new" in run.stdout


def test_it_sends_what_it_would_print(warehouse, webhook):
    """A target gets another text, or two targets get one message."""
    path = warehouse(HISTORY)
    title, *lines = notify(path).stdout.splitlines()
    run = notify(path, NOTIFY_URLS=f"{webhook.url} {webhook.url}/2")
    assert run.returncode == 0
    assert run.stdout == f"{title}. Sent to 2 targets.\n"
    assert [post["title"] for post in webhook.posted] == [title] * 2
    assert webhook.posted[0]["message"].splitlines() == lines


def test_a_message_is_sent_once(warehouse, webhook):
    """A daily run without new data repeats the message, or two new days lose the first."""
    path = warehouse(HISTORY)
    sent = path.with_name("warehouse.duckdb.notified")
    notify(path)
    assert not sent.exists(), "a printed text counts as sent"
    assert notify(path, NOTIFY_URLS=f"{webhook.url}/fail").returncode == 1
    assert not sent.exists(), "a failed message counts as sent"
    webhook.posted.clear()
    assert "1 new, 1 worse, 1 gone. Sent" in notify(path, NOTIFY_URLS=webhook.url).stdout
    run = notify(path, NOTIFY_URLS=webhook.url)
    against = "watchlist of 14 Mar 2022, against 14 Mar 2022 as it was sent"
    assert run.stdout == f"Nothing changed: {against}.\n"
    assert len(webhook.posted) == 1
    assert not run.stderr
    wrong = [[1], [{}], ["x"], 1, None]
    wrong = [json.dumps({"day": "2022-03-12", "listed": listed}) for listed in wrong]
    for content in ("", "2022-03-12", "[]", '{"day": "2022-03-12"}', *wrong):
        sent.write_text(content)
        run = notify(path, NOTIFY_URLS=webhook.url)
        assert "against 13 Mar 2022: 1 new" in run.stdout
        assert run.stderr == (
            f"'{sent}' cannot be read, so the list is compared with the day before.\n"
        )


def test_an_older_list_is_not_sent(warehouse, webhook):
    """A restored or wrong warehouse sends an old list as news."""
    path = warehouse(HISTORY)
    sent = path.with_name("warehouse.duckdb.notified")
    kept = '{"day": "2022-03-15", "listed": []}'
    sent.write_text(kept)
    run = notify(path, NOTIFY_URLS=webhook.url)
    assert run.returncode == 1
    assert run.stderr == (
        "Nothing was sent: the last day of the watchlist is 2022-03-14, but that of 2022-03-15 was "
        f"sent. Remove '{sent}' to start again.\n"
    )
    assert not webhook.posted
    assert sent.read_text() == kept


def test_what_late_data_changes_is_told(warehouse, webhook):
    """A handle is listed by data of a day that was already sent, and nobody is told."""
    path = warehouse(
        [(12, "x", 1, "none", 0), (13, "x", 1, "none", 0), (13, "old", 2, "named", 51)]
    )
    assert "1 new" in notify(path, NOTIFY_URLS=webhook.url).stdout
    with duckdb.connect(path) as connection:
        connection.execute(
            "update marts.watchlist_history "
            "set confidence = 'named', likely_cause = 'weak_cooling' "
            "where day = '2022-03-13' and component_id = 'x'; "
            "insert into marts.watchlist_history select * replace (day + 1 as day) "
            "from marts.watchlist_history where day = '2022-03-13'"
        )
    run = notify(path, NOTIFY_URLS=webhook.url)
    assert "against 13 Mar 2022 as it was sent: 1 new, 0 worse, 0 gone" in run.stdout
    assert webhook.posted[-1]["message"].startswith("new: handle x ")


@pytest.mark.parametrize(
    "rows", [HISTORY[:1], [(13, "x", 1, "named", 60), (14, "x", 1, "named", 61)]]
)
def test_it_sends_nothing_when_nothing_changed(warehouse, webhook, rows):
    """Every day brings a message, so users stop reading them."""
    run = notify(warehouse(rows), NOTIFY_URLS=webhook.url)
    assert run.returncode == 0
    assert not webhook.posted
    assert "Nothing changed" in run.stdout or "one day only" in run.stdout


def test_a_target_that_fails_is_told_without_its_address(warehouse, webhook):
    """A message is silently lost, or a password is printed."""
    path = warehouse(HISTORY)
    run = notify(path, NOTIFY_URLS=f"{webhook.url}/fail {webhook.url}")
    assert run.returncode == 1
    assert run.stderr == "1 of 2 targets of NOTIFY_URLS could not be reached: number 1.\n"
    assert len(webhook.posted) == 2
    assert "Nothing changed" in notify(path, NOTIFY_URLS=webhook.url).stdout, "others get it twice"
    run = notify(path, SINCE="2022-03-13", NOTIFY_URLS=f"{webhook.url} nonsense-{SECRET}")
    assert run.returncode == 1
    unknown = "Target 2 of NOTIFY_URLS is no address that apprise knows. Nothing was sent.\n"
    assert run.stderr == unknown
    assert len(webhook.posted) == 2


def test_wrong_input_ends_with_a_sentence(warehouse, tmp_path):
    """A missing or old warehouse, or a wrong day, ends in a traceback."""
    assert "run make build first" in notify(tmp_path / "none.duckdb").stderr
    duckdb.connect(tmp_path / "old.duckdb").close()
    assert "run make build first" in notify(tmp_path / "old.duckdb").stderr
    empty = warehouse([])
    sent = empty.with_name("warehouse.duckdb.notified")
    sent.write_text('{"day": "2022-03-12", "listed": []}')
    run = notify(empty, NOTIFY_URLS="json://127.0.0.1:9")
    assert run.stdout == "The watchlist has no day: nothing to compare.\n"
    sent.unlink()
    empty.unlink()
    path = warehouse(HISTORY)
    for since in ("yesterday", "20220313", "2022-W11-1", "2022-02-30"):
        run = notify(path, SINCE=since)
        assert run.stderr == f"SINCE is '{since}'; it must be a day such as 2022-03-12.\n"
    run = notify(path, SINCE="2022-03-14")
    assert run.returncode == 1
    assert run.stderr == ("SINCE is 2022-03-14, but the last day of the watchlist is 2022-03-14.\n")
    run = notify(path, SINCE="2022-03-11")
    assert run.returncode == 1
    assert run.stderr == (
        "SINCE is 2022-03-11, but the first day of the watchlist is 2022-03-12.\n"
    )


def test_an_id_stays_on_its_line(warehouse):
    """An id with a line break or an escape sequence writes its own lines."""
    rows = [(13, "x", 1, "none", 0), (14, "a\nb\x1b[31m", 1, "named", 60)]
    lines = notify(warehouse(rows)).stdout.splitlines()
    assert lines[1].startswith("new: handle a?b?[31m at site s")
    assert len(lines) == 2
