# ruff: noqa: E501 - the Perl script is one string
"""Score the same rows with Debian's Bayes filters: bogofilter, SpamProbe and SpamAssassin."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from comment_service.spam.features.examples import Example
from comment_service.spam.model.metrics import figures
from comment_service.spam.model.policy import Thresholds

Scorer = Callable[[Path, Sequence[Example], Sequence[Example]], list[float]]


def _mail(example: Example) -> str:
    text = example.text.replace("\r", "").replace("\nFrom ", "\n>From ")
    return f"From a@b.example Thu Jan  1 00:00:00 2015\nFrom: a@b.example\nSubject: c\n\n{text}\n\n"


def _run(command: Sequence[str], text: str) -> str:
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.stdout.decode(errors="replace")


def bogofilter(home: Path, known: Sequence[Example], unknown: Sequence[Example]) -> list[float]:
    """Train and score with bogofilter's word list in ``home``."""
    for label, flag in ((True, "-s"), (False, "-n")):
        mails = "".join(_mail(e) for e in known if e.spam is label)
        _run(["bogofilter", "-d", str(home), "-M", flag], mails)
    found = [_run(["bogofilter", "-d", str(home), "-T"], _mail(e)).split() for e in unknown]
    return [float(words[1]) for words in found]


def spamprobe(home: Path, known: Sequence[Example], unknown: Sequence[Example]) -> list[float]:
    """Train and score with SpamProbe's database in ``home``."""
    for label, verb in ((True, "spam"), (False, "good")):
        mails = "".join(_mail(e) for e in known if e.spam is label)
        _run(["spamprobe", "-c", "-d", str(home), verb], mails)
    found = [_run(["spamprobe", "-d", str(home), "score"], _mail(e)).split() for e in unknown]
    return [float(words[1]) for words in found]


PERL = r"""
use strict; use warnings; use Mail::SpamAssassin; use JSON::PP;
my ($home, $rows) = @ARGV;
my $sa = Mail::SpamAssassin->new({ rules_filename => '/usr/share/spamassassin', local_tests_only => 1,
  dont_copy_prefs => 1, userstate_dir => $home, config_text => "use_bayes 1\nuse_bayes_rules 1\n" .
  "bayes_path $home/bayes\nbayes_min_ham_num 1\nbayes_min_spam_num 1\nbayes_auto_learn 0\n" .
  "body BAYES_SEEN eval:check_bayes('0.00','1.01')\nloadplugin Mail::SpamAssassin::Plugin::Bayes\n" });
$sa->init(1);
my ($bayes) = grep { ref($_) eq 'Mail::SpamAssassin::Plugin::Bayes' } @{$sa->{plugins}{plugins}};
open(my $in, '<', $rows) or die $!;
$sa->init_learner({ no_relearn => 1 });
while (<$in>) { my $r = decode_json($_); my $m = $sa->parse($r->{mail}, 1);
  if (defined $r->{spam}) { $sa->learn($m, undef, $r->{spam}, 0)->finish(); $m->finish(); next; }
  my $pms = Mail::SpamAssassin::PerMsgStatus->new($sa, $m); $m->extract_message_metadata($pms);
  my $p = $bayes->scan($pms, $m); print defined $p ? $p : 0.5, "\n"; $pms->finish(); $m->finish(); }
"""


def spamassassin(home: Path, known: Sequence[Example], unknown: Sequence[Example]) -> list[float]:
    """Train and score with SpamAssassin's Bayes classifier alone, through its Perl classes."""
    import json

    script, rows = home / "bayes.pl", home / "rows.jsonl"
    script.write_text(PERL)
    lines = [{"mail": _mail(e), "spam": int(bool(e.spam))} for e in known]
    lines += [{"mail": _mail(e)} for e in unknown]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [float(line) for line in _run(["perl", str(script), str(home), str(rows)], "").split()]


FILTERS: dict[str, Scorer] = {
    "bogofilter": bogofilter,
    "spamprobe": spamprobe,
    "spamassassin": spamassassin,
}


def compare(
    rows: Sequence[Example], groups: Sequence[str], shown: Sequence[str]
) -> dict[str, dict[str, object]]:
    """Leave one group out and return each filter's figures; name filters that are missing."""
    spam = np.array([bool(e.spam) for e in rows])
    table: dict[str, dict[str, object]] = {}
    for name, scorer in FILTERS.items():
        if not shutil.which(name):
            table[name] = {"not installed": f"apt-get install {name}"}
            continue
        values = np.zeros(len(rows))
        for group in groups:
            out = [row for row, e in enumerate(rows) if e.group == group]
            known = [e for e in rows if e.group != group]
            with tempfile.TemporaryDirectory() as home:
                answers = scorer(Path(home), known, [rows[row] for row in out])
            if len(answers) != len(out):
                table[name] = {"did not run": f"{len(answers)} answers for {len(out)} comments"}
                break
            values[out] = answers
        if name in table:
            continue
        found = figures(spam, values, Thresholds(0.5, 0.98))
        table[name] = {k: None if found[k] is None else round(found[k] or 0.0, 4) for k in shown}
    return table
