// SPDX-License-Identifier: PostgreSQL
// Events that repeat an earlier one: what has been kept is remembered by hashes for seven days.
#include <array>

#include "pg/query.hpp"
#include "sources/batch/storing_pg.hpp"

extern "C" {
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/uuid.h"
}

namespace clientele::sources {
namespace {

using pg::call_pg;
using Hash = std::array<uint8, UUID_LEN>;

Hash hash_of_event(const std::string& key) {
  return call_pg([&] {
    uint8 digest[PG_SHA256_DIGEST_LENGTH];
    pg_cryptohash_ctx* const sha = pg_cryptohash_create(PG_SHA256);
    if (pg_cryptohash_init(sha) < 0 ||
        pg_cryptohash_update(sha, reinterpret_cast<const uint8*>(key.data()), key.size()) < 0 ||
        pg_cryptohash_final(sha, digest, sizeof digest) < 0) {
      pg_cryptohash_free(sha);
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("an event could not be hashed")));
    }
    pg_cryptohash_free(sha);
    Hash hash;
    std::memcpy(hash.data(), digest, hash.size());
    return hash;
  });
}

Datum uuid_of(const Hash& hash) {
  return call_pg([&] {
    auto* const uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    std::memcpy(uuid->data, hash.data(), hash.size());
    return UUIDPGetDatum(uuid);
  });
}

constexpr pg::Query remembered{
    "SELECT pg_catalog.uuid_send(e.event), e.at FROM clientele_data.recent_events e "
    "WHERE e.source_id OPERATOR(pg_catalog.=) $1 AND e.event OPERATOR(pg_catalog.=) ANY ($2) "
    "AND e.kept_at OPERATOR(pg_catalog.>=) "
    "(pg_catalog.now() OPERATOR(pg_catalog.-) '7 days'::pg_catalog.interval)",
    "the recent events of the source"};

}  // namespace

void drop_repetitions(const Source& source, Batch& batch) {
  if (!source.rules.duplicates_within) return;
  std::map<Hash, std::vector<Micros>> known;
  for (uint32_t row = 0; row < batch.size(); ++row)
    if (batch.fate(row) == Batch::Fate::packed) known[hash_of_event(batch.repetition_key(row))];
  ArrayMaker hashes(UUIDOID);
  for (const auto& [hash, times] : known) hashes.add(uuid_of(hash));
  const Datum wanted = hashes.make();
  struct Row {
    Hash hash;
    Micros at;
  };
  pg::each_row(
      remembered,
      [&](pg::Parameters& p) {
        p.add(INT8OID, Int64GetDatum(source.id));
        p.add(UUIDARRAYOID, wanted);
      },
      [](const pg::QueryRow& r) {
        Row row{{}, r.bigint(2)};
        std::memcpy(row.hash.data(), r.bytes(1).data(), row.hash.size());
        return row;
      },
      [&](const Row& row) { known[row.hash].push_back(row.at); });
  batch.drop_repetitions([&](const std::string& key) { return known[hash_of_event(key)]; });
}

void Storing::remember() {
  ArrayMaker hashes(UUIDOID), times(TIMESTAMPTZOID);
  for (uint32_t row = 0; row < batch_.size(); ++row) {
    if (batch_.fate(row) != Batch::Fate::packed) continue;
    hashes.add(uuid_of(hash_of_event(batch_.repetition_key(row))));
    times.add(TimestampTzGetDatum(batch_.row(row).at));
  }
  Statement(
      "WITH gone AS (DELETE FROM clientele_data.recent_events e WHERE e.source_id = $1 "
      "AND e.kept_at < pg_catalog.now() - '7 days'::pg_catalog.interval) "
      "INSERT INTO clientele_data.recent_events (source_id, event, at) "
      "SELECT $1, u.event, u.at "
      "FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) u (event, at)")
      .number(source_.id)
      .array(hashes)
      .array(times)
      .run();
}

}  // namespace clientele::sources
