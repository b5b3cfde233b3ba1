// SPDX-License-Identifier: PostgreSQL
// Whole rows of a source, as they are and as jsonb. PostgreSQL regime.
#pragma once
#include "pg/postgres.hpp"

extern "C" {
#include "tcop/dest.h"
#include "utils/tuplestore.h"
}

namespace clientele::sources {

/// Any row as jsonb.
class RowContent {
 public:
  void prepare(Oid row_type);
  Datum of(Datum row);

 private:
  FmgrInfo function_;
};

/// A row as one of the row type `type`, which has its columns, copied; 0 is a row of NULLs.
Datum row_of_type(Datum row, Oid type);

/// A row with its columns as texts, as jsonb. Of a text above 1 MB the first 20,000 bytes are kept.
Datum texts_of(Datum row);

/// Collects the rows of a query.
struct Collector {
  DestReceiver head;
  Tuplestorestate* store;
  MemoryContext memory;
  TupleDesc form;
};

DestReceiver* make_collector(Collector& c, Tuplestorestate* store, MemoryContext memory);

}  // namespace clientele::sources
