// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <optional>
#include <vector>

#include "churn/model/model.hpp"
#include "churn/model/rows.hpp"

namespace clientele {

inline constexpr size_t churn_folds = 5;

/// Fits a model by the definition of the rows. None if there are no rows. Errors: 22023 if all
/// churned or none did, if there is no penalty and the classes are perfectly separated, if there
/// are too few customers to calibrate on; 54000 for too many columns.
std::optional<ChurnModel> fit_churn(const ChurnRows& rows);

/// The mean weight of the customers of each row who churned, and of those who stayed.
struct RowWeights {
  std::vector<double> churned, stayed;
};
/// The same of weighted customers; not with weighted classes. The intervals of the coefficients
/// take the weights for numbers of customers.
std::optional<ChurnModel> fit_churn(const ChurnRows& rows, const RowWeights& weights);

}  // namespace clientele
