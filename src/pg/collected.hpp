// SPDX-License-Identifier: PostgreSQL
// Aggregate states of type internal that collect the rows of one customer. A query may hold
// hundreds of thousands of them.
#pragma once
#include <new>

#include "pg/expanded.hpp"

namespace clientele::pg {

/// The beginning of a state, by which the state of another aggregate is recognized: a superuser may
/// put any two functions into one aggregate. Each type has a `Mark` of its own.
template <uint64_t Mark>
struct Marked {
  uint64_t mark = Mark;
  bool marked() const { return mark == Mark; }
};

/// A T(MemoryContext), all of whose memory is in that context and goes with it: it is never
/// destroyed. C++ regime.
template <class T>
T* new_collected(MemoryContext context) {
  static_assert(alignof(T) <= MAXIMUM_ALIGNOF, "memory contexts align no further");
  void* const place = MemoryContextAllocExtended(context, sizeof(T), MCXT_ALLOC_NO_OOM);
  if (place == nullptr) throw std::bad_alloc();
  return new (place) T(context);
}

/// The state in argument `n`, nullptr if that is NULL. PostgreSQL regime; 42804 if it is the state
/// of another aggregate.
template <class T>
T* collected_argument(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return nullptr;
  T* const state = reinterpret_cast<T*>(PG_GETARG_POINTER(n));
  if (!state->marked())
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("this function was given the state of another aggregate")));
  return state;
}

/// A state that consists of a T: T(std::pmr::memory_resource*) has merge, write and read.
template <class T, uint64_t Mark>
struct Collected : Marked<Mark> {
  ContextMemory memory;
  T value;
  explicit Collected(MemoryContext context) : memory(context), value(&memory) {}
  void merge(const Collected& other) { value.merge(other.value); }
};

/// The serial and the deserial function of a Collected.
template <class State>
Datum serialize_collected(FunctionCallInfo fcinfo) {
  const State* const state = collected_argument<State>(fcinfo, 0);
  return guarded([&] {
    ContextMemory memory(CurrentMemoryContext);
    Bytes bytes(&memory);
    state->value.write(bytes);
    return make_varlena(bytes);
  });
}
template <class State>
Datum deserialize_collected(FunctionCallInfo fcinfo) {
  const ByteView bytes = detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    State* const state = new_collected<State>(CurrentMemoryContext);
    Reader reader(bytes);
    state->value.read(reader);
    return PointerGetDatum(state);
  });
}

/// A combine function: `left.merge(right)`, with every NULL pairing. Nothing of the right side is
/// kept.
template <class T>
Datum combine_collected(FunctionCallInfo fcinfo) {
  const MemoryContext context = aggregate_context(fcinfo);
  T* left = collected_argument<T>(fcinfo, 0);
  const T* right = collected_argument<T>(fcinfo, 1);
  if (right == nullptr) return unchanged_state(fcinfo);
  return guarded([&] {
    if (left == nullptr) left = new_collected<T>(context);
    left->merge(*right);
    return PointerGetDatum(left);
  });
}

}  // namespace clientele::pg
