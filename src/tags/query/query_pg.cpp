// SPDX-License-Identifier: PostgreSQL
// The type tag_query, and its answers for arrays of tags.
#include "tags/query/query_pg.hpp"

#include "base/poll.hpp"
#include "pg/packed.hpp"

namespace clientele::tags {

std::span<const std::string_view> TagArray::read(pg::ByteView array) {
  tags_.clear();
  // Short values are stored without alignment, which the array's integers need.
  const uint8_t* body = array.data();
  if (reinterpret_cast<uintptr_t>(body) % alignof(int32_t) != 0) {
    aligned_.resize(array.size() / sizeof(int32_t) + 2);
    std::memcpy(aligned_.data() + 1, body, array.size());
    body = reinterpret_cast<const uint8_t*>(aligned_.data() + 1);
  }
  auto* const a =
      const_cast<ArrayType*>(reinterpret_cast<const ArrayType*>(body - offsetof(ArrayType, ndim)));
  size_t count = ARR_NDIM(a) == 0 ? 0 : 1;
  for (int d = 0; d < ARR_NDIM(a); ++d) count *= static_cast<size_t>(ARR_DIMS(a)[d]);
  const char* at = ARR_DATA_PTR(a);
  const bits8* const present = ARR_NULLBITMAP(a);
  for (size_t i = 0; i < count; ++i) {
    if ((i + 1) % 65536 == 0) poll();
    if (present != nullptr && (present[i / 8] & (1 << (i % 8))) == 0) continue;
    tags_.emplace_back(VARDATA_ANY(at), VARSIZE_ANY_EXHDR(at));
    at += VARSIZE_ANY(at);
    at = reinterpret_cast<const char*>(INTALIGN(reinterpret_cast<uintptr_t>(at)));
  }
  return tags_;
}

namespace {

using pg::ByteView;
using pg::guarded;

struct MatchRow {
  explicit MatchRow(std::pmr::memory_resource*) {}
  LastQuery query;
  TagArray tags;
};

Datum query_from_text(std::string_view text) {
  return guarded([&] { return pg::packed(TagQuery::parse(text)); });
}

Datum match(FunctionCallInfo fcinfo, Datum tags, Datum query) {
  const ByteView array = pg::detoast(tags), bytes = pg::detoast(query);
  return guarded([&] {
    auto& row = pg::kept<MatchRow>(fcinfo);
    return BoolGetDatum(row.query.of(bytes).matches(row.tags.read(array)));
  });
}

}  // namespace
}  // namespace clientele::tags

using namespace clientele;
using namespace clientele::tags;

CLIENTELE_FUNCTION(clientele_tag_query_in) { return query_from_text(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_tag_query_from_text) {
  return query_from_text(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_tag_query_out) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return pg::make_cstring(TagQuery::read(bytes).print()); });
}
CLIENTELE_FUNCTION(clientele_tag_query_recv) {
  return pg::received(fcinfo, [](pg::ByteView bytes) { return pg::packed(TagQuery::read(bytes)); });
}
CLIENTELE_FUNCTION(clientele_tag_query_names) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] {
    const std::vector<std::string> names = TagQuery::read(bytes).names();
    return pg::make_text_array(std::vector<std::string_view>(names.begin(), names.end()));
  });
}

CLIENTELE_FUNCTION(clientele_tag_match) {
  return match(fcinfo, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
}
CLIENTELE_FUNCTION(clientele_tag_match_commuted) {
  return match(fcinfo, PG_GETARG_DATUM(1), PG_GETARG_DATUM(0));
}
