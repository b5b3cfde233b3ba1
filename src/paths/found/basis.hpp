// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "journey/vocabulary.hpp"
#include "paths/found/paths.hpp"

namespace clientele {

/// What the states of aggregates over paths have in common: one definition for all customers, how
/// many these are, and the names of events, which have numbers of their own.
class PathBasis {
 public:
  PathBasis(const char* aggregate, std::pmr::memory_resource* memory)
      : aggregate_(aggregate), encoded_(memory), numbers_(memory), labels_(memory) {}

  /// Before the first customer there is none.
  bool defined() const { return !encoded_.empty(); }
  const PathDefinition& definition() const { return definition_; }
  uint64_t customers() const { return customers_; }

  /// Counts one more. 22023 if the definition, as it is stored, differs from the one before.
  void add_customer(std::span<const uint8_t> encoded) {
    define(encoded);
    ++customers_;
  }
  /// The numbers of the kinds' labels, which are numbers in `vocabulary`; until the next call.
  std::span<const uint32_t> numbers_of(std::span<const PathKind> kinds,
                                       const Vocabulary& vocabulary);
  /// The number of one label of the kinds given last.
  uint32_t number_at(uint32_t label) const { return by_label_[label]; }

  size_t labels() const { return labels_.size(); }
  std::string_view label(uint32_t number) const { return labels_[number]; }

  /// Adds the customers of another; returns the numbers that its labels have here.
  std::vector<uint32_t> merge(const PathBasis& other);

  /// Writes the labels that are `used` only, in byte order; returns their places in it by number.
  std::vector<uint32_t> write(Writer& w, const std::vector<uint8_t>& used) const;
  /// Of an empty one; labels are numbered by place.
  void read(Reader& reader);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  static constexpr uint32_t none = ~uint32_t{0};
  void define(std::span<const uint8_t> encoded);
  uint32_t number_of(std::string_view label);

  const char* aggregate_;
  std::pmr::vector<uint8_t> encoded_;
  PathDefinition definition_;
  uint64_t customers_ = 0;
  // A map's nodes do not move: views of its keys stay good.
  std::pmr::unordered_map<std::pmr::string, uint32_t, Hash, std::equal_to<>> numbers_;
  std::pmr::vector<std::string_view> labels_;

  uint64_t vocabulary_ = 0;
  std::vector<uint32_t> by_label_;  // of the vocabulary
  std::vector<uint32_t> by_kind_;   // of the customer at hand
};

/// The time between two events of a path, whichever comes first.
int64_t time_between(Micros a, Micros b);

}  // namespace clientele
