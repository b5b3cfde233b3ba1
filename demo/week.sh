# SPDX-License-Identifier: PostgreSQL
# shellcheck shell=bash disable=SC2154
# One week of the simulated shop: what watches, warns and acts is set up, the week is simulated, and what was found is
# compared with the truth. Sourced by demo.sh.

# The first day after the simulation.
first_day_after() {
  local start=2025-01-01 days=365 i
  for ((i = 0; i < ${#simulation[@]}; ++i)); do
    case ${simulation[i]} in
      --start) start=${simulation[++i]} ;;
      --start=*) start=${simulation[i]#*=} ;;
      --days) days=${simulation[++i]} ;;
      --days=*) days=${simulation[i]#*=} ;;
    esac
  done
  date -u -d "$start + $((10#$days)) days" +%F
}

deliver_messages() {
  local claimed file=$directory/messages.csv
  heading 'A deliverer takes the messages from the outbox, sends them, and says so'
  printf 'customer,at\n' >"$file"
  while claimed=$(quiet -At -F, -f "$here/week_deliver.sql") && [[ -n $claimed ]]; do
    printf '%s\n' "$claimed" >>"$file"
  done
  printf '  %s messages delivered\n' "$(($(wc -l <"$file") - 1))"
}

# The simulation goes on, and knows who got a message. Its rows are numbered from a number that no row has.
go_on() {
  local table week_files=$directory/week
  heading 'Seven days go by in the simulation. It knows who can be persuaded, and on one evening the app takes no payments'
  mkdir "$week_files"
  "$programs/week" ${simulation[@]+"${simulation[@]}"} --messages "$directory/messages.csv" --last-id 1000000000 \
    --sources "$week_files" --truth "$week_files"
  for table in web app orders service crm; do
    copy "${tables[$table]:-$table}" "${columns[$table]:-}" <"$week_files/$table.tsv"
  done
  copy hidden_rows <"$week_files/rows.tsv"
  copy surveys <"$week_files/surveys.tsv"
  copy hidden_answers <"$week_files/answers.tsv"
  quiet -c 'COPY demo.people FROM STDIN (FORMAT csv, HEADER)' <"$week_files/people.csv"
  quiet -c 'COPY demo.incident FROM STDIN (FORMAT csv, HEADER)' <"$week_files/incident.csv"
  quiet -c 'CREATE TEMP TABLE known (LIKE demo.hidden_identifiers)' -c 'COPY known FROM STDIN' \
    -c 'INSERT INTO demo.hidden_identifiers SELECT * FROM known k
        WHERE NOT EXISTS (SELECT FROM demo.hidden_identifiers h WHERE (h.kind, h.value) = (k.kind, k.value))' <"$week_files/identifiers.tsv"
  ingest 'The rows of the week come in'
  printf '\n'
}

week() {
  week=$(first_day_after)
  heading "One week, from $week on"
  quiet -f "$here/week_tables.sql"
  copy surveys <"$directory/surveys.tsv"
  copy hidden_answers <"$directory/answers.tsv"
  show week_metrics week_warning week_campaign
  deliver_messages
  go_on
  show week_found week_warned week_effect week_voices week_points
}
