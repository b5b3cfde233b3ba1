// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// The ways to share out conversions among the channels of their paths.
enum class CreditModel : uint8_t {
  first,
  last,
  last_non_direct,
  linear,
  position,
  position_decay,
  time_decay,
  markov_1,
  markov_2,
  markov_3,
  shapley,
  shapley_rate
};
inline constexpr int credit_models = 12;

const char* model_name(CreditModel model);
/// 22023 for another word.
CreditModel parse_model(std::string_view word);

/// What the SQL type attribution_def holds: a question as it was written, selectors unresolved.
struct AttributionDefinition {
  static constexpr SizeLimit size_limit{"attribution_def", max_definition_bytes};

  std::string conversion;
  std::string touches = "*";
  bool by_event = false;  // else by channel
  std::vector<std::string> groups;
  std::vector<std::string> direct;
  std::optional<uint64_t> lookback = uint64_t{30} * 86400 * 1'000'000;  // none: no limit
  bool after_previous = false;
  uint64_t half_life = uint64_t{7} * 86400 * 1'000'000;
  std::array<double, 3> weights = {0.4, 0.2, 0.4};  // of the first, middle and last touches
  bool collapse = false;
  bool nulls = true;
  std::optional<Micros> since;
  std::optional<Micros> until;      // none: the start of the transaction
  std::vector<CreditModel> models;  // none: the usual ones

  /// Errors: 22023 for what makes no sense.
  void check() const;

  /// The models to answer, in order; `timed` says whether the times of touches are known.
  std::vector<CreditModel> asked(bool timed) const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not give.
  static AttributionDefinition read(std::span<const uint8_t> bytes);
};

}  // namespace clientele
