// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "money.hpp"
#include "options.hpp"

/// Finds out which column of a file is which.
namespace demo {

enum class Role { customer, time, event, channel, item, amount, quantity, price };
inline constexpr size_t role_count = 8;
inline constexpr std::array<std::string_view, role_count> role_names{
    "customer", "time", "event", "channel", "item", "amount", "quantity", "price"};

struct RoleNames {
  std::string_view exact;  // best first, as normal_name() writes them, | between
  std::string_view part;   // a name that contains one of these will do, if nothing better is there
  std::string_view not_part;  // unless it contains one of these
};

inline constexpr std::array<RoleNames, role_count> known_names{{
    {"|customerid|customer|customerkey|customernumber|custid|clientid|client|userid|user|useruuid|"
     "uid|uuid|memberid|member|visitorid|visitor|fullvisitorid|buyerid|buyer|accountid|account|"
     "personid|person|patientid|patient|caseid|case|caseconceptname|contactid|cookieid|deviceid|"
     "email|phone|sessionid|session|客户id|客户编号|客户号|客户|用户id|用户编号|用户|用户名|会员id|"
     "会员编号|会员号|会员|顾客id|顾客|买家id|买家|患者|手机号|",
     "|customer|client|user|member|visitor|客户|用户|会员|顾客|买家|",
     "|agent|type|segment|age|gender|sex|country|city|group|time|date|since|level|等级|类型|性别|"
     "城市|"},
    {"|timestamp|eventtime|eventtimestamp|at|ts|time|datetime|occurredat|createdat|eventdate|"
     "invoicedate|orderdate|purchasedate|transactiondate|ordertime|ordertimestamp|purchasetime|"
     "date|day|when|created|starttime|visittime|timetimestamp|时间|时间戳|事件时间|发生时间|"
     "下单时间|"
     "支付时间|创建时间|订单时间|日期|下单日期|订单日期|",
     "|timestamp|date|time|时间|日期|", "|"},
    {"|event|eventtype|eventname|action|activity|activityname|behavior|behaviour|behaviortype|"
     "behaviourtype|eventaction|interaction|conceptname|type|事件|事件类型|事件名称|行为|行为类型|"
     "动作|操作|活动|",
     "|event|activity|behavior|behaviour|事件|行为|", "|id|time|date|code|value|时间|日期|编号|"},
    {"|channel|channelname|touchpoint|medium|platform|utmsource|source|devicetype|渠道|渠道名称|"
     "平台|"
     "来源|终端|",
     "|channel|渠道|", "|id|"},
    {"|itemid|item|itemkey|sku|skuid|productid|product|productkey|productcode|stockcode|articleid|"
     "article|asin|goodsid|goods|url|pageurl|page|docid|doc|document|contentid|content|movieid|"
     "商品|商品id|商品编号|商品编码|商品名称|产品|产品id|产品编号|产品名称|货号|物品|页面|",
     "|product|item|sku|stockcode|商品|产品|",
     "|category|price|qty|quantity|count|number|type|类|价|数量|金额|"},
    {"|amount|totalamount|totalprice|total|revenue|value|dollarvalue|ordervalue|sales|salesamount|"
     "spend|spent|payment|paymentvalue|paymentamount|lineamount|linetotal|grossamount|netamount|"
     "purchaseamount|transactionamount|money|金额|总金额|总价|实付金额|支付金额|订单金额|销售额|"
     "成交金额|",
     "|amount|revenue|金额|销售额|", "|"},
    {"|quantity|qty|units|unitssold|pieces|数量|件数|购买数量|", "|quantity|qty|数量|", "|"},
    {"|unitprice|price|itemprice|单价|价格|售价|", "|unitprice|单价|", "|"},
}};

/// Customer_ID, "customer id" and customerId are one name.
inline std::string normal_name(std::string_view name) {
  std::string out;
  for (const char c : trim(name))
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c + 32);
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0)
      out += c;
  return out;
}

