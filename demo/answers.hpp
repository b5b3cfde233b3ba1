// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shopper.hpp"

/// The answers of customers to a survey: how likely it is that they recommend the shop, from 0 to
/// 10, and why.
namespace demo {

enum class Topic : uint8_t { price, quality, service, delivery, function };
inline constexpr std::array<std::string_view, 5> topic_names{"price", "quality", "service",
                                                             "delivery", "function"};

/// By topic, language and whether it is praise.
inline constexpr std::string_view comments[5][2][2][3]{
    {{{"Too expensive for what it is.", "The price went up again, not worth it.",
       "Cheaper elsewhere."},
      {"Great price, good value.", "Good discounts, cheap and worth it.",
       "Fair prices, worth every cent."}},
     {{"价格太贵了,不划算", "又涨价了,性价比很低", "优惠券不能用,感觉被坑了"},
      {"价格实惠,很划算", "性价比很高,活动力度大", "便宜又好用,值得买"}}},
    {{{"It broke after two days, poor quality.", "The quality is bad, looks used.",
       "Arrived defective, the material is flimsy."},
      {"Excellent quality, well made.", "Very good quality, I am happy with it.",
       "Solid, well made and beautiful."}},
     {{"质量很差,用了两天就坏了", "做工粗糙,有瑕疵", "质量不好,跟描述不符"},
      {"质量很好,做工精细", "质量不错,跟描述一致", "正品,质量非常满意"}}},
    {{{"Customer service was rude and slow.", "No answer for days, bad service.",
       "The support did not help me at all."},
      {"Friendly and helpful service.", "The support solved it quickly, great service.",
       "Very helpful staff, thank you."}},
     {{"客服态度很差,一直不回复", "售后推来推去,没有解决问题", "客服不耐烦,服务很差"},
      {"客服很耐心,态度好", "售后服务很好,解决得快", "店员热情,服务周到"}}},
    {{{"Delivery was late by a week.", "The parcel came damaged and late.",
       "Shipping is too slow."},
      {"Fast delivery, well packed.", "Arrived the next day, fast shipping.",
       "Quick delivery, always on time."}},
     {{"物流太慢了,等了一周", "快递把包装弄坏了", "发货很慢,配送延误"},
      {"物流很快,包装完好", "发货快,第二天就到了", "快递很快,送货上门"}}},
    {{{"The app crashes at checkout.", "Payment failed again and again.",
       "The app is slow and full of bugs."},
      {"The app is easy to use.", "Checkout is fast and convenient.", "Simple app, easy payment."}},
     {{"应用总是闪退", "付款一直失败,页面报错", "系统卡顿,结算很慢"},
      {"应用很方便,界面简单", "支付很方便,操作流畅", "功能好用,下单很快"}}}};

/// A question after a purchase, and what came back.
struct Answer {
  int64_t asked_at = 0;
  int64_t answered_at = -1;  // -1: never
  int score = 0;
  bool has_comment = false, praise = false;
  Topic topic = Topic::price;
  std::string_view comment;
};

class Interviewer {
 public:
  Interviewer(uint64_t seed, uint64_t number, const Shopper& shopper, bool chinese)
      : seed_(seed), number_(number), chinese_(chinese) {
    Random random(seed ^ 0x5A715F1ED0U, number);
    mood_ = 8.9 - 14 * std::min(shopper.mu, 0.3) + 1.3 * random.normal();
    const auto liked = static_cast<size_t>(random.below(topic_names.size()));
    likes_ = static_cast<Topic>(liked);
    const size_t other = random.below(topic_names.size() - 1);
    dislikes_ = static_cast<Topic>(other + (other >= liked));
  }

  /// The questions that are asked in [from, until): two days after a purchase, but not twice in two
  /// months. A customer who could not pay gets the question three hours later. `events` is all
  /// that the customer has done, in order.
  std::vector<Answer> ask(const std::vector<ShopEvent>& events, int64_t from, int64_t until,
                          int64_t trouble = -1) const {
    std::vector<Answer> answers;
    int64_t last_asked = INT64_MIN / 2, vexed = INT64_MIN / 2;
    bool told = false;
    for (const ShopEvent& e : events) {
      if (e.action == Action::return_item || e.action == Action::complaint) vexed = e.at;
      if (e.action != Action::purchase) continue;
      const int64_t asked = e.at + 2 * ms_per_day;
      if (asked - last_asked < 60 * ms_per_day) continue;
      last_asked = asked;
      if (asked < from || asked >= until) continue;
      const bool hurt = trouble >= 0 && trouble < asked;
      told |= hurt;
      answers.push_back(answer(asked, e.at - vexed < 30 * ms_per_day, hurt, until));
    }
    const int64_t asked = trouble + 3 * 3'600'000;
    if (trouble >= 0 && !told && asked >= from && asked < until)
      answers.push_back(answer(asked, false, true, until));
    return answers;
  }

 private:
  Answer answer(int64_t asked, bool vexed, bool trouble, int64_t until) const {
    Random random(seed_ ^ 0xA5C0DE5ULL ^ (static_cast<uint64_t>(asked) << 8), number_);
    Answer a;
    a.asked_at = asked;
    const bool answers = random.chance(trouble ? 0.7 : 0.18);
    const auto delay = static_cast<int64_t>(random.exponential(1.0 / (10 * 3'600'000)));
    double score = mood_ + 1.1 * random.normal();
    if (vexed) score -= 3;
    if (trouble) score -= 5;
    a.score = static_cast<int>(std::clamp(score + 0.5, 0.0, 10.0));
    const bool praise = a.praise = a.score >= 8 || (a.score >= 6 && random.chance(0.5));
    a.topic = praise ? likes_ : dislikes_;
    if (random.chance(0.3)) a.topic = static_cast<Topic>(random.below(topic_names.size()));
    if (vexed && !praise) a.topic = random.chance(0.6) ? Topic::quality : Topic::service;
    if (trouble && !praise) a.topic = Topic::function;
    a.has_comment = random.chance(praise ? 0.35 : trouble ? 0.9 : 0.65);
    const auto& texts = comments[static_cast<size_t>(a.topic)][chinese_][praise];
    a.comment = texts[random.below(3)];
    if (trouble && !praise && random.chance(0.8))
      a.comment = comments[static_cast<size_t>(Topic::function)][chinese_][0][1];
    if (answers && asked + delay < until) a.answered_at = asked + delay;
    return a;
  }

  uint64_t seed_, number_;
  bool chinese_;
  double mood_ = 0;
  Topic likes_{}, dislikes_{};
};

}  // namespace demo
