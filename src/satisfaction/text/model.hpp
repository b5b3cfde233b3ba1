// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "satisfaction/text/definition.hpp"
#include "satisfaction/text/grams.hpp"
#include "satisfaction/text/rows.hpp"

namespace clientele {

struct TextLabel {
  std::string name;
  uint64_t rows = 0;
  double intercept = 0;
  std::vector<double> weights;  // by kept bucket
};

struct TextDiagnostics {
  uint64_t rows = 0, customers = 0, dropped = 0;  // dropped: buckets of too few customers
  double log_likelihood = 0, null_log_likelihood = 0;
  double gradient_norm = 0;  // the largest component
  uint64_t iterations = 0;
  bool converged = false;
};

/// Which label a text has: multinomial logistic regression over signed buckets of n-grams.
struct TextModel {
  static constexpr SizeLimit size_limit{"text_model", max_model_bytes};

  TextDefinition definition;
  std::vector<uint32_t> buckets;  // those kept, ascending
  std::vector<double> idf;        // ln((1 + N) / (1 + df)) + 1
  std::vector<TextLabel> labels;  // bytewise ascending
  std::optional<TextDiagnostics> diagnostics;

  /// 22023 for an invalid model.
  void check();
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static TextModel read(std::span<const uint8_t> bytes);
};

/// A model, ready for texts.
class TextJudge {
 public:
  explicit TextJudge(TextModel model);
  const TextModel& model() const { return model_; }

  /// The probability of each label, in their order.
  std::vector<double> probabilities(std::u32string_view plain) const;
  /// Of labels whose probabilities agree to 12 decimals the bytewise first.
  size_t best(const std::vector<double>& probabilities) const;
  size_t label_named(std::string_view name) const;  // 42704

  struct Reason {
    std::string gram;
    double contribution;
  };
  /// What each n-gram adds to the score of a label, which is its log-odds against the geometric
  /// mean of all labels; the largest in size first, then bytewise. With the intercept they add up
  /// to the score.
  std::vector<Reason> reasons(std::u32string_view plain, size_t label, size_t most) const;

 private:
  struct Value {
    uint32_t place;  // among the kept buckets
    int32_t count;
    double value;
  };
  std::vector<Value> values(std::u32string_view plain) const;

  TextModel model_;
  std::vector<int32_t> place_;  // by bucket, -1 if it is not kept
};

/// None without rows. 22023 if all have one label.
std::optional<TextModel> fit_text(const TextRows& rows);

}  // namespace clientele