/// How well a column's name suits a role: 0 not at all, more is better.
inline int name_rank(Role role, std::string_view name) {
  const RoleNames& known = known_names[static_cast<size_t>(role)];
  const std::string normal = normal_name(name);
  if (normal.empty()) return 0;
  if (const size_t at = known.exact.find("|" + normal + "|"); at != known.exact.npos)
    return 10000 - static_cast<int>(at);
  const auto contains_any = [&normal](std::string_view list) {
    for (size_t i = 1; i < list.size(); i = list.find('|', i) + 1)
      if (normal.find(list.substr(i, list.find('|', i) - i)) != normal.npos) return true;
    return false;
  };
  return contains_any(known.part) && !contains_any(known.not_part) ? 1 : 0;
}

/// What a sample tells of one column.
struct ColumnFacts {
  std::string name;
  size_t filled = 0, numbers = 0, whole = 0, moments = 0, epochs = 0, ambiguous = 0;
  std::array<size_t, form_names.size()> forms{};
  size_t day_first = 0, month_first = 0;
  int comma_votes = 0;
  std::unordered_set<std::string> values;

  void see(std::string_view raw) {
    const std::string_view text = trim(raw);
    if (text.empty()) return;
    ++filled;
    values.emplace(text);
    const bool number = parse_number(text) || parse_number(text, true);
    if (number) {
      ++numbers;
      comma_votes += comma_vote(text);
      if (text.find_first_of(".,eE") == text.npos) ++whole;
    }
    if (const auto moment = parse_moment(text)) {
      ++moments;
      ++forms[static_cast<size_t>(moment->form)];
      if (number) ++epochs;
      if (moment->ambiguous)
        ++ambiguous;
      else if (moment->form == Form::day_first)
        ++day_first;
      else if (moment->form == Form::month_first)
        ++month_first;
    }
  }

  bool mostly(size_t n) const { return filled > 0 && n * 10 >= filled * 8; }
  size_t distinct() const { return values.size(); }
};

struct Choice {
  std::optional<size_t> column;
  std::string why;
};

/// What the user asked for: for each role a column's name or number, or none at all.
struct Wishes {
  std::array<std::optional<std::string>, role_count> column;
  std::array<bool, role_count> none{};
};

class ColumnChooser {
 public:
  ColumnChooser(const std::vector<ColumnFacts>& columns, bool header, const Wishes& wishes)
      : columns_(columns), header_(header), wishes_(wishes), taken_(columns.size()) {}

  std::array<Choice, role_count> choose() {
    for (size_t r = 0; r < role_count; ++r)
      if (wishes_.column[r]) take(r, find_column(*wishes_.column[r]), "asked for");
    using enum Role;
    for (const Role role : {time, customer, event, amount, price, quantity, item, channel})
      by_name(role);
    guess_time();
    guess_customer();
    if (!header_) guess_the_rest();
    settle_amount();
    return choices_;
  }

 private:
  /// Either one column says how much, or a price does, times a quantity if there is one.
  void settle_amount() {
    using enum Role;
    if (asked(amount) && (asked(price) || asked(quantity)))
      throw UsageError("--amount is the whole amount; give either that, or --price and --quantity");
    if (asked(price) || asked(quantity)) drop(amount);
    if (has(amount)) drop(price), drop(quantity);
    if (has(price) && !has(quantity) && open(amount)) {
      const Choice alone = of(price);
      drop(price);
      take(index(amount), *alone.column, alone.why);
    }
    if (!has(price) && !asked(quantity)) drop(quantity);
  }

  static size_t index(Role role) { return static_cast<size_t>(role); }
  Choice& of(Role role) { return choices_[index(role)]; }
  bool has(Role role) { return of(role).column.has_value(); }
  bool open(Role role) { return !has(role) && !wishes_.none[index(role)]; }
  bool asked(Role role) const { return wishes_.column[index(role)].has_value(); }
  void take(size_t role, size_t column, std::string why) {
    choices_[role] = {column, std::move(why)};
    taken_[column] = true;
  }
  void drop(Role role) {
    if (has(role)) taken_[*of(role).column] = false;
    of(role) = {};
  }

