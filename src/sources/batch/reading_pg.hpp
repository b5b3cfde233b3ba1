// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>

#include "pg/memory.hpp"
#include "sources/rows/batch.hpp"
#include "sources/batch/rules_pg.hpp"

namespace clientele::sources {

/// The rows of a source that a batch reads, cleaned, and the content of those that were refused.
/// C++ regime.
class Reading {
 public:
  /// All that is kept lives in `memory`. With keep_all the content of good rows is kept, too.
  Reading(const Source& source, MemoryContext memory, bool keep_all = false);
  Reading(const Reading&) = delete;

  /// `rows` is SQL from the word FROM on, in which the source is s; `cursor` an expression of type
  /// bigint, or empty. A row of which an expression raises an error is refused. Errors of the
  /// classes 08, 40, 53, 57 and 58, and those that are not about a row, are thrown, and name the
  /// source.
  void read(const std::string& rows, const std::string& cursor);
  /// Rows that are given as jsonb, in that order.
  void read(std::vector<Datum> contents);

  const Batch& batch() const { return *batch_; }
  Batch& batch() { return *batch_; }
  /// Decides between rows with one event_id.
  void drop_repeated_ids();
  /// The jsonb of a row that was refused, and with keep_all of others.
  Datum content(uint32_t row) const;
  /// The snapshot in which the source was read, as text.
  const std::string& snapshot() const { return snapshot_; }

 private:
  struct Scan;
  Scan adding();
  void start();
  bool scan_at_once(const Scan& scan);
  void scan_one_by_one(const Scan& scan);
  Datum content_of(Datum row, Oid type) const;
  std::string content_text(Datum content) const;

  const Source& source_;
  MemoryContext memory_;
  bool keep_all_;
  pg::ContextMemory resource_;
  std::unique_ptr<Batch> batch_;
  std::string rows_, cursor_;                         // what was read
  bool one_by_one_ = false;                           // after an error
  std::vector<Datum> given_;                          // rows that were given
  std::vector<std::pair<uint32_t, Datum>> contents_;  // by row, ascending
  std::string snapshot_;
};

}  // namespace clientele::sources
