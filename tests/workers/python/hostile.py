"""A worker with one fault: `UDF_TEST_MISBEHAVE=name[:argument] python3 hostile.py --id X --connection Y`."""

import os
import sys

# An isolated interpreter (`python3 -I`) does not look for modules beside the script.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hostile_worker.table import run  # noqa: E402

if __name__ == "__main__":
    sys.exit(run(os.environ.get("UDF_TEST_MISBEHAVE", ""), sys.argv[1:]))
