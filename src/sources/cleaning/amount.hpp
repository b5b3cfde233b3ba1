// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

#include "sources/cleaning/currency.hpp"

namespace clientele {

enum class DecimalMark { point, comma, automatic };
/// '.', ',' or auto; 22023 for others.
DecimalMark decimal_mark_named(std::string_view name);

struct CleanedAmount {
  int64_t millionths = 0;
  const char* reason = nullptr;
};

/// An amount as people write it. A code or symbol beside it must fit `currency`, unless that is
/// empty.
CleanedAmount clean_amount(std::string_view value, DecimalMark mark, const Currency& currency,
                           const StandIns& stand_ins = StandIns::standard());

}  // namespace clientele
