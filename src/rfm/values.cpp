// SPDX-License-Identifier: PostgreSQL
#include "rfm/values.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void RfmCounts::check_limit(size_t runs) const {
  if (runs > limit_)
    throw Error(sqlstate::limit_exceeded,
                "rfm_cuts takes at most " + std::to_string(limit_) +
                    " different values of recency, of frequency and of monetary",
                "Round them, as to days and to whole amounts, or take a sample of the customers.");
}

std::span<const RfmRun> RfmCounts::runs() const {
  const std::span<const RfmRun> all = runs_.groups();
  check_limit(all.size());
  return all;
}

void RfmCounts::merge(const RfmCounts& other) {
  runs_.merge(other.runs_);
  runs();
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
  RfmKey key = 0;
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    if (i == 0) {
      key = r.signed_varint();
    } else {
      const uint64_t step = r.varint();
      if (step == 0 || step > static_cast<uint64_t>(INT64_MAX) - static_cast<uint64_t>(key))
        Reader::fail("values are not in order");
      key = static_cast<RfmKey>(static_cast<uint64_t>(key) + step);
    }
    const uint64_t count = r.varint();
    if (count == 0 || count > max_counted || (total += count) > max_counted)
      Reader::fail("impossible counts of values");
    runs_.append({key, count});
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
