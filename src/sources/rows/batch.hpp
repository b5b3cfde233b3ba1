// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <functional>
#include <memory_resource>

#include "sources/rows/cleaner.hpp"

namespace clientele::sources {

/// The rows of a batch, in the order in which they were read: clean, or refused. Of rows that are
/// one event one is kept.
class Batch {
 public:
  Batch(const SourceRules& rules, std::pmr::memory_resource* memory);

  /// False if the row cannot be used; the reason is that of the last refused row.
  bool add(const RowValues& values);
  /// A row of which an expression raised an error. Its event_id and its cursor may be null.
  void add_failed(const Value& event_id, const Value& cursor, std::string detail);

  size_t size() const { return rows_.size(); }
  const CleanRow& row(uint32_t row) const { return rows_[row]; }
  const RowCleaner& cleaner() const { return cleaner_; }

  struct Refused {
    uint32_t row;
    const char* reason;
    std::string detail;
  };
  const std::vector<Refused>& refused() const { return refused_; }

  enum class Fate : uint8_t { packed, refused, duplicate };
  Fate fate(uint32_t row) const { return fates_[row]; }

  // Event ids: whole numbers, or texts.
  bool has_numbers() const { return !numbers_.empty(); }
  /// Calls take(id) for each row that has one.
  template <class Take>
  void each_number(Take take) const {
    for (uint32_t row = 0; row < numbers_.size(); ++row)
      if (without_id_.empty() || has_event_id(row)) take(numbers_[row]);
  }
  /// The event_id of a row as text, nothing if it has none.
  std::optional<std::string_view> event_id(uint32_t row, std::string& room) const;
  bool has_cursors() const { return !cursors_.empty(); }
  /// The cursor of each row; no_cursor where it is NULL.
  const std::pmr::vector<int64_t>& cursors() const { return cursors_; }
  static constexpr int64_t no_cursor = INT64_MIN;

  /// Of rows with the same event_id one is kept: one that can be used, the earliest of these, of
  /// equal times the one with the least content. `content` is called only where it decides.
  using Content = std::function<std::string(uint32_t row)>;
  /// The rows whose content drop_repeated_ids() will ask for, except those that were refused.
  std::vector<uint32_t> undecided() const;
  void drop_repeated_ids(const Content& content);
  /// Cleans a row once more, without adding it.
  bool clean_again(const RowValues& values, CleanRow& row) { return cleaner_.clean(values, row); }

  /// What an event is for duplicates_within: what is equal has equal bytes.
  std::string repetition_key(uint32_t row) const;
  /// Finds events that repeat another of this source within duplicates_within. `known` lists the
  /// times at which earlier batches kept events with that key, in any order.
  using Known = std::function<std::vector<Micros>(const std::string& key)>;
  void drop_repetitions(const Known& known);

  size_t count(Fate fate) const;

 private:
  using Group = std::span<const uint32_t>;
  void note(const Value& event_id, const Value& cursor);
  bool has_event_id(uint32_t row) const;
  std::pmr::vector<uint32_t> rows_by_id() const;
  void each_group(const std::function<void(Group)>& take) const;
  Group candidates(Group group, std::vector<uint32_t>& room) const;
  bool is_before(uint32_t a, uint32_t b) const;
  int compare_ids(uint32_t a, uint32_t b) const;

  RowCleaner cleaner_;
  std::pmr::vector<CleanRow> rows_;
  std::pmr::vector<Fate> fates_;
  std::vector<Refused> refused_;
  std::pmr::vector<int64_t> numbers_;  // event ids
  Interned texts_;                     // event ids
  std::pmr::vector<uint32_t> texts_of_rows_;
  std::vector<uint32_t> without_id_;  // rows, ascending
  std::pmr::vector<int64_t> cursors_;
  bool ascending_ = true;  // numbers_, strictly
};

}  // namespace clientele::sources
