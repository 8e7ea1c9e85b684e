#!/usr/bin/env bash
# Runs fuzz targets, two at a time, at the lowest priority (FUZZ_JOBS, FUZZ_NICE): tests/fuzz/run.sh SECONDS [TARGET...].
# Seconds are per target; without names every target runs. Findings are files in
# $FUZZ_WORK/findings (default: target/fuzz); the last lines say what was run and found.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
mapfile -t all < <(cd fuzz_targets && ls | sed 's/\.rs$//')
targets=("${@:-${all[@]}}")
work=$(realpath -m "${FUZZ_WORK:-../../target/fuzz}")
jobs=${FUZZ_JOBS:-2}
niceness=${FUZZ_NICE:-19}
mkdir -p "$work"

# Stable Rust has what libFuzzer needs behind a switch; safe code gains nothing from a sanitizer.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$work/build}"
[[ -n ${FUZZ_NO_BUILD:-} ]] || cargo fuzz build --fuzz-dir . -s none
binaries="$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release"

one() {
  local target=$1 corpus="$work/corpus/$1" log="$work/$1.log"
  mkdir -p "$corpus" "$work/findings"
  local dictionary=()
  [[ -f dict/$target.dict ]] && dictionary=(-dict="dict/$target.dict")
  # The shell reports what processor time it took.
  TIMEFORMAT='%U %S'
  local status=0
  { time nice -n "$niceness" "$binaries/$target" "$corpus" "corpus/$target" -max_total_time="$seconds" \
      -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$work/findings/$target-" "${dictionary[@]}" >"$log" 2>&1; } 2>"$log.time" || status=$?
  local runs
  runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log" | tail -n 1)
  printf '%-16s %s, %s executions, processor seconds (user system): %s\n' \
    "$target" "$([[ $status == 0 ]] && echo clean || echo "FOUND SOMETHING (status $status)")" \
    "${runs:-?}" "$(tail -n 1 "$log.time")" | tee -a "$work/results.txt"
}

# Groups of processes share the processor fairly whatever their niceness, unless the group yields.
echo "$niceness" 2>/dev/null >"/proc/$$/autogroup" || true
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target"
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
  one "$target" &
done
wait
! compgen -G "$work/findings/*" >/dev/null
