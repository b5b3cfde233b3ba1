// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/calendar.hpp"
#include "base/wide.hpp"
#include "journey/journey.hpp"

namespace clientele {

/// What an event is to a question about attribution.
enum class TouchRole : uint8_t { none, touch, conversion };

/// What the codes of a journey mean; all of one size, that of journey.types().
struct TouchCodes {
  std::vector<TouchRole> role;
  std::vector<uint64_t> rank;   // the order of equal times
  std::vector<uint32_t> label;  // the number of the channel
};

/// Values are counted in units of 10^-12, finer than amounts, as what other tools have counted is
/// divided and rounded already.
inline constexpr int64_t value_scale = 1'000'000'000'000;

/// Conversions of one instant, and the touches that led to them: from `begin` to before `end`.
struct CreditWindow {
  size_t begin, end;
  uint64_t conversions;
  Int128 value;  // see value_scale
};
/// Touches that led to nothing.
struct NullWindow {
  size_t begin, end;
};

/// Which touches count for which conversions.
struct WindowRules {
  std::optional<uint64_t> lookback;  // microseconds
  bool after_previous = false;
  bool nulls = true;
  std::optional<Micros> since;
  std::optional<Micros> until;
};

/// Finds the paths of customer after customer, keeping its buffers.
class WindowFinder {
 public:
  explicit WindowFinder(const WindowRules& rules) : rules_(rules) {}

  void find(const Journey& journey, const TouchCodes& codes);

  /// In order of time, then rank. Valid until the next call.
  std::span<const Micros> at() const { return {at_.data(), touches_}; }
  std::span<const uint32_t> labels() const { return {label_.data(), touches_}; }
  /// Both ends ascend.
  std::span<const CreditWindow> windows() const { return windows_; }

  /// The labels of the touches in no window, and how they are cut; the last piece comes first.
  std::span<const uint32_t> null_labels() const { return null_labels_; }
  std::span<const NullWindow> null_windows() const { return null_windows_; }

 private:
  void read(const Journey& journey, const TouchCodes& codes);
  void read_values(const Journey& journey);
  void place();
  void rest(size_t begin, size_t end);
  void cut();

  WindowRules rules_;
  size_t touches_ = 0, converted_ = 0;
  std::vector<TouchRole> role_;  // by code, for all codes that bytes can hold
  std::vector<Micros> at_, converted_at_;
  std::vector<uint16_t> code_;
  std::vector<uint32_t> label_;
  std::vector<uint32_t> position_;  // of conversions, in the journey
  std::vector<int64_t> value_;
  std::vector<CreditWindow> windows_;

  std::vector<Micros> rest_at_;
  std::vector<uint32_t> rest_label_;
  std::span<const Micros> null_at_;
  std::span<const uint32_t> null_labels_;
  std::vector<NullWindow> null_windows_;
};

}  // namespace clientele
