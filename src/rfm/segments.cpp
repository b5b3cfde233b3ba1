// SPDX-License-Identifier: PostgreSQL
#include "rfm/segments.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace clientele {
namespace {

struct Segment {
  const char *name, *tier;
};

constexpr char high_value[] = "high value", potential[] = "potential", basic[] = "basic",
               at_risk[] = "at risk";

constexpr Segment champions{"Champions", high_value}, loyal{"Loyal Customers", high_value},
    loyalist{"Potential Loyalist", potential}, fresh{"New Customers", potential},
    promising{"Promising", potential}, attention{"Customers Needing Attention", basic},
    sleepy{"About To Sleep", basic}, risky{"At Risk", at_risk}, lose{"Can't Lose Them", at_risk},
    hibernating{"Hibernating", at_risk}, lost{"Lost", at_risk};

// By recency, and by frequency + monetary from 2 to 10. Published tables give ranges of recency and
// of the mean of the other two, which overlap and leave holes; here each cell has one name.
constexpr Segment standard[5][9] = {
    {lost, lost, hibernating, risky, risky, risky, lose, lose, lose},
    {hibernating, hibernating, hibernating, hibernating, risky, risky, risky, risky, risky},
    {sleepy, sleepy, sleepy, attention, attention, loyal, loyal, loyal, loyal},
    {promising, promising, loyalist, loyalist, loyal, loyal, champions, champions, champions},
    {fresh, fresh, loyalist, loyalist, loyal, loyal, champions, champions, champions}};

struct Eighth {
  int r, f, m;
  const char *chinese, *english, *tier;
};
constexpr Eighth eight[] = {{2, 2, 2, "重要价值客户", "Important value customers", high_value},
                            {2, 1, 2, "重要发展客户", "Important customers to develop", potential},
                            {1, 2, 2, "重要保持客户", "Important customers to keep", at_risk},
                            {1, 1, 2, "重要挽留客户", "Important customers to win back", at_risk},
                            {2, 2, 1, "一般价值客户", "General value customers", potential},
                            {2, 1, 1, "一般发展客户", "General customers to develop", potential},
                            {1, 2, 1, "一般保持客户", "General customers to keep", basic},
                            {1, 1, 1, "一般挽留客户", "General customers to win back", at_risk}};

constexpr RfmStrategy strategies[] = {
    {high_value, "en",
     "Reward them: early access, a personal contact, and no discounts that they do not need. Ask "
     "for "
     "reviews and recommendations."},
    {potential, "en",
     "Win the next purchase soon: a welcome series, matching recommendations, and membership after "
     "the "
     "second order."},
    {basic, "en",
     "Keep in touch at low cost: automatic mail, seasonal offers, and one reminder of what they "
     "looked "
     "at."},
    {at_risk, "en",
     "Find out why they stay away: a personal message and one offer that ends soon for those who "
     "spent "
     "much; a last reminder for the others."},
    {high_value, "zh",
     "重点维护：专属权益、新品优先体验与专人服务，少用折扣；邀请评价和推荐好友。"},
    {potential, "zh", "促成复购：新客关怀、个性化推荐，第二次下单后邀请加入会员。"},
    {basic, "zh", "低成本触达：自动化消息与节日活动，提醒浏览过的商品。"},
    {at_risk, "zh",
     "尽快召回：了解离开的原因；对高消费客户个别沟通并给限时优惠，其余客户做最后一次提醒。"}};

}  // namespace

const std::vector<RfmCell>& builtin_cells() {
  static const std::vector<RfmCell> all = [] {
    std::vector<RfmCell> cells;
    for (int r = 1; r <= 5; ++r)
      for (int f = 1; f <= 5; ++f)
        for (int m = 1; m <= 5; ++m) {
          const Segment& s = standard[r - 1][f + m - 2];
          cells.push_back({"standard", r, f, m, s.name, s.tier});
        }
    for (const Eighth& e : eight) cells.push_back({"eight", e.r, e.f, e.m, e.chinese, e.tier});
    for (const Eighth& e : eight) cells.push_back({"eight_en", e.r, e.f, e.m, e.english, e.tier});
    return cells;
  }();
  return all;
}

std::span<const RfmStrategy> builtin_strategies() { return strategies; }

RfmScheme::RfmScheme(std::span<const RfmCell> cells) {
  for (const RfmCell& c : cells) levels_ = std::max({levels_, c.r, c.f, c.m});
  const std::string name = cells.empty() ? "" : cells.front().scheme;
  constexpr char hint[] =
      "A scheme needs one row for each combination of levels from 1 to its highest.";
  if (levels_ < 1 || levels_ > 10)
    throw Error(
        sqlstate::invalid_parameter,
        "RFM scheme \"" + name + "\" must have 1 to 10 levels, not " + std::to_string(levels_),
        hint);
  cells_.resize(static_cast<size_t>(levels_) * levels_ * levels_);
  for (const RfmCell& c : cells) {
    const bool fits = c.r >= 1 && c.f >= 1 && c.m >= 1;
    if (!fits || cells_[index(c.r, c.f, c.m)].r != 0)
      throw Error(sqlstate::invalid_parameter,
                  "RFM scheme \"" + name + "\" has an impossible or double cell (" +
                      std::to_string(c.r) + ", " + std::to_string(c.f) + ", " +
                      std::to_string(c.m) + ")",
                  hint);
    cells_[index(c.r, c.f, c.m)] = c;
  }
  for (int r = 1; r <= levels_; ++r)
    for (int f = 1; f <= levels_; ++f)
      for (int m = 1; m <= levels_; ++m)
        if (cells_[index(r, f, m)].r == 0)
          throw Error(sqlstate::invalid_parameter,
                      "RFM scheme \"" + name + "\" has no cell (" + std::to_string(r) + ", " +
                          std::to_string(f) + ", " + std::to_string(m) + ")",
                      hint);
}

}  // namespace clientele
