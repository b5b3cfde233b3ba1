# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# Installs what is missing from Debian packages, and nothing when nothing is missing.

build_packages=("postgresql-$pg_major" "postgresql-server-dev-$pg_major" g++ make cmake python3 \
  libeigen3-dev libboost-dev libidn2-0 libphonenumber-dev)
test_packages=(libgtest-dev libroaring-dev clang-14 libclang-rt-14-dev llvm-14 clang-format-14 shellcheck \
  libipc-run-perl git python3-venv "postgresql-$pg_major-plpgsql-check")
# Small ones. PostGIS and others are used if they are installed.
neighbour_packages=("postgresql-$pg_major-hll" "postgresql-$pg_major-tdigest" "postgresql-$pg_major-cron")
# Node comes from elsewhere: Debian's npm does not go with other packages of it.
page_packages=(chromium fonts-noto-cjk)
client_packages=(libpostgresql-jdbc-java default-jre-headless)

missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
  for package in "$@"; do
    grep -qxF "$package installed" <<<"$installed" || printf '%s\n' "$package"
  done
}

# The postgresql package would create a server `main` on port 5432 and start it. Only the programs
# are needed: this file prevents that during the installation.
no_main_cluster=/etc/postgresql-common/createcluster.d/clientele.conf

install_packages() (
  as_root=("$@")
  clean_up() {
    "${as_root[@]}" rm -f "$no_main_cluster"
    "${as_root[@]}" rmdir --ignore-fail-on-non-empty "${no_main_cluster%/*}"
  }
  trap clean_up EXIT
  "${as_root[@]}" mkdir -p "${no_main_cluster%/*}"
  "${as_root[@]}" tee "$no_main_cluster" >/dev/null <<<'create_main_cluster = false'
  "${as_root[@]}" apt-get update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" </dev/null
)

need_packages() {
  local missing as_root=()
  command -v dpkg-query >/dev/null ||
    die "this is not Debian: install PostgreSQL $pg_major with its server headers yourself, then" \
      "use make && make install && make installcheck"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "some packages are missing; as root, run: apt-get install ${missing[*]}"
    sudo -n true 2>/dev/null || sudo -v ||
      die "some packages are missing; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  stage "installing ${missing[*]}" packages.log install_packages "${as_root[@]}" ||
    die "could not install ${missing[*]} (PG_MAJOR=$pg_major)"
}
