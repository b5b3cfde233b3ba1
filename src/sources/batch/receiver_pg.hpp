// SPDX-License-Identifier: PostgreSQL
// Takes the rows of a query as they come from the executor, without storing them first.
#pragma once
#include <functional>

#include "pg/postgres.hpp"
#include "sources/rows/rules.hpp"

extern "C" {
#include "tcop/dest.h"
}

namespace clientele::sources {

/// Which part of a row an expression is, and for identities, properties and attributes which of
/// them.
struct Column {
  enum class Part : uint8_t {
    identity,
    at,
    event,
    channel,
    item,
    amount,
    currency,
    event_id,
    cursor,
    property,
    attribute
  };
  Part part;
  size_t place = 0;
};
/// 22023 for the name of another argument.
Column::Part part_named(std::string_view argument);

/// What is done with the rows of a query. C++ regime.
struct RowTaker {
  /// Whether the whole row is wanted, too.
  std::function<bool(const RowValues& values)> take;
  /// The whole row as jsonb, in `lasting`.
  std::function<void(Datum content)> keep;
  MemoryContext lasting = nullptr;
};

/// A receiver for a query whose columns are `columns`, and if `with_row` after them the whole row.
/// PostgreSQL regime, in a memory context that lasts as long as the query.
DestReceiver* make_receiver(const Column* columns, int count, bool with_row, RowValues* values,
                            RowTaker* taker);

}  // namespace clientele::sources
