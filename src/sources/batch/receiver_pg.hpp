// SPDX-License-Identifier: PostgreSQL
// Takes the rows of a query as they come from the executor, without storing them first.
#pragma once
#include <functional>

#include "pg/postgres.hpp"
#include "sources/batch/rules.hpp"

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

/// What is done with a row. `content` makes the whole row jsonb, in the current memory context; it
/// is in the PostgreSQL regime, as it may raise an error. The receiver calls in the C++ regime.
struct RowTaker {
  /// Whether the content is needed, too.
  std::function<bool(const RowValues& values, int64_t number)> take;
  /// The whole row as jsonb, in a memory context that lasts.
  std::function<void(Datum content)> keep;
  MemoryContext lasting = nullptr;
};

/// A receiver for a query whose columns are `columns`, and after them the whole row, or a number if
/// `numbered`. PostgreSQL regime, in a memory context that lasts as long as the query.
DestReceiver* make_receiver(const Column* columns, int count, bool numbered, RowValues* values,
                            RowTaker* taker);

/// Any row as jsonb. PostgreSQL regime.
class RowContent {
 public:
  void prepare(Oid row_type);
  Datum of(Datum row);

 private:
  FmgrInfo function_;
};

}  // namespace clientele::sources
