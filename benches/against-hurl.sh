#!/usr/bin/env bash
# The same work by e2e-dsl and by hurl, alternately on one machine, against one server: prints medians and their ratio.
#   benches/against-hurl.sh            one request; then 1,000 files of 3 requests with 5 expectations each
# Installs hurl 8.0.1 below target/peers when it isn't there (its build needs libxml2, libcurl and libclang to develop with).
set -euo pipefail
cd "$(dirname "$0")/.."

runs_one=${RUNS_ONE:-40} runs_many=${RUNS_MANY:-5} files=${FILES:-1000} jobs=${JOBS:-2}
cargo build --release --quiet
e2e=$PWD/target/release/e2e-dsl
hurl=${HURL:-$PWD/target/peers/bin/hurl}
[ -x "$hurl" ] || cargo install hurl --version 8.0.1 --locked --quiet --root target/peers

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

"$e2e" demo > "$work/demo" &
server=$!
until grep -q '^  api ' "$work/demo"; do read -rt 0.05 <> <(:) || :; done
api=$(awk '$1 == "api" { print $2 }' "$work/demo")

# Five expectations, in each tool's words.
e2e_request() {
  cat <<REQUEST
    GET $api/health {
      expect status 200
      expect header Content-Type contains "application/json"
      expect \$.status == "healthy"
      expect \$.startup.completed == 7
      expect \$.checks.database.status == "up"
    }
REQUEST
}
hurl_request() {
  cat <<REQUEST
GET $api/health
HTTP 200
[Asserts]
header "Content-Type" contains "application/json"
jsonpath "\$.status" == "healthy"
jsonpath "\$.startup.completed" == 7
jsonpath "\$.checks.database.status" == "up"

REQUEST
}

mkdir "$work/one" "$work/e2e" "$work/hurl"
{ echo 'suite "One" {'; echo '  test "one request" {'; e2e_request; echo '  }'; echo '}'; } > "$work/one/one.e2e"
hurl_request > "$work/one/one.hurl"
for n in $(seq "$files"); do
  { echo "suite \"File $n\" {"; echo '  test "three requests" {'; e2e_request; e2e_request; e2e_request; echo '  }'; echo '}'; } > "$work/e2e/$n.e2e"
  { hurl_request; hurl_request; hurl_request; } > "$work/hurl/$n.hurl"
done

# Milliseconds of wall time.
timed() {
  local start=$EPOCHREALTIME end
  "$@" > "$work/out" 2>&1 || { cat "$work/out"; echo "failed: $*" >&2; exit 1; }
  end=$EPOCHREALTIME
  awk -v a="$start" -v b="$end" 'BEGIN { printf "%.2f\n", (b - a) * 1000 }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

compare() {
  local title=$1 runs=$2 ours=$3 theirs=$4
  : > "$work/ours"; : > "$work/theirs"
  for _ in $(seq "$runs"); do
    timed bash -c "exec $ours" >> "$work/ours"
    timed bash -c "exec $theirs" >> "$work/theirs"
  done
  local a b
  a=$(median < "$work/ours") b=$(median < "$work/theirs")
  awk -v t="$title" -v a="$a" -v b="$b" 'BEGIN { printf "%-48s e2e-dsl %9.2f ms   hurl %9.2f ms   ratio %.2f\n", t, a, b, a / b }'
}

cd "$work"
compare "one request" "$runs_one" "$e2e run one/one.e2e --report none" "$hurl --test one/one.hurl"
compare "one request, both reports" "$runs_one" \
  "$e2e run one/one.e2e --report json=r.json --report html=r.html" "$hurl --test --report-json rj --report-html rh one/one.hurl"
compare "$files files, 3 requests, 5 expectations, reports" "$runs_many" \
  "$e2e run e2e --jobs $jobs --report json=r.json --report html=r.html" \
  "$hurl --test --jobs $jobs --report-json rj --report-html rh hurl"
