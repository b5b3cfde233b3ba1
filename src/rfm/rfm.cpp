// SPDX-License-Identifier: PostgreSQL
#include "rfm/rfm.hpp"

#include <algorithm>
#include <cmath>

#include "base/calendar.hpp"
#include "base/error.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

[[noreturn]] void wrong(const std::string& message, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, message, hint);
}

}  // namespace

bool possible_key(int dimension, Recency kind, RfmKey key) {
  if (dimension == rfm_recency && kind == Recency::time)
    return key >= first_instant && key < end_of_time;
  if (dimension == rfm_recency && kind == Recency::interval) return key <= 0 && key > INT64_MIN;
  if (key == negative_zero || !std::isfinite(double_of_key(key))) return false;
  if (dimension == rfm_recency) return key <= 0;
  return dimension == rfm_monetary || key >= 0;
}

RfmKey key_of_amount(RfmDimension dimension, double value) {
  if (!std::isfinite(value))
    wrong(std::string(rfm_names[dimension]) + " must be a finite number, not " +
              (std::isnan(value) ? "NaN" : "infinity"),
          "Make it NULL where it is not known.");
  if (value < 0 && dimension == rfm_frequency) wrong("frequency must not be negative");
  return key_of_double(value);
}

RfmKey key_of_days(double since) {
  if (!std::isfinite(since))
    wrong(std::string("recency must be a finite number, not ") +
              (std::isnan(since) ? "NaN" : "infinity"),
          "Make it NULL where it is not known.");
  if (since < 0)
    wrong("recency as the time since the last purchase must not be negative",
          "Count from a reference time after all purchases, or give recency as a timestamptz.");
  return key_of_double(-since);
}

RfmKey key_of_time(int64_t at) {
  if (at < first_instant || at >= end_of_time)
    throw Error(sqlstate::time_out_of_range, "recency must be a finite time",
                "Make it NULL where there was no purchase.");
  return at;
}

RfmKey key_of_length(int64_t micros) {
  if (micros < 0)
    wrong("recency as the time since the last purchase must not be negative",
          "Count from a reference time after all purchases, or give recency as a timestamptz.");
  return -micros;
}

void check_buckets(int64_t buckets) {
  if (buckets < min_buckets || buckets > max_buckets)
    wrong("buckets must be from 2 to 10, not " + std::to_string(buckets));
}

void score_column(std::span<const RfmKey> keys, int buckets, uint8_t* score, size_t stride,
                  std::pmr::memory_resource* memory) {
  std::pmr::vector<RfmKey> sorted(memory);
  sorted.reserve(keys.size());
  for (const RfmKey key : keys)
    if (key != rfm_null) sorted.push_back(key);
  sort_polled(sorted.begin(), sorted.end());
  // The smallest value with at least i/buckets of all not above it. A key is above that cut just
  // if i/buckets of all are smaller, so that counting cuts gives floor(buckets * smaller / n).
  std::array<RfmKey, max_buckets - 1> cuts{};
  for (size_t i = 1; i < static_cast<size_t>(buckets) && !sorted.empty(); ++i)
    cuts[i - 1] = sorted[(i * sorted.size() + buckets - 1) / buckets - 1];
  const std::span<const RfmKey> used(cuts.data(), static_cast<size_t>(buckets - 1));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i % 65536 == 0) poll();
    score[i * stride] = keys[i] == rfm_null ? 0 : static_cast<uint8_t>(score_of(keys[i], used));
  }
}

void RfmCuts::set(int dimension, std::span<const RfmKey> values) {
  const int wanted = static_cast<int>(values.size()) + 1;
  if (values.empty() || values.size() >= max_buckets)
    wrong("there must be 1 to 9 cuts of " + std::string(rfm_names[dimension]) + ", not " +
          std::to_string(values.size()));
  if (buckets == 0) buckets = wanted;
  if (buckets != wanted)
    wrong("recency, frequency and monetary need the same number of cuts: " +
              std::to_string(buckets - 1) + ", but " + rfm_names[dimension] + " has " +
              std::to_string(wanted - 1),
          "One cut less than there are buckets.");
  has[dimension] = true;
  std::ranges::copy(values, key[dimension].begin());
  std::sort(key[dimension].begin(), key[dimension].begin() + values.size());
}

