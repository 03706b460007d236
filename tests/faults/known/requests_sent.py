"""Cases that send odd requests, many requests, or requests at an odd moment."""

import re
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from tests.deploy.user_actions import Browser
from tests.faults.known.service import ROOMY, Result, equal, serving

SLOW_SECONDS = 0.5


def script_without_error(case: Path, folder: Path) -> Iterator[Result]:
    """Run a shell script with the server's address; no answer may be an error of the server."""
    with serving(folder) as service:
        printed = _run(case, folder, service.address)
        for line in printed.splitlines():
            found = re.search(r"\b([1-5]\d\d)\b(?:\s+([\d.]+)s)?", line)
            status = int(found[1]) if found else 0
            slow = found is not None and float(found[2] or 0) > SLOW_SECONDS
            fine = 200 <= status < 500 and not slow
            yield Result(line.split(" ")[0], "refused at once, no 5xx", line, fine)
        trace = "traceback" if "Traceback" in service.log() else "no traceback"
        yield equal("log", "no traceback", trace)


def _run(case: Path, folder: Path, *arguments: str) -> str:
    command = ["sh", str(case.absolute()), *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    return done.stdout + done.stderr


def origin_as_browsers_send_it(case: Path, folder: Path) -> Iterator[Result]:
    """Run the command of a file; compare the origin with the one that its comment names."""
    line = case.read_text(encoding="utf-8")
    origin = re.search(r"add-origin default '([^']+)'", line)
    wanted = re.search(r"Origin (https://\S+?)\. ", line)
    assert origin is not None
    assert wanted is not None
    with serving(folder) as service:
        service.command("site", "add-origin", "default", origin[1])
        listed = service.command("site", "list").split("\t")[-1].split()
        yield equal(origin[1], wanted[1], listed[-1])
        reader = service.reader()
        reader.walk.blog = wanted[1]
        answer = reader.send_json("/comments", reader.comment("From there", "Ada"))
        yield equal("a comment from there", 201, answer.status_code)


def bulk_decides_what_was_shown(_case: Path, folder: Path) -> Iterator[Result]:
    """Confirm a bulk action over a whole queue after one more comment has come."""
    with serving(folder, POLICY="all", **ROOMY) as service:
        for number in range(40):
            service.reader(number).say(f"Words number {number} about gardens", f"Reader {number}")
        owner = service.owner()
        queue = owner.get("/moderation/pending")
        asked = owner.send(queue, "/batches", whole="1", queue="pending", decision="reject")
        button = re.search(r"Reject: (\d+)", asked.text)
        yield equal("the page says", "40", button[1] if button else "no number")
        service.reader(41).say("The one that nobody has seen", "Reader 41")
        done = owner.send(asked, "/batches", decision="reject")
        while "data-goes-on" in done.text:
            done = owner.send(done, "/batches/")
        waiting = re.findall(r"The one that nobody|Words number \d+", _queue(owner))
        yield equal("waiting afterwards", ["The one that nobody"], sorted(set(waiting)))


def _queue(owner: Browser) -> str:
    page = owner.get("/moderation/pending").text
    return unescape(re.sub(r"<[^>]+>", "", page))


def readers_of_one_address(_case: Path, folder: Path) -> Iterator[Result]:
    """Seven people with a browser each write their first comment from one address."""
    with serving(folder, MIN_SECONDS="2") as service:
        for number in range(7):
            reader = service.reader(1)
            fields = reader.comment(f"Pupil {number} thinks the bridge is old", f"Pupil {number}")
            answer = reader.send_json("/comments", fields)
            told = answer.json().get("status") or answer.text
            yield Result(f"pupil {number}", "kept", f"{answer.status_code} {told}", answer.ok)
