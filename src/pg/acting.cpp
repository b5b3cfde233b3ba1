// SPDX-License-Identifier: PostgreSQL
#include "pg/acting.hpp"

namespace clientele::pg {
namespace {

// All that changes what an expression means or how a value becomes text. Policies of row level
// security apply to the role as they do to its own queries.
constexpr Setting fixed[] = {{"search_path", "pg_catalog, clientele, pg_temp"},
                             {"intervalstyle", "postgres"},
                             {"extra_float_digits", "1"},
                             {"bytea_output", "hex"},
                             {"xmlbinary", "base64"},
                             {"lc_monetary", "C"},
                             {"lc_numeric", "C"},
                             {"lc_time", "C"},
                             {"standard_conforming_strings", "on"},
                             {"backslash_quote", "safe_encoding"},
                             {"transform_null_equals", "off"},
                             {"array_nulls", "on"},
                             {"quote_all_identifiers", "off"},
                             {"row_security", "on"}};

void set(const Setting& s) {
  set_config_option(s.name, s.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

}  // namespace

Acting act_as(Oid role, std::span<const Setting> settings) {
  Acting before;
  GetUserIdAndSecContext(&before.user, &before.security);
  before.settings = NewGUCNestLevel();
  for (const Setting& s : fixed) set(s);
  for (const Setting& s : settings) set(s);
  SetUserIdAndSecContext(
      role, before.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
  return before;
}

void stop_acting(const Acting& before) {
  AtEOXact_GUC(false, before.settings);
  SetUserIdAndSecContext(before.user, before.security);
}

}  // namespace clientele::pg
