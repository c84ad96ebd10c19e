"""Landing files that change or vanish while a build reads them.

Such a file is left out with a reason, and does not stop the others. If its rows are already loaded,
its rejected rows have no line numbers. The next build is correct.
"""

import errno
import gzip
import io
import os
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from landing import ALERT_HEADER, SIGNAL_HEADER, dbt_process

NOON = 1647086400000
MOVED = "cannot be read: it was changed, removed or out of reach while the build read it"
HEADER = SIGNAL_HEADER.encode()
MODELS = ["int_readings", "rejected_rows", "load_audit"]
TURNED = HEADER.replace(b"SITE,ASSET", b"ASSET,SITE")
BUILD = ("build", "--exclude-resource-type", "unit_test")


def text(site, count=2, header=HEADER):
    rows = [b"0,%d,%s,a,c,LM_powerLimit,20.5," % (NOON + at, site) for at in range(count)]
    return b"\n".join([header, *rows, b"bad", b""])


def turned(site, count=2):
    """The same length as before, but with another column order in the header."""
    rows = [b"0,%d,a,%s,c,LM_powerLimit,20.5," % (NOON + at, site) for at in range(count)]
    return b"\n".join([TURNED, *rows, b"bad", b""])


def rename(path, content):
    new = path.with_suffix(".part")
    new.write_bytes(content)
    new.rename(path)


def become_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def lead_out(path):
    """A link to an outside file of the same size and time."""
    found = path.stat()
    outside = path.parent.parent / "outside.csv"
    outside.write_bytes(path.read_bytes().replace(b",20.5,", b",21.5,"))
    os.utime(outside, ns=(found.st_atime_ns, found.st_mtime_ns))
    path.unlink()
    path.symlink_to(outside)


# What happens to the file of a site, and the number of its readings afterwards.
MOVES = {
    "vanishes": (lambda path, site: path.unlink(), 0),
    "grows": (lambda path, site: path.write_bytes(text(site, 3)), 3),
    "shrinks": (lambda path, site: path.write_bytes(text(site, 1)), 1),
    "is replaced": (lambda path, site: rename(path, text(site, 5)), 5),
    "is turned": (lambda path, site: path.write_bytes(turned(site)), 2),
    "breaks": (lambda path, site: path.write_bytes(b"\xff\xfe\0"), 0),
    "becomes a pipe": (lambda path, site: become_a_pipe(path), 0),
    "leads out": (lambda path, site: lead_out(path), 0),
}
STAYS = {"stays": 2}
LATER = {move: count for move, (_, count) in MOVES.items() if count} | STAYS


@dataclass
class MovingFiles:
    """A folder with a file for each move, whose site is the move, and a file that does not move."""

    folder: Path
    paths: dict = field(default_factory=dict)

    def write(self, form="plain", form_of_the_other="plain"):
        self.folder.mkdir()
        for site in [*MOVES, *STAYS]:
            ending, pack = FORMS[form_of_the_other if site in STAYS else form]
            self.paths[site] = path = self.folder / f"signals_data {site}.{ending}"
            path.write_bytes(pack(text(site.encode())))
            os.utime(path, ns=(0, 1))

    def move(self, *moves):
        for move in moves or MOVES:
            MOVES[move][0](self.paths[move], move.encode())

    def of_moved(self, value):
        """The value, by name of each moving file."""
        return {self.paths[move].name: value for move in MOVES}


@pytest.fixture
def moving(tmp_path):
    return MovingFiles(tmp_path / "landing")


# How a text becomes a file: read while it is typed, read by its lines, or decompressed.
FORMS = {
    "plain": ("csv", lambda text: text),
    "lines": ("csv", lambda text: text.replace(b",a,c,", b',"a",c,')),
    "gz": ("csv.gz", gzip.compress),
}


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    for site in "ab":
        (folder / f"signals_data_{site}.csv").write_bytes(text(site.encode()))
    return folder


def sites(warehouse):
    query = "select site_id from intermediate.int_readings order by all"
    return [row["site_id"] for row in warehouse.rows(query)]


def reading_counts(warehouse):
    """{site: number of its readings}; text from elsewhere counts for no site."""
    query = (
        "select if(asset_id = 'a' and value = 20.5, site_id, 'of another file') as site_id, "
        "count(*) as reading_count from intermediate.int_readings group by all"
    )
    return {row["site_id"]: row["reading_count"] for row in warehouse.rows(query)}


def when_starting(model, act):
    """A callback for dbt that acts when the model is about to be built."""

    def callback(event):
        if event.info.name == "LogStartLine" and event.data.node_info.node_name == model:
            act()

    return [callback]


def numbers(warehouse):
    query = (
        "select file_name, list(line_number order by line_number) as numbers "
        "from marts.rejected_rows group by 1"
    )
    return {row["file_name"]: row["numbers"] for row in warehouse.rows(query)}