void RfmCuts::write_cuts(Writer& w) const {
  w.u8(static_cast<uint8_t>(recency));
  w.u8(static_cast<uint8_t>(buckets));
  w.u8(static_cast<uint8_t>(has[0] | has[1] << 1 | has[2] << 2));
  for (int d = 0; d < rfm_dimensions; ++d)
    if (has[d]) w.raw(key[d].data(), cuts(d).size_bytes());
}

void RfmCuts::read_cuts(Reader& r) {
  const uint8_t kind = r.u8(), count = r.u8(), given = r.u8();
  if (kind > static_cast<uint8_t>(Recency::number) || count < min_buckets || count > max_buckets ||
      given == 0 || given > 7 || (kind != 0) != (given & 1))
    Reader::fail("it is not a rfm_cuts");
  recency = static_cast<Recency>(kind);
  buckets = count;
  for (int d = 0; d < rfm_dimensions; ++d) {
    has[d] = given >> d & 1;
    if (!has[d]) continue;
    const size_t bytes = cuts(d).size_bytes();
    std::memcpy(key[d].data(), r.take(bytes), bytes);
    for (size_t i = 0; i < cuts(d).size(); ++i)
      if (!possible_key(d, recency, key[d][i]) || (i > 0 && key[d][i] < key[d][i - 1]))
        Reader::fail("impossible cuts");
  }
}

void RfmCuts::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(method));
  write_cuts(w);
}

RfmCuts RfmCuts::read(std::span<const uint8_t> bytes) {
  Reader r(bytes);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted,
                "rfm_cuts format version " + std::to_string(v) + " is not known to this release");
  RfmCuts c;
  const uint8_t method = r.u8();
  if (method > static_cast<uint8_t>(CutMethod::kmeans)) Reader::fail("it is not a rfm_cuts");
  c.method = static_cast<CutMethod>(method);
  c.read_cuts(r);
  if (!r.done()) Reader::fail("bytes are left over");
  return c;
}

void RfmDefinition::check() {
  const bool given = !fixed.empty();
  if (method == CutMethod::fixed && !given)
    wrong("method fixed needs cuts",
          "Give at least one of recency_cuts, frequency_cuts and monetary_cuts.");
  if (method != CutMethod::fixed && given)
    wrong(std::string("method ") + cut_methods[static_cast<int>(method)] +
              " finds its cuts itself, so none may be given",
          "To give them, say method => 'fixed'.");
  if (buckets == 0)
    buckets = method == CutMethod::fixed ? fixed.buckets : method == CutMethod::mean ? 2 : 5;
  check_buckets(buckets);
  if (method == CutMethod::mean && buckets != 2)
    wrong("method mean makes 2 buckets, not " + std::to_string(buckets));
  if (!given) return;
  if (buckets != fixed.buckets)
    wrong(std::to_string(buckets) + " buckets have " + std::to_string(buckets - 1) + " cuts, not " +
          std::to_string(fixed.buckets - 1));
  for (int d = 0; d < rfm_dimensions; ++d)
    if (fixed.has[d] && std::ranges::adjacent_find(fixed.cuts(d)) != fixed.cuts(d).end())
      wrong("two cuts of " + std::string(rfm_names[d]) + " are equal");
}

void RfmDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(static_cast<uint8_t>(method));
  w.u8(static_cast<uint8_t>(buckets));
  if (method == CutMethod::fixed) fixed.write_cuts(w);
}

RfmDefinition RfmDefinition::read(std::span<const uint8_t> bytes) {
  Reader r(bytes);
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted, "rfm_cuts_def format version " + std::to_string(v) +
                                         " is not known to this release");
  const uint8_t method = r.u8();
  if (method > static_cast<uint8_t>(CutMethod::kmeans)) Reader::fail("it is not a rfm_cuts_def");
  RfmDefinition d;
  d.method = static_cast<CutMethod>(method);
  d.buckets = r.u8();
  if (d.buckets == 0) Reader::fail("it is not a rfm_cuts_def");
  if (d.method == CutMethod::fixed) d.fixed.read_cuts(r);
  if (!r.done()) Reader::fail("bytes are left over");
  d.check();
  return d;
}

}  // namespace clientele
