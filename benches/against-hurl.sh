#!/usr/bin/env bash
# The same work by e2e-dsl and by hurl, alternately on one machine, against one server: prints medians of wall time, CPU and peak memory, and their ratio.
#   benches/against-hurl.sh            one request; 1,000 files of 3 requests with 5 expectations each; and on its own, 64,000 requests
# Needs python3, which measures the processes.
# Installs hurl 8.0.1 below target/peers when it isn't there (its build needs libxml2, libcurl and libclang to develop with).
set -euo pipefail
cd "$(dirname "$0")/.."

runs_one=${RUNS_ONE:-40} runs_many=${RUNS_MANY:-5} files=${FILES:-1000} jobs=${JOBS:-2} requests=${REQUESTS:-64000}
e2e=${E2E:-$PWD/target/dist/e2e-dsl}
[ -n "${E2E:-}" ] || cargo build --profile dist --quiet
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

mkdir "$work/one-long" "$work/many-long"
loop() { echo "    repeat $1 times {"; e2e_request; echo '    }'; }
{ echo 'suite "Long" {'; echo '  test "many requests" {'; loop "$requests"; echo '  }'; echo '}'; } > "$work/one-long/long.e2e"
{ echo 'suite "Long" {'; for n in $(seq 32); do echo "  test \"many requests $n\" {"; loop $((requests / 32)); echo '  }'; done; echo '}'; } > "$work/many-long/long.e2e"

# Runs the commands after each other, so many times, and prints for each the medians of wall time and CPU in milliseconds, and the peak of
# memory in megabytes. Of the commands' own processes, that is: the server's CPU counts for no one.
cat > "$work/measure.py" <<'MEASURE'
import os, shlex, statistics, subprocess, sys, time
runs, commands = int(sys.argv[1]), sys.argv[2:]
found = [[] for _ in commands]
for _ in range(runs):
    for command, of in zip(commands, found):
        # Reports go where there are none.
        for report in ("r.json", "r.html", "rj", "rh"):
            subprocess.run(["rm", "-rf", report])
        before = time.perf_counter()
        with open("out", "wb") as out:
            # Without a shell, whose own start would be as much as half of a short run, and count for both.
            child = subprocess.Popen(shlex.split(command), stdout=out, stderr=out)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = status
        if status != 0:
            sys.exit(open("out", errors="replace").read() + "failed: " + command)
        wall = time.perf_counter() - before
        of.append((wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss / 1e3))
for of in found:
    print(*(f"{statistics.median(one):.2f}" for one in zip(*of)))
MEASURE

compare() {
  local title=$1 runs=$2 ours=$3 theirs=$4
  python3 measure.py "$runs" "$ours" "$theirs" | awk -v t="$title" '
    NR == 1 { wall = $1; cpu = $2; mb = $3 }
    NR == 2 {
      printf "%s\n", t
      printf "  wall    e2e-dsl %9.2f ms   hurl %9.2f ms   ratio %.2f\n", wall, $1, wall / $1
      printf "  CPU     e2e-dsl %9.2f ms   hurl %9.2f ms   ratio %.2f\n", cpu, $2, cpu / $2
      printf "  memory  e2e-dsl %9.1f MB   hurl %9.1f MB   ratio %.2f\n", mb, $3, mb / $3
    }'
}
alone() {
  local title=$1 command=$2
  python3 measure.py 3 "$command" | awk -v t="$title" -v n="$requests" \
    '{ printf "%s\n  CPU     e2e-dsl %9.1f µs for each request   memory %.1f MB\n", t, $2 * 1000 / n, $3 }'
}

cd "$work"
compare "one request" "$runs_one" "$e2e run one/one.e2e --report none" "$hurl --test one/one.hurl"
compare "one request, both reports" "$runs_one" \
  "$e2e run one/one.e2e --report json=r.json --report html=r.html" \
  "$hurl --test --report-json rj --report-html rh one/one.hurl"
compare "$files files, 3 requests, 5 expectations" "$runs_many" \
  "$e2e run e2e --jobs $jobs --report none" "$hurl --test --jobs $jobs hurl"
compare "$files files, 3 requests, 5 expectations, both reports" "$runs_many" \
  "$e2e run e2e --jobs $jobs --report json=r.json --report html=r.html" \
  "$hurl --test --jobs $jobs --report-json rj --report-html rh hurl"
alone "$requests requests with 5 expectations in one test" "$e2e run one-long --jobs $jobs --report none"
alone "$requests requests with 5 expectations in 32 tests" "$e2e run many-long --jobs $jobs --report none"
