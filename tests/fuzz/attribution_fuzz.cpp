// SPDX-License-Identifier: PostgreSQL
// Questions and summaries of attribution as bytes from outside, and the credits of random paths.
// What is read writes itself the same way, and every model hands out all conversions.
#include <cmath>
#include <map>

#include "attribution/credits/credits.hpp"
#include "fuzz.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("past the version", "read");

AttributionSummary empty() { return AttributionSummary(std::pmr::get_default_resource()); }

AttributionSummary summary_of(std::span<const uint8_t> bytes) {
  AttributionSummary summary = empty();
  Reader reader(bytes);
  summary.read(reader);
  return summary;
}

/// Forged counts may contradict each other, so only what was counted adds up.
void read_summary(std::span<const uint8_t> bytes, bool counted) {
  const AttributionSummary summary = summary_of(bytes);
  ++tally.accepted;
  const Bytes again = bytes_of(summary);
  must(bytes_of(summary_of(again)) == again, "a summary is itself again");
  AttributionSummary both = summary_of(again);
  both.merge(summary);
  const Bytes joined = bytes_of(both);
  must(bytes_of(summary_of(joined)) == joined, "joined summaries are a summary");
  std::map<CreditModel, double> total;
  for (const CreditRow& row : attribution_credits(summary)) total[row.model] += row.conversions;
  if (!counted) return;
  const auto all = static_cast<double>(summary.conversions());
  for (const auto& [model, sum] : total)
    must(std::abs(sum - all) <= 1e-6 * (1 + all), "a model hands out all conversions");
  for (const PathStore::Path& path : attribution_paths(summary))
    must(path.counts.conversions <= summary.conversions(), "a path has no more than all");
}

/// A question, then paths: a length, channels, conversions and nulls of each.
void answer(std::span<const uint8_t> bytes) {
  static constexpr std::string_view names[] = {"广告", "b", "c", "邮件", ""};
  Reader reader(bytes);
  const Bytes question = bytes_of(AttributionDefinition::read(reader.counted()));
  ++tally.accepted;
  AttributionSummary summary = empty();
  summary.start(question, false);
  std::vector<std::string_view> path;
  while (!reader.done()) {
    path.clear();
    for (size_t n = reader.u8() % 8; n > 0; --n) path.push_back(names[reader.u8() % 5]);
    const int64_t conversions = reader.u8() % 8, nulls = reader.u8() % 8;
    summary.add(path, conversions, nulls, conversions * value_scale);
  }
  read_summary(bytes_of(summary), true);
}

AttributionDefinition random_question(testing::Random& random) {
  AttributionDefinition d;
  d.conversion = "x";
  d.direct = {"b"};
  d.collapse = random.one_in(2);
  d.nulls = !random.one_in(3);
  if (random.one_in(3)) d.lookback.reset();
  if (random.one_in(2)) d.weights = {1, 0, static_cast<double>(random.below(3))};
  for (int m = 0; m < credit_models; ++m)
    if (static_cast<CreditModel>(m) != CreditModel::time_decay && random.one_in(2))
      d.models.push_back(static_cast<CreditModel>(m));
  return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  tally.opened += size > 2;
  try {
    data[0] % 2 == 0 ? read_summary(bytes, false) : answer(bytes);
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(4)) return LLVMFuzzerMutate(data, size, most);
  const AttributionDefinition d = random_question(random);
  Bytes value;
  Writer w(value);
  if (random.one_in(2)) {
    AttributionSummary s = empty();
    s.start(bytes_of(d), false);
    for (auto n = random.below(6); n > 0; --n) {
      static constexpr std::string_view names[] = {"广告", "b", "c"};
      std::vector<std::string_view> path;
      for (auto k = random.below(6); k > 0; --k) path.push_back(names[random.below(3)]);
      const auto conversions = static_cast<int64_t>(random.below(4));
      s.add(path, conversions, static_cast<int64_t>(random.below(4)),
            2 * conversions * value_scale);
    }
    w.u8(0);
    s.write(value);
  } else {
    w.u8(1);
    w.counted(bytes_of(d));
    for (auto n = random.below(40); n > 0; --n) w.u8(static_cast<uint8_t>(random.below(256)));
  }
  if (!random.one_in(4))
    value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, value);
}
