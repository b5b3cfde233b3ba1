// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace clientele {

/// What the numbers of a survey mean.
enum class Scale : uint8_t { nps, csat, ces };

struct ScaleRange {
  const char* name;
  int least, most;
  int unfavourable, favourable;  // up to the one, from the other
};
const ScaleRange& range_of(Scale scale);
/// Error 22023 for another word.
Scale parse_scale(std::string_view word);

/// What the SQL type survey_summary holds: how often each score of a scale was given.
class SurveySummary {
 public:
  explicit SurveySummary(std::pmr::memory_resource*) {}

  bool started() const { return total_ > 0; }
  Scale scale() const { return scale_; }

  /// 22023 for a score that is not on the scale, and for another scale than before.
  void add(double score, Scale scale);
  /// 22023 for one of another scale.
  void merge(const SurveySummary& other);
  /// Takes the answers of a part away; 22023 if it has others, or is of another scale.
  void remove(const SurveySummary& part);

  uint64_t answers() const { return total_; }
  uint64_t favourable() const;
  uint64_t unfavourable() const;
  uint64_t neutral() const { return total_ - favourable() - unfavourable(); }
  /// Of one answer or more.
  double mean() const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  uint64_t count_from(int least, int most) const;
  void set_scale(Scale scale);
  void count(uint64_t more);

  Scale scale_ = Scale::nps;
  uint64_t total_ = 0;
  std::array<uint64_t, 11> counts_{};  // from the least score of the scale
};

}  // namespace clientele
