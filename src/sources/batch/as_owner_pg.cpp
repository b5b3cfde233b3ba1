// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/as_owner_pg.hpp"

#include "sources/mapping/acting_pg.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/resowner.h"
}

namespace clientele::sources {

using pg::call_pg;
using pg::PgError;

bool may_be_a_row(const ErrorData* error) {
  for (const int code :
       {ERRCODE_CONNECTION_EXCEPTION, ERRCODE_TRANSACTION_ROLLBACK, ERRCODE_INSUFFICIENT_RESOURCES,
        ERRCODE_OPERATOR_INTERVENTION, ERRCODE_SYSTEM_ERROR})
    if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == code) return false;
  return true;
}

void fail(const Source& source, ErrorData* error) {
  const char* const name = source.name.c_str();
  call_pg([&] { error->message = psprintf("source \"%s\": %s", name, error->message); });
  throw PgError(error);
}

ErrorData* attempt(const Source& source, const std::function<void()>& work) {
  const MemoryContext before = CurrentMemoryContext;
  const ResourceOwner owner = CurrentResourceOwner;
  const SourceSettings settings{source.time_zone.c_str(),
                                source.date_order.empty() ? nullptr : source.date_order.c_str()};
  const auto back = [&] {
    MemoryContextSwitchTo(before);
    CurrentResourceOwner = owner;
  };
  // The error is copied into the memory context that is current: that of the subtransaction would
  // go with it.
  call_pg([&] {
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(before);
  });
  try {
    call_pg([&] {
      const pg::Acting acting = act_as(source.owner, settings);
      work();
      pg::stop_acting(acting);
      ReleaseCurrentSubTransaction();
      back();
    });
    return nullptr;
  } catch (const PgError& e) {
    call_pg([&] {
      RollbackAndReleaseCurrentSubTransaction();
      back();
    });
    return e.data();
  }
}

void execute_reading(SPIPlanPtr plan, ParamListInfo parameters, DestReceiver* receiver) {
  SPIExecuteOptions options{};
  options.params = parameters;
  options.read_only = true;
  options.dest = receiver;
  const int result = SPI_execute_plan_extended(plan, &options);
  // With a receiver of its own a query counts as a utility.
  if (result < 0) elog(ERROR, "a source could not be read: %s", SPI_result_code_string(result));
}

SPIPlanPtr prepare_reading(const char* sql, int count, Oid* types) {
  const SPIPlanPtr plan = SPI_prepare_cursor(sql, count, types, CURSOR_OPT_PARALLEL_OK);
  if (plan == nullptr)
    elog(ERROR, "a source could not be read: %s", SPI_result_code_string(SPI_result));
  return plan;
}

}  // namespace clientele::sources
