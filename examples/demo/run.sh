#!/usr/bin/env bash
# The demo: a broker with three libraries on a fresh store in ./demo, a conversation played into it
# so that one sees it happen, and what to open or type next. Runs until Ctrl-C; `--once` ends after
# the play, with its outcome. Ports: DEMO_PORT (8080) and the one after it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

once=no
case "${1:-}" in
  "") ;;
  --once) once=yes ;;
  *)
    echo "usage: examples/demo/run.sh [--once]" >&2
    exit 2
    ;;
esac

bin=${CARGO_TARGET_DIR:-target}/debug
port=${DEMO_PORT:-8080}
admin=$((port + 1))
folder=demo
config=$folder/deskbell.toml
ready_tries=150 # a fifth of a second each
broker=

stop() {
  if [ -n "$broker" ] && kill -0 "$broker" 2>/dev/null; then
    kill -TERM "$broker"
    wait "$broker" || true
  fi
  broker=
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  printf 'demo: %s\n' "$1" >&2
  if [ -s "$folder/broker.log" ]; then tail -n 20 "$folder/broker.log" >&2; fi
  exit 1
}

# The status that the broker's second listener answers a path with; nothing if it does not answer.
status() {
  local answer
  answer=$(
    exec 2>/dev/null
    exec 3<>"/dev/tcp/127.0.0.1/$admin" || exit
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
    timeout 2 cat <&3
  ) || true
  awk 'NR == 1 { print $2 }' <<<"$answer"
}

if [ -n "$(status /livez)" ]; then
  fail "something listens on port $admin already: end it, or choose another with DEMO_PORT=…"
fi

rm -rf "$folder"
mkdir -p "$folder"
sed "s/:8080/:$port/g" examples/demo/directory.toml >"$folder/directory.toml"
cat >"$config" <<END
# Written by examples/demo/run.sh. For a real one: \`deskbell init\`.
[server]
listen = "127.0.0.1:$port"
admin_listen = "127.0.0.1:$admin"
dev = true # pages on localhost are admitted

[store]
directory = "store"
directory_file = "directory.toml"

[log]
format = "text"
END

"$bin/deskbell" --config "$config" serve >"$folder/broker.log" 2>&1 &
broker=$!

tries=0
until [ "$(status /readyz)" = 200 ]; do
  kill -0 "$broker" 2>/dev/null || fail "the broker did not start"
  tries=$((tries + 1))
  [ "$tries" -lt "$ready_tries" ] || fail "the broker was not ready in time"
  # Ends early when the broker does.
  timeout 0.2 tail --pid="$broker" -f /dev/null || true
done
printf 'the broker is ready on http://127.0.0.1:%s (data in ./%s)\n\n' "$port" "$folder"

# Passwords of this demo only: made now, gone with the folder.
for user in maya ines lou; do
  password="demo-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"
  printf '%s\n' "$password" \
    | "$bin/deskbell" --config "$config" user password "$user" >>"$folder/setup.log" 2>&1 \
    || fail "no password for $user: $(tail -n 1 "$folder/setup.log")"
  printf '%s %s\n' "$user" "$password" >>"$folder/passwords"
done
echo "sign in as (passwords of this demo only):"
sed 's/^/  /' "$folder/passwords"

printf '\n▶ examples/demo/demo.chat, slowly\n\n'
outcome=0
"$bin/deskbell-scripted-bot" --url "http://127.0.0.1:$port" --passwords "$folder/passwords" \
  --origin "birch-home=http://localhost:$port" --pace-ms 900 examples/demo/demo.chat || outcome=$?

if [ "$once" = yes ]; then exit "$outcome"; fi
[ "$outcome" = 0 ] || fail "the conversation did not go as written"

maya=$(awk '$1 == "maya" { print $2 }' "$folder/passwords")
cat <<END

next, in another terminal:

  $bin/deskbell --config $config log show CHAT --text
      what was stored, event by event (CHAT is the id above)
  $bin/answer --url http://127.0.0.1:$port --user maya --password $maya
      sit at Birch's desk: claims and answers whoever rings
  $bin/ring --url http://127.0.0.1:$port --widget birch-home "Are you open on Sunday?"
      ring, in a third terminal
  http://127.0.0.1:$admin/metrics
      what the broker counts

Ctrl-C ends it.
END
wait "$broker" || fail "the broker ended"
