// SPDX-License-Identifier: PostgreSQL
// The rights and the settings of another role, for queries that must not depend on the session.
#pragma once
#include <span>

#include "pg/postgres.hpp"

namespace clientele::pg {

struct Setting {
  const char* name;
  const char* value;
};

/// What to go back to.
struct Acting {
  Oid user;
  int security;
  int settings;
};

/// Acts as `role`, with fixed settings and these, until stop_acting() or the end of the
/// (sub)transaction. What runs then cannot SET ROLE back, nor leave triggers, cursors or prepared
/// statements for the caller. It checks no right: the caller says why it may. Needs a transaction,
/// which may be one of a background process. PostgreSQL regime.
Acting act_as(Oid role, std::span<const Setting> settings = {});
void stop_acting(const Acting& before);

}  // namespace clientele::pg
