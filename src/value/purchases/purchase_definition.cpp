// SPDX-License-Identifier: PostgreSQL
#include "value/purchases/purchase_definition.hpp"

#include <algorithm>
#include <numeric>

#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr int64_t longest_merge = 366 * day;

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

}  // namespace

double PurchaseDefinition::units_between(int64_t earlier, int64_t later) const {
  const int64_t common = std::gcd(merge, unit);
  const uint64_t length =
      (static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier)) * (merge / common);
  return static_cast<double>(length) / static_cast<double>(unit / common);
}

void PurchaseDefinition::set_merge(uint64_t micros) {
  const auto length = static_cast<int64_t>(std::max<uint64_t>(micros, 1));
  if (micros > longest_merge || (length % day != 0 && day % length != 0))
    wrong("merge must be whole days, at most 366, or a length that divides a day evenly",
          "Such as '1 day', '7 days', '1 hour' or '15 minutes'; '0' merges equal times only.");
  merge = length;
}

void PurchaseDefinition::set_unit(uint64_t micros) {
  if (micros == 0 || micros > INT64_MAX)
    wrong("unit must be longer than zero", "Such as '1 week' or '1 day'.");
  unit = static_cast<int64_t>(micros);
}

void PurchaseDefinition::check() const {
  size_limit.check(purchase.size());
  const auto within_time = [&](int64_t period) {
    int64_t start = 0;
    if (__builtin_mul_overflow(period, merge, &start) ||
        __builtin_add_overflow(start, origin, &start) || start < first_instant ||
        start >= end_of_time)
      throw Error(sqlstate::time_out_of_range,
                  "until and holdout_until must be within the range of timestamps");
  };
  within_time(until);
  if (holdout_until) {
    within_time(*holdout_until);
    if (*holdout_until <= until)
      wrong("holdout_until must be after until, and not in the same period",
            "The hold-out is the time after until, up to and including holdout_until.");
  }
  if (time_zone.empty() || time_zone.find('\0') != std::string::npos)
    wrong("a purchase_def needs a time_zone", "Such as UTC or Asia/Shanghai.");
  parse_selector(purchase);
}

std::string PurchaseDefinition::period_text(int64_t period) const {
  std::string text;
  append_iso(text, start_of(period));
  text.erase(merge % day == 0 ? text.find('T') : text.size() - 1);
  return text;
}

int64_t PurchaseDefinition::period_from_text(const char* key, std::string_view text) const {
  // Adds the seconds and the zone that parse_iso needs; the text must not have a zone.
  std::string whole(text);
  if (text.find_first_of("T ") == std::string_view::npos) whole += "T00:00";
  if (std::ranges::count(whole, ':') == 1) whole += ":00";
  whole += 'Z';
  std::string_view rest = whole;
  Micros local = 0;
  if (!parse_iso(rest, local) || !rest.empty())
    wrong("\"" + std::string(key) +
          "\" in a purchase_def must be a day such as \"2026-03-31\", or a time such as "
          "\"2026-03-31T12:00:00\" in its time_zone");
  return period_of(local);
}

void PurchaseDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(holdout_until.has_value());
  w.signed_varint(until);
  if (holdout_until) w.signed_varint(*holdout_until);
  w.varint(static_cast<uint64_t>(merge));
  w.varint(static_cast<uint64_t>(unit));
  w.text(purchase);
  w.text(time_zone);
}

PurchaseDefinition PurchaseDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted, "purchase_def format version " + std::to_string(v) +
                                         " is not known to this release");
  const uint8_t flags = r.u8();
  PurchaseDefinition d;
  d.until = r.signed_varint();
  if (flags & 1) d.holdout_until = r.signed_varint();
  d.set_merge(r.varint());
  d.set_unit(r.varint());
  d.purchase = r.text();
  d.time_zone = r.text();
  if (!writes(d, bytes)) Reader::fail("it is not a purchase_def");
  d.check();
  return d;
}

}  // namespace clientele
