// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "journey/journey.hpp"

namespace clientele {

/// Whether a customer who was there before `from` did nothing from then on, before `until`: only
/// events whose code is true in `counts` (of journey.code_limit() entries) count. None: was not
/// there.
std::optional<bool> churned(const Journey& journey, std::span<const uint8_t> counts, Micros from,
                            Micros until);

}  // namespace clientele
