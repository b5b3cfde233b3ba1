// SPDX-License-Identifier: PostgreSQL
// The ledger in the server. A batch opens the ledger of its source, and asks it while the source is
// read with the rights of the source's owner, who may not read the store.
#include "sources/ingest/ledger.hpp"

#include <algorithm>
#include <string>

#include "pg/memory.hpp"
#include "pg/query.hpp"
#include "pg/values.hpp"
#include "sources/batch/arrays_pg.hpp"
#include "store/store_pg.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/uuid.h"
}

namespace clientele {
namespace {

using pg::ByteView;
using pg::call_pg;
using pg::guarded;
using sources::OpenLedger;

/// The ledger that is open in this transaction, if any. It is in a memory context of its own, which
/// goes with the transaction.
struct Opened {
  int64 number = 0;
  MemoryContext context = nullptr;
  OpenLedger* numbers = nullptr;
  uint32 source = 0;
  Oid texts = InvalidOid;
};
Opened opened;

void forget(void* context) {
  if (opened.context != context) return;
  const int64 number = opened.number;
  opened = Opened();
  opened.number = number;
}

/// PostgreSQL regime. Closes what was open.
void open_new() {
  if (opened.context != nullptr) MemoryContextDelete(opened.context);
  MemoryContext context =
      AllocSetContextCreate(TopTransactionContext, "clientele ledger", ALLOCSET_DEFAULT_SIZES);
  auto* const callback = static_cast<MemoryContextCallback*>(
      MemoryContextAlloc(context, sizeof(MemoryContextCallback)));
  callback->func = forget;
  callback->arg = context;
  MemoryContextRegisterResetCallback(context, callback);
  opened.context = context;
  ++opened.number;
}

/// PostgreSQL regime.
void require_open(int64 number, bool there) {
  if (number != opened.number || !there)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("ledger %lld is not open", static_cast<long long>(number)),
                    errhint("A batch opens the ledger of its source until it ends.")));
}

pg::PlannedQuery chunks_above{
    {"SELECT l.first_id, l.ids FROM clientele_data.source_ledger l "
     "WHERE l.source_id OPERATOR(pg_catalog.=) $1 AND l.first_id OPERATOR(pg_catalog.>=) "
     "coalesce((SELECT k.first_id FROM clientele_data.source_ledger k "
     "WHERE k.source_id OPERATOR(pg_catalog.=) $1 AND k.first_id OPERATOR(pg_catalog.<=) $2 "
     "ORDER BY k.first_id DESC LIMIT 1), $2) ORDER BY l.first_id",
     "the ledger of a source"}};

struct StoredChunk {
  int64 first_id;
  ByteView bytes;
};

/// C++ regime. The numbers above `above`, and perhaps some below.
OpenLedger& open_numbers(int64 source, int64 above) {
  pg::store_table("source_ledger");
  call_pg([] { open_new(); });
  auto* const ledger = pg::make_in<OpenLedger>(opened.context);
  pg::each_row(
      chunks_above,
      [&](pg::Parameters& p) {
        p.add(INT8OID, Int64GetDatum(source));
        p.add(INT8OID, Int64GetDatum(above));
      },
      [](const pg::QueryRow& row) {
        return StoredChunk{row.bigint(1), row.bytes(2)};
      },
      [&](const StoredChunk& chunk) { ledger->add_chunk(chunk.first_id, chunk.bytes); });
  opened.numbers = ledger;
  return *ledger;
}

/// The key of an event id in source_ledger_texts. PostgreSQL regime.
void key_of(uint32 source, ByteView text, pg_uuid_t& key) {
  uint8 digest[PG_SHA256_DIGEST_LENGTH];
  pg_cryptohash_ctx* const hash = pg_cryptohash_create(PG_SHA256);
  if (pg_cryptohash_init(hash) < 0 || pg_cryptohash_update(hash, text.data(), text.size()) < 0 ||
      pg_cryptohash_final(hash, digest, sizeof digest) < 0) {
    pg_cryptohash_free(hash);
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("an event id could not be hashed")));
  }
  pg_cryptohash_free(hash);
  const uint32 prefix = pg_hton32(source);
  std::memcpy(key.data, &prefix, sizeof prefix);
  std::memcpy(key.data + sizeof prefix, digest, sizeof key.data - sizeof prefix);
}

/// PostgreSQL regime.
uint32 checked_source(int64 source) {
  if (source < 0 || source > PG_UINT32_MAX)
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                    errmsg("source_id %lld is out of range", static_cast<long long>(source))));
  return static_cast<uint32>(source);
}

