// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/surveys/summary.hpp"

#include <cmath>
#include <cstdio>
#include <string>

#include "base/counted.hpp"
#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
// Reichheld (2003), "The one number you need to grow", Harvard Business Review 81, for the first.
constexpr ScaleRange ranges[] = {{"nps", 0, 10, 6, 9}, {"csat", 1, 5, 2, 4}, {"ces", 1, 7, 3, 5}};

std::string shown(double score) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", score);
  return text;
}

}  // namespace

const ScaleRange& range_of(Scale scale) { return ranges[static_cast<size_t>(scale)]; }

Scale parse_scale(std::string_view word) {
  for (size_t i = 0; i < std::size(ranges); ++i)
    if (word == ranges[i].name) return static_cast<Scale>(i);
  throw Error(sqlstate::invalid_parameter,
              "scale must be nps, csat or ces, not \"" + std::string(word.substr(0, 100)) + "\"",
              "nps has scores from 0 to 10, csat from 1 to 5, ces from 1 to 7.");
}

void SurveySummary::set_scale(Scale scale) {
  if (started() && scale != scale_)
    throw Error(sqlstate::invalid_parameter, "surveys of different scales cannot be joined",
                "Group by the survey or by its scale.");
  scale_ = scale;
}

void SurveySummary::count(uint64_t more) {
  if (more > max_counted - total_)
    throw Error(sqlstate::limit_exceeded, "a survey_summary counts at most 2^48 answers");
  total_ += more;
}

void SurveySummary::add(double score, Scale scale) {
  set_scale(scale);
  const ScaleRange& range = range_of(scale);
  if (!(score >= range.least && score <= range.most) || score != std::floor(score))
    throw Error(sqlstate::invalid_parameter,
                std::string("a score of scale ") + range.name + " must be a whole number from " +
                    std::to_string(range.least) + " to " + std::to_string(range.most) + ", not " +
                    shown(score),
                "Leave such answers out with FILTER (WHERE …), or bring them to the scale first.");
  count(1);
  ++counts_[static_cast<size_t>(static_cast<int>(score) - range.least)];
}

void SurveySummary::merge(const SurveySummary& other) {
  if (!other.started()) return;
  set_scale(other.scale_);
  count(other.total_);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

void SurveySummary::remove(const SurveySummary& part) {
  set_scale(part.scale_);
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (part.counts_[i] > counts_[i])
      throw Error(sqlstate::invalid_parameter, "the part has answers that are not among all",
                  "The first argument has all answers, and the second one some of these.");
    counts_[i] -= part.counts_[i];
  }
  total_ -= part.total_;
}

uint64_t SurveySummary::count_from(int least, int most) const {
  const int first = range_of(scale_).least;
  uint64_t sum = 0;
  for (int score = least; score <= most; ++score)
    sum += counts_[static_cast<size_t>(score - first)];
  return sum;
}

uint64_t SurveySummary::favourable() const {
  return count_from(range_of(scale_).favourable, range_of(scale_).most);
}
uint64_t SurveySummary::unfavourable() const {
  return count_from(range_of(scale_).least, range_of(scale_).unfavourable);
}

double SurveySummary::mean() const {
  uint64_t sum = 0;
  const ScaleRange& range = range_of(scale_);
  for (int score = range.least; score <= range.most; ++score)
    sum += static_cast<uint64_t>(score) * count_from(score, score);
  return static_cast<double>(sum) / static_cast<double>(total_);
}

void SurveySummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.u8(static_cast<uint8_t>(scale_));
  const ScaleRange& range = range_of(scale_);
  for (int i = 0; i <= range.most - range.least; ++i) w.varint(counts_[static_cast<size_t>(i)]);
}

void SurveySummary::read(Reader& r) {
  r.version(format_version, "survey_summary");
  const uint8_t scale = r.u8();
  if (scale >= std::size(ranges)) Reader::fail("it is not a scale of surveys");
  scale_ = static_cast<Scale>(scale);
  const ScaleRange& range = range_of(scale_);
  for (int i = 0; i <= range.most - range.least; ++i) {
    const uint64_t n = r.varint();
    if (n > max_counted || (total_ += n) > max_counted)
      Reader::fail("impossible counts of answers");
    counts_[static_cast<size_t>(i)] = n;
  }
  if (total_ == 0) Reader::fail("a survey_summary has no answers");
}

}  // namespace clientele
