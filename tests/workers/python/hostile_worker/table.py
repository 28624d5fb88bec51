"""Every fault by its name."""

import signal
import sys

from . import functions, preface_answers, processes, starts, wire

# A test that fails must leave nothing behind for long. What is forked sets its own: the alarm is not inherited.
_LONGEST_LIFE_SECONDS = 120

FAULTS = {
    # Before the preface.
    "exit-at-once": starts.exit_at_once,
    "never-binds": starts.never_bind,
    "binds-never-listens": starts.bind_and_never_listen,
    "listens-never-accepts": starts.listen_and_never_accept,
    # The answer to the preface.
    "accepts-never-answers": preface_answers.never,
    "speaks": preface_answers.speak,
    "torn-preface": preface_answers.torn,
    "wrong-version": preface_answers.wrong_version,
    "wrong-mac": preface_answers.wrong_mac,
    "die-after-preface": preface_answers.die_after,
    "close-listener-once-ready": preface_answers.close_listener,
    "half-close-manage": preface_answers.half_close_manage,
    # Messages of an execution.
    "wire": wire.converse,
    # A worker that is whole but for its function.
    "function": functions.serve,
    # A worker that is whole but for what its process does.
    "ignore-sigterm": processes.ignore_termination,
    "flood": processes.flood,
    "close-outputs": processes.close_outputs,
    "serve-from-another-group": processes.serve_from_another_group,
    "double-fork": processes.double_fork,
}


def run(text, arguments):
    name, _, argument = text.partition(":")
    fault = FAULTS.get(name)
    if fault is None:
        print("Unknown fault '%s'. Known: %s." % (name, ", ".join(FAULTS)), file=sys.stderr)
        return 2
    signal.alarm(_LONGEST_LIFE_SECONDS)
    return fault(arguments, argument)
