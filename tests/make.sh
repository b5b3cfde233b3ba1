#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The Makefile as packagers and users of the extension call it.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tests/counts.sh
source "$root/tests/counts.sh"
unset CXX CXXFLAGS CXXFLAGS_EXTRA CPPFLAGS LDFLAGS CXX_WARNINGS MAKEFLAGS MAKELEVEL
pg_config=${PG_CONFIG:-/usr/lib/postgresql/${PG_MAJOR:-15}/bin/pg_config}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# is NAME GOT WANTED
is() { same "$1" "$3" "$2"; }

# flags ARGUMENTS...: what a build of one source and the library would run, in a directory of its own
flags() {
  make -n -C "$scratch" -f "$root/Makefile" PG_CONFIG="$pg_config" "$@" 2>&1 | grep -E ' -c .*/src/module\.cpp | -shared '
}

# has NAME PATTERN TEXT, has_not NAME PATTERN TEXT
has() { is "$1" "$(grep -cE -- "$2" <<<"$3")" "${4:-1}"; }
has_not() { has "$1" "$2" "$3" 0; }

compiled() { grep -E ' -c .*/src/module\.cpp '; }
linked() { grep -E ' -shared .*clientele\.so'; }

plain=$(flags)
has 'warnings are shown' ' -Wall -Wextra ' "$(compiled <<<"$plain")"
has_not 'warnings are not errors' '-Werror( |$)' "$(compiled <<<"$plain")"
has_not 'there is no debug information unless requested' ' -g[0-9]?( |$)' "$(compiled <<<"$plain")"
has_not 'nothing is made for this processor alone' '-march=native' "$plain"

asked=(CXX='ccache c++' CXXFLAGS='-g -O2 -fstack-protector-strong' CPPFLAGS=-D_FORTIFY_SOURCE=2 'LDFLAGS=-Wl,-z,defs')
for way in environment 'command line'; do
  if [[ $way == environment ]]; then
    given=$(export "${asked[@]}" && flags)
  else
    given=$(flags "${asked[@]}")
  fi
  has "the compiler is that of the $way" '^ccache c\+\+ ' "$(compiled <<<"$given")"
  has "CXXFLAGS of the $way come last" ' -O3 .*-g -O2 -fstack-protector-strong ' "$(compiled <<<"$given")"
  has "CPPFLAGS of the $way are used" ' -D_FORTIFY_SOURCE=2 ' "$(compiled <<<"$given")"
  has "the $way says how to link" '^ccache c\+\+ .* -fstack-protector-strong ' "$(linked <<<"$given")"
  has "LDFLAGS of the $way are used" ' -Wl,-z,defs ' "$(linked <<<"$given")"
done
has 'sources are found below VPATH' " $root/src/module.cpp " "$(compiled <<<"$(flags VPATH="$root")")"

# phone ARGUMENTS...: what installing and removing would do with the library of phone numbers
phone() { make -n -C "$scratch" -f "$root/Makefile" PG_CONFIG="$pg_config" "$@" 2>&1 | grep clientele_phone; }
with=$(phone WITH_PHONE=yes install uninstall DESTDIR=/of/package)
has 'with libphonenumber there is a library for it' ' -shared .*-lphonenumber' "$with"
has 'it is installed' "install .*clientele_phone\.so '/of/package/" "$with"
has 'it is removed' "rm -f '/of/package/.*/clientele_phone\.so'" "$with"
without=$(phone WITH_PHONE=no install DESTDIR=/of/package)
has_not 'without libphonenumber there is none' ' -shared | install ' "$without"
has 'one of an earlier build does not stay' "rm -f '/of/package/.*/clientele_phone\.so'" "$without"
found=no
[[ ! -e /usr/include/phonenumbers/phonenumberutil.h ]] || found=yes
is 'by default it depends on the header' "$(phone all | grep -c -- -lphonenumber | sed 's/1/yes/; s/0/no/')" "$found"
has_not 'the main library does not need it' phonenumber "$(linked <<<"$(flags WITH_PHONE=yes)")"

# build DIRECTORY: a copy of the sources there, and an object of it
build() {
  mkdir -p "$scratch/$1"
  cp -r "$root/src" "$root/Makefile" "$root/clientele.control" "$scratch/$1" &&
    make -s -C "$scratch/$1" PG_CONFIG="$pg_config" CXXFLAGS=-g src/base/durations.o src/module.o >"$scratch/$1.log" 2>&1 ||
    cat "$scratch/$1.log"
}
build here
build elsewhere/and/deeper
for object in base/durations module; do
  is "$object.o does not depend on where it was built" \
    "$(cmp "$scratch/here/src/$object.o" "$scratch/elsewhere/and/deeper/src/$object.o" 2>&1)" ''
done

# A build that was killed leaves no incomplete file that the next one would use. This compiler writes half
# an object and waits.
cat >"$scratch/half" <<'END'
#!/usr/bin/env bash
while [[ $1 != -o ]]; do shift; done
echo half >"$2"
touch "$0.begun"
exec sleep 60
END
chmod +x "$scratch/half"
rm "$scratch/here/src/module.o"
setsid make -s -C "$scratch/here" PG_CONFIG="$pg_config" WITH_PHONE=no CXX="$scratch/half" src/module.o >/dev/null 2>&1 &
killed=$!
for ((i = 0; i < 600; ++i)); do
  [[ ! -e $scratch/half.begun ]] || break
  sleep 0.05
done
kill -KILL -- "-$killed"
wait "$killed" 2>/dev/null
is 'a build that is killed has begun' "$(find "$scratch/here/src" -name 'module.o.*')" "$scratch/here/src/module.o.part"
is 'a build that was killed leaves no object' "$(find "$scratch/here/src" -name module.o)" ''
is 'the next one makes it' \
  "$(make -s -C "$scratch/here" PG_CONFIG="$pg_config" CXXFLAGS=-g src/module.o 2>&1)$(cmp "$scratch/here/src/module.o" \
    "$scratch/elsewhere/and/deeper/src/module.o" 2>&1)" ''

end make
