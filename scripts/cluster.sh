# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# A private PostgreSQL under the checkout. It has three parts, all below $home; PG_MAJOR=17 has
# others beside them, pg-17 and so on:
#   pg/    a copy of the installed PostgreSQL, mostly symbolic links, with this checkout's build of
#          the extension in it: installing needs no root, and checkouts do not share a library
#   main/  the cluster of `demo`, `bench` and `psql`: data, log and a socket that only we can enter
#   test/  the same for `test`, made again each time

installed=/usr/lib/postgresql/$pg_major

# PostgreSQL refuses to run as root. Then it runs as the user `postgres`, which may be unable to reach
# the checkout, for example below a home of mode 700.
choose_home() {
  server_user=$(id -un)
  mkdir -p "$home"
  if ((EUID == 0)); then
    server_user=postgres
    if ! runuser -u postgres -- test -x "$home/."; then
      home=/var/lib/clientele-$(cksum <<<"${CLIENTELE_CLUSTER:-$root}" | cut -d ' ' -f 1)
      mkdir -p "$home"
      [[ -d $home/main ]] ||
        say "the user postgres cannot enter $root: the private cluster is in $home instead"
    fi
  elif [[ -e $home/main && ! -O $home/main ]]; then
    die "$home belongs to another user: use sudo, or remove it"
  fi
  main=$home/main$other
  bin=$home/pg$other/lib/postgresql/$pg_major/bin
}

# Runs a command as the server's user, in a directory that this user can be in.
as_server() {
  if ((EUID == 0)); then
    (cd "$home" && runuser -u "$server_user" -- env HOME="$home" "$@")
  else
    (cd "$home" && "$@")
  fi
}

# PostgreSQL finds its library and share directories relative to the program that runs, so a tree of
# the same shape is a complete installation. The programs must be copies, because links are followed.
copy_postgres() {
  local stamp libdir tree=$home/pg$other
  libdir=$("$installed/bin/pg_config" --libdir)
  # Extensions that were installed later must be found, too.
  stamp="$pg_major $(stat -c '%Y %s' "$installed/bin/postgres") $(
    find "$installed/lib" "/usr/share/postgresql/$pg_major" | sort | cksum
  )"
  [[ -f $tree/stamp && $(<"$tree/stamp") == "$stamp" ]] && return
  stop_cluster "$main"
  rm -rf "$tree"
  mkdir -p "$tree/lib/postgresql/$pg_major" "$tree/share/postgresql"
  cp -r "$installed/bin" "$tree/lib/postgresql/$pg_major/bin"
  cp -rs "$installed/lib" "$tree/lib/postgresql/$pg_major/lib"
  cp -rs "/usr/share/postgresql/$pg_major" "$tree/share/postgresql/$pg_major"
  find "$tree" -name 'clientele*' -delete
  ln -s /usr/include "$tree/include"
  ln -s "$libdir" "$tree/lib/$(basename "$libdir")"
  printf '%s\n' "$stamp" >"$tree/stamp"
}

# -Werror and -g1 are for developers; `make install` alone uses neither.
make_extension() {
  mkdir -p "$objects"
  make -C "$objects" -f "$root/Makefile" PG_CONFIG="$bin/pg_config" CXXFLAGS='-g1 -Werror' "$@"
}

# An interrupted run may have left a part of what it linked or wrote.
make_all() {
  if [[ -e $objects/unfinished ]]; then rm -f "$objects"/clientele.so "$objects"/clientele--*.sql; fi
  mkdir -p "$objects"
  : >"$objects/unfinished"
  make_extension "$@" all && rm "$objects/unfinished"
}

build_extension() {
  [[ $root != *[[:space:]]* ]] || die "make cannot work below a directory with a space: $root"
  copy_postgres
  stage 'building the extension' extension.log make_all -j "$jobs" || exit
  rm -f "$home/pg$other/installed"
  stage 'installing it for the private cluster' install.log make_extension install || exit
  : >"$home/pg$other/installed"
}

# build_tools TESTS TARGET: from the extension's objects
build_tools() {
  cmake -S "$root" -B "$build" -DCLIENTELE_TESTS="$1" -DCLIENTELE_OBJECTS="$objects" &&
    cmake --build "$build" --target "$2" --parallel "$jobs"
}

# The path of a socket has at most 107 bytes.
socket_of() {
  local cluster=$1 bytes
  bytes=$(printf %s "$cluster/socket/.s.PGSQL.5432" | wc -c)
  if ((bytes <= 107)); then
    printf '%s\n' "$cluster/socket"
    return
  fi
  if [[ ! -f $cluster/socket.path || ! -d $(<"$cluster/socket.path") ]]; then
    as_server mktemp -d -p /tmp >"$cluster/socket.path"
  fi
  cat "$cluster/socket.path"
}

