// SPDX-License-Identifier: PostgreSQL
// Types whose values are packed bytes in a varlena and JSON or the like as text: what their input
// and output functions share.
#pragma once
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "pg/boundary.hpp"
#include "pg/values.hpp"

namespace clientele::pg {

/// The datum of a value that has write(); 54000 above its size_limit. C++ regime.
template <class T>
Datum packed(const T& value) {
  Bytes bytes;
  value.write(bytes);
  if constexpr (requires { T::size_limit; }) T::size_limit.check(bytes.size());
  return make_varlena(bytes);
}

/// The result of an output function. C++ regime.
inline Datum make_cstring(const std::string& text) {
  return call_pg([&] { return CStringGetDatum(pnstrdup(text.data(), text.size())); });
}

/// All bytes that a receive function is given. PostgreSQL regime.
inline ByteView message_bytes(FunctionCallInfo fcinfo) {
  auto* const message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
  const int length = message->len - message->cursor;
  return {reinterpret_cast<const uint8_t*>(pq_getmsgbytes(message, length)),
          static_cast<size_t>(length)};
}

/// A receive function: `make(bytes)` returns the datum, and its errors become 22P03.
template <class Make>
Datum received(FunctionCallInfo fcinfo, Make make) {
  const ByteView bytes = message_bytes(fcinfo);
  return guarded([&] {
    try {
      return make(bytes);
    } catch (const Error& e) {
      throw Error(sqlstate::invalid_binary, e.what(), e.hint());
    }
  });
}

}  // namespace clientele::pg
