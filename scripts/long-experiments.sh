#!/usr/bin/env bash
# Makes the longer forms of the paper's experiments, most wanted first, one after the other, into a folder (default:
# docs/results/long). After Ctrl-C or a crash, run it again: what is finished is kept. In the background, and out of the way of
# other work:
#
#   npm run build && nohup nice scripts/long-experiments.sh > long.log 2>&1 &
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-docs/results/long}

# make NAME FOLDER OPTIONS...
make() {
  local name=$1 folder=$2
  shift 2
  node dist/cli/main.js experiment "$name" --out "$out/$folder" "$@"
}

make table-1 table-1 --seeds 2 --epochs 30 --vary data=mnist,fashion-mnist
make fig-5e fig-5e --seeds 1 --epochs 20 --study phased --vary tasks=simultaneous
make fig-5f fig-5f --seeds 1 --epochs 20 --study phased --vary tasks=simultaneous
make fig-2c fig-2c --epochs 10
make fig-3cf fig-3cf --seeds 1 --epochs 10
node dist/cli/main.js experiment overview --out "$out"
