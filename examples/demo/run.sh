#!/usr/bin/env bash
# The demo: a broker with three libraries on a fresh store in ./demo, a conversation played into it
# so that one sees it happen, and what to open or type next. Runs until Ctrl-C; `--once` ends after
# the play, with its outcome; `--traffic [SEED]` goes on with living traffic (examples/traffic),
# DEMO_SPEED (1) times as fast as life. Ports: DEMO_PORT (8080) and the one after it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  echo "usage: examples/demo/run.sh [--once | --traffic [SEED]]" >&2
  exit 2
}

once=no
live=no
seed=
case "${1:-}" in
  "") ;;
  --once) once=yes ;;
  --traffic)
    live=yes
    seed=${2:-}
    [[ "$seed" =~ ^[0-9]*$ ]] || usage
    ;;
  *) usage ;;
esac

bin=${CARGO_TARGET_DIR:-target}/debug
port=${DEMO_PORT:-8080}
admin=$((port + 1))
url=http://127.0.0.1:$port
page=http://localhost:$port # the page that the widgets stand on
folder=demo
config=$folder/deskbell.toml
broker=
traffic=

. examples/demo/processes.sh

# In this order: traffic ends its chats while the broker still listens.
stop() {
  stop_process "$traffic"
  traffic=
  stop_process "$broker"
  broker=
}
trap stop EXIT
trap 'stop; echo; echo "demo: stopped; ./$folder may be deleted"; exit 0' INT
trap 'exit 143' TERM HUP

for wanted in "$port" "$admin"; do
  need_port "$wanted" "DEMO_PORT=$((port + 100)) make demo"
done

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

# A group of its own each: Ctrl-C reaches this script alone, which then stops them in order.
set -m
"$bin/deskbell" --config "$config" serve >"$folder/broker.log" 2>&1 &
broker=$!
set +m

await_ready "$broker" "$admin" /readyz "the broker" "$folder/broker.log"
printf 'the broker is ready on %s (data in ./%s)\n' "$url" "$folder"

make_passwords "$bin/deskbell" --config "$config"

printf '\n▶ examples/demo/demo.chat, slowly: Maya, Ines and Lou are librarians, Sam is a patron\n\n'
outcome=0
"$bin/deskbell-scripted-bot" --url "$url" --passwords "$folder/passwords" \
  --origin "birch-home=$page" --pace-ms 900 examples/demo/demo.chat \
  | tee "$folder/play.log" || outcome=$?
[ "$outcome" = 0 ] || fail_with_log "the conversation did not go as written" "$folder/broker.log"
if [ "$once" = yes ]; then exit 0; fi

# The bot tells each chat's id as it is opened.
ines=$(awk '$1 == "ines" { print $2 }' "$folder/passwords")
chat=$(sed -nE "s/^ *\(.*'s chat is ([0-9a-z]+)\)$/\1/p" "$folder/play.log" | tail -n 1)
password=$(awk '$1 == "maya" { print $2 }' "$folder/passwords")
cat <<END

The broker goes on. Next, in another terminal, in this folder:

  1. What was stored, event by event:

     $bin/deskbell --config $config log show $chat --text

  2. Be Maya, a librarian of Birch, at the desk: open $url/desk/ and sign in as
     maya with the password $password. In another browser (or a private window) be
     Ines of Cedar: ines, $ines.
     Turn on the Tri-County Co-op in Settings, and wait for somebody to ring.

     The same without a browser: claims the first patron and talks, a line a message.

     DESKBELL_PASSWORD=$password \\
       $bin/answer --url $url --user maya --monitor coop/tri-county

  3. Be a patron, on a library's page: open $page/library/ and press the button in the
     corner. ($page/plain-page is a page with nothing but the protocol.) Or in a third
     terminal; then type on both sides, and Ctrl-D ends the chat.

     $bin/ring --url $url --origin $page \\
       --widget birch-home "Are you open on Sunday?"

  4. Health, and what is counted:

     curl http://127.0.0.1:$admin/readyz
     curl http://127.0.0.1:$admin/metrics

Lou of Elm can sign in, too: her password stands in $folder/passwords.
The broker's own lines: tail -f $folder/broker.log
Ctrl-C stops it.
END

if [ "$live" = yes ]; then
  printf '\n▶ living traffic: patrons ring; Theo and Nadia answer what nobody else claims\n\n'
  arguments=(--url "$url" --passwords "$folder/passwords" --speed "${DEMO_SPEED:-1}")
  for widget in birch-home cedar-home elm-home; do arguments+=(--origin "$widget=$page"); done
  if [ -n "$seed" ]; then arguments+=(--seed "$seed"); fi
  set -m
  "$bin/deskbell-traffic" "${arguments[@]}" &
  traffic=$!
  set +m
  # Whichever ends first: without Ctrl-C neither should.
  wait -n "$traffic" "$broker" || true
  if kill -0 "$broker" 2>/dev/null; then fail "the traffic ended"; fi
fi
wait "$broker" || fail_with_log "the broker ended" "$folder/broker.log"
