// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/significance.hpp"
#include "journey/journey.hpp"
#include "journey/vocabulary.hpp"

namespace clientele {

/// Marks the codes of a journey's events with after < time <= last.
class CodesBetween {
 public:
  /// By code; valid until the next call.
  std::span<const uint8_t> mark(const Journey& journey, Micros after, Micros last);

 private:
  std::vector<uint8_t> marked_;
};

/// An event beside conversion.
struct EventCorrelation {
  std::string_view event;
  uint64_t converted_with = 0, converted_without = 0, lost_with = 0, lost_without = 0;
  double odds_ratio = 0, low = 0, high = 0, p = 0, p_adjusted = 0;
};

/// The part of a funnel that correlation is about: whether who came to step `from` came to `to`.
struct FunnelPassage {
  std::span<const uint8_t> definition;
  int from = 0;
  int to = 0;
};

/// What the SQL type correlation_summary holds: of the customers that came to a step of a funnel,
/// how many came to a later one, and which events they had on the way.
class CorrelationSummary {
 public:
  explicit CorrelationSummary(std::pmr::memory_resource* memory);

  /// The question must be the same for all customers, and its steps those of the funnel (22023).
  void define(const FunnelPassage& asked);
  /// Counts a customer; `labels` are numbers in `vocabulary`, and may be there several times.
  void add(bool converted, std::span<const uint32_t> labels, const Vocabulary& vocabulary);
  void merge(const CorrelationSummary& other);

  /// Events of at least `min_customers` customers, by p_adjusted, |ln odds_ratio| descending, name.
  std::vector<EventCorrelation> events(uint64_t min_customers, Correction correction) const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  struct Cell {
    uint64_t converted = 0, lost = 0;  // customers with the event
    uint64_t last_customer = 0;
  };
  uint32_t number_of(std::string_view label);

  std::pmr::vector<uint8_t> definition_;
  int from_ = 0, to_ = 0;
  uint64_t converted_ = 0, lost_ = 0;
  std::pmr::unordered_map<std::pmr::string, uint32_t> numbers_;
  std::pmr::vector<Cell> cells_;

  uint64_t customer_ = 0;
  uint64_t vocabulary_ = 0;
  std::pmr::vector<uint32_t> number_in_;  // by number in the vocabulary
};

}  // namespace clientele
