// SPDX-License-Identifier: PostgreSQL
#include "base/encoding.hpp"
#include "base/poll.hpp"
#include "sources/cleaning/unicode_pg.hpp"
#include "journey/dictionary_pg.hpp"
#include "jobs/scheduler/hooks_pg.hpp"
#include "jobs/scheduler/launcher_pg.hpp"
#include "jobs/shared/settings_pg.hpp"
#include "jobs/shared/shared_pg.hpp"
#include "pg/boundary.hpp"
#include "pg/progress.hpp"
#include "pg/trust.hpp"
#include "satisfaction/words/plain_pg.hpp"

extern "C" {
CLIENTELE_MODULE_MAGIC;
void _PG_init(void);
}

void _PG_init(void) {
  clientele::encoding_hook = clientele::pg::require_encoding;
  clientele::poll_hook = clientele::pg::poll_interrupts;
  clientele::stack_hook = clientele::pg::throw_if_stack_is_deep;
  clientele::install_cleaning_hooks();
  clientele::install_plain_words();
  clientele::define_dictionary_settings();
  clientele::pg::define_trust_settings();
  clientele::jobs::define_jobs_settings();
  if (process_shared_preload_libraries_in_progress) {
    clientele::jobs::request_jobs_memory();
    clientele::jobs::install_jobs_hooks();
    clientele::jobs::register_launcher();
  }
  clientele::pg::install_progress();
  MarkGUCPrefixReserved("clientele");
}
