// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/rules.hpp"

#include "journey/journey.hpp"

namespace clientele::sources {

Rate rate_of(std::string_view decimal) {
  Rate rate{0, 0};
  int digits = 0;
  bool point = false;
  for (const char c : decimal) {
    if (c == '.') {
      point = true;
      continue;
    }
    if (rate.decimals == 36) break;  // what comes is below a millionth of any amount
    if (digits == 18) {
      if (c >= '5') ++rate.digits;
      break;
    }
    rate.digits = rate.digits * 10 + (c - '0');
    digits += rate.digits != 0;
    rate.decimals += point;
  }
  return rate;
}

bool convert(int64_t& millionths, const Rate& rate) {
  __int128 product = static_cast<__int128>(millionths) * rate.digits;
  __int128 unit = 1;
  for (int i = 0; i < rate.decimals; ++i) unit *= 10;
  const bool negative = product < 0;
  if (negative) product = -product;
  product = product / unit + (product % unit * 2 >= unit ? 1 : 0);
  if (product >= amount_limit) return false;
  millionths = static_cast<int64_t>(negative ? -product : product);
  return true;
}

}  // namespace clientele::sources
