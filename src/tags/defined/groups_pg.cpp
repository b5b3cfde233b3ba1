// SPDX-License-Identifier: PostgreSQL
// Control groups, and the significance of portraits.
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/significance.hpp"
#include "pg/values.hpp"
#include "tags/defined/assignment.hpp"
#include "tags/audience/audience.hpp"

namespace clientele {

using pg::ByteView;
using pg::guarded;

CLIENTELE_FUNCTION(clientele_in_control_group) {
  const int64_t id = PG_GETARG_INT64(0);
  const double share = PG_GETARG_FLOAT8(1);
  const std::string_view name = pg::text_view(PG_GETARG_DATUM(2));
  return guarded(
      [&] { return BoolGetDatum(tags::Draw(share, name).takes(tags::customer_id(id))); });
}

// A value of 1 GB always has room for these.
static constexpr uint64_t max_kept = uint64_t{1} << 29;

CLIENTELE_FUNCTION(clientele_control_group) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  const double share = PG_GETARG_FLOAT8(1);
  const std::string_view name = pg::text_view(PG_GETARG_DATUM(2));
  return guarded([&] {
    const tags::Draw draw(share, name);
    const tags::Audience all = tags::Audience::read(bytes);
    tags::Audience group;
    std::vector<uint64_t> some;
    uint64_t kept = 0;
    const auto keep = [&] {
      kept += some.size();
      if (kept > max_kept)
        throw Error(sqlstate::limit_exceeded,
                    "a control group can have at most 536870912 customers");
      group.add(some);
      some.clear();
    };
    all.each([&](uint64_t id) {
      if (!draw.takes(id)) return;
      some.push_back(id);
      if (some.size() == 4096) keep();
    });
    keep();
    Bytes out;
    group.write(out);
    return pg::make_varlena(out);
  });
}

CLIENTELE_FUNCTION(clientele_hypergeometric_p) {
  int64_t n[4];
  for (int i = 0; i < 4; ++i) n[i] = PG_GETARG_INT64(i);
  return guarded([&] {
    for (const int64_t count : n)
      if (count < 0)
        throw Error(sqlstate::invalid_parameter,
                    "a number of customers must not be negative: " + std::to_string(count));
    return Float8GetDatum(chance_of(static_cast<uint64_t>(n[0]), static_cast<uint64_t>(n[1]),
                                    static_cast<uint64_t>(n[2]), static_cast<uint64_t>(n[3])));
  });
}

CLIENTELE_FUNCTION(clientele_adjusted_p) {
  const ArrayType* const array = PG_GETARG_ARRAYTYPE_P(0);
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(const_cast<ArrayType*>(array), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
                    TYPALIGN_DOUBLE, &values, &nulls, &count);
  const std::string_view word = pg::text_view(PG_GETARG_DATUM(1));
  return guarded([&] {
    const Correction correction = parse_correction(word);
    std::vector<double> p;
    for (int i = 0; i < count; ++i) {
      if (nulls[i]) continue;
      p.push_back(DatumGetFloat8(values[i]));
      if (!(p.back() >= 0 && p.back() <= 1))
        throw Error(sqlstate::invalid_parameter, "a probability must be between 0 and 1");
    }
    const std::vector<double> q = adjusted(p, correction);
    auto next = q.begin();
    for (int i = 0; i < count; ++i)
      if (!nulls[i]) values[i] = Float8GetDatum(*next++);
    return pg::call_pg([&] {
      int size[] = {count}, first[] = {1};
      return PointerGetDatum(construct_md_array(values, nulls, count == 0 ? 0 : 1, size, first,
                                                FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
                                                TYPALIGN_DOUBLE));
    });
  });
}

}  // namespace clientele
