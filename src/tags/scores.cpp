// SPDX-License-Identifier: PostgreSQL
#include "tags/scores.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "base/sort.hpp"
#include "tags/query.hpp"

namespace clientele::tags {
namespace {

constexpr int most_decimals = 6;
constexpr int64_t beyond = 1'000'000'000'000'000'000;  // 10^12 in millionths

constexpr int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

}  // namespace

void sort_scores(std::pmr::vector<Score>& scores) {
  const auto less = [](const Score& a, const Score& b) {
    return a.customer != b.customer ? a.customer < b.customer : a.millionths < b.millionths;
  };
  if (!std::ranges::is_sorted(scores, less)) sort_polled(scores.begin(), scores.end(), less);
  size_t kept = 0;
  for (const Score& s : scores) {
    if (kept > 0 && scores[kept - 1].customer == s.customer) {
      if (scores[kept - 1].millionths == s.millionths) continue;
      std::string message = "customer " + std::to_string(s.customer) + " has two numbers: ";
      append_amount(message, scores[kept - 1].millionths);
      message += " and ";
      append_amount(message, s.millionths);
      throw Error("21000", message, "Aggregate them to one number for each customer before.");
    }
    scores[kept++] = s;
  }
  scores.resize(kept);
}

Scores Scores::of(std::span<const Score> scores) {
  Scores made;
  if (scores.empty()) return made;
  int decimals = 0;
  int64_t least = beyond;
  for (const Score& s : scores) {
    if (s.millionths <= -beyond || s.millionths >= beyond)
      throw Error(sqlstate::out_of_range, "a number of a customer must be below 10^12");
    while (s.millionths % powers[most_decimals - decimals] != 0) ++decimals;
    least = std::min(least, s.millionths);
  }
  made.decimals_ = decimals;
  const int64_t unit = made.unit();
  made.minimum_ = least / unit;
  uint64_t all = 0;
  std::vector<uint64_t> ids(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    ids[i] = scores[i].customer;
    all |= static_cast<uint64_t>(scores[i].millionths / unit - made.minimum_);
  }
  made.customers_.add(ids);
  made.slices_.resize(std::bit_width(all));
  for (size_t bit = 0; bit < made.slices_.size(); ++bit) {
    poll();
    ids.clear();
    for (const Score& s : scores)
      if (static_cast<uint64_t>(s.millionths / unit - made.minimum_) >> bit & 1)
        ids.push_back(s.customer);
    made.slices_[bit].add(ids);
  }
  return made;
}

int64_t Scores::unit() const { return powers[most_decimals - decimals_]; }

int64_t Scores::value(uint64_t offset) const {
  return (minimum_ + static_cast<int64_t>(offset)) * unit();
}

std::optional<int64_t> Scores::of_customer(uint64_t customer) const {
  if (!customers_.contains(customer)) return std::nullopt;
  uint64_t offset = 0;
  for (size_t bit = 0; bit < slices_.size(); ++bit)
    if (slices_[bit].contains(customer)) offset |= uint64_t{1} << bit;
  return value(offset);
}

// From the lowest digit up, `found` are those whose digits so far are at least the bound's: a digit
// of 1 where the bound has 0 makes up for all lower ones, and a bound's 1 needs a 1.
Audience Scores::at_least(uint64_t offset) const {
  if (offset > most_offset()) return {};
  Audience found = customers_;
  for (size_t bit = std::countr_zero(offset); bit < slices_.size(); ++bit) {
    if (offset >> bit & 1)
      found &= slices_[bit];
    else
      found |= slices_[bit];
  }
  return found;
}

uint64_t Scores::threshold(const Passes& passes) const {
  uint64_t low = 0, high = most_offset() + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (passes(amount_as_double(value(middle))))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

Audience Scores::from(const Passes& large_enough) const {
  return at_least(threshold(large_enough));
}

Audience Scores::up_to(const Passes& small_enough) const {
  return customers_ - at_least(threshold([&](double v) { return !small_enough(v); }));
}

Audience Scores::equal(int64_t millionths) const {
  if (empty() || millionths % unit() != 0 || millionths / unit() < minimum_) return {};
  const uint64_t offset = static_cast<uint64_t>(millionths / unit() - minimum_);
  if (offset > most_offset()) return {};
  Audience found = customers_;
  for (size_t bit = 0; bit < slices_.size(); ++bit) {
    if (offset >> bit & 1)
      found &= slices_[bit];
    else
      found -= slices_[bit];
  }
  return found;
}

uint64_t Scores::offset_at(Audience among, uint64_t place) const {
  uint64_t offset = 0;
  for (size_t bit = slices_.size(); bit-- > 0;) {
    const uint64_t zeros = Audience::without_size(among, slices_[bit]);
    if (place < zeros) {
      among -= slices_[bit];
    } else {
      place -= zeros;
      among &= slices_[bit];
      offset |= uint64_t{1} << bit;
    }
  }
  return offset;
}

ScoreSummary Scores::summary(const Audience* among) const {
  ScoreSummary s;
  const Audience who = among == nullptr ? customers_ : customers_ & *among;
  s.customers = who.size();
  if (s.customers == 0) return s;
  s.sum = static_cast<__int128>(minimum_) * s.customers;
  for (size_t bit = 0; bit < slices_.size(); ++bit)
    s.sum += static_cast<__int128>(Audience::and_size(who, slices_[bit])) << bit;
  s.sum *= unit();
  s.minimum = value(offset_at(who, 0));
  s.median = value(offset_at(who, (s.customers - 1) / 2));
  s.maximum = value(offset_at(who, s.customers - 1));
  return s;
}

Audience audience_where(const Scores& scores, const Leaf& leaf) {
  switch (leaf.test) {
    case Test::less:
      return scores.up_to([&](double v) { return v < leaf.high; });
    case Test::at_most:
      return scores.up_to([&](double v) { return v <= leaf.high; });
    case Test::greater:
      return scores.from([&](double v) { return v > leaf.low; });
    case Test::at_least:
      return scores.from([&](double v) { return v >= leaf.low; });
    case Test::between:
      return scores.from([&](double v) { return v >= leaf.low; }) &
             scores.up_to([&](double v) { return v <= leaf.high; });
    default:
      break;
  }
  // Texts compare as texts: 3.50 is not how 3.5 is written.
  std::string_view rest = leaf.text;
  int64_t millionths = 0;
  std::string written;
  if (parse_amount(rest, millionths) == nullptr) append_amount(written, millionths);
  Audience same = written == leaf.text ? scores.equal(millionths) : Audience();
  return leaf.test == Test::equal ? same : scores.customers() - same;
}

std::vector<Score> Scores::list() const {
  std::vector<Score> all;
  all.reserve(customers_.size());
  each([&](const Score& s) { all.push_back(s); });
  return all;
}

/// Whether a number has a digit other than 0 in the last decimal. One of the first nearly always
/// does.
bool Scores::needs_decimals() const {
  return decimals_ == 0 ||
         !while_each([&](const Score& s) { return s.millionths % (unit() * 10) == 0; });
}

/// Into the only form, after the numbers of some customers are gone or have changed.
void Scores::settle() {
  while (!slices_.empty() && slices_.back().empty()) slices_.pop_back();
  if (empty()) {
    *this = {};
    return;
  }
  Audience above;  // the minimum
  for (const Audience& slice : slices_) above |= slice;
  if (above.size() == customers_.size() || !needs_decimals()) *this = of(list());
}

Scores& Scores::operator-=(const Audience& gone) {
  if (!customers_.overlaps(gone)) return *this;
  customers_ -= gone;
  for (Audience& slice : slices_) slice -= gone;
  settle();
  return *this;
}

Scores& Scores::operator|=(const Scores& newer) {
  if (newer.empty()) return *this;
  if (empty()) return *this = newer;
  if (decimals_ != newer.decimals_ || newer.minimum_ < minimum_) {
    // Another unit or another minimum: every digit changes.
    std::vector<Score> all;
    const std::vector<Score> old = list(), young = newer.list();
    auto o = old.begin();
    for (const Score& y : young) {
      for (; o != old.end() && o->customer < y.customer; ++o) all.push_back(*o);
      if (o != old.end() && o->customer == y.customer) ++o;
      all.push_back(y);
    }
    all.insert(all.end(), o, old.end());
    return *this = of(all);
  }
  customers_ -= newer.customers_;
  for (Audience& slice : slices_) slice -= newer.customers_;
  // newer's digits over our minimum
  const uint64_t shift = static_cast<uint64_t>(newer.minimum_ - minimum_);
  slices_.resize(std::max<size_t>(slices_.size(), std::bit_width(newer.most_offset() + shift)));
  std::vector<std::vector<uint64_t>> digits(slices_.size());
  newer.each([&](const Score& s) {
    const uint64_t offset = static_cast<uint64_t>(s.millionths / unit() - minimum_);
    for (uint64_t left = offset; left != 0; left &= left - 1)
      digits[std::countr_zero(left)].push_back(s.customer);
  });
  for (size_t bit = 0; bit < slices_.size(); ++bit) slices_[bit].add(digits[bit]);
  customers_ |= newer.customers_;
  settle();
  return *this;
}

bool Scores::operator==(const Scores& other) const {
  return decimals_ == other.decimals_ && minimum_ == other.minimum_ &&
         customers_ == other.customers_ && slices_ == other.slices_;
}

namespace {
constexpr uint8_t version = 1;

void write_audience(Writer& to, const Audience& audience) {
  Bytes bytes;
  audience.write(bytes);
  to.varint(bytes.size());
  to.raw(bytes.data(), bytes.size());
}

Audience read_audience(Reader& from) {
  const size_t size = from.count();
  return Audience::read({from.take(size), size});
}
}  // namespace

void Scores::write(Bytes& out) const {
  Writer to(out);
  to.u8(version);
  to.u8(static_cast<uint8_t>(decimals_));
  to.signed_varint(minimum_);
  to.u8(static_cast<uint8_t>(slices_.size()));
  write_audience(to, customers_);
  for (const Audience& slice : slices_) write_audience(to, slice);
}

Scores Scores::read(std::span<const uint8_t> bytes, bool wholly) {
  Reader from(bytes);
  if (from.u8() != version) Reader::fail("an unknown version of scores");
  Scores s;
  s.decimals_ = from.u8();
  if (s.decimals_ > most_decimals) Reader::fail("too many decimals");
  s.minimum_ = from.signed_varint();
  const size_t slices = from.u8();
  // value() must not overflow, whatever the digits are.
  if (slices > 61 || s.minimum_ <= -beyond / s.unit() || s.minimum_ >= beyond / s.unit())
    Reader::fail("a number is too large");
  s.customers_ = read_audience(from);
  for (size_t i = 0; i < slices; ++i) s.slices_.push_back(read_audience(from));
  if (!from.done()) Reader::fail("bytes are left over");
  if (slices > 0 &&
      static_cast<__int128>(s.minimum_ + (int64_t{1} << (slices - 1))) * s.unit() >= beyond)
    Reader::fail("a number is too large");
  if (!wholly) return s;
  for (const Audience& slice : s.slices_)
    if (!s.customers_.includes(slice)) Reader::fail("a digit of nobody's number");
  Scores settled = s;
  settled.settle();
  if (!(settled == s)) Reader::fail("scores are not in their only form");
  if (!s.empty() &&
      static_cast<__int128>(s.minimum_) * s.unit() +
              static_cast<__int128>(s.offset_at(s.customers_, s.customers_.size() - 1)) *
                  s.unit() >=
          beyond)
    Reader::fail("a number is too large");
  return s;
}

std::string Scores::text(size_t most) const {
  std::string out = "{";
  each([&](const Score& s) {
    if (out.size() > 1) out += ',';
    out += std::to_string(s.customer);
    out += '=';
    append_amount(out, s.millionths);
    if (out.size() >= most)
      throw Error(sqlstate::limit_exceeded, "the text of these scores would be too long",
                  "scores() gives them row by row.");
  });
  return out += '}';
}

Scores Scores::from_text(std::string_view text) {
  const std::string_view whole = text;
  const auto fail = [&](const char* expected) {
    const size_t at = whole.size() - text.size();
    throw Error(sqlstate::invalid_text,
                std::string("invalid scores at byte ") + std::to_string(at + 1) + ": " + expected,
                "Scores are written as {7=19.99, 8=5}: customer = number.");
  };
  const auto blanks = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\f\v"), text.size()));
  };
  const auto sign = [&](char c, const char* expected) {
    blanks();
    if (text.empty() || text.front() != c) fail(expected);
    text.remove_prefix(1);
    blanks();
  };
  std::pmr::vector<Score> scores;
  sign('{', "{ is expected");
  if (!text.empty() && text.front() == '}') {
    text.remove_prefix(1);
  } else {
    for (bool more = true; more;) {
      blanks();
      uint64_t customer = 0;
      if (text.empty() || text.front() < '0' || text.front() > '9') fail("a customer is expected");
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        if (customer > (largest_id - static_cast<uint64_t>(text.front() - '0')) / 10)
          fail("a customer's number is too large");
        customer = customer * 10 + static_cast<uint64_t>(text.front() - '0');
      }
      sign('=', "= is expected");
      int64_t millionths = 0;
      if (const char* why = parse_amount(text, millionths)) fail(why);
      scores.push_back({customer, millionths});
      if ((scores.size() & 0xffff) == 0) poll();
      blanks();
      if (text.empty() || (text.front() != ',' && text.front() != '}')) fail(", or } is expected");
      more = text.front() == ',';
      text.remove_prefix(1);
    }
  }
  blanks();
  if (!text.empty()) fail("nothing more is expected");
  sort_scores(scores);
  return of(scores);
}

}  // namespace clientele::tags
