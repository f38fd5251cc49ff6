#!/usr/bin/env bash
# The same work by e2e-dsl and by hurl, alternately on one machine, against one server: prints medians and their ratio.
#   benches/against-hurl.sh            one request; 1,000 files of 3 requests with 5 expectations each; checking 10,000 files, which sends nothing
# ROWS=check (or run) chooses, E2E, HURL and HURLFMT name other binaries. Installs hurl and hurlfmt 8.0.1 below target/peers when they aren't there (their builds need libxml2, libcurl and libclang
# to develop with). Needs GNU time for the last row.
set -euo pipefail
cd "$(dirname "$0")/.."

runs_one=${RUNS_ONE:-40} runs_many=${RUNS_MANY:-5} files=${FILES:-1000} checked=${CHECKED:-10000} jobs=${JOBS:-2} rows=${ROWS:-check}
[ -n "${E2E:-}" ] || cargo build --release --quiet
e2e=${E2E:-$PWD/target/release/e2e-dsl}
hurl=${HURL:-$PWD/target/peers/bin/hurl} hurlfmt=${HURLFMT:-$PWD/target/peers/bin/hurlfmt}
[ "$rows" = check ] || [ -x "$hurl" ] || cargo install hurl --version 8.0.1 --locked --quiet --root target/peers
[ "$rows" = run ] || [ -x "$hurlfmt" ] || cargo install hurlfmt --version 8.0.1 --locked --quiet --root target/peers

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

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

# Files of 48 lines (44 of hurl), no two with the same texts: `@` is the number of the file.
check_e2e='# Orders of shop @, as its customers see them.
suite "Orders of shop @" {
  # Each order is made here,
  # read,
  # found among the others,
  # removed,
  # and asked for by its number.
  test "an order of shop @ is made, read and removed" {
    # A customer orders.
    POST {{env.api}}/shops/@/orders {
      header X-Request-Id: "shop-@-create"
      json { title: "order @", amount: @3, tags: ["new", "shop-@"] }
      expect status 201
      expect header Content-Type contains "application/json"
      expect $.title == "order @"
      expect $.amount == @3
      expect $.tags has length 2
      expect $.state == "open"
      capture order = $.id
    }
    GET {{env.api}}/shops/@/orders/{{order}} {
      header Accept: "application/json"
      expect status 200
      expect $.id == order
      expect $.shop.number == @
      expect $.created_at matches /^@:\d{4}-\d\d-\d\d/
      expect $.history[0].state exists
      expect $.total > 0
      expect time < 2s
    }
    GET {{env.api}}/shops/@/orders?limit=1@ {
      header Accept: "application/json"
      query state: "open"
      expect status 200
      expect header Cache-Control contains "no-store"
      expect $.items[?@@.number == @].state contains "open"
      expect $.next exists
      expect $.shop == "shop-@"
    }
    DELETE {{env.api}}/shops/@/orders/{{order}} {
      header X-Reason: "no longer wanted by @"
      expect status 200
      expect $.removed == true
      expect $.id == order
      expect header X-Shop == "@"
    }
  }
}'
check_hurl='# Orders of shop @, as its customers see them.
POST {{api}}/shops/@/orders
X-Request-Id: shop-@-create
{ "title": "order @", "amount": @3, "tags": ["new", "shop-@"] }
HTTP 201
[Captures]
order: jsonpath "$.id"
[Asserts]
header "Content-Type" contains "application/json"
jsonpath "$.title" == "order @"
jsonpath "$.amount" == @3
jsonpath "$.tags" count == 2
jsonpath "$.state" == "open"

GET {{api}}/shops/@/orders/{{order}}
Accept: application/json
HTTP 200
[Asserts]
jsonpath "$.id" == "{{order}}"
jsonpath "$.shop.number" == @
jsonpath "$.created_at" matches /^@:\d{4}-\d\d-\d\d/
jsonpath "$.history[0].state" exists
jsonpath "$.total" > 0
duration < 2000

