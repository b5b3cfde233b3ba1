// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "pg/packed.hpp"
#include "tags/audience/audience.hpp"
#include "tags/audience/sort_ids.hpp"

namespace clientele::tags {

/// The datum of an audience, or of any other value with written_size() and write_to(). C++ regime.
template <class T>
Datum packed(const T& value) {
  varlena* const v = pg::new_varlena(value.written_size());
  value.write_to(reinterpret_cast<uint8_t*>(VARDATA(v)));
  return PointerGetDatum(v);
}

/// A SQL function of an audience: `use(const Audience&)` makes the result in the C++ regime.
template <class Use>
Datum of_audience(FunctionCallInfo fcinfo, Use use) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return use(Audience::read(bytes)); });
}

/// Of two audiences: `use(Audience, const Audience&)`.
template <class Use>
Datum of_audiences(FunctionCallInfo fcinfo, Use use) {
  const pg::ByteView a = pg::detoast(PG_GETARG_DATUM(0)), b = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] { return use(Audience::read(a), Audience::read(b)); });
}

/// The ids in a bigint[], each once, ascending, without NULLs and what is not an id. C++ regime.
Ids ids_in_array(Datum array);

}  // namespace clientele::tags