def problems(warehouse):
    query = "select file_name, file_problem from marts.load_audit where file_problem is not null"
    return {row["file_name"]: row["file_problem"] for row in warehouse.rows(query)}


@pytest.mark.parametrize("form", ["plain", "lines"])
def test_files_that_are_needed_once_more_keep_their_rows(warehouse, moving, form):
    """The lines of rejected rows cannot be found again: rows are lost, or get wrong numbers."""
    moving.write(form)
    # The reader of plain files reports the numbers itself.
    known = moving.of_moved([4] if form == "plain" else [None])
    callbacks = when_starting("rejected_rows", moving.move)
    warehouse.load(moving.folder, *MODELS, callbacks=callbacks)
    assert reading_counts(warehouse) == dict.fromkeys(MOVES, 2) | STAYS
    assert numbers(warehouse) == known | {moving.paths["stays"].name: [4]}
    assert not problems(warehouse)
    warehouse.load(moving.folder, *MODELS)
    assert reading_counts(warehouse) == LATER
    assert all(None not in of_file for of_file in numbers(warehouse).values())


def test_files_that_move_while_they_are_listed_are_left_out(warehouse, moving, monkeypatch):
    """A part of a file is loaded while the file is being written, or the problem text differs."""
    moving.write()
    plugin = sys.modules["landing_files"]
    check = plugin.check_path
    to_move = {str(moving.paths[move]): move for move in ("grows", "shrinks", "is replaced")}
    problem_of = {Path(path).name: MOVED for path in to_move}

    def check_before_it_moves(folder, file):
        check(folder, file)
        if move := to_move.pop(file.path, None):
            moving.move(move)

    monkeypatch.setattr(plugin, "check_path", check_before_it_moves)
    warehouse.load(moving.folder, *MODELS)
    left_out = {"grows", "shrinks", "is replaced"}
    stay = dict.fromkeys(MOVES.keys() - left_out, 2) | STAYS
    assert reading_counts(warehouse) == stay
    assert problems(warehouse) == problem_of
    warehouse.load(moving.folder, *MODELS)
    assert reading_counts(warehouse) == stay | {move: LATER[move] for move in left_out}


@pytest.mark.parametrize("form", ["plain", "lines"])
def test_files_that_move_are_left_out(warehouse, moving, form):
    """Rows are read under another header, or one file that is being written stops the others."""
    moving.write(form)
    warehouse.load(moving.folder, *MODELS)
    for move in MOVES:
        os.utime(moving.paths[move], ns=(0, 2))  # otherwise known files are not read again
    callbacks = when_starting("stg_landing_files", moving.move)
    warehouse.load(moving.folder, *MODELS, callbacks=callbacks)
    assert reading_counts(warehouse) == STAYS
    assert problems(warehouse) == moving.of_moved(MOVED)
    warehouse.load(moving.folder, *MODELS)
    assert reading_counts(warehouse) == LATER
    assert MOVED not in problems(warehouse).values()


def test_a_file_that_cannot_be_read_again_keeps_its_rows(warehouse, landing, monkeypatch):
    """A file is briefly out of reach, and its rejected rows are lost for good."""
    for path in landing.iterdir():
        path.write_bytes(path.read_bytes() + b'"\n')
    plugin = sys.modules["landing_files"]
    open_file, numbering = plugin.ListedFile.open, []

    def open_out_of_reach(self):
        if numbering:
            raise OSError(errno.EIO, "Input/output error")
        return open_file(self)

    monkeypatch.setattr(plugin.ListedFile, "open", open_out_of_reach)
    callbacks = when_starting("rejected_rows", lambda: numbering.append(True))
    warehouse.load(landing, *MODELS, callbacks=callbacks)
    names = ["signals_data_a.csv", "signals_data_b.csv"]
    assert numbers(warehouse) == {name: [None, None] for name in names}
    numbering.clear()
    warehouse.load(landing, *MODELS)
    assert numbers(warehouse) == {name: [4, 5] for name in names}


def cut_file(landing, monkeypatch, rows, is_cut):
    """A third file, whose last three bytes are out of reach whenever is_cut says so."""
    path = landing / "signals_data_c.csv"
    path.write_bytes(b"\n".join([b"timestamp,site,asset,component,signal_name,value", *rows]))
    plugin = sys.modules["landing_files"]
    open_file = plugin.ListedFile.open

    def open_cut(self):
        text = open_file(self)
        return io.BytesIO(text.read()[:-3]) if is_cut() and self.path == str(path) else text

    monkeypatch.setattr(plugin.ListedFile, "open", open_cut)
    return path


ROW_C = b"%d,c,a,c,contact_temp,105.75" % NOON