  size_t find_column(const std::string& wish) const {
    for (const bool exact : {true, false})
      for (size_t i = 0; i < columns_.size(); ++i)
        if (exact ? columns_[i].name == wish : normal_name(columns_[i].name) == normal_name(wish))
          return i;
    size_t number = 0;
    const auto [end, error] = std::from_chars(wish.data(), wish.data() + wish.size(), number);
    if (error == std::errc{} && end == wish.data() + wish.size() && number >= 1 &&
        number <= columns_.size())
      return number - 1;
    std::string names;
    for (const ColumnFacts& c : columns_) names += (names.empty() ? "" : ", ") + c.name;
    throw UsageError("there is no column " + wish + " in the file; its columns: " + names);
  }

  /// Whether the content of a column suits a role that its name suggests.
  static bool suits(Role role, const ColumnFacts& c) {
    switch (role) {
      case Role::time:
        return c.mostly(c.moments);
      case Role::amount:
      case Role::quantity:
      case Role::price:
        return c.mostly(c.numbers);
      case Role::event:
        return c.filled > 0 && c.distinct() <= 5000 && !c.mostly(c.moments);
      case Role::channel:
        return c.filled > 0 && c.distinct() <= 200;
      default:
        return c.filled > 0 && !c.mostly(c.moments - c.epochs);
    }
  }

  void by_name(Role role) {
    if (!open(role)) return;
    int best = 0;
    size_t column = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (taken_[i] || !suits(role, columns_[i])) continue;
      if (const int rank = name_rank(role, columns_[i].name); rank > best) best = rank, column = i;
    }
    if (best > 0) take(index(role), column, "by its name");
  }

  void guess_time() {
    if (!open(Role::time)) return;
    for (const bool epoch : {false, true})
      for (size_t i = 0; i < columns_.size(); ++i) {
        const ColumnFacts& c = columns_[i];
        if (taken_[i] || !c.mostly(c.moments) || (!epoch && c.mostly(c.epochs))) continue;
        return take(index(Role::time), i, "the first column that holds times");
      }
  }

  /// The column with the most different values among those whose values come back.
  void guess_customer() {
    if (!open(Role::customer)) return;
    std::optional<size_t> best;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const ColumnFacts& c = columns_[i];
      const bool fractions = c.mostly(c.numbers) && c.whole < c.numbers;
      if (taken_[i] || c.distinct() < 2 || c.mostly(c.moments - c.epochs) || fractions) continue;
      if (c.distinct() * 10 > c.filled * 9 && c.filled > 20) continue;  // numbers the rows
      if (!best || c.distinct() > columns_[*best].distinct()) best = i;
    }
    if (best) take(index(Role::customer), *best, "most different values that come back");
  }

  /// Without a header: few different words are events, numbers with fractions amounts, and words
  /// that come back items.
  void guess_the_rest() {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const ColumnFacts& c = columns_[i];
      if (taken_[i] || c.filled == 0 || c.mostly(c.moments - c.epochs)) continue;
      const bool number = c.mostly(c.numbers),
                 few = c.distinct() <= 50 || c.distinct() * 20 < c.filled;
      if (number && c.whole < c.numbers) {
        if (open(Role::amount)) take(index(Role::amount), i, "numbers with fractions");
      } else if (!number && few && open(Role::event)) {
        take(index(Role::event), i, "few different words");
      } else if (!number && open(Role::item)) {
        take(index(Role::item), i, "words that come back");
      }
    }
  }

  const std::vector<ColumnFacts>& columns_;
  bool header_;
  const Wishes& wishes_;
  std::vector<bool> taken_;
  std::array<Choice, role_count> choices_;
};

/// Whether the first record names the columns: two of its names are known, or it has only words and
/// one is known or numbers or times stand below. Where it holds a time it does not.
inline bool is_header(const std::vector<std::string>& first,
                      const std::vector<ColumnFacts>& below) {
  size_t known = 0;
  bool number = false, other_below = false;
  for (size_t i = 0; i < first.size(); ++i) {
    const bool is_number = parse_number(first[i]).has_value();
    if (!is_number && parse_moment(first[i])) return false;
    number |= is_number;
    for (size_t r = 0; r < role_count; ++r)
      if (name_rank(static_cast<Role>(r), first[i]) > 1) {
        ++known;
        break;
      }
    if (i < below.size())
      other_below |= below[i].mostly(below[i].moments) || below[i].mostly(below[i].numbers);
  }
  return known >= 2 || (!number && (known > 0 || other_below));
}

}  // namespace demo
