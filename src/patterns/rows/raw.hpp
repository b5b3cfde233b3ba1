// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "journey/name_selector.hpp"
#include "patterns/matches/matcher.hpp"
#include "patterns/rows/event_names.hpp"

namespace clientele {

/// The rows of one customer as they come: the state of the aggregates journey_matches and
/// journey_match_count. All that it owns is in the given memory.
class RawMatches {
 public:
  struct Row {
    Micros at;
    uint32_t name;  // its number in names()
  };

  explicit RawMatches(std::pmr::memory_resource* memory) : rows_(memory) {}

  /// Before anything else; the names must outlive the state.
  void use(EventNames& names) { names_ = &names; }
  const EventNames& names() const { return *names_; }
  std::span<const uint8_t> definition() const { return *definition_; }
  std::span<const Row> rows() const { return rows_; }

  /// 22023 if the definition differs from the one before.
  void define(std::span<const uint8_t> definition);
  void add(Micros at, std::string_view event);
  void merge(const RawMatches& other);

  void write(Bytes& out) const;
  /// Of an empty one; error XX001 for bytes that write() does not make.
  void read(Reader& reader);

 private:
  EventNames* names_ = nullptr;
  const EventNames::Definition* definition_ = nullptr;  // none before the first row
  std::pmr::vector<Row> rows_;
};

/// A pattern for events that are just names. Kept from customer to customer.
class RawPattern {
 public:
  explicit RawPattern(std::span<const uint8_t> definition);

  const FoundMatches& find(const RawMatches& customer, Wanted wanted);

 private:
  uint32_t class_of(std::string_view name);

  PatternMatcher matcher_;
  std::vector<NameSelector> selectors_;
  uint64_t names_ = 0;  // whose classes these are
  std::vector<uint32_t> class_of_name_;
  std::vector<uint32_t> picking_, present_;
  std::vector<uint8_t> seen_;  // by class
  std::vector<RawMatches::Row> rows_;
  std::vector<Micros> at_;
  std::vector<uint32_t> cls_;
};

}  // namespace clientele
