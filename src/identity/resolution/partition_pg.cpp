// SPDX-License-Identifier: PostgreSQL
// partition_identities(): the partition over numbers as the store has them.
#include <limits>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "identity/resolution/partition.hpp"
#include "pg/values.hpp"

extern "C" {
#include "funcapi.h"
#include "utils/array.h"
}

namespace clientele {
namespace {

using namespace identity;

/// The elements of an array of values of fixed size; 22004 for NULLs. PostgreSQL regime.
template <class T>
std::span<const T> elements(FunctionCallInfo fcinfo, int argument) {
  const ArrayType* const array = PG_GETARG_ARRAYTYPE_P(argument);
  if (ARR_NDIM(array) > 1)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("argument %d must be a one-dimensional array", argument + 1)));
  if (ARR_HASNULL(array) && array_contains_nulls(const_cast<ArrayType*>(array)))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("argument %d must not contain NULL", argument + 1)));
  const int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
  return {reinterpret_cast<const T*>(ARR_DATA_PTR(array)), static_cast<size_t>(count)};
}

void require_length(size_t length, size_t wanted) {
  if (length != wanted)
    throw Error(sqlstate::invalid_parameter, "the arrays of identities differ in length");
}

class Interned {
 public:
  explicit Interned(std::span<const int64_t> nodes) {
    if (nodes.size() >= std::numeric_limits<uint32_t>::max() / 2)
      throw Error(sqlstate::limit_exceeded, "there are too many identities");
    place_.reserve(nodes.size());
    Work work;
    for (uint32_t i = 0; i < nodes.size(); ++i) {
      work.done(1);
      if (!place_.emplace(nodes[i], i).second)
        throw Error(sqlstate::invalid_parameter,
                    "an identity comes twice: " + std::to_string(nodes[i]));
    }
  }
  /// The pairs of which both ends are known.
  std::vector<Pair> pairs(std::span<const int64_t> a, std::span<const int64_t> b) const {
    require_length(b.size(), a.size());
    std::vector<Pair> found;
    found.reserve(a.size());
    Work work;
    for (size_t i = 0; i < a.size(); ++i) {
      work.done(1);
      const auto x = place_.find(a[i]), y = place_.find(b[i]);
      if (x != place_.end() && y != place_.end()) found.push_back({x->second, y->second});
    }
    return found;
  }

 private:
  std::unordered_map<int64_t, uint32_t> place_;
};

/// An array that deconstruct_array would take apart again; `write` fills it. C++ regime.
template <class T, class Each>
Datum make_array(size_t count, Oid type, Each each) {
  const size_t bytes = ARR_OVERHEAD_NONULLS(1) + count * sizeof(T);
  if (bytes > MaxAllocSize)
    throw Error(sqlstate::limit_exceeded, "the array would be larger than 1 GB");
  if (count == 0) return pg::call_pg([&] { return PointerGetDatum(construct_empty_array(type)); });
  auto* const array = pg::call_pg([&] { return static_cast<ArrayType*>(palloc0(bytes)); });
  SET_VARSIZE(array, bytes);
  array->ndim = 1;
  array->dataoffset = 0;
  array->elemtype = type;
  *ARR_DIMS(array) = static_cast<int>(count);
  *ARR_LBOUND(array) = 1;
  auto* const to = reinterpret_cast<T*>(ARR_DATA_PTR(array));
  for (size_t i = 0; i < count; ++i) to[i] = static_cast<T>(each(i));
  return PointerGetDatum(array);
}

}  // namespace

CLIENTELE_FUNCTION(clientele_partition_identities) {
  const auto one = elements<uint8_t>(fcinfo, 0);
  const auto max_links = elements<int32_t>(fcinfo, 1);
  const int64_t max_identities = PG_GETARG_INT64(2);
  const auto nodes = elements<int64_t>(fcinfo, 3);
  const auto kinds = elements<int32_t>(fcinfo, 4);
  const auto ignored = elements<uint8_t>(fcinfo, 5);
  const auto owned = elements<int64_t>(fcinfo, 6);
  const auto fresh = elements<uint8_t>(fcinfo, 7);
  std::span<const int64_t> ends[6];
  for (int i = 0; i < 6; ++i) ends[i] = elements<int64_t>(fcinfo, 8 + i);
  TupleDesc desc = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &desc) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "partition_identities returns a row");
  Datum values[5];
  pg::guarded([&] {
    require_length(max_links.size(), one.size());
    for (const size_t n : {kinds.size(), ignored.size(), owned.size(), fresh.size()})
      require_length(n, nodes.size());
    Evidence evidence;
    for (size_t k = 0; k < one.size(); ++k)
      evidence.kinds.push_back({one[k] != 0, static_cast<uint32_t>(std::max(max_links[k], 0))});
    evidence.kind.reserve(nodes.size());
    for (const int32_t k : kinds) {
      if (k < 1 || static_cast<size_t>(k) > one.size())
        throw Error(sqlstate::invalid_parameter, "a kind of identities is not among the kinds");
      evidence.kind.push_back(static_cast<uint32_t>(k - 1));
    }
    evidence.ignored.assign(ignored.begin(), ignored.end());
    evidence.max_identities = static_cast<uint64_t>(std::max<int64_t>(max_identities, 1));
    const Interned interned(nodes);
    evidence.links = interned.pairs(ends[0], ends[1]);
    evidence.same = interned.pairs(ends[2], ends[3]);
    evidence.different = interned.pairs(ends[4], ends[5]);
    const Partition found = partition(evidence);
    const Numbers numbers =
        number(found, {{owned.begin(), owned.end()}, {fresh.begin(), fresh.end()}});
    values[0] =
        make_array<int64_t>(nodes.size(), INT8OID, [&](size_t i) { return numbers.customer[i]; });
    values[1] = make_array<bool>(nodes.size(), BOOLOID, [&](size_t i) { return found.shared[i]; });
    values[2] = make_array<int64_t>(numbers.new_owners.size(), INT8OID,
                                    [&](size_t i) { return nodes[numbers.new_owners[i]]; });
    values[3] = make_array<int64_t>(numbers.takeovers.size(), INT8OID,
                                    [&](size_t i) { return numbers.takeovers[i].customer; });
    values[4] = make_array<int64_t>(numbers.takeovers.size(), INT8OID,
                                    [&](size_t i) { return nodes[numbers.takeovers[i].owner]; });
  });
  bool nulls[5] = {};
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

}  // namespace clientele
