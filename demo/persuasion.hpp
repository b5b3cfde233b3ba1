// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "shopper.hpp"

/// Who can be persuaded. No system knows it, but it goes with what they see: what customers buy,
/// where, and how often.
namespace demo {

enum class Response : uint8_t {
  persuadable,  // buys because of the message
  sure_thing,   // buys anyway
  lost_cause,   // does not care
  sleeping_dog  // is annoyed, and buys less
};
inline constexpr std::array<std::string_view, 4> response_names{"persuadable", "sure thing",
                                                                "lost cause", "sleeping dog"};

struct Persuasion {
  Response response = Response::lost_cause;
  double lift = 0;  // the chance that a coupon alone makes a purchase in the week after it
};

/// Draws from a stream of its own, as all that came later than the shop itself.
inline Persuasion persuasion_of(uint64_t seed, uint64_t number, const Shopper& shopper) {
  static constexpr std::array<double, categories.size()> by_taste{0.4, 3, 3, 0.2, 0.8, 3, 0.8, 0.2};
  Random random(seed ^ 0xC0FFEE0FF5U, number);
  double persuadable = 0.5 * by_taste[shopper.taste];
  if (shopper.favourite == Channel::app) persuadable *= 1.5;
  if (shopper.favourite == Channel::store) persuadable *= 0.3;
  if (!shopper.buyer) persuadable *= 0.2;
  const double sure = shopper.lambda > 0.3 ? 3 : shopper.buyer ? 0.3 : 0;
  const double dog = shopper.favourite == Channel::store ? 0.5 : 0.1;
  Persuasion persuasion;
  persuasion.response =
      static_cast<Response>(random.pick(std::array<double, 4>{persuadable, sure, 1, dog}));
  const double strength = 0.2 + 0.3 * random.uniform();
  if (persuasion.response == Response::persuadable) persuasion.lift = strength;
  return persuasion;
}

}  // namespace demo
