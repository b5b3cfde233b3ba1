#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Shows what clientele is for, on a simulated shop or on a file of your own. Started by ./run demo,
# with CLIENTELE_PSQL (a command that reaches the demo's database) and CLIENTELE_BUILD (where the
# programs are) in its environment.
set -euo pipefail

usage() {
  cat <<'END'
./run demo [--customers N] [--days N] [--seed N]
    Simulates a shop with web, app, store, service and e-mail (20,000 customers in a year unless you
    say otherwise). Five systems deliver their rows, which are cleaned, joined to customers and packed;
    scores say how well. Then it answers questions about what the customers did, and plays a week, in
    which an incident is found, warnings rise, and the effect of a campaign is compared with the truth.

./run demo FILE [options] [FILE [options] ...]
    The same with your own events: FILE is CSV, also .csv.gz. Its columns are found by their names
    and contents, and the choice is shown. To choose yourself:
      --customer COL  --time COL      the columns that every file must have, by name or number
      --clock COL                     the time of day, where --time holds days only
      --event COL     --channel COL   what was done, and where; without an event column each row is
                                      a purchase, or a return if it counts below zero
      --item COL      --amount COL    what it was about, and how much
      --quantity COL  --price COL     make the amount together
      --no-event, --no-item ...       there is no such column, whatever it looks like
      --event-name NAME               what every row is, in a file without an event column
      --channel-name NAME             where, in a file without a channel column
      --delimiter C                   , ; | or tab
      --header, --no-header           whether the first row names the columns
      --header-line N                 the line that names them; what is above is ignored
      --date-order ORDER              dmy, mdy or ymd: what 1/2/2026 and 26/03/01 mean
                                      (also --day-first, --month-first, --year-first)
      --time-as FORM                  what times of figures alone are: calendar (2026030509), epoch
                                      (since 1970), excel (days since 1900) or excel-1904
      --utc-offset OFFSET             where times without a zone are from, such as +08:00
      --decimal-comma, --decimal-point
      --encoding NAME                 GB18030, WINDOWS-1252 ... as iconv names them
    Nothing is guessed in silence: what was found out is shown, with the option that says otherwise.
    Rows that cannot be read are counted, each with its reason, and are kept in demo.rejects.

    Several files are those of one shop: their customers are joined by customer number, e-mail address,
    telephone number, device and cookie. Options before the first file are for all of them, others for
    the file before. A file without a channel column is a channel of its own.
      --country CC                    where telephone numbers without + are from, such as CN
END
}

