// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "journey/type_classes.hpp"
#include "patterns/pattern/program.hpp"

namespace clientele {

/// Which of a pattern's sets take an event. Events that the same sets take are of one class, whose
/// mask has a bit for each set.
class EventClasses {
 public:
  explicit EventClasses(std::span<const EventSet> sets);

  size_t words() const { return words_; }
  size_t size() const { return masks_.size() / words_; }
  std::span<const uint64_t> mask(uint32_t cls) const {
    return {masks_.data() + cls * words_, words_};
  }

  /// The distinct selectors of all sets.
  std::span<const std::string> selectors() const { return selectors_; }
  /// The class of an event that these of the selectors pick, by their numbers, ascending. Class 0
  /// is that of an event that none of them picks.
  uint32_t class_of(std::span<const uint32_t> picking);

  /// For types of events: `picked` has those that a selector picks, for each of selectors().
  void classify(std::span<const std::vector<int32_t>> picked);
  uint32_t class_of_type(int32_t type) const { return types_.of(type); }

 private:
  size_t words_;
  std::vector<std::string> selectors_;
  std::vector<std::vector<std::pair<uint32_t, bool>>> sets_of_;  // of a selector: set, negated
  std::vector<uint64_t> masks_;
  std::unordered_map<std::string, uint32_t> numbers_;  // by the bytes of the mask
  std::vector<uint64_t> mask_;
  TypeClasses types_;
};

}  // namespace clientele