GET {{api}}/shops/@/orders?limit=1@
Accept: application/json
[Query]
state: open
HTTP 200
[Asserts]
header "Cache-Control" contains "no-store"
jsonpath "$.items[?(@@.number == @)].state" contains "open"
jsonpath "$.next" exists
jsonpath "$.shop" == "shop-@"

DELETE {{api}}/shops/@/orders/{{order}}
X-Reason: no longer wanted by @
HTTP 200
[Asserts]
jsonpath "$.removed" == true
jsonpath "$.id" == "{{order}}"
header "X-Shop" == "@"
'

# Writes $2 files of a text into a folder: `@@` is a sign that stays.
write_files() {
  mkdir "$1"
  TEXT=$4 awk -v folder="$1" -v files="$2" -v ending="$3" 'BEGIN {
    for (n = 1; n <= files; n++) {
      text = ENVIRON["TEXT"]
      gsub(/@@/, "\001", text); gsub(/@/, n, text); gsub(/\001/, "@", text)
      file = folder "/" n "." ending
      print text > file
      close(file)
    }
  }'
}

# Seconds of CPU, seconds of wall time and MiB at most, of a command that succeeds: medians of each, for both tools in turn.
costs() {
  /usr/bin/time -f "%U %S %e %M" -o "$work/cost" "$@" > "$work/out" 2>&1 || { cat "$work/out"; echo "failed: $*" >&2; exit 1; }
  awk '{ print $1 + $2, $3, $4 / 1024 }' "$work/cost"
}
column() { cut -d' ' -f"$2" "$1" | median; }

check_row() {
  write_files "$work/check-e2e" "$checked" e2e "$check_e2e"
  printf 'environment local default {\n  api = "http://127.0.0.1:8080"\n}\n' > "$work/check-e2e/environments.e2e"
  write_files "$work/check-hurl" "$checked" hurl "$check_hurl"
  : > "$work/ours"; : > "$work/theirs"
  for _ in $(seq "$runs_many"); do
    costs "$e2e" check "$work/check-e2e" >> "$work/ours"
    costs "$hurlfmt" --check "$work"/check-hurl/*.hurl >> "$work/theirs"
  done
  local at
  for at in "1 CPU s" "2 wall s" "3 peak MiB"; do
    awk -v t="checking $checked files, ${at#* }" -v a="$(column "$work/ours" "${at%% *}")" -v b="$(column "$work/theirs" "${at%% *}")" \
      'BEGIN { printf "%-48s e2e-dsl %9.2f      hurlfmt %6.2f      ratio %.2f\n", t, a, b, a / b }'
  done
}

run_rows() {
  "$e2e" demo > "$work/demo" &
  server=$!
  until grep -q '^  api ' "$work/demo"; do read -rt 0.05 <> <(:) || :; done
  api=$(awk '$1 == "api" { print $2 }' "$work/demo")

  mkdir "$work/one" "$work/e2e" "$work/hurl"
  { echo 'suite "One" {'; echo '  test "one request" {'; e2e_request; echo '  }'; echo '}'; } > "$work/one/one.e2e"
  hurl_request > "$work/one/one.hurl"
  for n in $(seq "$files"); do
    { echo "suite \"File $n\" {"; echo '  test "three requests" {'; e2e_request; e2e_request; e2e_request; echo '  }'; echo '}'; } > "$work/e2e/$n.e2e"
    { hurl_request; hurl_request; hurl_request; } > "$work/hurl/$n.hurl"
  done

  cd "$work"
  compare "one request" "$runs_one" "$e2e run one/one.e2e --report none" "$hurl --test one/one.hurl"
  compare "one request, both reports" "$runs_one" \
    "$e2e run one/one.e2e --report json=r.json --report html=r.html" "$hurl --test --report-json rj --report-html rh one/one.hurl"
  compare "$files files, 3 requests, 5 expectations, reports" "$runs_many" \
    "$e2e run e2e --jobs $jobs --report json=r.json --report html=r.html" \
    "$hurl --test --jobs $jobs --report-json rj --report-html rh hurl"
}

[ "$rows" = check ] || run_rows
[ "$rows" = run ] || check_row