Oid primary_key(Relation relation) {
#if PG_VERSION_NUM >= 180000
  return RelationGetPrimaryKeyIndex(relation, false);
#else
  return RelationGetPrimaryKeyIndex(relation);
#endif
}

/// PostgreSQL regime. Looks into the primary key, as the snapshot of the statement that asks sees
/// it.
bool is_stored(Oid table, const pg_uuid_t& key) {
  Relation relation = table_open(table, AccessShareLock);
  const bool plain = relation->rd_rel->relkind == RELKIND_RELATION;
  const Oid primary = plain ? primary_key(relation) : InvalidOid;
  Relation index = OidIsValid(primary) ? index_open(primary, AccessShareLock) : nullptr;
  if (index == nullptr || index->rd_rel->relam != BTREE_AM_OID || index->rd_opcintype[0] != UUIDOID)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("table clientele_data.source_ledger_texts has another primary key")));
  ScanKeyData condition;
  ScanKeyInit(&condition, 1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&key));
#if PG_VERSION_NUM >= 180000
  IndexScanDesc scan = index_beginscan(relation, index, GetActiveSnapshot(), nullptr, 1, 0);
#else
  IndexScanDesc scan = index_beginscan(relation, index, GetActiveSnapshot(), 1, 0);
#endif
  index_rescan(scan, &condition, 1, nullptr, 0);
  TupleTableSlot* const slot = table_slot_create(relation, nullptr);
  const bool found = index_getnext_slot(scan, ForwardScanDirection, slot);
  ExecDropSingleTupleTableSlot(slot);
  index_endscan(scan);
  index_close(index, AccessShareLock);
  table_close(relation, AccessShareLock);
  return found;
}

/// The numbers of an array, ascending. C++ regime.
std::vector<int64_t> numbers_of(Datum datum) {
  struct Elements {
    const Datum* values;
    const bool* nulls;
    int n;
  };
  const auto elements = call_pg([&] {
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int n = 0;
    deconstruct_array(DatumGetArrayTypeP(datum), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
                      TYPALIGN_DOUBLE, &values, &nulls, &n);
    return Elements{values, nulls, n};
  });
  std::vector<int64_t> numbers;
  numbers.reserve(static_cast<size_t>(elements.n));
  for (int i = 0; i < elements.n; ++i)
    if (!elements.nulls[i]) numbers.push_back(DatumGetInt64(elements.values[i]));
  if (!std::is_sorted(numbers.begin(), numbers.end())) std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace
}  // namespace clientele

using namespace clientele;

/// (first_id bigint, chunk bytea, ids bigint[]) → rows (first_id, ids).
CLIENTELE_FUNCTION(clientele_ledger_merge) {
  const bool null = PG_ARGISNULL(0) || PG_ARGISNULL(2);
  const pg::RowSink rows(fcinfo);
  if (null) PG_RETURN_NULL();
  const int64 first_id = PG_GETARG_INT64(0);
  const ByteView chunk = PG_ARGISNULL(1) ? ByteView() : pg::detoast(PG_GETARG_DATUM(1));
  const Datum ids = PG_GETARG_DATUM(2);
  guarded([&] {
    const std::vector<int64_t> numbers = numbers_of(ids);
    if (!numbers.empty() && numbers.front() < first_id)
      throw Error(sqlstate::invalid_parameter, "an id is below the chunk");
    const sources::Runs before =
        chunk.empty() ? sources::Runs() : sources::read_chunk(first_id, chunk);
    for (const sources::Chunk& made :
         sources::write_chunks(first_id, sources::with_numbers(before, numbers))) {
      Datum values[] = {Int64GetDatum(made.first_id), pg::make_varlena(made.bytes)};
      bool nulls[] = {false, false};
      call_pg([&] { rows.put(values, nulls); });
    }
  });
  PG_RETURN_NULL();
}

/// (ids bigint[]) → {least, greatest}.
CLIENTELE_FUNCTION(clientele_ledger_ends) {
  const Datum ids = PG_GETARG_DATUM(0);
  return pg::returned(fcinfo, guarded([&]() -> pg::Answer {
                        const std::vector<int64_t> numbers = numbers_of(ids);
                        if (numbers.empty()) return {0, true};
                        const int64_t ends[] = {numbers.front(), numbers.back()};
                        return {sources::make_numbers(ends), false};
                      }));
}

