// SPDX-License-Identifier: PostgreSQL
#pragma once

/// Why a value cannot be used: a closed list, which rejected rows will carry.
namespace clientele::reason {

inline constexpr char blank[] = "blank";
inline constexpr char stand_in[] = "placeholder";
inline constexpr char too_long[] = "text_too_long";
inline constexpr char bad_email[] = "bad_email";
inline constexpr char bad_phone[] = "bad_phone";
inline constexpr char bad_uuid[] = "bad_uuid";
inline constexpr char bad_amount[] = "bad_amount";
inline constexpr char amount_out_of_range[] = "amount_out_of_range";
inline constexpr char bad_currency[] = "bad_currency";
inline constexpr char no_rate[] = "no_rate";
inline constexpr char missing_time[] = "missing_time";
inline constexpr char bad_time[] = "bad_time";
inline constexpr char time_out_of_range[] = "time_out_of_range";
inline constexpr char time_too_old[] = "time_too_old";
inline constexpr char time_in_future[] = "time_in_future";
inline constexpr char missing_event[] = "missing_event";

}  // namespace clientele::reason
