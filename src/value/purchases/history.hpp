// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// What a model needs to know of one customer, with all times in one unit: the customer made x
/// repeat purchases, the last one t_x after the first purchase, and was observed for `age` after
/// it. 0 <= t_x <= age; t_x is 0 if x is 0. For BG/BB x, t_x and age count opportunities.
struct History {
  double x = 0;
  double t_x = 0;
  double age = 0;
};

}  // namespace clientele
