// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "sources/cleaning/text.hpp"

namespace clientele {

/// The ASCII form of a domain by UTS 46, non-transitional; false if it has none. The glue sets it
/// once. It throws 0A000 where libidn2 is not installed.
inline bool (*domain_hook)(const std::string& domain, std::string& ascii) = nullptr;

Cleaned clean_email(std::string_view value, bool fold_gmail,
                    const StandIns& stand_ins = StandIns::standard());

}  // namespace clientele
