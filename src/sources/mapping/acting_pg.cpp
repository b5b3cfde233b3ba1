// SPDX-License-Identifier: PostgreSQL
#include "sources/mapping/acting_pg.hpp"

#include <string_view>

#include "pg/trust.hpp"

namespace clientele {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

// All that changes what an expression means or how a value becomes text. Policies of row level
// security apply to the owner as they do to its own queries.
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

void set(const char* name, const char* value) {
  set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

const char* date_style(const char* order) {
  const std::string_view o = order == nullptr ? "ymd" : order;
  return o == "dmy" ? "ISO, DMY" : o == "mdy" ? "ISO, MDY" : "ISO, YMD";
}

}  // namespace

Acting act_as(Oid owner, const SourceSettings& settings) {
  Acting before;
  GetUserIdAndSecContext(&before.user, &before.security);
  if (!pg::may_become(before.user, owner))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied to act as the owner of a source"),
                    errhint("Members of that role and superusers may.")));
  before.settings = NewGUCNestLevel();
  for (const Setting& s : fixed) set(s.name, s.value);
  set("timezone", settings.time_zone);
  set("datestyle", date_style(settings.date_order));
  SetUserIdAndSecContext(
      owner, before.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
  return before;
}

void stop_acting(const Acting& before) {
  AtEOXact_GUC(false, before.settings);
  SetUserIdAndSecContext(before.user, before.security);
}

}  // namespace clientele
