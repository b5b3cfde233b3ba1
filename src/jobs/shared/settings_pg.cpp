// SPDX-License-Identifier: PostgreSQL
#include "jobs/shared/settings_pg.hpp"

#include <cstring>

#include "jobs/shared/shared_pg.hpp"

namespace clientele::jobs {
namespace {

char* databases = nullptr;
int workers = 4;

bool check_databases(char** value, void**, GucSource) {
  char* const copy = pstrdup(*value);
  List* names = NIL;
  const bool valid = std::strcmp(copy, "*") == 0 || SplitIdentifierString(copy, ',', &names);
  list_free(names);
  pfree(copy);
  if (!valid)
    GUC_check_errdetail("It must be a list of names of databases, with commas between them, or *.");
  return valid;
}

}  // namespace

void define_jobs_settings() {
  DefineCustomStringVariable(
      "clientele.databases", "Databases whose jobs run by schedule.",
      "A list of names with commas between them, quoted as in SQL, or *, which is all databases.",
      &databases, "*", PGC_SIGHUP, 0, check_databases, nullptr, nullptr);
  DefineCustomIntVariable(
      "clientele.max_workers", "How many runs of jobs may be at work at once.",
      "In all databases together. Each needs a process of max_worker_processes.", &workers, 4, 0,
      max_slots, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
}

int max_workers() { return workers; }

bool database_is_listed(const char* name) {
  if (std::strcmp(databases, "*") == 0) return true;
  char* const copy = pstrdup(databases);
  List* names = NIL;
  bool found = false;
  if (SplitIdentifierString(copy, ',', &names)) {
    ListCell* cell;
    foreach (cell, names)
      found = found || std::strcmp(static_cast<const char*>(lfirst(cell)), name) == 0;
  }
  list_free(names);
  pfree(copy);
  return found;
}

}  // namespace clientele::jobs
