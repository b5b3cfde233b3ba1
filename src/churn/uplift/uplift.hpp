// SPDX-License-Identifier: PostgreSQL
// Models of what a treatment changes: how much more probable an outcome is for a customer who is
// treated than for the same customer who is not.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "churn/model/model.hpp"
#include "churn/model/rows.hpp"

namespace clientele {

enum class UpliftMethod : uint8_t {
  two_models,  // one model of each group; the uplift is the difference of their probabilities
  one_class    // one model of (outcome = treated); the uplift is 2p - 1
};

/// The definition that an uplift_def holds.
struct UpliftDefinition {
  static constexpr SizeLimit size_limit{"uplift_def", max_definition_bytes};

  UpliftMethod method = UpliftMethod::two_models;
  ChurnDefinition churn;  // without class weights and features

  /// 22023 for another word.
  void set_method(std::string_view word);
  const char* method_name() const;
  void check() const;

  /// The stored form; equal definitions have equal bytes. Versioned.
  void write(Bytes& out) const;
  /// Error XX001 for bytes that write() does not produce.
  static UpliftDefinition read(std::span<const uint8_t> bytes);
};

/// What the model was fitted to.
struct UpliftFit {
  uint64_t treated = 0, control = 0, treated_outcomes = 0, control_outcomes = 0;
};

struct UpliftModel {
  static constexpr SizeLimit size_limit{"uplift_model", 2 * max_model_bytes};

  UpliftMethod method = UpliftMethod::two_models;
  ChurnModel first;                  // of the treated, or of the class
  std::optional<ChurnModel> second;  // of the control group
  std::optional<UpliftFit> fit;

  /// The difference of two probabilities, -1 to 1, from the log-odds of the models before
  /// calibration.
  double uplift(double first_log_odds, double second_log_odds) const;

  /// 22023 for an invalid model.
  void check();
  void write(Bytes& out) const;
  static UpliftModel read(std::span<const uint8_t> bytes);
};

/// Customers of both groups with their features: the state of the aggregate uplift_fit.
class UpliftRows {
 public:
  explicit UpliftRows(std::pmr::memory_resource* memory)
      : memory_(memory), encoded_(memory), control_(memory), treated_(memory) {}

  /// As ChurnRows::define, of a stored UpliftDefinition.
  void define(std::span<const uint8_t> encoded, bool named);
  void add(std::span<const ChurnCell> cells, bool treated, bool outcome);
  void add(std::span<const std::string_view> names, std::span<const ChurnCell> cells, bool treated,
           bool outcome);
  void merge(const UpliftRows& other);

  /// None without customers. Errors: 22023 if a group has no customers, or only customers with the
  /// same outcome, and those of fit_churn.
  std::optional<UpliftModel> model() const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  ChurnRows& arm(bool treated);
  ChurnModel of_class(const UpliftFit& fit) const;

  std::pmr::memory_resource* memory_;
  std::pmr::vector<uint8_t> encoded_;  // empty before the first row
  UpliftDefinition definition_;
  bool named_ = false;
  std::pmr::vector<uint8_t> churn_;  // the stored ChurnDefinition in it
  ChurnRows control_, treated_;
};

}  // namespace clientele
