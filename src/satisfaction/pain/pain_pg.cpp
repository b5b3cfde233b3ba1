// SPDX-License-Identifier: PostgreSQL
#include "base/error.hpp"
#include "base/significance.hpp"
#include "pg/values.hpp"

using namespace clientele;

CLIENTELE_FUNCTION(clientele_hypergeometric_upper_p) {
  int64_t n[4];
  for (int i = 0; i < 4; ++i) n[i] = PG_GETARG_INT64(i);
  return pg::guarded([&] {
    for (const int64_t count : n)
      if (count < 0)
        throw Error(sqlstate::invalid_parameter,
                    "a number of customers must not be negative: " + std::to_string(count));
    return Float8GetDatum(upper_tail_of(static_cast<uint64_t>(n[0]), static_cast<uint64_t>(n[1]),
                                        static_cast<uint64_t>(n[2]), static_cast<uint64_t>(n[3])));
  });
}
