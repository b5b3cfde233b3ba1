// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/cleaner.hpp"

#include <algorithm>

#include "base/decimal.hpp"
#include "base/utf8.hpp"
#include "journey/journey.hpp"
#include "sources/rows/row_reasons.hpp"

namespace clientele::sources {
namespace {

constexpr size_t longest_item = 2000, longest_detail = 200;  // bytes
constexpr size_t longest_attribute = 2000;                   // 500 characters

/// What identifiers are left out for.
constexpr const char* reasons_for_drops[RowCleaner::drop_reasons] = {
    reason::bad_email, reason::bad_phone, reason::bad_uuid, reason::too_long};

std::string_view shortened(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (text[limit] & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::span<const uint32_t> numbers_in(std::string_view bytes) {
  return {reinterpret_cast<const uint32_t*>(bytes.data()), bytes.size() / sizeof(uint32_t)};
}

}  // namespace

RowCleaner::RowCleaner(const SourceRules& rules, std::pmr::memory_resource* memory)
    : rules_(rules),
      identifiers_(rules, memory),
      types_(rules, memory),
      items_(longest_item, memory),
      attribute_values_(longest_attribute, memory),
      currencies_(rules, memory),
      sets_(memory),
      extras_(memory) {}

void RowCleaner::refuse(const char* reason, std::string_view detail) {
  const size_t rank = reason::rank(reason);
  if (rank >= rank_) return;
  rank_ = rank;
  refusal_.reason = reason;
  refusal_.detail = shortened(detail, longest_detail);
}

bool RowCleaner::clean(const RowValues& values, CleanRow& row) {
  rank_ = SIZE_MAX;
  row = CleanRow();
  if (rules_.has_event_id &&
      (values.event_id.null() ||
       (values.event_id.kind == Value::Kind::text &&
        values.event_id.text.find_first_not_of(" \t\r\n") == std::string_view::npos)))
    refuse(reason::missing_event_id, {});
  identify(values, row);
  place_in_time(values.at, row);
  const EventTypes::Found type = types_.clean(values);
  row.type = type.number;
  if (type.reason != nullptr) refuse(type.reason, text_of(*type.because, room_));
  if (!values.item.null()) {
    const std::string_view text = text_of(values.item, room_);
    const uint32_t item = items_.clean(text);
    if (item == CleanTexts::too_long)
      refuse(reason::too_long, text);
    else if (item != CleanTexts::blank)
      row.item = item;
  }
  if (!values.amount.null()) value_amount(values, row);
  if (rank_ != SIZE_MAX) return false;
  add_extras(values, row);
  return true;
}

void RowCleaner::identify(const RowValues& values, CleanRow& row) {
  found_.clear();
  drops_.clear();
  for (size_t i = 0; i < values.identities.size(); ++i) {
    const Value& v = values.identities[i];
    if (v.null()) continue;
    const Identifiers::Found f = identifiers_.clean(rules_.identities[i], text_of(v, room_));
    if (f.reason == nullptr) {
      if (std::find(found_.begin(), found_.end(), f.number) == found_.end())
        found_.push_back(f.number);
    } else if (f.reason != reason::blank && f.reason != reason::stand_in) {
      uint32_t drop = 0;
      while (drop + 1 < drop_reasons && f.reason != reasons_for_drops[drop]) ++drop;
      drops_.push_back(drop);
    }
  }
  if (found_.empty()) {
    const bool absent = drops_.empty();
    std::string all;
    for (size_t i = 0; i < values.identities.size() && !absent; ++i) {
      if (values.identities[i].null()) continue;
      if (!all.empty()) all += ", ";
      all += rules_.kinds[rules_.identities[i]].name + ": ";
      all += shortened(text_of(values.identities[i], room_), longest_detail);
    }
    refuse(absent ? reason::missing_customer : reason::bad_identity, all);
    return;
  }
  if (found_.size() == 1) {
    row.who = found_.front();
    return;
  }
  std::sort(found_.begin(), found_.end(),
            [&](uint32_t a, uint32_t b) { return identifiers_.stronger(a, b); });
  row.who = several | sets_.add(bytes_of(found_.data(), found_.size()));
}

std::span<const uint32_t> RowCleaner::who(const CleanRow& row) const {
  if ((row.who & several) != 0) return numbers_in(sets_[row.who & ~several]);
  return {&row.who, 1};
}

void RowCleaner::place_in_time(const Value& at, CleanRow& row) {
  const CleanedTime time = at.null() ? CleanedTime{0, reason::missing_time} : time_of(at);
  row.at = time.at;
  if (time.reason == nullptr) return;
  std::string shown;
  if (at.kind == Value::Kind::instant || at.kind == Value::Kind::local) {
    if (at.number >= first_instant && at.number < end_of_time)
      append_iso(shown, at.number);
    else
      shown = at.number < 0 ? "-infinity" : "infinity";
  } else {
    shown = text_of(at, room_);
  }
  refuse(time.reason, shown);
}

CleanedTime RowCleaner::time_of(const Value& at) {
  switch (at.kind) {
    case Value::Kind::instant:
      return clean_instant(at.number, rules_.time);
    case Value::Kind::local:
      return local_time(at.number);
    case Value::Kind::whole:
      return clean_whole_time(at.number, rules_.time);
    case Value::Kind::number:
      return clean_number_time(at.text, rules_.time);
    default:
      return clean_time(at.text, rules_.time);
  }
}

CleanedTime RowCleaner::local_time(Micros local) {
  // Where the clock has one offset from the day before to the day after, there is no question.
  if (rules_.clock != nullptr && local > first_instant + 3 * day && local < end_of_time - 3 * day) {
    LocalClock& clock = *rules_.clock;
    const Micros offset = clock.local(local) - local;
    const Micros at = local - offset;
    if (clock.local(at - day) - (at - day) == offset &&
        clock.local(at + day) - (at + day) == offset && clock.local(at) == local)
      return clean_instant(at, rules_.time);
  }
  return clean_local_time(local, rules_.time);
}

CleanedAmount RowCleaner::amount_of(const Value& value, const Currency& currency) {
  if (value.kind == Value::Kind::whole) {
    constexpr int64_t limit = amount_limit / amount_scale;
    if (value.number <= -limit || value.number >= limit) return {0, reason::amount_out_of_range};
    return {value.number * amount_scale, nullptr};
  }
  const std::string_view text = text_of(value, room_);
  // Numbers of the database have a point, whatever texts have.
  const DecimalMark mark = value.kind == Value::Kind::number ? DecimalMark::point : rules_.decimal;
  if (mark == DecimalMark::point) {
    std::string_view rest = text;
    int64_t millionths = 0;
    if (parse_amount(rest, millionths) == nullptr && rest.empty()) return {millionths, nullptr};
  }
  return clean_amount(text, mark, currency, rules_.stand_ins);
}

const Rate* RowCleaner::rate_on(const Currency& currency, Micros at) const {
  const auto rates = rules_.rates.find(currency);
  if (rates == rules_.rates.end()) return nullptr;
  const Micros local = rules_.clock == nullptr ? at : rules_.clock->local(at);
  const int64_t today = local / day - (local % day < 0);
  const auto later = rates->second.upper_bound(today);
  return later == rates->second.begin() ? nullptr : &std::prev(later)->second;
}

void RowCleaner::value_amount(const RowValues& values, CleanRow& row) {
  static const Currency unknown;
  const Currencies::Found currency = currencies_.clean(values.currency);
  const Currency& own = currency.currency == nullptr ? unknown : *currency.currency;
  CleanedAmount amount = amount_of(values.amount, own);
  if (amount.reason == reason::blank) return;
  if (amount.reason != nullptr) return refuse(amount.reason, text_of(values.amount, room_));
  if (currency.reason != nullptr) return refuse(currency.reason, text_of(values.currency, room_));
  if (own != rules_.reporting && !own.empty() && !rules_.reporting.empty()) {
    // Without a time there is no rate, but the time is the reason then.
    const Rate* const rate = rate_on(own, row.at);
    if (rate == nullptr) return refuse(reason::no_rate, own);
    if (!convert(amount.millionths, *rate))
      return refuse(reason::amount_out_of_range, text_of(values.amount, room_));
  }
  row.amount = amount.millionths;
}

void RowCleaner::add_extras(const RowValues& values, CleanRow& row) {
  bool any = !drops_.empty();
  extra_.assign(1, static_cast<uint32_t>(drops_.size()));
  extra_.insert(extra_.end(), drops_.begin(), drops_.end());
  for (const Value& v : values.attributes) {
    uint32_t number = CleanTexts::blank;
    if (!v.null())
      number = attribute_values_.clean(shortened(text_of(v, room_), longest_attribute));
    any = any || number != CleanTexts::blank;
    extra_.push_back(number);
  }
  if (any) row.extra = extras_.add(bytes_of(extra_.data(), extra_.size()));
}

std::span<const uint32_t> RowCleaner::dropped(const CleanRow& row) const {
  if (row.extra == CleanRow::none) return {};
  const auto numbers = numbers_in(extras_[row.extra]);
  return numbers.subspan(1, numbers.front());
}

const char* RowCleaner::drop_reason(uint32_t drop) { return reasons_for_drops[drop]; }

std::span<const uint32_t> RowCleaner::attributes(const CleanRow& row) const {
  if (row.extra == CleanRow::none) return {};
  const auto numbers = numbers_in(extras_[row.extra]);
  return numbers.subspan(1 + numbers.front());
}

}  // namespace clientele::sources
