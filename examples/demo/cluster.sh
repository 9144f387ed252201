#!/usr/bin/env bash
# Two brokers on one Redis server behind a round-robin front, all in ./demo-cluster: a conversation
# is played through the front, and one broker is killed in the middle of it and started again.
# Runs until Ctrl-C; `--once` ends after the play, with its outcome. The front listens on
# CLUSTER_PORT (8090); brokers, their second listeners and Redis on the five ports after it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case "${1:-}" in
  "" | --once) ;;
  *)
    echo "usage: examples/demo/cluster.sh [--once]" >&2
    exit 2
    ;;
esac

bin=${CARGO_TARGET_DIR:-target}/debug
port=${CLUSTER_PORT:-8090}
redis_port=$((port + 5))
url=http://127.0.0.1:$port
page=http://localhost:$port
folder=demo-cluster
kill_at='Maya notes:' # the line of the play at which the first broker is killed
redis=
front=
brokers=("" "")

. examples/demo/processes.sh

stop() {
  stop_process "$front"
  stop_process "${brokers[0]}"
  stop_process "${brokers[1]}"
  stop_process "$redis"
  front= redis=
  brokers=("" "")
}
trap stop EXIT
trap 'stop; echo; echo "demo: stopped; ./$folder may be deleted"; exit 0' INT
trap 'exit 143' TERM HUP

for wanted in {0..5}; do
  need_port $((port + wanted)) "CLUSTER_PORT=$((port + 100)) make cluster"
done

rm -rf "$folder"
mkdir -p "$folder/redis"
sed "s/:8080/:$port/g" examples/demo/directory.toml >"$folder/directory.toml"

# Everything is a group of its own: Ctrl-C reaches this script alone, which then stops all in order.
set -m
redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$folder/redis" --save "" \
  --appendonly yes --appendfsync always >"$folder/redis.log" 2>&1 &
redis=$!
set +m

# Settings of a broker: its number, 0 or 1.
config() {
  cat >"$folder/broker-$1.toml" <<END
# Written by examples/demo/cluster.sh; see docs/operating.md.
[server]
listen = "127.0.0.1:$((port + 1 + $1))"
admin_listen = "127.0.0.1:$((port + 3 + $1))"
trusted_proxies = ["127.0.0.1"]
dev = true # pages on localhost are admitted

[store]
directory = "broker-$1"
engine = "redis"
directory_file = "directory.toml"

[redis]
url = "redis://127.0.0.1:$redis_port"

[log]
format = "text"
END
}

start_broker() {
  set -m
  "$bin/deskbell" --config "$folder/broker-$1.toml" serve >>"$folder/broker-$1.log" 2>&1 &
  brokers[$1]=$!
  set +m
  await_ready "${brokers[$1]}" $((port + 3 + $1)) /readyz "broker $1" "$folder/broker-$1.log"
}

config 0
config 1
until timeout 1 redis-cli -p "$redis_port" ping 2>/dev/null | grep -q PONG; do
  kill -0 "$redis" 2>/dev/null || fail_with_log "Redis did not start" "$folder/redis.log"
done
start_broker 0
start_broker 1

# It asks each broker twice a second whether it is ready, and sends people to those that are.
cat >"$folder/haproxy.cfg" <<END
defaults
  mode http
  timeout connect 1s
  timeout client 2m
  timeout server 2m
  timeout tunnel 1h
  retries 3
  option redispatch
  option forwardfor

frontend desk
  bind 127.0.0.1:$port
  default_backend brokers

backend brokers
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 500 fall 1 rise 1 on-marked-down shutdown-sessions
  server one 127.0.0.1:$((port + 1)) port $((port + 3))
  server two 127.0.0.1:$((port + 2)) port $((port + 4))
END
set -m
haproxy -f "$folder/haproxy.cfg" -db >"$folder/haproxy.log" 2>&1 &
front=$!
set +m
await_ready "$front" "$port" /password "the front" "$folder/haproxy.log"
printf 'two brokers on one Redis server are ready behind %s (data in ./%s)\n' "$url" "$folder"

make_passwords "$bin/deskbell" --config "$folder/broker-0.toml"

printf '\n▶ examples/demo/demo.chat, slowly; the first broker is killed on the way\n\n'
play() {
  "$bin/deskbell-scripted-bot" --url "$url" --passwords "$folder/passwords" \
    --origin "birch-home=$page" --pace-ms 900 examples/demo/demo.chat 2>&1 \
    && touch "$folder/played"
}
while IFS= read -r line; do
  printf '%s\n' "$line"
  case "$line" in
    *"$kill_at"*)
      if [ -n "${brokers[0]}" ]; then
        printf '\n▶ kill -9 of the first broker (process %s)\n\n' "${brokers[0]}"
        kill -KILL "${brokers[0]}"
        wait "${brokers[0]}" 2>/dev/null || true
        brokers[0]=
      fi
      ;;
  esac
done < <(play)
[ -e "$folder/played" ] \
  || fail_with_log "the conversation did not go as written" "$folder/broker-1.log"
[ -z "${brokers[0]}" ] || fail "no broker was killed: the play has no line \"$kill_at\""
start_broker 0
printf '\n▶ the conversation went as written, and the first broker is back\n'
if [ "${1:-}" = --once ]; then exit 0; fi

password=$(awk '$1 == "maya" { print $2 }' "$folder/passwords")
cat <<END

All of it goes on. Be Maya, a librarian of Birch: open $url/desk/ and sign in as maya with the
password $password. Be a patron: open $page/library/. Kill a broker while you chat:

  kill -9 ${brokers[1]}

Look at each broker: curl http://127.0.0.1:$((port + 3))/readyz, and .../metrics.
What stands in Redis: $bin/deskbell --config $folder/broker-0.toml log verify
The brokers' own lines: tail -f $folder/broker-0.log $folder/broker-1.log
Ctrl-C stops everything.
END
wait "$front" || fail_with_log "the front ended" "$folder/haproxy.log"
