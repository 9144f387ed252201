# What the demo's scripts share: processes that are stopped by their ids, and what they answer.
# Sourced, never run. Whoever sources it sets `folder`.

ready_tries=150 # a fifth of a second each

stop_process() {
  if [ -n "$1" ] && kill -0 "$1" 2>/dev/null; then
    kill -TERM "$1"
    wait "$1" || true
  fi
}

fail() {
  printf 'demo: %s\n' "$1" >&2
  exit 1
}

# As `fail`, with the last lines of a log.
fail_with_log() {
  if [ -s "$2" ]; then tail -n 20 "$2" >&2; fi
  fail "$1"
}

# Fails if something listens on a port; the second word says what to do instead.
need_port() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    fail "port $1 is in use: end what listens there, or $2"
  fi
}

# The status that a port answers a path with; nothing if it does not answer.
status() {
  local answer
  answer=$(
    exec 2>/dev/null
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    timeout 2 cat <&3
  ) || true
  awk 'NR == 1 { print $2 }' <<<"$answer"
}

# Waits until a process answers a path with 200: its id, port and path, its name, its log.
await_ready() {
  local tries=0
  until [ "$(status "$2" "$3")" = 200 ]; do
    kill -0 "$1" 2>/dev/null || fail_with_log "$4 did not start" "$5"
    tries=$((tries + 1))
    [ "$tries" -lt "$ready_tries" ] || fail_with_log "$4 was not ready in time" "$5"
    # Ends early when the process does.
    timeout 0.2 tail --pid="$1" -f /dev/null || true
  done
}

# Passwords of this demo only: made now, gone with the folder. Takes the command that sets them.
make_passwords() {
  local user password
  for user in maya ines lou theo nadia; do
    password="demo-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"
    printf '%s\n' "$password" | "$@" user password "$user" >>"$folder/setup.log" 2>&1 \
      || fail "no password for $user: $(tail -n 1 "$folder/setup.log")"
    printf '%s %s\n' "$user" "$password" >>"$folder/passwords"
  done
}
