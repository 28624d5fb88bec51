#!/usr/bin/env bash
# Runs the main job over one transport, as built, and compares its answers with the reference that stands beside it.
# usage: eng/main-job.sh uds|tcp
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
transport=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The program compares every row with an in-process computation itself, and fails if one differs.
dotnet run -c Release --no-build --project samples/NearestAirport -- --transport "$transport" --output "$work/nearest.csv"

sum=$(sha256sum <"$work/nearest.csv" | cut -d ' ' -f 1)
reference=$(cut -d ' ' -f 1 eng/nearest.csv.sha256)
if [ "$sum" != "$reference" ]; then
    echo "The answers over $transport have the SHA-256 $sum; the reference has $reference." >&2
    exit 1
fi

echo "The answers over $transport are those of the reference."
