// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <string_view>

#include "sources/cleaning/reasons.hpp"

/// Why a row cannot be used, beyond what can be wrong with one value.
namespace clientele::reason {

inline constexpr char expression_error[] = "expression_error";
inline constexpr char missing_event_id[] = "missing_event_id";
inline constexpr char missing_customer[] = "missing_customer";
inline constexpr char bad_identity[] = "bad_identity";
inline constexpr char unknown_event[] = "unknown_event";
inline constexpr char bad_properties[] = "bad_properties";

/// In the order in which they apply; source_reject_reasons() has the same.
inline constexpr const char* row_reasons[] = {
    expression_error, missing_event_id,  missing_customer,    bad_identity,   missing_time,
    bad_time,         time_out_of_range, time_too_old,        time_in_future, missing_event,
    unknown_event,    bad_amount,        amount_out_of_range, bad_currency,   no_rate,
    bad_properties,   too_long};

inline size_t rank(const char* reason) {
  const std::string_view wanted = reason;
  size_t i = 0;
  while (i < std::size(row_reasons) && wanted != row_reasons[i]) ++i;
  return i;
}

}  // namespace clientele::reason
