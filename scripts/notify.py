"""Reports what is new, worse or gone on the watchlist, and sends it to NOTIFY_URLS: make notify.

NOTIFY_URLS: addresses for apprise, separated by white space. Without any, the text is printed.
SINCE: the day to compare the last day with, such as 2022-03-12; by default the list that was sent
last, or without one the day before. The file <warehouse>.notified keeps the list that was sent.
SITE_URL: where the pages of make site are served, for the links; by default their files.

Exit codes: 0 sent, printed, or nothing changed; 1 an error, described in one sentence.
"""

from outputs import open_marts, warehouse_path

# isort: split
import json
import logging
import os
import re
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
from site_pages import page_name

QUERY = Path(__file__).with_name("watchlist_changes.sql")
MOST_LINES = 4  # after the title
LISTED = ("site_id", "asset_id", "component_id", "likely_cause", "concern_score")
CHANGES = ("new", "new cause", "worse", "gone")


def changes(connection: duckdb.DuckDBPyConnection, since=None, sent=None) -> list[tuple]:
    """The rows of watchlist_changes.sql; one row without a change if nothing changed."""
    return connection.execute(QUERY.read_text(), {"since": since, "sent": sent}).fetchall()


def sent_file() -> Path:
    """The file with the last day that was sent, and its list as it was sent."""
    return Path(f"{warehouse_path()}.notified")


def last_sent() -> tuple[date, str] | None:
    """The last day that was sent, and its list as JSON, if they are known."""
    try:
        sent = json.loads(sent_file().read_text(encoding="utf-8"))
        names = [sorted(handle) for handle in sent["listed"]]
        if all(found == sorted(LISTED) for found in names):
            return date.fromisoformat(sent["day"]), json.dumps(sent["listed"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    print(
        f"'{sent_file()}' cannot be read, so the list is compared with the day before.",
        file=sys.stderr,
    )
    return None


def keep_sent(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Keeps the list of a day, for the next message."""
    rows = connection.execute(
        f"select {', '.join(LISTED)} from marts.watchlist_history "
        "where day = ? and confidence = 'named'",
        [day],
    ).fetchall()
    listed = [dict(zip(LISTED, row, strict=True)) for row in rows]
    text = json.dumps({"day": day.isoformat(), "listed": listed})
    try:
        sent_file().write_text(text, encoding="utf-8")
    except OSError as error:
        sys.exit(
            f"'{sent_file()}' cannot be written, so the next run compares anew: {error.strerror}."
        )


def printable(text: object) -> str:
    """An id on one line, whatever characters it has."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", str(text))[:100]


def line(row: tuple, site: str) -> str:
    """What changed, in words, with a link to its page."""
    change, handle_count, component_id, site_id, key, cause, remark, rank, score, *_ = row
    if component_id is None:
        page = page_name("site", (("site", key),))
        subject = f"{handle_count} handle{'s' if handle_count > 1 else ''}"
    else:
        page = page_name("component", (("component", key),))
        subject = f"handle {printable(component_id)}"
    parts = [f"{change}: {subject} at site {printable(site_id)}", cause]
    if remark:
        parts.append(remark)
    if change != "gone":
        parts.append(f"rank {rank}, score {score:.1f}")
    return f"{', '.join(parts)}: {site}/{page}"


def message(rows: list[tuple], before: str, site: str) -> tuple[str, list[str]] | None:
    """The title and the lines to send, or nothing. before: what the list is compared with."""
    *_, last_day, _ = rows[0]
    found = [row for row in rows if row[0] is not None]
    if not found:
        return None
    handles = {change: 0 for change in CHANGES}
    for change, handle_count, *_ in found:
        handles[change] += handle_count
    counts = ", ".join(
        f"{count} {change}" for change, count in handles.items() if count or change != "new cause"
    )
    title = f"Watchlist of {last_day:%-d %b %Y}, against {before}: {counts}"
    shown = found if len(found) <= MOST_LINES else found[: MOST_LINES - 1]
    lines = [line(row, site) for row in shown]
    if len(found) > len(shown):
        left_out = sum(row[1] for row in found[len(shown) :])
        lines.append(f"and {left_out} more: {site}/watchlist.html")
    return title, lines


def send(urls: list[str], title: str, body: str) -> list[int]:
    """Sends to each address, and returns the numbers of those that could not be reached.

    Addresses are never printed, because they may contain a password.
    """
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    targets = []
    for number, url in enumerate(urls, start=1):
        targets.append(apprise.Apprise())
        if not targets[-1].add(url):
            sys.exit(
                f"Target {number} of NOTIFY_URLS is no address that apprise knows. "
                "Nothing was sent."
            )
    return [
        number
        for number, target in enumerate(targets, start=1)
        if not target.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    ]


def main() -> None:
    since = os.environ.get("SINCE") or None
    urls = (os.environ.get("NOTIFY_URLS") or "").split()
    site = (os.environ.get("SITE_URL") or os.environ.get("SITE_DIR") or "site").rstrip("/")
    if since:
        try:
            since = datetime.strptime(since, "%Y-%m-%d").date().isoformat()
        except ValueError:
            sys.exit(f"SINCE is '{printable(since)}'; it must be a day such as 2022-03-12.")
    sent = last_sent() if urls and not since else None
    with open_marts() as connection:
        try:
            rows = changes(connection, *(sent or (since,)))
        except duckdb.CatalogException:
            sys.exit(f"'{warehouse_path()}' holds no watchlist_history: run make build first.")
        *_, last_day, day_before = rows[0]
        if since and last_day and since >= last_day.isoformat():
            sys.exit(f"SINCE is {since}, but the last day of the watchlist is {last_day}.")
        if since and day_before and since < day_before.isoformat():
            sys.exit(f"SINCE is {since}, but the first day of the watchlist is {day_before}.")
        if sent and last_day and last_day < sent[0]:
            sys.exit(
                f"Nothing was sent: the last day of the watchlist is {last_day}, but that of "
                f"{sent[0]} was sent. Remove '{sent_file()}' to start again."
            )
        if last_day is None or (not sent and day_before in (None, last_day)):
            days = "no day" if last_day is None else "one day only"
            print(f"The watchlist has {days}: nothing to compare.")
            return
        before = f"{sent[0] if sent else day_before:%-d %b %Y}"
        before += " as it was sent" if sent else ""
        text = message(rows, before, site)
        if text is None:
            print(f"Nothing changed: watchlist of {last_day:%-d %b %Y}, against {before}.")
            if urls and not sent and not since:
                keep_sent(connection, last_day)
            return
        title, lines = text
        if not urls:
            print(title, *lines, sep="\n")
            return
        failed = send(urls, title, "\n".join(lines))
        if len(failed) < len(urls):
            keep_sent(connection, last_day)
    if failed:
        sys.exit(
            f"{len(failed)} of {len(urls)} targets of NOTIFY_URLS could not be reached: "
            f"number {', '.join(map(str, failed))}."
        )
    print(f"{title}. Sent to {len(urls)} target{'s' if len(urls) > 1 else ''}.")


if __name__ == "__main__":
    main()
