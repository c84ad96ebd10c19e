"""Reports what is new, worse or gone on the watchlist, and sends it to NOTIFY_URLS: make notify.

NOTIFY_URLS: addresses for apprise, separated by white space. Without any, the text is printed.
SINCE: the day to compare the last day with, such as 2022-03-12; by default the last day that was
sent, or without one the day before. The file <warehouse>.notified keeps the last day that was sent.
SITE_URL: where the pages of make site are served, for the links; by default their files.

Exit codes: 0 sent, printed, or nothing changed; 1 an error, described in one sentence.
"""

from outputs import open_marts, warehouse_path

# isort: split
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
CHANGES = ("new", "new cause", "worse", "gone")


def changes(since: str | None) -> list[tuple]:
    """The rows of watchlist_changes.sql; one row without a change if nothing changed."""
    with open_marts() as connection:
        try:
            return connection.execute(QUERY.read_text(), {"since": since}).fetchall()
        except duckdb.CatalogException:
            sys.exit(f"'{warehouse_path()}' holds no watchlist_history: run make build first.")


def sent_until() -> Path:
    """The file with the last day that was sent."""
    return Path(f"{warehouse_path()}.notified")


def last_sent_day() -> date | None:
    """The last day that was sent, if that is known."""
    try:
        return date.fromisoformat(sent_until().read_text().strip())
    except (OSError, ValueError):
        return None


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


def message(rows: list[tuple], site: str) -> tuple[str, list[str]] | None:
    """The title and the lines to send, or nothing."""
    *_, last_day, day_before = rows[0]
    found = [row for row in rows if row[0] is not None]
    if not found:
        return None
    handles = {change: 0 for change in CHANGES}
    for change, handle_count, *_ in found:
        handles[change] += handle_count
    counts = ", ".join(
        f"{count} {change}" for change, count in handles.items() if count or change != "new cause"
    )
    title = f"Watchlist of {last_day:%-d %b %Y}, against {day_before:%-d %b %Y}: {counts}"
    shown = found if len(found) <= MOST_LINES else found[: MOST_LINES - 1]
    lines = [line(row, site) for row in shown]
    if len(found) > len(shown):
        left_out = sum(row[1] for row in found[len(shown) :])
        lines.append(f"and {left_out} more: {site}/watchlist.html")
    return title, lines


def send(urls: list[str], title: str, body: str) -> None:
    """Sends to each address. Addresses are never printed, because they may contain a password."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    failed = []
    for number, url in enumerate(urls, start=1):
        target = apprise.Apprise()
        if not target.add(url):
            sys.exit(f"Target {number} of NOTIFY_URLS is no address that apprise knows.")
        if not target.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
            failed.append(str(number))
    if failed:
        sys.exit(
            f"{len(failed)} of {len(urls)} targets of NOTIFY_URLS could not be reached: "
            f"number {', '.join(failed)}."
        )


def main() -> None:
    since = os.environ.get("SINCE") or None
    urls = (os.environ.get("NOTIFY_URLS") or "").split()
    site = (os.environ.get("SITE_URL") or os.environ.get("SITE_DIR") or "site").rstrip("/")
    if since:
        try:
            since = datetime.strptime(since, "%Y-%m-%d").date().isoformat()
        except ValueError:
            sys.exit(f"SINCE is '{printable(since)}'; it must be a day such as 2022-03-12.")
    rows = changes(since)
    last_day, day_before = rows[0][-2:]
    sent_day = last_sent_day() if urls and last_day and not since else None
    if sent_day and sent_day == last_day:
        print(f"The watchlist of {last_day} was sent before.")
        return
    if sent_day and sent_day < last_day:
        rows = changes(sent_day.isoformat())
        day_before = rows[0][-1]
    if since and last_day and since >= last_day.isoformat():
        sys.exit(f"SINCE is {since}, but the last day of the watchlist is {last_day}.")
    if day_before is None or day_before == last_day:
        print("The watchlist has one day only: nothing to compare it with.")
        return
    text = message(rows, site)
    if text is None:
        print(f"Nothing changed on the watchlist between {day_before} and {last_day}.")
        return
    title, lines = text
    if not urls:
        print(title, *lines, sep="\n")
        return
    send(urls, title, "\n".join(lines))
    sent_until().write_text(f"{last_day}\n")
    print(f"{title}. Sent to {len(urls)} target{'s' if len(urls) > 1 else ''}.")


if __name__ == "__main__":
    main()
