// SPDX-License-Identifier: PostgreSQL
#include "churn/model/design.hpp"

#include <algorithm>
#include <cmath>

#include "base/poll.hpp"

namespace clientele {
namespace {

// A column with a smaller deviation is taken as constant, so that no coefficient overflows.
constexpr double min_sd = 1e-100;

double customers_of(const ChurnTally& tally) {
  return static_cast<double>(tally.churned) + static_cast<double>(tally.stayed);
}

}  // namespace

Design::Design(const ChurnRows& rows) : features_(rows.columns()), tallies_(rows.tallies()) {
  for (const ChurnTally& tally : tallies_) customers_ += customers_of(tally);
  for (size_t f = 0; f < features_.size(); ++f) {
    if (features_[f].kind() == ChurnColumn::Kind::category)
      add_category(f);
    else
      add_number(f);
  }
}

void Design::add(size_t feature, DesignColumn::Kind kind, uint8_t level, double mean, double sd) {
  if (columns_.size() == max_churn_columns)
    throw Error(
        sqlstate::limit_exceeded,
        "feature \"" + std::string(features_[feature].name()) +
            "\" makes more than 1000 columns together with those before it",
        "A text makes a column for each category except the first, and a feature with missing "
        "values one more.");
  columns_.push_back({feature, kind, level, mean, sd});
}

void Design::add_share(size_t feature, DesignColumn::Kind kind, uint8_t level, double count) {
  const double share = count / customers_;
  add(feature, kind, level, share, std::sqrt(share * (1 - share)));
}

// Sums in long double: their range is wider, so that no square overflows.
void Design::add_number(size_t feature) {
  const ChurnColumn& column = features_[feature];
  long double sum = 0, known = 0;
  double min = 0, max = 0;
  for (size_t i = 0; i < tallies_.size(); ++i) {
    if (i % 65536 == 0) poll();
    const double v = column.number(i);
    if (std::isnan(v)) continue;
    if (known == 0) min = max = v;
    min = std::min(min, v);
    max = std::max(max, v);
    known += customers_of(tallies_[i]);
    sum += customers_of(tallies_[i]) * static_cast<long double>(v);
  }
  const double mean = known == 0 || min == max ? min : static_cast<double>(sum / known);
  long double squares = 0;
  for (size_t i = 0; i < tallies_.size() && min < max; ++i) {
    if (i % 65536 == 0) poll();
    const long double off = static_cast<long double>(column.number(i)) - mean;
    if (!std::isnan(off)) squares += customers_of(tallies_[i]) * off * off;
  }
  const auto sd = min < max ? static_cast<double>(std::sqrt(squares / known)) : 0;
  add(feature, DesignColumn::Kind::value, 0, mean + 0.0, sd);
  if (known < customers_)
    add_share(feature, DesignColumn::Kind::missing, 0, customers_ - static_cast<double>(known));
}

void Design::add_category(size_t feature) {
  const ChurnColumn& column = features_[feature];
  std::array<double, 256> count{};
  for (size_t i = 0; i < tallies_.size(); ++i) count[column.code(i)] += customers_of(tallies_[i]);
  for (size_t level = 1; level < column.levels().size(); ++level)
    add_share(feature, DesignColumn::Kind::level, static_cast<uint8_t>(level), count[level]);
  if (count[ChurnColumn::no_code] > 0)
    add_share(feature, DesignColumn::Kind::missing, 0, count[ChurnColumn::no_code]);
}

void Design::fill(size_t first, std::span<const size_t> columns, Eigen::Ref<Matrix> out) const {
  const auto n = static_cast<size_t>(out.rows());
  for (size_t c = 0; c < columns.size(); ++c) {
    const DesignColumn& d = columns_[columns[c]];
    const ChurnColumn& feature = features_[d.feature];
    const bool category = feature.kind() == ChurnColumn::Kind::category;
    const std::span<double> to(out.col(static_cast<Eigen::Index>(c)).data(), n);
    if (d.sd <= min_sd) {
      std::ranges::fill(to, 0);
    } else if (d.kind == DesignColumn::Kind::value) {
      feature.numbers(first, to);
      for (double& v : to) v = std::isnan(v) ? 0 : (v - d.mean) / d.sd;
    } else {
      const double yes = (1 - d.mean) / d.sd, no = -d.mean / d.sd;
      for (size_t i = 0; i < n; ++i) {
        const bool is = d.kind == DesignColumn::Kind::level ? feature.code(first + i) == d.level
                        : category ? feature.code(first + i) == ChurnColumn::no_code
                                   : std::isnan(feature.number(first + i));
        to[i] = is ? yes : no;
      }
    }
  }
}

}  // namespace clientele
