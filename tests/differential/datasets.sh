#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Loads real data sets into the store and compares every event with the source, in plain SQL.
# The last line is `datasets: N passed, N failed, N skipped`.
set -euo pipefail

data=${CLIENTELE_DATA:-$(dirname "$0")/../../../shared/data}
psql=("${CLIENTELE_PSQL:-psql}" -XqAt -v ON_ERROR_STOP=1)
export PGOPTIONS='-c client_min_messages=warning -c timezone=UTC'
# shellcheck source=tests/counts.sh
source "$(dirname "${BASH_SOURCE[0]}")/../counts.sh"
"${psql[@]}" -c 'CREATE EXTENSION IF NOT EXISTS clientele' -c 'CALL clientele.create_store()'

# dataset FILE USABLE EVENT ITEM AMOUNT ARGUMENTS CUSTOMER TIME: USABLE is a condition on a row, the next three are
# what its event, item and amount must be, ARGUMENTS are those of load_events(); then customer and time.
dataset() {
  local file=$data/$1 name=${1%%.*} reader=cat header
  if [[ ! -f $file ]]; then
    skip "$file is not there"
    return
  fi
  [[ $file != *.gz ]] || reader=zcat
  header=$($reader "$file" | head -n 1 | tr -d '\r' || true)
  "${psql[@]}" -c "CREATE TABLE \"$name\" (\"${header//,/\" text, \"}\" text)"
  $reader "$file" | "${psql[@]}" -c "\\copy \"$name\" FROM STDIN (FORMAT csv, HEADER)"
  "${psql[@]}" -c "CALL clientele.load_events('\"$name\"', $6, identity_kind => '$name')" >/dev/null
  "${psql[@]}" -c "SELECT '$name: ' || string_agg(outcome || ' ' || \"rows\", ', ') FROM clientele.load_summary()"
  same "$name: rows read" "$("${psql[@]}" -c "SELECT count(*) FROM \"$name\"")" \
    "$("${psql[@]}" -c "SELECT \"rows\" FROM clientele.load_summary() WHERE outcome = 'read'")"
  same "$name: packed and rejected" "$("${psql[@]}" -c "SELECT count(*) FILTER (WHERE $2), count(*) FILTER (WHERE ($2) IS NOT TRUE) FROM \"$name\"")" \
    "$("${psql[@]}" -c 'SELECT rows_packed, rows_rejected FROM clientele_data.load_runs ORDER BY run_id DESC LIMIT 1')"
  local wanted="SELECT customer, at::timestamptz, $3, nullif($4, ''), ($5)::numeric FROM (SELECT *, $7 AS customer, $8 AS at FROM \"$name\") s WHERE $2"
  local got="SELECT i.value, e.at, e.event, e.item, e.amount FROM clientele_bi.events e
    JOIN clientele_data.identities i ON i.customer_id = e.customer_id AND i.kind = '$name'"
  same "$name: events that differ" '0|0' "$("${psql[@]}" -c "SELECT (SELECT count(*) FROM ($wanted EXCEPT ALL $got) d), (SELECT count(*) FROM ($got EXCEPT ALL $wanted) d)")"
}

dataset online_retail.csv.gz "\"CustomerID\" <> ''" "'purchase'" '"StockCode"' '"UnitPrice"' \
  "customer => 'CustomerID', at => 'InvoiceDate', event => NULL, default_event => 'purchase', item => 'StockCode', amount => 'UnitPrice'" \
  '"CustomerID"' '"InvoiceDate"'
dataset epub_sessions.csv 'true' "'download'" 'doc' 'NULL' \
  "customer => 'session_id', at => 'ts', event => NULL, default_event => 'download', item => 'doc'" session_id ts
dataset wiki_sessions.csv.gz 'true' 'url' "NULL::text" 'NULL' \
  "customer => 'uuid', at => 'timestamp', event => 'url'" uuid '"timestamp"'
dataset hospital_bpic2011.csv.gz 'true' 'activity' 'section' 'number_of_executions' \
  "customer => 'case_id', at => 'timestamp', event => 'activity', channel => 'group', item => 'section', amount => 'number_of_executions'" \
  case_id '"timestamp"'

"${psql[@]}" -c 'CALL clientele.drop_store()' -c 'DROP TABLE IF EXISTS online_retail, epub_sessions, wiki_sessions, hospital_bpic2011'
end datasets
