# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# A private PostgreSQL under the checkout. It has three parts, all below $home:
#   pg/    a copy of the installed PostgreSQL, mostly symbolic links, with this checkout's build of
#          the extension in it: installing needs no root, and checkouts do not share a library
#   main/  the cluster of `demo`, `bench` and `psql`: data, log and a socket that only we can enter
#   test/  the same for `test`, made anew each time

installed=/usr/lib/postgresql/$pg_major
home=$root/.cluster

# PostgreSQL refuses to run as root; then it runs as the user `postgres`, who may be unable to reach
# the checkout (a mode-700 home, say).
choose_home() {
  server_user=$(id -un)
  mkdir -p "$home"
  if ((EUID == 0)); then
    server_user=postgres
    if ! runuser -u postgres -- test -x "$home/."; then
      home=/var/lib/clientele-$(cksum <<<"$root" | cut -d ' ' -f 1)
      mkdir -p "$home"
      [[ -d $home/main ]] ||
        say "the user postgres cannot enter $root: the private cluster is in $home instead"
    fi
  elif [[ -e $home/main && ! -O $home/main ]]; then
    die "$home belongs to another user: use sudo, or remove it"
  fi
  bin=$home/pg/lib/postgresql/$pg_major/bin
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
# the same shape is a full installation of its own. The programs must be copies: a link is followed.
copy_postgres() {
  local stamp libdir tree=$home/pg
  libdir=$("$installed/bin/pg_config" --libdir)
  stamp="$pg_major $(stat -c '%Y %s' "$installed/bin/postgres")"
  [[ -f $tree/stamp && $(<"$tree/stamp") == "$stamp" ]] && return
  stop_cluster "$home/main"
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

make_extension() {
  mkdir -p "$build/extension"
  make -C "$build/extension" -f "$root/Makefile" PG_CONFIG="$bin/pg_config" "$@"
}

build_extension() {
  [[ $root != *[[:space:]]* ]] || die "make cannot work below a directory with a space: $root"
  copy_postgres
  stage 'building the extension' extension.log make_extension -j "$jobs" all || exit
  stage 'installing it for the private cluster' install.log make_extension install || exit
}

# build_tools TESTS TARGET: from the extension's objects
build_tools() {
  cmake -S "$root" -B "$build" -DCLIENTELE_TESTS="$1" -DCLIENTELE_OBJECTS="$build/extension" &&
    cmake --build "$build" --target "$2" --parallel "$jobs"
}

# A socket's whole path may have 107 bytes.
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

make_cluster() {
  local cluster=$1
  shift
  mkdir -p "$cluster"
  ((EUID != 0)) || chown "$server_user" "$cluster"
  as_server mkdir -p -m 700 "$cluster/socket"
  as_server "$bin/initdb" -D "$cluster/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 "$@"
}

start_cluster() {
  local cluster=$1
  shift
  as_server "$bin/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -t 120 \
    -o "-c listen_addresses='' -c unix_socket_directories='$(socket_of "$cluster")' $*" start 9>&-
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

# main_cluster DATABASE keep|renew: brings up the server and the database. A database that was
# made with other SQL than is installed now calls functions that may be gone.
main_cluster() {
  local cluster=$home/main made=$home/$1.made script
  if [[ ! -f $cluster/data/PG_VERSION ]]; then
    stage 'making a private cluster' initdb.log make_cluster "$cluster" || exit
  fi
  if ! is_running "$cluster"; then
    stage 'starting its server' start.log start_cluster "$cluster" || exit
  fi
  use_cluster "$cluster" "$1"
  script=$(cat "$home/pg/share/postgresql/$pg_major/extension/clientele--"*.sql | cksum)
  if [[ $(psql -XAtqc "SELECT 1 FROM pg_database WHERE datname = '$1'" postgres) == 1 ]]; then
    [[ ! -f $made || $(<"$made") != "$script" ]] || return 0
    say "the extension has changed since the database $1 was made"
    [[ $2 == renew ]] || return 0
    say 'making it anew'
  fi
  make_database "$1"
  printf '%s\n' "$script" >"$made"
}

# An empty database with the extension, whose functions need no prefix.
make_database() {
  local quiet="SET client_min_messages = warning"
  psql -Xqc "$quiet" -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "CREATE DATABASE $1" \
    -c "ALTER DATABASE $1 SET search_path = public, clientele" postgres || return
  psql -Xqc 'CREATE EXTENSION clientele' "$1" || {
    psql -Xqc "DROP DATABASE $1" postgres
    return 1
  }
}
