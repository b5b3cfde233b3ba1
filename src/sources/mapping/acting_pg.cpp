// SPDX-License-Identifier: PostgreSQL
#include "sources/mapping/acting_pg.hpp"

#include <string_view>

#include "pg/trust.hpp"

namespace clientele {
namespace {

const char* date_style(const char* order) {
  const std::string_view o = order == nullptr ? "ymd" : order;
  return o == "dmy" ? "ISO, DMY" : o == "mdy" ? "ISO, MDY" : "ISO, YMD";
}

}  // namespace

pg::Acting act_as(Oid owner, const SourceSettings& settings) {
  if (!pg::may_become(GetUserId(), owner))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied to act as the owner of a source"),
                    errhint("Members of that role and superusers may.")));
  const pg::Setting of_source[] = {{"timezone", settings.time_zone},
                                   {"datestyle", date_style(settings.date_order)}};
  return pg::act_as(owner, of_source);
}

}  // namespace clientele
