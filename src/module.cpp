// SPDX-License-Identifier: PostgreSQL
#include "base/poll.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/boundary.hpp"
#include "pg/trust.hpp"

extern "C" {
PG_MODULE_MAGIC;
void _PG_init(void);
}

void _PG_init(void) {
  clientele::poll_hook = clientele::pg::poll_interrupts;
  clientele::define_dictionary_settings();
  clientele::pg::define_trust_settings();
  MarkGUCPrefixReserved("clientele");
}