def test_a_value_that_was_cut_is_not_kept(warehouse, landing, monkeypatch):
    """A read ends in the middle of a number, but the number of lines is right."""
    reading = []
    path = cut_file(landing, monkeypatch, [ROW_C], lambda: reading)
    callbacks = when_starting("stg_line_rows", lambda: reading.append(True))
    warehouse.load(landing, *MODELS, callbacks=callbacks)
    assert sites(warehouse) == ["a", "a", "b", "b"]
    assert problems(warehouse) == {path.name: MOVED}
    reading.clear()
    warehouse.load(landing, *MODELS)
    values = warehouse.rows("select value from intermediate.int_readings where site_id = 'c'")
    assert values == [{"value": 105.75}]


def test_lines_that_were_not_all_read_have_no_number(warehouse, landing, monkeypatch):
    """Blank lines that replace unreadable text are counted."""
    numbering = []
    path = cut_file(landing, monkeypatch, [b"bad", ROW_C], lambda: numbering)
    callbacks = when_starting("rejected_rows", lambda: numbering.append(True))
    warehouse.load(landing, *MODELS, callbacks=callbacks)
    assert numbers(warehouse)[path.name] == [None]
    numbering.clear()
    warehouse.load(landing, *MODELS)
    assert numbers(warehouse)[path.name] == [2]


def test_a_text_that_was_not_read_is_not_kept(warehouse, landing, monkeypatch):
    """The engine's version of an invalid UTF-8 line is kept for good."""
    finding = []
    path = cut_file(landing, monkeypatch, [b"x\xff,", ROW_C], lambda: False)
    plugin = sys.modules["landing_files"]
    find, open_file = plugin.Plugin.find_lines, plugin.ListedFile.open

    def find_out_of_reach(self, file_path, texts, numbers, parts):
        finding.append(True)
        return find(self, file_path, texts, numbers, parts)

    def open_out_of_reach(self):
        if finding:
            raise OSError(errno.EIO, "Input/output error")
        return open_file(self)

    with monkeypatch.context() as patch:
        patch.setattr(plugin.Plugin, "find_lines", find_out_of_reach)
        patch.setattr(plugin.ListedFile, "open", open_out_of_reach)
        find_out_of_reach.__name__ = find.__name__
        warehouse.load(landing, *MODELS)
    assert problems(warehouse) == {path.name: MOVED}
    warehouse.load(landing, *MODELS)
    texts = warehouse.rows(
        f"select raw_line from marts.rejected_rows where file_name = '{path.name}'"
    )
    assert texts == [{"raw_line": "x\\xff,"}]


@pytest.mark.parametrize(
    ("form", "other"), [("plain", "plain"), ("plain", "lines"), ("lines", "lines"), ("gz", "plain")]
)
@pytest.mark.parametrize("is_open", [True, False])
def test_files_move_while_the_engine_reads(warehouse, moving, monkeypatch, is_open, form, other):
    """A file vanishes while others are read, and the reader stops; or its rows are half old."""
    moving.write(form, other)
    moves = {str(path): move for move, path in moving.paths.items()}
    plugin = sys.modules["landing_files"]
    read, start = plugin.LandingText.read, plugin.LandingText.__init__

    def move_once(path):
        move = moves.pop(path, None)  # a file is opened more than once
        if move in MOVES:
            moving.move(move)

    def read_after_it_moved(self, size):
        move_once(self.file.path)
        return read(self, size)

    def open_after_it_moved(self, file):
        move_once(file.path)
        start(self, file)

    if is_open:
        monkeypatch.setattr(plugin.LandingText, "read", read_after_it_moved)
    else:
        monkeypatch.setattr(plugin.LandingText, "__init__", open_after_it_moved)
    warehouse.load(moving.folder, *MODELS)
    assert not moves
    assert reading_counts(warehouse) == STAYS
    assert problems(warehouse) == moving.of_moved(MOVED)
    monkeypatch.undo()
    warehouse.load(moving.folder, *MODELS)
    assert MOVED not in problems(warehouse).values()
    # Uncompressed text is not a valid .gz file.
    assert reading_counts(warehouse) == (STAYS if form == "gz" else LATER)


@pytest.mark.parametrize("form", FORMS)
def test_a_disk_that_fails_in_the_middle(warehouse, landing, monkeypatch, form):
    """A file that cannot be read to its end stops the others, or its end is missing."""
    ending, pack = FORMS[form]
    path = landing / f"signals_data_c.{ending}"
    path.write_bytes(pack(text(b"c", 100_000)))
    plugin = sys.modules["landing_files"]
    read = plugin.LandingText.read

    class Disk(io.BytesIO):
        def read(self, size):
            raise OSError(errno.EIO, "Input/output error")

    def read_from_a_bad_disk(self, size):
        if self.text_bytes > 1000:
            self.text = Disk()
        return read(self, size)

    monkeypatch.setattr(plugin.LandingText, "read", read_from_a_bad_disk)
    warehouse.load(landing, *MODELS)
    assert sites(warehouse) == ["a", "a", "b", "b"]
    assert problems(warehouse) == {path.name: MOVED}


