"""A UDF worker in plain Python: `python3 worker.py --id X --connection Y`."""

import os
import sys

# An isolated interpreter (`python3 -I`) does not look for modules beside the script.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from udf_worker.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
