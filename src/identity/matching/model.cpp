// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/model.hpp"

#include <cmath>

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr uint64_t max_counted = 1'000'000'000'000'000;

[[noreturn]] void wrong(const std::string& why) { throw Error(sqlstate::invalid_parameter, why); }

void write_number(Writer& w, double v) { w.raw(&v, sizeof v); }

double read_number(Reader& r) {
  double v = 0;
  std::memcpy(&v, r.take(sizeof v), sizeof v);
  return v;
}

void check_shares(const std::vector<double>& shares, const MatchColumn& column, const char* what) {
  const std::string where =
      std::string(what) + " of column \"" + column.name + "\" in a match_model";
  if (shares.size() != levels_of(column.kind))
    wrong(where + " must have " + std::to_string(levels_of(column.kind)) + " numbers, not " +
          std::to_string(shares.size()));
  double sum = 0;
  for (const double share : shares) {
    if (!(share >= MatchModel::least_share && share <= 1))
      wrong(where + " must be from 0.000001 to 1");
    sum += share;
  }
  if (!(std::abs(sum - 1) <= 0.001)) wrong(where + " must add up to 1");
}

}  // namespace

double match_probability(double weight) { return 1 / (1 + std::exp2(-weight)); }

double MatchModel::weight(size_t column, size_t level) const {
  const LevelShares& shares = columns[column];
  return std::log2(shares.m[level] / shares.u[level]);
}

double MatchModel::prior_weight() const { return std::log2(lambda / (1 - lambda)); }

void MatchModel::check() const {
  definition.check();
  // The smallest that a fit can find is 1 of as many pairs as can be counted.
  if (!(lambda >= 1e-15 && lambda <= 1 - 1e-15))
    wrong("lambda in a match_model must be above 0 and below 1");
  if (columns.size() != definition.compare.size())
    wrong("a match_model needs m and u of each column");
  for (size_t i = 0; i < columns.size(); ++i) {
    check_shares(columns[i].m, definition.compare[i], "m");
    check_shares(columns[i].u, definition.compare[i], "u");
  }
  if (!fit) return;
  for (const uint64_t n : {fit->rows, fit->candidates, fit->patterns, fit->rounds, fit->left_out})
    if (n > max_counted) wrong("a count of the fit in a match_model is out of range");
}

void MatchModel::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  definition.write(w);
  write_number(w, lambda);
  for (const LevelShares& shares : columns) {
    for (const double share : shares.m) write_number(w, share);
    for (const double share : shares.u) write_number(w, share);
  }
  w.u8(fit.has_value());
  if (!fit) return;
  for (const uint64_t n : {fit->rows, fit->candidates, fit->patterns, fit->rounds, fit->left_out})
    w.varint(n);
  w.u8(fit->converged);
}

MatchModel MatchModel::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "match_model");
  MatchModel model;
  model.definition = MatchDefinition::read(r);
  model.lambda = read_number(r);
  for (const MatchColumn& column : model.definition.compare) {
    LevelShares shares;
    for (size_t i = 0; i < levels_of(column.kind); ++i) shares.m.push_back(read_number(r));
    for (size_t i = 0; i < levels_of(column.kind); ++i) shares.u.push_back(read_number(r));
    model.columns.push_back(std::move(shares));
  }
  if (r.u8() != 0) {
    MatchFit& fit = model.fit.emplace();
    for (uint64_t* const n :
         {&fit.rows, &fit.candidates, &fit.patterns, &fit.rounds, &fit.left_out})
      *n = r.varint();
    fit.converged = r.u8() != 0;
  }
  if (!writes(model, bytes)) Reader::fail("it is not a match_model");
  model.check();
  return model;
}

}  // namespace clientele
