"""What can be set from outside, with the names of the environment variables that set it."""

import os

MAX_FRAME_BYTES = "UDF_WORKER_MAX_FRAME_BYTES"
MAX_PAYLOAD_BYTES = "UDF_WORKER_MAX_PAYLOAD_BYTES"
FRAME_STALL_SECONDS = "UDF_WORKER_FRAME_STALL_SECONDS"
PREFACE_SECONDS = "UDF_WORKER_PREFACE_SECONDS"

# A frame's length has four bytes on the wire, and so has the limit that the preface announces.
_GREATEST_FRAME_BYTES = 2**32 - 1


class SettingError(Exception):
    """A value in the environment cannot be used; the text says which, and what is allowed."""


class Settings:
    """The limits of one worker process. Sizes are in bytes, times in seconds."""

    def __init__(self, environment=os.environ):
        self.max_frame_bytes = _number(environment, MAX_FRAME_BYTES, 128 * 1024 * 1024, int, _GREATEST_FRAME_BYTES)
        self.max_payload_bytes = _number(environment, MAX_PAYLOAD_BYTES, 256 * 1024 * 1024, int, 2**63 - 1)
        self.frame_stall_seconds = _number(environment, FRAME_STALL_SECONDS, 30.0, float, 86400)
        self.preface_seconds = _number(environment, PREFACE_SECONDS, 10.0, float, 86400)


def _number(environment, name, default, kind, greatest):
    text = environment.get(name)
    if text is None:
        return default
    try:
        value = kind(text)
    except ValueError:
        value = 0
    if not 0 < value <= greatest:
        raise SettingError("%s is '%s'. It must be a number above 0 and up to %s." % (name, text, greatest))
    return value
