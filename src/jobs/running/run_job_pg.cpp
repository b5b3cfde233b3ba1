// SPDX-License-Identifier: PostgreSQL
// The procedure run_job(): a run in the caller's session. PostgreSQL's regime.
#include "jobs/running/recording_pg.hpp"

CLIENTELE_FUNCTION(clientele_run_job) {
  ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("run_job is not there yet")));
}
