// SPDX-License-Identifier: PostgreSQL
#include "tags/audience/audience_pg.hpp"

using namespace clientele;
using tags::Audience;

namespace {

Datum size_datum(uint64_t n) { return Int64GetDatum(static_cast<int64_t>(n)); }

Datum from_text(std::string_view text) {
  return pg::guarded([&] { return tags::packed(Audience::from_text(text)); });
}

Datum end_of(FunctionCallInfo fcinfo, std::optional<uint64_t> (Audience::*which)() const) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const auto answer = pg::guarded([&] {
    const std::optional<uint64_t> id = (Audience::read(bytes).*which)();
    return pg::Answer{size_datum(id.value_or(0)), !id};
  });
  return pg::returned(fcinfo, answer);
}

}  // namespace

// The type

CLIENTELE_FUNCTION(clientele_audience_in) { return from_text(PG_GETARG_CSTRING(0)); }
CLIENTELE_FUNCTION(clientele_audience_from_text) {
  return from_text(pg::text_view(PG_GETARG_DATUM(0)));
}
CLIENTELE_FUNCTION(clientele_audience_out) {
  return tags::of_audience(
      fcinfo, [](const Audience& a) { return pg::make_cstring(a.text(MaxAllocSize - 64)); });
}
CLIENTELE_FUNCTION(clientele_audience_recv) {
  return pg::received(fcinfo,
                      [](pg::ByteView bytes) { return tags::packed(Audience::read(bytes)); });
}

// Operators

CLIENTELE_FUNCTION(clientele_audience_and) {
  return tags::of_audiences(fcinfo,
                            [](Audience a, const Audience& b) { return tags::packed(a &= b); });
}
CLIENTELE_FUNCTION(clientele_audience_or) {
  return tags::of_audiences(fcinfo,
                            [](Audience a, const Audience& b) { return tags::packed(a |= b); });
}
CLIENTELE_FUNCTION(clientele_audience_without) {
  return tags::of_audiences(fcinfo,
                            [](Audience a, const Audience& b) { return tags::packed(a -= b); });
}
CLIENTELE_FUNCTION(clientele_audience_xor) {
  return tags::of_audiences(fcinfo,
                            [](Audience a, const Audience& b) { return tags::packed(a ^= b); });
}
CLIENTELE_FUNCTION(clientele_audience_includes) {
  return tags::of_audiences(
      fcinfo, [](const Audience& a, const Audience& b) { return BoolGetDatum(a.includes(b)); });
}
CLIENTELE_FUNCTION(clientele_audience_included) {
  return tags::of_audiences(
      fcinfo, [](const Audience& a, const Audience& b) { return BoolGetDatum(b.includes(a)); });
}
CLIENTELE_FUNCTION(clientele_audience_overlaps) {
  return tags::of_audiences(
      fcinfo, [](const Audience& a, const Audience& b) { return BoolGetDatum(a.overlaps(b)); });
}
CLIENTELE_FUNCTION(clientele_audience_has) {
  const int64_t id = PG_GETARG_INT64(1);
  return tags::of_audience(fcinfo, [id](const Audience& a) {
    return BoolGetDatum(id >= 0 && a.contains(static_cast<uint64_t>(id)));
  });
}
CLIENTELE_FUNCTION(clientele_audience_held) {
  const int64_t id = PG_GETARG_INT64(0);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    return BoolGetDatum(Audience::read(bytes).contains(static_cast<uint64_t>(id)) && id >= 0);
  });
}

// Sizes

CLIENTELE_FUNCTION(clientele_audience_cardinality) {
  const Datum head = PointerGetDatum(
      PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0, static_cast<int32>(Audience::head_bytes)));
  const pg::ByteView bytes = pg::detoast(head);
  return pg::guarded([&] { return size_datum(Audience::size_in_head(bytes)); });
}
CLIENTELE_FUNCTION(clientele_audience_and_cardinality) {
  return tags::of_audiences(fcinfo, [](const Audience& a, const Audience& b) {
    return size_datum(Audience::and_size(a, b));
  });
}
CLIENTELE_FUNCTION(clientele_audience_or_cardinality) {
  return tags::of_audiences(fcinfo, [](const Audience& a, const Audience& b) {
    return size_datum(Audience::or_size(a, b));
  });
}
CLIENTELE_FUNCTION(clientele_audience_without_cardinality) {
  return tags::of_audiences(fcinfo, [](const Audience& a, const Audience& b) {
    return size_datum(Audience::without_size(a, b));
  });
}
CLIENTELE_FUNCTION(clientele_audience_xor_cardinality) {
  return tags::of_audiences(fcinfo, [](const Audience& a, const Audience& b) {
    return size_datum(Audience::xor_size(a, b));
  });
}
CLIENTELE_FUNCTION(clientele_audience_jaccard) {
  return tags::of_audiences(fcinfo, [](const Audience& a, const Audience& b) {
    return Float8GetDatum(Audience::jaccard(a, b));
  });
}
CLIENTELE_FUNCTION(clientele_audience_first) { return end_of(fcinfo, &Audience::first); }
CLIENTELE_FUNCTION(clientele_audience_last) { return end_of(fcinfo, &Audience::last); }