die() {
  printf 'demo: %s\n' "$*" >&2
  exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
files=()
simulation=()
declare -A options=() countries=()  # of all files, and of each by its number
number=all

# Takes an option about files, and keeps its words apart by lines.
option() {
  options[$number]+=$(printf '%s\n' "$@")$'\n'
  : "${about_files:=$1}"
}
about_files=
while (($# > 0)); do
  case $1 in
    --help | -h)
      usage
      exit
      ;;
    --customers | --days | --seed | --start)
      (($# > 1)) || die "$1 needs a value"
      simulation+=("$1" "$2")
      shift
      ;;
    --customers=* | --days=* | --seed=* | --start=*) simulation+=("$1") ;;
    --country=*)
      countries[$number]=${1#*=}
      : "${about_files:=--country}"
      ;;
    --country)
      (($# > 1)) || die "$1 needs a value"
      countries[$number]=$2
      : "${about_files:=--country}"
      shift
      ;;
    --no-* | --header | --day-first | --month-first | --year-first | --decimal-comma | --decimal-point | --*=*)
      option "$1"
      ;;
    --*)
      (($# > 1)) || die "$1 needs a value"
      option "$1" "$2"
      shift
      ;;
    *)
      number=${#files[@]}
      files+=("$1")
      ;;
  esac
  shift
done
if ((${#files[@]} == 0)); then
  [[ -z $about_files ]] || die "$about_files is about a file, and none is named"
else
  ((${#simulation[@]} == 0)) || die "${simulation[0]} is about the simulation, not about ${files[0]}"
fi
for file in ${files[@]+"${files[@]}"}; do
  [[ -e $file ]] || die "file $file does not exist"
  [[ -f $file || -p $file ]] || die "$file is not a file"
  [[ -r $file ]] || die "$file cannot be read"
done

read -ra psql <<<"${CLIENTELE_PSQL:?is set by ./run demo}"
programs=${CLIENTELE_BUILD:?is set by ./run demo}/demo
export PGOPTIONS="${PGOPTIONS:-} -c timezone=UTC -c client_min_messages=warning"
export PGCLIENTENCODING=UTF8
title='' plain=''
if [[ -t 1 ]]; then title=$'\e[1m' plain=$'\e[0m'; fi

quiet() { "${psql[@]}" -X -q -v ON_ERROR_STOP=1 "$@"; }
# Shows the SQL and its result, with times.
show() {
  local files=() f
  for f; do files+=(-f "$here/$f.sql"); done
  quiet -v title="$title" -v plain="$plain" ${week:+-v week="$week"} -v ECHO=queries -P pager=off -P border=2 \
    -P linestyle=unicode -P footer=off -P null=– "${files[@]}"
}
week=  # its first day, where a week is played
heading() { printf '\n%s%s%s\n' "$title" "$1" "$plain"; }

# INFO:  packed 5 events  becomes  packed 5 events, indented; anything else stays.
pack() {
  heading 'Packing journeys'
  sed '1d' "$here/$1.sql"
  { quiet -f "$here/$1.sql" 3>&1 1>/dev/null 2>&3 || exit; } |
    sed -e '/^CONTEXT: /d' -e 's/^.*INFO:  /  /'
}

# read_file NUMBER [OPTION...]: the rows of a file for COPY
read_file() {
  local file=${files[$1]} open=cat own=()
  case $(head -c 2 -- "$file" | od -An -tx1 | tr -d ' \n') in
    1f8b) open='gzip -dc' ;;
    504b) die "$file is a zip archive or an Excel workbook: save the sheet as CSV first" ;;
  esac
  mapfile -t own <<<"${options[all]:-}${options[$1]:-}"
  unset 'own[-1]'
  $open -- "$file" | "$programs/import" --name "$(basename "$file")" "${@:2}" ${own[@]+"${own[@]}"}
}

# add_file NUMBER: one of several files becomes a source with its own name
declare -A named=()
add_file() {
  local name
  name=$(basename "${files[$1]}")
  name=${name%.gz} name=${name%.*}
  [[ -z ${named[$name]:-} ]] || name+=" $(($1 + 1))"
  named[$name]=1
  heading "Reading ${files[$1]}"
  read_file "$1" --identifiers --channel-name "$name" |
    quiet -v number="$1" -v source="$name" -v country="${countries[$1]:-${countries[all]:-}}" -f "$here/add_file.sql"
}

# A source may have got a column of marks, so columns are named where rows come late.
copy() { quiet -c "COPY demo.$1 ${2:-} FROM STDIN"; }

# Readers of pipes that a simulation has left would wait for ever, and jobs would run on.
at_work=
clean_up() {
  local pid
  [[ -z $at_work ]] || quiet -c 'SELECT clientele.pause_jobs()' >/dev/null 2>&1 || true
  for pid in $(jobs -pr); do kill "$pid" 2>/dev/null || true; done
  rm -rf "$directory"
}

# The simulation writes all tables at once, and each goes to its table through a pipe.
deliver() {
  local table pids=() pid
  heading 'Simulating a shop: five systems deliver their rows'
  quiet -f "$here/shop_tables.sql" -f "$here/shop_truth.sql"
  directory=$(mktemp -d)
  trap clean_up EXIT
  for table in web app orders service crm rows identifiers; do
    mkfifo "$directory/$table.tsv"
    copy "${tables[$table]:-$table}" <"$directory/$table.tsv" &
    pids+=("$!")
  done
  "$programs/simulate" ${simulation[@]+"${simulation[@]}"} --sources "$directory" --truth "$directory/truth.csv"
  for pid in "${pids[@]}"; do wait "$pid"; done
  copy rates <"$directory/rates.tsv"
  quiet -c 'COPY demo.truth FROM STDIN (FORMAT csv, HEADER)' <"$directory/truth.csv"
  quiet -c 'INSERT INTO demo.accounts SELECT customer, name, city FROM demo.truth' -c ANALYZE
}
declare -A tables=([service]=service_log [rows]=hidden_rows [identifiers]=hidden_identifiers)
declare -A columns=([app]='(id, device, member, logged_at, action, item, payload)')

late() {
  local table
  for table in web app orders service crm; do
    copy "${tables[$table]:-$table}" "${columns[$table]:-}" <"$directory/$table.late.tsv"
    sleep "${1:-0}"
  done
}

answer() { quiet -Atc "SELECT $1"; }

# wait_until SECONDS CONDITION
wait_until() {
  local deadline=$((SECONDS + $1))
  until [[ $(answer "$2") == t ]]; do
    ((SECONDS < deadline)) || return
    sleep 0.2
  done
}

# Late rows come, and the jobs of a managed system read them. Then the jobs are paused, so that nothing goes on at
# work when the demo has ended.
watch_jobs() {
  heading 'From here on the store keeps itself up to date: jobs run inside the server, while rows come late'
  at_work=yes
  show jobs
  if wait_until 5 "clientele.scheduler_state() = 'running'"; then
    late 0.7
    since=$(answer 'clock_timestamp()')
    wait_until 20 "EXISTS (SELECT FROM clientele_bi.job_runs WHERE job = 'ingest' AND state = 'succeeded' AND started_at > '$since')" || true
    show_runs
    show job_status
  else
    printf '  Not here: %s\n' "$(answer 'clientele.scheduler_state()')"
    late
  fi
  quiet -c 'SELECT clientele.pause_jobs()' >/dev/null
  at_work=
  wait_until 20 "NOT EXISTS (SELECT FROM clientele_bi.job_status WHERE running_since IS NOT NULL)" || true
  quiet -c "SELECT clientele.alter_job('ingest', every => '1 minute'),
    clientele.alter_job('refresh_tags', schedule => '*/15 * * * *', jitter => '1 minute'),
    clientele.alter_job('prune_history', schedule => '15 4 * * *', jitter => '10 minutes')" >/dev/null
  printf '  The jobs are paused now; SELECT clientele.resume_jobs() lets them go on.\n'
  quiet -c 'CALL clientele.ingest()'
}

# Shows the batches after a run as they are committed, and notes the last one.
last_run=0
show_runs() {
  local line
  while IFS='|' read -r run line; do
    last_run=$run
    printf '  %s\n' "$line"
  done < <(quiet -At -v last="$last_run" -f "$here/runs.sql")
}

ingest() {
  heading "$1"
  printf 'CALL clientele.ingest(batch_rows => 500000);\n'
  quiet -c 'CALL clientele.ingest(batch_rows => 500000)' &
  local pid=$! far shown=
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    show_runs
    far=$(quiet -At -f "$here/progress.sql")
    [[ -n $far && ${far%,*} != "$shown" ]] || continue
    printf '%s\n' "$far"
    shown=${far%,*}
  done
  wait "$pid"
  show_runs
}

# Without a directory of results of its own, the report is beside the programs.
write_report() {
  local file=${CLIENTELE_BUILD%/}/report.html
  heading 'The same for people who do not write SQL: one page, to be opened in a browser'
  quiet -Atc 'SELECT clientele.report()' >"$file" || return 0
  printf '  %s (%s kB)\n  ./run report FILE writes it again; ./run report --help lists its options.\n' "$file" $(($(stat -c %s "$file") / 1000))
}

# shellcheck source=demo/week.sh
source "$here/week.sh"

quiet -f "$here/prepare.sql" >/dev/null
if ((${#files[@]} == 0)); then
  deliver
  show arrived
  heading 'Each table becomes a source: which row is whose, what happened, when'
  show shop_sources shop_names
  ingest 'Ingesting what is there'
  watch_jobs
  quiet -c ANALYZE
  show scores person
  show shop tags sizes questions
  week
  heading 'demo.truth and demo.hidden_… have what the shop cannot know: which customers have left, and how much each will buy.'
else
  if ((${#files[@]} == 1)); then
    heading "Reading ${files[0]}"
    read_file 0 |
      quiet -c 'COPY demo.events (row, line, customer, at, event, channel, item, amount, reject, content) FROM STDIN'
    quiet -c 'ANALYZE demo.events'
    usable=$(quiet -Atc 'SELECT EXISTS (SELECT FROM demo.usable)')
    [[ $usable == f ]] || pack load_file
    heading 'What became of the rows'
  else
    for number in "${!files[@]}"; do add_file "$number"; done
    ingest 'Joining the customers of all files'
    heading 'What became of the rows of each file'
    show joined
    heading 'And of all rows'
  fi
  show report
  if [[ $(quiet -Atc 'SELECT EXISTS (SELECT FROM clientele_data.journeys)') == f ]]; then
    heading "No row of ${files[*]} can be used."
    exit 1
  fi
  show choose file tags sizes
  # A few customers may be too few for a model.
  show questions || true
  heading 'Rows that could not be used are in demo.rejects, each with its line and reason.'
fi
write_report
printf '%s\n' 'To ask more:  ./run psql' \
  "  SELECT * FROM clientele_bi.events WHERE customer_id = 1;" \
  "  SELECT * FROM clientele_bi.tag_coverage;" \
  "  SELECT clientele.funnel_depth(journey, '{...}', '7 days'), count(*) FROM clientele_data.journeys GROUP BY 1;"
