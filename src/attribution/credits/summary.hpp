// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attribution/credits/path_store.hpp"
#include "attribution/heuristics/rules.hpp"
#include "attribution/markov/moves.hpp"
#include "attribution/shapley/coalitions.hpp"
#include "attribution/touches/definition.hpp"
#include "attribution/touches/windows.hpp"
#include "base/bytes.hpp"
#include "journey/vocabulary.hpp"

namespace clientele {

/// What the SQL type attribution_summary holds: what led to conversions, as far as the models need
/// it. All sums are exact, so nothing depends on the order of customers.
class AttributionSummary {
 public:
  static constexpr size_t max_channels = 65'536;

  explicit AttributionSummary(std::pmr::memory_resource* memory);

  bool started() const { return !encoded_.empty(); }
  /// All customers must come with one definition (22023 if not). `timed`: paths have times.
  void start(std::span<const uint8_t> encoded, bool timed);

  /// What was found in one journey; labels are numbers in `vocabulary`.
  void add(const WindowFinder& found, const Vocabulary& vocabulary);
  /// A path that was counted elsewhere. Errors: 22023 for counts below 0 and for a value without
  /// conversions, 22003 for counts that are too large.
  void add(std::span<const std::string_view> path, int64_t conversions, int64_t nulls,
           __int128 value);
  void merge(const AttributionSummary& other);

  const AttributionDefinition& definition() const { return definition_; }
  std::span<const CreditModel> models() const { return models_; }
  /// By number; rank() has the place of each in the order of names.
  size_t channels() const { return names_.size(); }
  std::string_view name(uint32_t channel) const { return names_[channel]; }
  std::vector<uint32_t> rank() const;

  uint64_t conversions() const { return conversions_; }
  __int128 value() const { return value_; }
  uint64_t untouched() const { return untouched_; }  // conversions without a touch
  __int128 untouched_value() const { return untouched_value_; }

  const RuleCredits& rules() const { return *rules_; }
  const MarkovMoves& moves(CreditModel model) const;
  const CoalitionWorth& coalitions() const { return coalitions_; }
  const PathStore& paths() const { return paths_; }

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  bool asks(CreditModel model) const;
  uint32_t channel_number(std::string_view name);
  void localize(std::span<const uint32_t> labels, size_t begin, size_t end,
                const Vocabulary& vocabulary, std::vector<uint32_t>& out);
  void count(uint64_t conversions, uint64_t nulls, __int128 value, unsigned __int128 magnitude);
  void touched(uint64_t weight, uint64_t length);
  void add_windows(const WindowFinder& found, const Vocabulary& vocabulary);
  void add_nulls(const WindowFinder& found, const Vocabulary& vocabulary);
  void walk(std::span<const uint32_t> channels, std::span<const MarkovMoves::Walk> walks);

  std::pmr::memory_resource* memory_;
  std::pmr::vector<uint8_t> encoded_;  // the definition; empty before the first customer
  AttributionDefinition definition_;
  bool timed_ = true;
  std::vector<CreditModel> models_;

  std::pmr::vector<std::pmr::string> names_;
  std::pmr::unordered_map<std::string_view, uint32_t> numbers_;
  std::vector<uint8_t> direct_;      // by channel
  std::vector<uint64_t> name_hash_;  // by channel

  uint64_t conversions_ = 0, untouched_ = 0, nulls_ = 0;
  uint64_t touched_ = 0;  // touches of all paths, for each of their conversions and nulls
  Int128 value_ = 0, untouched_value_ = 0;
  UInt128 magnitude_ = 0;  // of all values, whatever their sign
  std::optional<RuleCredits> rules_;
  std::pmr::vector<MarkovMoves> moves_;  // by the orders that are asked for
  std::vector<CreditModel> orders_;
  CoalitionWorth coalitions_;
  PathStore paths_;

  uint64_t vocabulary_ = 0;
  std::vector<uint32_t> number_of_;  // by label
  // Of the customer at hand.
  std::vector<uint32_t> channels_, runs_, run_of_;
  std::vector<MarkovMoves::Walk> walks_, run_walks_;
  PathHashes hashes_;
  WindowSets sets_;
};

}  // namespace clientele
