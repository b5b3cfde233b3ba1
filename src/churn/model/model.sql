-- SPDX-License-Identifier: PostgreSQL

\packed churn_def
COMMENT ON TYPE churn_def IS
  'Defines how to fit a churn model.
The function churn_def makes it. Its text form is JSON, such as {"penalty": 1, "class_weight": "balanced"}.
At most 1,000 names and 1 MB (54000).';

\from_text churn_def

\comparable churn_def fit a model in the same way

\packed churn_model
COMMENT ON TYPE churn_model IS
  'A churn model, a logistic regression.
The aggregate churn_fit makes it, or it is written by hand. Its text form is JSON, such as {"intercept": -1, "features": [{"name": "months",
"coefficient": -0.05}, {"name": "plan", "levels": [{"level": "basic", "coefficient": 0.4}]}]}.
The log-odds of leaving are the intercept plus, for each feature, coefficient x value. For a text it is the coefficient of its level, or 0
for the reference and for levels that are not listed. All keys except name and coefficient are optional: mean and sd are those of the
customers on which the model was fitted; standard_error is that of the coefficient; redundant marks what was left out of the fit; missing is
for rows in which the value is missing; calibration turns log-odds f into slope x f + intercept; fit says how the fit went; features_def,
the JSON form of a churn_features_def with its time_zone, says how features are computed from a journey.
At most 1,000 features of 200 levels each, and 16 MB (54000).';

\from_text churn_model

\comparable churn_model are the same model, fitted in the same way
