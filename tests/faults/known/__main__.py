"""Play the cases of a folder and print what is not as wanted.

Run ``python -m tests.faults.known FOLDER [WORD]``; WORD chooses the files whose name contains it.
Each file is a small input, described in the folder itself, on which the product once failed. It is
played against a real server on a fresh database, where it needs that behind nginx or in Chromium.
The exit status is 1 if a result is not as wanted. A file that no case knows is reported as not
played.
"""

import argparse
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults.known import addresses_and_names as texts
from tests.faults.known import deployments, in_browser, requests_sent
from tests.faults.known.service import Case, Result

CASES: Mapping[str, Case] = {
    "anchor_comments.html": in_browser.links_into_the_thread,
    "big_form.sh": requests_sent.script_without_error,
    "bulk_race.py": requests_sent.bulk_decides_what_was_shown,
    "consent_box.md": in_browser.remembered_only_if_asked,
    "flask_two_threads.py": in_browser.two_threads_of_a_host,
    "frame_theme.html": in_browser.frame_takes_the_theme,
    "identity_bare_query.json": texts.links_keep_the_address,
    "identity_percent.json": in_browser.spellings,
    "identity_slashes.json": texts.one_thread_per_address,
    "idn_sharp_s.sh": requests_sent.origin_as_browsers_send_it,
    "idna_host.sh": requests_sent.script_without_error,
    "impersonation.json": texts.names_of_staff,
    "invisible_name.json": texts.nothing_to_see,
    "likers_cache.txt": deployments.likers_stay_with_moderators,
    "long_host.sh": requests_sent.script_without_error,
    "nat_class.sh": requests_sent.readers_of_one_address,
    "nginx_subpath.conf": deployments.links_below_a_path,
    "prefork_deadlock.md": deployments.forked_workers_store,
    "proxy_cidr.sh": deployments.networks_are_trusted,
    "proxy_default.sh": deployments.unknown_proxy_is_noticed,
    "title_first_wins.json": in_browser.title_of_a_route,
}
"""Name of a file → what plays it."""
WIDTH = 170
LOG_LINES = 40


def play(path: Path) -> Iterator[Result]:
    """Yield the results of a file; a case that breaks is a result that is not as wanted.

    What the servers of such a case logged goes to standard error.
    """
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        try:
            for result in CASES[path.name](path, Path(folder)):
                fine = fine and result.ok
                yield result
        except Exception as error:  # the other cases are played all the same
            traceback.print_exc()
            fine, told = False, f"{type(error).__name__}: {error}"[:200]
            yield Result("the case breaks", "it is played to its end", told, ok=False)
        for log in () if fine else Path(folder).rglob("server.log"):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            sys.stderr.write("\n".join([f"--- {path.name}: {log}", *lines[-LOG_LINES:], ""]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the files, print a table, and return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("word", nargs="?", default="")
    asked = options.parse_args(arguments)
    table = Table("case", "what", "wanted", "got", "")
    fine = True
    for path in sorted(asked.folder.iterdir()):
        if path.name == "README.md" or asked.word not in path.name:
            continue
        if path.name not in CASES:
            table.add_row(path.name, "", "", "", "not played")
            continue
        for number, result in enumerate(play(path)):
            fine = fine and result.ok
            name = "" if number else path.name
            cells = (name, result.what, result.wanted, result.got)
            table.add_row(*cells, "ok" if result.ok else "WRONG")
    Console(width=WIDTH).print(table, markup=False)
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