# The directory gets its name when it is complete.
make_cluster() {
  local cluster=$1
  shift
  mkdir -p "$cluster"
  ((EUID != 0)) || chown "$server_user" "$cluster"
  as_server mkdir -p -m 700 "$cluster/socket" || return
  as_server rm -rf "$cluster/data" "$cluster/data.part"
  as_server "$bin/initdb" -D "$cluster/data.part" -U postgres -A trust -E UTF8 --locale=C.UTF-8 "$@" &&
    as_server mv "$cluster/data.part" "$cluster/data"
}

start_cluster() {
  local cluster=$1
  shift
  as_server "$bin/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -t 120 \
    -o "-c listen_addresses='' -c unix_socket_directories='$(socket_of "$cluster")' -c max_prepared_transactions=20 $*" start 7>&- 8>&- 9>&-
}

# bring_up CLUSTER: its server answers when this returns. A server that runs already may be starting, or
# stopping because an earlier call was interrupted.
bring_up() {
  local deadline=$((SECONDS + 120)) socket
  socket=$(socket_of "$1")
  until as_server "$bin/pg_isready" -q -h "$socket" -p 5432; do
    ((SECONDS < deadline)) || return
    # A statement ends when its client has gone. Processes of jobs need room beside those of parallel queries.
    is_running "$1" || start_cluster "$1" -c client_connection_check_interval=1s -c shared_preload_libraries=clientele \
      -c max_worker_processes=16 || is_running "$1" || return
    sleep 0.2
  done
}

is_running() { as_server "$bin/pg_ctl" -D "$1/data" status >/dev/null 2>&1; }

stop_cluster() {
  [[ -x $bin/pg_ctl && -d $1/data ]] && is_running "$1" || return 0
  as_server "$bin/pg_ctl" -D "$1/data" -m fast -w stop >/dev/null
}

# Sets the environment so that every libpq program finds the cluster, and nothing else.
use_cluster() {
  unset PGHOSTADDR PGSERVICE PGSERVICEFILE PGDATA PGPASSWORD PGPASSFILE
  export PGHOST PGPORT=5432 PGUSER=postgres PGDATABASE=$2 PATH=$bin:$PATH
  PGHOST=$(socket_of "$1")
}

# The server has read the library when it started.
stop_with_old_library() {
  local library
  library=$(cksum <"$("$bin/pg_config" --pkglibdir)/clientele.so") || return
  [[ -f $main/library && $(<"$main/library") == "$library" ]] || stop_cluster "$main" || return
  printf '%s\n' "$library" >"$main/library"
}

# main_cluster DATABASE keep|renew|fresh: brings up the server and the database. A database that
# was created with other SQL than the installed one may call functions that no longer exist.
main_cluster() {
  local made=$main/$1.made script
  if [[ ! -f $main/data/PG_VERSION ]]; then
    stage 'making a private cluster' initdb.log make_cluster "$main" || exit
  fi
  stop_with_old_library || die "the server in $main, which has loaded an older library, does not stop"
  if ! is_running "$main"; then
    stage 'starting its server' start.log bring_up "$main" || exit
  else
    bring_up "$main" || die "the server in $main does not answer; its log is $main/log"
  fi
  use_cluster "$main" "$1"
  script=$(cat "$home/pg$other/share/postgresql/$pg_major/extension/clientele--"*.sql | cksum)
  if [[ $2 != fresh && $(psql -XAtqc "SELECT 1 FROM pg_database WHERE datname = '$1'" postgres) == 1 ]]; then
    [[ ! -f $made || $(<"$made") != "$script" ]] || return 0
    say "the extension has changed since the database $1 was made"
    [[ $2 == renew ]] || return 0
    say 'making it again'
  fi
  make_database "$1" || die "the database $1 could not be made"
  printf '%s\n' "$script" >"$made"
}

# An empty database with the extension, whose functions need no prefix. It gets its name when it is
# complete.
make_database() {
  local quiet="SET client_min_messages = warning" part=$1_part
  psql -Xqc "$quiet" -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "DROP DATABASE IF EXISTS $part WITH (FORCE)" \
    -c "CREATE DATABASE $part" -c "ALTER DATABASE $part SET search_path = public, clientele" postgres || return
  psql -Xqc 'CREATE EXTENSION clientele' "$part" && psql -Xqc "ALTER DATABASE $part RENAME TO $1" postgres || {
    psql -Xqc "DROP DATABASE $part" postgres
    return 1
  }
}

# pgxs_of BIN: the folder of PGXS with the test programs in it
pgxs_of() { (cd "$(dirname "$("$1/pg_config" --pgxs)")/../.." && pwd); }
