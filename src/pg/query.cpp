// SPDX-License-Identifier: PostgreSQL
#include "pg/query.hpp"

namespace clientele::pg {
namespace {

void require_rows(int result, const Query& query) {
  if (result != SPI_OK_SELECT) elog(ERROR, "%s could not be read", query.subject);
}

}  // namespace

void Parameters::run(const Query& query) {
  require_rows(SPI_execute_with_args(query.sql, count_, types_, values_, nulls_, true, 0), query);
}

void Parameters::run_writing(const Query& query) {
  require_rows(SPI_execute_with_args(query.sql, count_, types_, values_, nulls_, false, 0), query);
}

void Parameters::run(PlannedQuery& query) {
  if (query.plan == nullptr) {
    const SPIPlanPtr plan = SPI_prepare(query.sql, count_, types_);
    if (plan == nullptr || SPI_keepplan(plan) != 0)
      elog(ERROR, "%s could not be read", query.subject);
    query.plan = plan;
  }
  require_rows(SPI_execute_plan(query.plan, values_, nulls_, true, 0), query);
}

}  // namespace clientele::pg
