// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/text/definition.hpp"

#include <cstring>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

void check_range(int64_t value, int64_t least, int64_t most, const char* name) {
  if (value < least || value > most)
    throw Error(sqlstate::invalid_parameter, std::string(name) + " of a text_def must be from " +
                                                 std::to_string(least) + " to " +
                                                 std::to_string(most));
}

}  // namespace

void TextDefinition::check() const {
  check_range(min_n, 1, longest_gram, "min_n");
  check_range(max_n, min_n, longest_gram, "max_n");
  check_range(buckets, 2, most_buckets, "buckets");
  check_range(least_customers, 1, most_customers, "least_customers");
  if (!(penalty >= 1e-6 && penalty <= 1e9))
    throw Error(sqlstate::invalid_parameter, "penalty of a text_def must be from 1e-6 to 1e9");
}

void TextDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  for (const int64_t v : {min_n, max_n, buckets, least_customers}) w.signed_varint(v);
  w.raw(&penalty, sizeof penalty);
}

TextDefinition TextDefinition::read(std::span<const uint8_t> bytes) {
  Reader r(bytes);
  r.version(version, "text_def");
  TextDefinition d;
  for (int64_t* v : {&d.min_n, &d.max_n, &d.buckets, &d.least_customers}) *v = r.signed_varint();
  std::memcpy(&d.penalty, r.take(sizeof d.penalty), sizeof d.penalty);
  d.check();
  if (!r.done() || !writes(d, bytes)) Reader::fail("it is not a text_def");
  return d;
}

}  // namespace clientele
