// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>

#include "journey/measures.hpp"

namespace clientele {

/// Whether a customer who did something before `from` did nothing from then on, before `until`:
/// only picked events count. None if there is no such event before `from`.
std::optional<bool> churned(const Journey& journey, const PickedCodes& picked, Micros from,
                            Micros until);

}  // namespace clientele