def test_alerts_of_a_file_that_moves_are_left_out(warehouse, landing):
    """Rows are in a table but in no count, because they were read before the file changed."""
    path = landing / "alerts_data_a.csv"
    row = f"0,{NOON},a,a,c,LM_gunTempHigh,2022-03-12\n"
    path.write_text(f"{ALERT_HEADER}\n{row}")
    models = [*MODELS, "stg_alerts"]
    callbacks = when_starting("stg_read_files", lambda: path.write_text(ALERT_HEADER))
    warehouse.load(landing, *models, callbacks=callbacks)
    assert problems(warehouse) == {path.name: MOVED}
    assert not warehouse.rows("from staging.stg_alerts")
    path.write_text(f"{ALERT_HEADER}\n{row}{row}")
    warehouse.load(landing, *models)
    assert len(warehouse.rows("from staging.stg_alerts")) == 1


def test_a_file_that_is_not_read_keeps_its_rows(warehouse, landing):
    """Loaded rows are lost if their file grows while a build reads others."""
    path = landing / "signals_data_a.csv"
    quoted = b'%s\n0,%d,"a",a,c,LM_powerLimit,20.5,\n' % (HEADER, NOON)
    path.write_bytes(quoted)
    warehouse.load(landing, *MODELS)
    (landing / "signals_data_b.csv").write_bytes(text(b"b", 3))
    callbacks = when_starting("stg_landing_files", lambda: path.write_bytes(quoted + quoted))
    warehouse.load(landing, *MODELS, callbacks=callbacks)
    assert sites(warehouse) == ["a", "b", "b", "b"]
    assert MOVED not in problems(warehouse).values()


def test_a_file_that_is_not_read_may_vanish(warehouse, landing):
    """The engine looks for files that it does not read, and stops if one is gone."""
    warehouse.load(landing, *MODELS)
    path = landing / "signals_data_a.csv"
    (landing / "signals_data_b.csv").write_bytes(text(b"b", 3))
    warehouse.load(landing, *MODELS, callbacks=when_starting("stg_landing_files", path.unlink))
    assert sites(warehouse) == ["a", "a", "b", "b", "b"]
    assert not problems(warehouse)
    warehouse.load(landing, *MODELS)
    assert sites(warehouse) == ["b", "b", "b"]


def test_a_folder_of_moving_files_stops_the_build(warehouse, landing):
    """An empty build replaces the last good one."""

    def grow():
        for path in landing.glob("signals_data_[ab].csv"):
            path.write_bytes(text(b"c", 5))

    (landing / "signals_data_c.csv").write_text("no,header\n1,2\n")
    sentence = f"No signal file was read. The first, signals_data_a[.]csv, {MOVED}"
    with pytest.raises(AssertionError, match=sentence):
        warehouse.load(landing, *MODELS, callbacks=when_starting("stg_landing_files", grow))


def test_a_file_that_was_read_may_change(warehouse, landing):
    """A change of a file that is no longer needed stops a build, or the next build misses it."""
    path = landing / "signals_data_a.csv"
    callbacks = when_starting("load_audit", lambda: path.write_bytes(text(b"a", 3)))
    warehouse.load(landing, *MODELS, callbacks=callbacks)
    assert sites(warehouse) == ["a", "a", "b", "b"]
    warehouse.load(landing, *MODELS)
    assert sites(warehouse) == ["a", "a", "a", "b", "b"]


def test_a_moving_file_in_a_real_build(moving, tmp_path):
    """A file that moves ends in a traceback, or untested rows are published."""
    moving.write()

    def build(model, *moves):
        process = dbt_process(*BUILD, folder=tmp_path, landing_dir=moving.folder)
        output = ""
        for line in process.stdout:
            output += line
            if re.search(rf"START .* model \w+[.]{model} ", line):
                process.send_signal(signal.SIGSTOP)
                moving.move(*moves)
                process.send_signal(signal.SIGCONT)
        assert process.wait() == 0, output
        return output

    output = build("stg_landing_files", "grows", "vanishes", "is replaced")
    assert "Loaded 6 of 9 files, 18 rows" in output
    assert "Warning in test warn_unreadable_files" in output
    moving.paths["breaks"].write_bytes(text(b"breaks", 7))
    output = build("rejected_rows", "breaks")
    assert "Loaded 8 of 8 files, 33 rows" in output
    assert "Warning in test warn_unreadable_files" not in output
    output = build("nothing")
    assert "Loaded 7 of 8 files, 26 rows" in output  # the first line of what breaks is one