/// (chunks bigint[], ids bigint[]) → rows (first_id bigint, part bigint[]).
CLIENTELE_FUNCTION(clientele_ledger_parts) {
  const pg::RowSink rows(fcinfo);
  const Datum chunks = PG_GETARG_DATUM(0), ids = PG_GETARG_DATUM(1);
  guarded([&] {
    const std::vector<int64_t> firsts = numbers_of(chunks), numbers = numbers_of(ids);
    for (auto begin = numbers.begin(); begin != numbers.end();) {
      const auto next = std::upper_bound(firsts.begin(), firsts.end(), *begin);
      if (next == firsts.begin())
        throw Error(sqlstate::invalid_parameter, "an id is below all chunks");
      const auto end =
          next == firsts.end() ? numbers.end() : std::lower_bound(begin, numbers.end(), *next);
      Datum values[] = {Int64GetDatum(*std::prev(next)), sources::make_numbers({begin, end})};
      bool nulls[] = {false, false};
      call_pg([&] { rows.put(values, nulls); });
      begin = end;
    }
  });
  PG_RETURN_NULL();
}

/// (first_id bigint, chunk bytea) → rows (first bigint, last bigint).
CLIENTELE_FUNCTION(clientele_ledger_runs) {
  const pg::RowSink rows(fcinfo);
  const int64 first_id = PG_GETARG_INT64(0);
  const ByteView chunk = pg::detoast(PG_GETARG_DATUM(1));
  guarded([&] {
    for (const sources::Run& run : sources::read_chunk(first_id, chunk)) {
      Datum values[] = {Int64GetDatum(run.first), Int64GetDatum(run.last)};
      bool nulls[] = {false, false};
      call_pg([&] { rows.put(values, nulls); });
    }
  });
  PG_RETURN_NULL();
}

/// (source_id bigint, above bigint) → the number of the ledger that is open now.
CLIENTELE_FUNCTION(clientele_open_ledger) {
  const int64 source = PG_GETARG_INT64(0), above = PG_GETARG_INT64(1);
  guarded([&] { open_numbers(source, above); });
  PG_RETURN_INT64(opened.number);
}

CLIENTELE_FUNCTION(clientele_open_ledger_texts) {
  const uint32 source = checked_source(PG_GETARG_INT64(0));
  const Oid texts = guarded([] { return pg::store_table("source_ledger_texts"); });
  if (!OidIsValid(texts) || !pg::may_read(texts))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied for table clientele_data.source_ledger_texts")));
  open_new();
  opened.source = source;
  opened.texts = texts;
  PG_RETURN_INT64(opened.number);
}

/// (ledger bigint, floor bigint, top bigint, most integer) → rows (first bigint, last bigint).
CLIENTELE_FUNCTION(clientele_ledger_gaps) {
  const pg::RowSink rows(fcinfo);
  const int64 floor = PG_GETARG_INT64(1), top = PG_GETARG_INT64(2);
  const int32 most = PG_GETARG_INT32(3);
  require_open(PG_GETARG_INT64(0), opened.numbers != nullptr);
  guarded([&] {
    sources::Runs gaps;
    if (!opened.numbers->gaps(floor, top, static_cast<size_t>(std::max(most, 0)), gaps))
      gaps.assign(1, {floor + 1, top});
    for (const sources::Run& gap : gaps) {
      Datum values[] = {Int64GetDatum(gap.first), Int64GetDatum(gap.last)};
      bool nulls[] = {false, false};
      call_pg([&] { rows.put(values, nulls); });
    }
  });
  PG_RETURN_NULL();
}

CLIENTELE_FUNCTION(clientele_ledger_contains) {
  require_open(PG_GETARG_INT64(0), opened.numbers != nullptr);
  const int64 number = PG_GETARG_INT64(1);
  PG_RETURN_BOOL(guarded([&] { return opened.numbers->contains(number); }));
}

CLIENTELE_FUNCTION(clientele_ledger_contains_text) {
  require_open(PG_GETARG_INT64(0), OidIsValid(opened.texts));
  pg_uuid_t key;
  key_of(opened.source, pg::detoast(PG_GETARG_DATUM(1)), key);
  PG_RETURN_BOOL(is_stored(opened.texts, key));
}

/// (source_id bigint, id text) → the key.
CLIENTELE_FUNCTION(clientele_ledger_key) {
  const uint32 source = checked_source(PG_GETARG_INT64(0));
  auto* const key = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  key_of(source, pg::detoast(PG_GETARG_DATUM(1)), *key);
  PG_RETURN_UUID_P(key);
}
