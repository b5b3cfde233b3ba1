// SPDX-License-Identifier: PostgreSQL
// Aggregate states that are C++ objects in memory and plain varlena values everywhere else: in
// parallel workers' tuples, in tables, on other nodes.
#pragma once
#include <cstring>
#include <memory_resource>
#include <new>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "pg/boundary.hpp"
#include "pg/calls.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "pg/values.hpp"

namespace clientele::pg {

/// A T as an expanded datum with a memory context of its own. T offers
///   explicit T(std::pmr::memory_resource*);
///   void write(Bytes& out) const;   the flat form: depends on the value only
///   void read(Reader& reader);      of an empty T; checks the bytes as coming from anywhere
/// and is destroyed with the context. nodeAgg and nodeWindowAgg keep an expanded state as it is,
/// without copying, if its context is a child of theirs.
template <class T>
class Expanded {
 public:
  /// C++ regime.
  static Expanded* make(MemoryContext parent) {
    static_assert(alignof(Expanded) <= MAXIMUM_ALIGNOF, "memory contexts align no further");
    const MemoryContext context = call_pg([&] {
      return AllocSetContextCreate(parent, "clientele aggregate state", ALLOCSET_START_SMALL_SIZES);
    });
    void* const place = MemoryContextAllocExtended(context, sizeof(Expanded), MCXT_ALLOC_NO_OOM);
    if (place == nullptr) throw std::bad_alloc();
    return new (place) Expanded(context);
  }

  /// The object behind a datum, or nullptr if the datum is flat.
  static Expanded* behind(Datum datum) {
    if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum))) return nullptr;
    ExpandedObjectHeader* const header = DatumGetEOHP(datum);
    if (header->eoh_methods != &methods) return nullptr;
    return reinterpret_cast<Expanded*>(header);
  }

  /// The result of a transition or combine function.
  Datum datum() { return EOHPGetRWDatum(&header_); }

 private:
  explicit Expanded(MemoryContext context) : memory_(context), value(&memory_), flat_(&memory_) {
    EOH_init_header(&header_, &methods, context);
    callback_.func = [](void* p) { static_cast<Expanded*>(p)->~Expanded(); };
    callback_.arg = this;
    MemoryContextRegisterResetCallback(context, &callback_);
  }

  static Size flat_size(ExpandedObjectHeader* header) {
    auto* const self = reinterpret_cast<Expanded*>(header);
    return guarded([&] {
      self->flat_.clear();
      self->value.write(self->flat_);
      if (self->flat_.size() > MaxAllocSize - VARHDRSZ)
        throw Error(sqlstate::limit_exceeded, "an aggregate's state would be larger than 1 GB");
      return Size{VARHDRSZ + self->flat_.size()};
    });
  }
  static void flatten(ExpandedObjectHeader* header, void* result, Size size) {
    auto* const self = reinterpret_cast<Expanded*>(header);
    SET_VARSIZE(result, size);
    std::memcpy(VARDATA(result), self->flat_.data(), size - VARHDRSZ);
  }
  static constexpr ExpandedObjectMethods methods = {flat_size, flatten};

  ExpandedObjectHeader header_;  // first: PostgreSQL knows the object by it
  MemoryContextCallback callback_{};
  ContextMemory memory_;

 public:
  T value;

 private:
  Bytes flat_;  // made by flat_size for flatten, which PostgreSQL calls right after
};

/// The state that a transition function may change: argument 0, or a new one if that is NULL.
/// C++ regime; `context` is aggregate_context(fcinfo).
template <class T>
Expanded<T>* state_to_change(FunctionCallInfo fcinfo, MemoryContext context) {
  if (fcinfo->args[0].isnull) return Expanded<T>::make(context);
  const Datum datum = fcinfo->args[0].value;
  if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)))
    if (Expanded<T>* const state = Expanded<T>::behind(datum)) return state;
  // Flat, or not ours to change: the start of a combination on another node, say.
  Expanded<T>* const state = Expanded<T>::make(context);
  const ByteView bytes = call_pg([&] { return detoast(datum); });
  Reader reader(bytes);
  state->value.read(reader);
  if (!reader.done()) Reader::fail("bytes are left over");
  return state;
}

/// Calls `use` with the const T& behind argument `n`, which must not be NULL. C++ regime.
template <class T, class Use>
auto with_state(FunctionCallInfo fcinfo, int n, Use use) {
  const Datum datum = fcinfo->args[n].value;
  if (Expanded<T>* const state = Expanded<T>::behind(datum))
    return use(static_cast<const T&>(state->value));
  ContextMemory memory(CurrentMemoryContext);
  T value(&memory);
  const ByteView bytes = call_pg([&] { return detoast(datum); });
  Reader reader(bytes);
  value.read(reader);
  if (!reader.done()) Reader::fail("bytes are left over");
  return use(static_cast<const T&>(value));
}

/// A combine function: `left.merge(right)`, with every NULL pairing; nothing of the right side is
/// kept. NULL and NULL is NULL.
template <class T>
Datum combined(FunctionCallInfo fcinfo) {
  const MemoryContext context = aggregate_context(fcinfo);
  if (PG_ARGISNULL(1)) return unchanged_state(fcinfo);
  return guarded([&] {
    Expanded<T>* const left = state_to_change<T>(fcinfo, context);
    with_state<T>(fcinfo, 1, [&](const T& right) { left->value.merge(right); });
    return left->datum();
  });
}

/// Input, output, receive and cast functions of the flat form. Text is bytea's, as \x0102.
template <class T>
Datum checked_state(ByteView bytes) {
  ContextMemory memory(CurrentMemoryContext);
  T value(&memory);
  try {
    Reader reader(bytes);
    value.read(reader);
    if (!reader.done()) Reader::fail("bytes are left over");
  } catch (const Error& e) {
    throw Error(sqlstate::invalid_binary, e.what(), e.hint());
  }
  Bytes canonical(&memory);
  value.write(canonical);
  return make_varlena(canonical);
}

template <class T>
Datum state_in(FunctionCallInfo fcinfo) {
  const Datum bytea = DirectFunctionCall1(byteain, PG_GETARG_DATUM(0));
  const ByteView bytes = detoast(bytea);
  return guarded([&] { return checked_state<T>(bytes); });
}

template <class T>
Datum state_receive(FunctionCallInfo fcinfo) {
  const ByteView bytes = message_bytes(fcinfo);
  return guarded([&] { return checked_state<T>(bytes); });
}

/// Always hexadecimal: byteaout would follow the session's bytea_output.
inline Datum state_out(FunctionCallInfo fcinfo) {
  const ByteView bytes = detoast(PG_GETARG_DATUM(0));
  auto* const text = static_cast<char*>(palloc(2 * bytes.size() + 3));
  text[0] = '\\';
  text[1] = 'x';
  static constexpr char hex[] = "0123456789abcdef";
  for (size_t i = 0; i < bytes.size(); ++i) {
    text[2 + 2 * i] = hex[bytes[i] >> 4];
    text[3 + 2 * i] = hex[bytes[i] & 15];
  }
  text[2 + 2 * bytes.size()] = '\0';
  return CStringGetDatum(text);
}

}  // namespace clientele::pg
