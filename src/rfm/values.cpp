// SPDX-License-Identifier: PostgreSQL
#include "rfm/values.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t most_counted = uint64_t{1} << 48;

/// Two ascending lists as one, equal keys counted together.
template <class Left, class Right, class Out>
void merge_runs(const Left& left, const Right& right, Out& out) {
  size_t l = 0, r = 0, steps = 0;
  while (l < left.size() || r < right.size()) {
    if (++steps % 65536 == 0) poll();
    const bool from_left = r == right.size() || (l < left.size() && left[l].key <= right[r].key);
    const RfmRun run = from_left ? left[l++] : right[r++];
    if (!out.empty() && out.back().key == run.key)
      out.back().count += run.count;
    else
      out.push_back(run);
  }
}

}  // namespace

void RfmCounts::check_limit(size_t runs) const {
  if (runs > limit_)
    throw Error(sqlstate::limit_exceeded,
                "rfm_cuts takes at most " + std::to_string(limit_) +
                    " different values of recency, of frequency and of monetary",
                "Round them, as to days and to whole amounts, or take a sample of the customers.");
}

void RfmCounts::settle() const {
  if (fresh_.empty()) return;
  sort_polled(fresh_.begin(), fresh_.end());
  std::pmr::vector<RfmRun> counted(fresh_.get_allocator());
  for (size_t i = 0; i < fresh_.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (i > 0 && fresh_[i] == fresh_[i - 1])
      ++counted.back().count;
    else
      counted.push_back({fresh_[i], 1});
  }
  std::pmr::vector<RfmRun> all(fresh_.get_allocator());
  if (!runs_.empty()) {
    merge_runs(runs_, counted, all);
    counted.swap(all);
  }
  check_limit(counted.size());
  runs_.swap(counted);
  fresh_.clear();
  fresh_.shrink_to_fit();
}

void RfmCounts::merge(const RfmCounts& other) {
  const std::span<const RfmRun> right = other.runs();
  if (right.empty()) return;
  settle();
  std::pmr::vector<RfmRun> all(runs_.get_allocator());
  merge_runs(runs_, right, all);
  check_limit(all.size());
  runs_.swap(all);
}

void RfmCounts::write(Writer& w) const {
  const std::span<const RfmRun> all = runs();
  w.varint(all.size());
  RfmKey before = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i % 65536 == 0) poll();
    if (i == 0)
      w.signed_varint(all[i].key);
    else
      w.varint(static_cast<uint64_t>(all[i].key) - static_cast<uint64_t>(before));
    w.varint(all[i].count);
    before = all[i].key;
  }
}

void RfmCounts::read(Reader& r) {
  const size_t n = r.count();
  check_limit(n);
  uint64_t total = 0;
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    RfmKey key;
    if (i == 0) {
      key = r.signed_varint();
    } else {
      const RfmKey before = runs_.back().key;
      const uint64_t step = r.varint();
      if (step == 0 || step > static_cast<uint64_t>(INT64_MAX) - static_cast<uint64_t>(before))
        Reader::fail("values are not in order");
      key = static_cast<RfmKey>(static_cast<uint64_t>(before) + step);
    }
    const uint64_t count = r.varint();
    if (count == 0 || count > most_counted || (total += count) > most_counted)
      Reader::fail("impossible counts of values");
    runs_.push_back({key, count});
  }
}

void RfmValues::define(std::span<const uint8_t> encoded, Recency recency) {
  if (encoded_.empty()) {
    definition_ = RfmDefinition::read(encoded);
    const Recency given = definition_.fixed.recency;
    if (given != Recency::none && given != recency)
      throw Error(sqlstate::invalid_parameter,
                  "the given cuts of recency are of another kind than recency itself",
                  "recency_cuts go with an interval, recency_cuts_at with a timestamptz, "
                  "recency_cuts_number with a number.");
    encoded_.assign(encoded.begin(), encoded.end());
    recency_ = recency;
  } else if (recency != recency_ || !std::ranges::equal(encoded, encoded_)) {
    throw Error(sqlstate::invalid_parameter,
                "rfm_cuts needs the same rfm_cuts_def for all rows of a group",
                "Group by the definition too, or ask one question at a time.");
  }
}

void RfmValues::merge(const RfmValues& other) {
  if (other.encoded_.empty()) return;
  define(other.encoded_, other.recency_);
  for (int d = 0; d < rfm_dimensions; ++d) values_[d].merge(other.values_[d]);
}

RfmCuts RfmValues::cuts() const {
  if (definition_.method == CutMethod::fixed) return definition_.fixed;
  RfmCuts result;
  result.method = definition_.method;
  for (int d = 0; d < rfm_dimensions; ++d) {
    const std::span<const RfmRun> values = values_[d].runs();
    if (values.empty()) continue;
    const bool whole = d == rfm_recency && recency_ != Recency::number;
    const int buckets = definition_.buckets;
    const RfmCutKeys keys = definition_.method == CutMethod::mean ? mean_cut(values, whole)
                            : definition_.method == CutMethod::kmeans
                                ? kmeans_cuts(values, buckets, whole)
                                : quantile_cuts(values, buckets);
    result.set(d, {keys.data(), static_cast<size_t>(buckets - 1)});
    if (d == rfm_recency) result.recency = recency_;
  }
  return result;
}

void RfmValues::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.counted(encoded_);
  w.u8(static_cast<uint8_t>(recency_));
  for (const RfmCounts& counts : values_) counts.write(w);
}

void RfmValues::read(Reader& r) {
  if (const uint8_t v = r.u8(); v != version)
    throw Error(sqlstate::corrupted,
                "rfm_values format version " + std::to_string(v) + " is not known to this release");
  const std::span<const uint8_t> encoded = r.counted();
  const uint8_t kind = r.u8();
  if (kind == 0 || kind > static_cast<uint8_t>(Recency::number))
    Reader::fail("it is not a rfm_values");
  define(encoded, static_cast<Recency>(kind));
  for (int d = 0; d < rfm_dimensions; ++d) {
    values_[d].read(r);
    const std::span<const RfmRun> values = values_[d].runs();
    if (definition_.method == CutMethod::fixed && !values.empty())
      Reader::fail("values where none are kept");
    for (const RfmRun& run : values)
      if (!possible_key(d, recency_, run.key)) Reader::fail("impossible values");
  }
}

}  // namespace clientele
