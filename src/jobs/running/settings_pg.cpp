// SPDX-License-Identifier: PostgreSQL
#include "jobs/running/settings_pg.hpp"

#include <cstring>

#include "pg/acting.hpp"
#include "pg/query.hpp"
#include "pg/trust.hpp"

extern "C" {
#include "utils/guc_tables.h"
}

namespace clientele::jobs {
namespace {

struct Variables {
  config_generic** all;
  int count;
};

Variables variables() {
  Variables v;
#if PG_VERSION_NUM >= 160000
  v.all = get_guc_variables(&v.count);
#else
  v.all = get_guc_variables();
  v.count = GetNumConfigOptions();
#endif
  return v;
}

/// As RESET ALL, it leaves alone what is of a transaction, and the role.
bool can_be_set(const config_generic* g) {
  return (g->context == PGC_USERSET || g->context == PGC_SUSET) &&
         (g->flags & GUC_NO_RESET_ALL) == 0;
}

/// As set_config_option() takes it, with all digits.
const char* value_of(config_generic* g) {
  switch (g->vartype) {
    case PGC_BOOL:
      return *reinterpret_cast<config_bool*>(g)->variable ? "on" : "off";
    case PGC_INT:
      return psprintf("%d", *reinterpret_cast<config_int*>(g)->variable);
    case PGC_REAL:
      return psprintf("%.17g", *reinterpret_cast<config_real*>(g)->variable);
    case PGC_STRING: {
      const char* const s = *reinterpret_cast<config_string*>(g)->variable;
      return s == nullptr ? nullptr : pstrdup(s);
    }
    case PGC_ENUM: {
      auto* const e = reinterpret_cast<config_enum*>(g);
      return config_enum_lookup_by_value(e, *e->variable);
    }
  }
  return nullptr;
}

bool same(const char* a, const char* b) {
  return a == nullptr || b == nullptr ? a == b : std::strcmp(a, b) == 0;
}

void set(const char* name, const char* value, GucSource source) {
  set_config_option(name, value, PGC_SUSET, source, GUC_ACTION_SET, true, WARNING, false);
}

/// What a server without configuration has, as set_config_option() takes it.
const char* boot_value_of(config_generic* g) {
  switch (g->vartype) {
    case PGC_BOOL:
      return reinterpret_cast<config_bool*>(g)->boot_val ? "on" : "off";
    case PGC_INT:
      return psprintf("%d", reinterpret_cast<config_int*>(g)->boot_val);
    case PGC_REAL:
      return psprintf("%.17g", reinterpret_cast<config_real*>(g)->boot_val);
    case PGC_STRING: {
      const char* const s = reinterpret_cast<config_string*>(g)->boot_val;
      return s == nullptr ? "" : s;
    }
    case PGC_ENUM: {
      auto* const e = reinterpret_cast<config_enum*>(g);
      return config_enum_lookup_by_value(e, e->boot_val);
    }
  }
  return "";
}

bool is(const char* name, const char* other) { return pg_strcasecmp(name, other) == 0; }

constexpr const char* of_client[] = {"client_encoding", "client_min_messages", "application_name"};

bool is_of_client(const char* name) {
  for (const char* each : of_client)
    if (is(name, each)) return true;
  return false;
}

/// Whether the role or the client that logged in has set it, and RESET goes back to that.
bool is_of_login(const config_generic* g) {
  return can_be_set(g) && g->reset_source > PGC_S_DATABASE && g->reset_source <= PGC_S_CLIENT &&
         !is_of_client(g->name) &&
         // Its default depends on the limits of the server's process.
         !is(g->name, "max_stack_depth");
}

void add(RoleSettings& settings, MemoryContext context, const char* name, const char* value) {
  const MemoryContext before = MemoryContextSwitchTo(context);
  auto* const added = static_cast<pg::Setting*>(palloc(sizeof(pg::Setting)));
  *added = {pstrdup(name), pstrdup(value)};
  settings.list = lappend(settings.list, added);
  MemoryContextSwitchTo(before);
}

constexpr pg::Query of_files{
    "SELECT f.name, f.setting FROM pg_catalog.pg_show_all_file_settings() f WHERE f.applied",
    "the files of settings"};

/// What a new session has that no role and no client has set: the value of the server's files, or
/// else its own. Connected to SPI.
void add_without_login(RoleSettings& settings, MemoryContext context) {
  const Variables now = variables();
  bool read = false;
  for (int i = 0; i < now.count; ++i) {
    config_generic* const g = now.all[i];
    if (!is_of_login(g)) continue;
    if (!read) {
      const pg::Acting before = pg::act_as(BOOTSTRAP_SUPERUSERID);
      pg::Parameters().run(of_files);
      pg::stop_acting(before);
      read = true;
    }
    const char* value = is(g->name, "timezone_abbreviations") ? "Default" : boot_value_of(g);
    for (uint64 f = 0; f < SPI_processed; ++f)
      if (const pg::QueryRow row(f); is(row.text(1), g->name)) value = row.text(2);
    add(settings, context, g->name, value);
  }
}

}  // namespace

KeptSettings keep_settings() {
  const Variables now = variables();
  KeptSettings kept;
  kept.settings = static_cast<KeptSetting*>(palloc(sizeof(KeptSetting) * now.count));
  kept.count = 0;
  for (int i = 0; i < now.count; ++i)
    if (can_be_set(now.all[i]))
      kept.settings[kept.count++] = {pstrdup(now.all[i]->name), value_of(now.all[i]),
                                     now.all[i]->source};
  return kept;
}

void put_back_settings(const KeptSettings& kept) {
  const Variables now = variables();
  int hint = 0;  // both have the same order, except those that are new
  for (int i = 0; i < now.count; ++i) {
    config_generic* const g = now.all[i];
    if (!can_be_set(g)) continue;
    int found = hint;
    while (found < kept.count && std::strcmp(kept.settings[found].name, g->name) != 0) ++found;
    const KeptSetting* const before = found < kept.count ? &kept.settings[found] : nullptr;
    if (before != nullptr) hint = found + 1;
    if (before != nullptr && before->source == g->source && same(before->value, value_of(g)))
      continue;
    const bool was_set = before != nullptr && before->source > PGC_S_OVERRIDE;
    set(g->name, was_set ? before->value : nullptr, was_set ? before->source : PGC_S_SESSION);
  }
}

RoleSettings settings_of(Oid role) {
  const MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  RoleSettings settings = {NIL, role};
  add_without_login(settings, context);
  const pg::Query query{
      "SELECT c.setting, s.setrole OPERATOR(pg_catalog.<>) 0 "
      "FROM pg_catalog.pg_db_role_setting s, "
      "LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY c(setting, number) "
      "WHERE s.setdatabase OPERATOR(pg_catalog.=) ANY (ARRAY[0, $1]::oid[]) "
      "AND s.setrole OPERATOR(pg_catalog.=) ANY (ARRAY[0, $2]::oid[]) "
      "ORDER BY s.setrole OPERATOR(pg_catalog.<>) 0, s.setdatabase OPERATOR(pg_catalog.<>) 0, "
      "c.number",
      "the settings of the role"};
  pg::Parameters parameters;
  parameters.add(OIDOID, ObjectIdGetDatum(MyDatabaseId));
  parameters.add(OIDOID, ObjectIdGetDatum(role));
  parameters.run(query);
  for (uint64 i = 0; i < SPI_processed; ++i) {
    const pg::QueryRow row(i);
    char* const name = pstrdup(row.text(1));
    char* const equals = std::strchr(name, '=');
    if (equals == nullptr) continue;
    *equals = '\0';
    // The session has the database's already, and who may say it depends on where it was said.
    if (is(name, "clientele.trusted_owners") && !row.boolean(2)) continue;
    if (is(name, "session_authorization") || is_of_client(name)) continue;
    if (is(name, "role")) {
      const Oid other = get_role_oid(equals + 1, true);
      settings.role = OidIsValid(other) && pg::may_become(role, other) ? other : role;
      continue;
    }
    add(settings, context, name, equals + 1);
  }
  SPI_finish();
  MemoryContextSwitchTo(context);
  return settings;
}

void take_settings(const RoleSettings& settings) {
  const char* kept[lengthof(of_client)];
  for (size_t i = 0; i < lengthof(of_client); ++i)
    kept[i] = pstrdup(GetConfigOption(of_client[i], false, false));
  ResetAllOptions();
  for (size_t i = 0; i < lengthof(of_client); ++i)
    if (!same(kept[i], GetConfigOption(of_client[i], false, false)))
      set(of_client[i], kept[i], PGC_S_SESSION);
  ListCell* cell;
  foreach (cell, settings.list) {
    const auto* const each = static_cast<const pg::Setting*>(lfirst(cell));
    set(each->name, each->value, PGC_S_SESSION);
  }
}

}  // namespace clientele::jobs
