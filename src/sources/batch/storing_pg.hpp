// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <map>

#include "sources/batch/arrays_pg.hpp"
#include "sources/rows/packing.hpp"
#include "sources/batch/reading_pg.hpp"

namespace clientele::sources {

/// Finds events that repeat others within duplicates_within, of earlier batches, too. C++ regime.
void drop_repetitions(const Source& source, Batch& batch);

/// Writes what a batch says, in the order that locks need: the ledger, identities, dictionaries,
/// journeys, attributes; then the counts of run `run_id`. C++ regime, in a memory context that is
/// deleted afterwards.
class Storing {
 public:
  Storing(const Source& source, const Reading& reading, int64_t run_id, MemoryContext memory);

  void note_in_ledger();
  void pack();
  void keep_rejects();
  void count();
  const Packing& packing() const { return packing_; }

 private:
  void resolve();
  void add_names();
  void merge();
  void merge_part(std::vector<int64_t>& homes, ArrayMaker& parts);
  void add_attributes();
  void remember();

  const Source& source_;
  const Reading& reading_;
  const Batch& batch_;
  int64_t run_id_;
  pg::ContextMemory resource_;
  Packing packing_;
  Packing::StoredIds ids_;
  std::vector<int64_t> identity_ids_;  // by place
  int64_t customers_ = 0;
};

}  // namespace clientele::sources
