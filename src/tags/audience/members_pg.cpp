// SPDX-License-Identifier: PostgreSQL
// The ids of audiences as rows and arrays, and samples of them.
#include "pg/memory.hpp"
#include "tags/audience/audience_pg.hpp"

using namespace clientele;
using tags::Audience;

namespace {

/// The state of a listing of members.
struct Listing {
  explicit Listing(std::pmr::memory_resource*) {}
  Audience all;
  std::vector<uint64_t> window;
  size_t at = 0;
  bool begun = false;

  std::optional<uint64_t> next() {
    if (at == window.size()) {
      if (begun && window.empty()) return {};
      const uint64_t from = begun ? window.back() + 1 : 0;
      window.resize(begun ? 4096 : 64);  // few are enough for a LIMIT
      window.resize(all.ids(from, window));
      at = 0;
      begun = true;
      pg::poll_interrupts();
      if (window.empty()) return {};
    }
    return window[at++];
  }
};

}  // namespace

tags::Ids tags::ids_in_array(Datum array) {
  Datum* value;
  bool* null;
  int count;
  pg::call_pg([&] {
    deconstruct_array(DatumGetArrayTypeP(array), INT8OID, sizeof(int64_t), FLOAT8PASSBYVAL,
                      TYPALIGN_DOUBLE, &value, &null, &count);
  });
  Ids ids;
  for (int i = 0; i < count; ++i) {
    if (i % 65536 == 0) poll();
    if (!null[i] && DatumGetInt64(value[i]) >= 0)
      ids.push_back(static_cast<uint64_t>(DatumGetInt64(value[i])));
  }
  sort_ids(ids);
  return ids;
}

CLIENTELE_FUNCTION(clientele_audience_members) {
  if (SRF_IS_FIRSTCALL()) {
    FuncCallContext* const call = SRF_FIRSTCALL_INIT();
    const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
    call->user_fctx = pg::guarded([&] {
      auto* const listing = pg::make_in<Listing>(call->multi_call_memory_ctx);
      listing->all = Audience::read(bytes);
      return listing;
    });
  }
  FuncCallContext* const call = SRF_PERCALL_SETUP();
  auto* const listing = static_cast<Listing*>(call->user_fctx);
  const auto answer = pg::guarded([&] {
    const std::optional<uint64_t> id = listing->next();
    return pg::Answer{Int64GetDatum(static_cast<int64_t>(id.value_or(0))), !id};
  });
  if (answer.null) SRF_RETURN_DONE(call);
  SRF_RETURN_NEXT(call, answer.datum);
}

CLIENTELE_FUNCTION(clientele_audience_members_among) {
  const pg::RowSink rows(fcinfo, true);
  const Datum ids = PG_GETARG_DATUM(1);
  return tags::of_audience(fcinfo, [&](const Audience& all) {
    size_t n = 0;
    for (const uint64_t id : tags::ids_in_array(ids)) {
      if (n++ % 1024 == 0) poll();
      if (!all.contains(id)) continue;
      Datum value = Int64GetDatum(static_cast<int64_t>(id));
      bool null = false;
      pg::call_pg([&] { rows.put(&value, &null); });
    }
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_audience_to_ids) {
  return tags::of_audience(fcinfo, [](const Audience& a) {
    const uint64_t n = a.size();
    if (n == 0) return pg::call_pg([] { return PointerGetDatum(construct_empty_array(INT8OID)); });
    if (n > (MaxAllocSize - ARR_OVERHEAD_NONULLS(1)) / sizeof(int64_t))
      throw Error(sqlstate::limit_exceeded, "the array of ids would be larger than 1 GB",
                  "Use members() to list them as rows.");
    const Size size = ARR_OVERHEAD_NONULLS(1) + n * sizeof(int64_t);
    auto* const array = pg::call_pg([&] { return static_cast<ArrayType*>(palloc(size)); });
    SET_VARSIZE(array, size);
    array->ndim = 1;
    array->dataoffset = 0;
    array->elemtype = INT8OID;
    *ARR_DIMS(array) = static_cast<int>(n);
    *ARR_LBOUND(array) = 1;
    auto* to = reinterpret_cast<int64_t*>(ARR_DATA_PTR(array));
    a.each([&](uint64_t id) { *to++ = static_cast<int64_t>(id); });
    return PointerGetDatum(array);
  });
}

CLIENTELE_FUNCTION(clientele_audience_from_ids) {
  ArrayType* const array = PG_GETARG_ARRAYTYPE_P(0);
  Datum* value;
  bool* null;
  int count;
  deconstruct_array(array, INT8OID, sizeof(int64_t), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value,
                    &null, &count);
  return pg::guarded([&] {
    std::pmr::vector<uint64_t> ids;
    for (int i = 0; i < count; ++i) {
      if (i % 65536 == 0) poll();
      if (!null[i]) ids.push_back(tags::customer_id(DatumGetInt64(value[i])));
    }
    tags::sort_ids(ids);
    Audience result;
    result.add(ids);
    return tags::packed(result);
  });
}

CLIENTELE_FUNCTION(clientele_audience_sample) {
  const int64_t n = PG_GETARG_INT64(1), seed = PG_GETARG_INT64(2);
  return tags::of_audience(fcinfo, [n, seed](const Audience& a) {
    if (n < 0)
      throw Error(sqlstate::invalid_parameter,
                  "the size of a sample must not be negative: " + std::to_string(n));
    return tags::packed(a.sample(static_cast<uint64_t>(n), static_cast<uint64_t>(seed)));
  });
}
