// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "attribution/heuristics/fixed.hpp"
#include "attribution/heuristics/present.hpp"
#include "attribution/touches/definition.hpp"
#include "attribution/touches/windows.hpp"
#include "base/bytes.hpp"

namespace clientele {

/// What one channel is credited with.
struct Credit {
  FixedSum conversions, value;  // value in units of 1 / value_scale
};

/// Credits by the models that are a rule for one path, and by Shapley's value, which is one, too:
/// an equal share for each different channel. Exact, so in any order. Channels are numbers.
class RuleCredits {
 public:
  RuleCredits(std::pmr::memory_resource* memory, const AttributionDefinition& definition,
              std::span<const CreditModel> models);

  /// The windows of one customer; without times for paths that were counted elsewhere, if
  /// time_decay is not asked for. Labels outside all windows are not read. `direct` says of
  /// each channel whether it is direct.
  void add(std::span<const uint32_t> labels, std::span<const Micros> at,
           std::span<const CreditWindow> windows, std::span<const uint8_t> direct);

  /// Channel i of the other is channel number[i] here, below `channels`.
  void merge(const RuleCredits& other, std::span<const uint32_t> number, size_t channels);

  static bool is_rule(CreditModel model);
  /// By channel; may be shorter than there are channels.
  std::span<const Credit> of(CreditModel model) const { return credits_[static_cast<int>(model)]; }

  /// Of `channels` channels, channel order[i] at i.
  void write(Writer& w, std::span<const uint32_t> order) const;
  void read(Reader& r, size_t channels);

 private:
  bool asks(CreditModel model) const { return asked_ >> static_cast<int>(model) & 1; }
  Credit& credit(CreditModel model, uint32_t channel) {
    return credits_[static_cast<int>(model)][channel];
  }
  void give(CreditModel model, uint32_t channel, Share share, const CreditWindow& to) {
    Credit& c = credit(model, channel);
    c.conversions.add(share, static_cast<__int128>(to.conversions));
    if (to.value != 0) c.value.add(share, to.value);
  }
  /// share(channel) for each channel that is present but the last touch's, which gets the rest.
  template <class ShareOf>
  void give_all(CreditModel model, uint32_t last, const CreditWindow& to, ShareOf share);
  void give_position(std::span<const uint32_t> path, const CreditWindow& to);
  void give_position_decay(std::span<const uint32_t> path, const CreditWindow& to);
  void give_time_decay(uint32_t last, const CreditWindow& to);
  void one(std::span<const uint32_t> path, const CreditWindow& to);

  uint32_t asked_ = 0;
  bool counts_ = false;  // whether the channels that are present matter
  PresentChannels present_;
  UInt128 first_of_two_ = 0, first_ = 0, middle_ = 0;
  std::array<std::pmr::vector<Credit>, credit_models> credits_;
  std::vector<size_t> last_not_direct_;  // by touch: the last one up to it that is not direct
  std::vector<uint64_t> halves_;         // by channel, all 0 between two paths
};

}  // namespace clientele
