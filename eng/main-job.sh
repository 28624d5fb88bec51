#!/usr/bin/env bash
# Runs the main job over one transport, as built, compares its answers with the reference that stands beside it, and looks whether its workers were used again.
# usage: eng/main-job.sh uds|tcp
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
transport=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The program compares every row with an in-process computation itself, and fails if one differs. How many sessions follow each other depends on how many run in parallel.
dotnet run -c Release --no-build --project samples/NearestAirport -- --transport "$transport" --sessions 2 --output "$work/nearest.csv" | tee "$work/log"

sum=$(sha256sum <"$work/nearest.csv" | cut -d ' ' -f 1)
reference=$(cut -d ' ' -f 1 eng/nearest.csv.sha256)
if [ "$sum" != "$reference" ]; then
    echo "The answers over $transport have the SHA-256 $sum; the reference has $reference." >&2
    exit 1
fi

read -r sessions workers < <(sed -n 's/^Pool: \([0-9]*\) sessions on \([0-9]*\) workers\.$/\1 \2/p' "$work/log") || {
    echo "The job over $transport does not say how many sessions and workers it had." >&2
    exit 1
}
if [ "$workers" -gt 2 ] || [ "$workers" -ge "$sessions" ]; then
    echo "The job over $transport started $workers workers for $sessions sessions, 2 of them at a time: it did not use them again." >&2
    exit 1
fi

echo "The answers over $transport are those of the reference."
