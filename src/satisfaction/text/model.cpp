// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/text/model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/error.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double largest_weight = 1e100;

[[noreturn]] void wrong(const std::string& why) { throw Error(sqlstate::invalid_parameter, why); }

void check_number(double& v, double least, double most, const char* what) {
  if (!(v >= least && v <= most)) wrong(std::string(what) + " in a text_model is out of range");
  v += 0.0;  // one zero
}

void write_number(Writer& w, double v) { w.raw(&v, sizeof v); }

double read_number(Reader& r) {
  double v = 0;
  std::memcpy(&v, r.take(sizeof v), sizeof v);
  return v;
}

void write_diagnostics(Writer& w, const TextDiagnostics& d) {
  w.varint(d.rows);
  w.varint(d.customers);
  w.varint(d.dropped);
  write_number(w, d.log_likelihood);
  write_number(w, d.null_log_likelihood);
  write_number(w, d.gradient_norm);
  w.varint(d.iterations);
  w.u8(d.converged);
}

TextDiagnostics read_diagnostics(Reader& r) {
  TextDiagnostics d;
  d.rows = r.varint();
  d.customers = r.varint();
  d.dropped = r.varint();
  d.log_likelihood = read_number(r);
  d.null_log_likelihood = read_number(r);
  d.gradient_norm = read_number(r);
  d.iterations = r.varint();
  d.converged = r.u8() != 0;
  return d;
}

}  // namespace

void TextModel::check() {
  definition.check();
  if (labels.size() < 2) wrong("a text_model needs two labels or more");
  if (labels.size() > most_labels)
    throw Error(sqlstate::limit_exceeded,
                "a text_model has at most " + std::to_string(most_labels) + " labels");
  if (idf.size() != buckets.size()) wrong("a text_model needs an idf for each bucket");
  for (size_t i = 0; i < buckets.size(); ++i)
    if (buckets[i] >= definition.buckets || (i > 0 && buckets[i] <= buckets[i - 1]))
      wrong("the buckets kept in a text_model must ascend, below its number of buckets");
  for (double& v : idf) check_number(v, 0, 100, "idf");
  constexpr uint64_t most_counted = 1'000'000'000'000'000;
  for (size_t i = 0; i < labels.size(); ++i) {
    TextLabel& label = labels[i];
    if (label.name.empty() || label.name.size() > longest_label)
      wrong("a label in a text_model is empty or longer than " + std::to_string(longest_label) +
            " bytes");
    if (i > 0 && label.name <= labels[i - 1].name)
      wrong("the labels of a text_model must be different, and in bytewise order");
    if (label.weights.size() != buckets.size())
      wrong("label \"" + label.name + "\" of a text_model needs a weight for each bucket");
    if (label.rows > most_counted) wrong("rows in a text_model are out of range");
    check_number(label.intercept, -largest_weight, largest_weight, "intercept");
    for (double& v : label.weights) check_number(v, -largest_weight, largest_weight, "a weight");
  }
  if (!diagnostics) return;
  TextDiagnostics& d = *diagnostics;
  if (d.rows > most_counted || d.customers > d.rows || d.dropped > most_counted ||
      d.iterations > most_counted)
    wrong("rows, customers, dropped or iterations in a text_model are out of range");
  check_number(d.log_likelihood, -1e300, 0, "log_likelihood");
  check_number(d.null_log_likelihood, -1e300, 0, "null_log_likelihood");
  check_number(d.gradient_norm, 0, 1e300, "gradient_norm");
}

void TextModel::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  Bytes encoded;
  definition.write(encoded);
  w.counted(encoded);
  w.varint(buckets.size());
  uint32_t last = 0;
  for (const uint32_t bucket : buckets) {
    w.varint(bucket - last);
    last = bucket;
  }
  w.raw(idf.data(), idf.size() * sizeof(double));
  w.varint(labels.size());
  for (const TextLabel& label : labels) {
    w.text(label.name);
    w.varint(label.rows);
    write_number(w, label.intercept);
    w.raw(label.weights.data(), label.weights.size() * sizeof(double));
  }
  w.u8(diagnostics.has_value());
  if (diagnostics) write_diagnostics(w, *diagnostics);
}

TextModel TextModel::read(std::span<const uint8_t> bytes) {
  Reader r(bytes);
  r.version(version, "text_model");
  TextModel m;
  m.definition = TextDefinition::read(r.counted());
  const size_t kept = r.count(9);
  uint64_t bucket = 0;
  for (size_t i = 0; i < kept; ++i) {
    bucket += r.varint();
    if (bucket >= static_cast<uint64_t>(TextDefinition::most_buckets))
      Reader::fail("impossible bucket");
    m.buckets.push_back(static_cast<uint32_t>(bucket));
  }
  const auto numbers = [&](std::vector<double>& v) {
    const uint8_t* const from = r.take(kept * sizeof(double));
    v.resize(kept);
    if (kept > 0) std::memcpy(v.data(), from, kept * sizeof(double));
  };
  numbers(m.idf);
  for (size_t n = r.count(); n > 0; --n) {
    poll();
    TextLabel label;
    label.name = r.text();
    label.rows = r.varint();
    label.intercept = read_number(r);
    numbers(label.weights);
    m.labels.push_back(std::move(label));
  }
  if (r.u8() != 0) m.diagnostics = read_diagnostics(r);
  m.check();
  if (!r.done() || !writes(m, bytes)) Reader::fail("it is not a text_model");
  return m;
}

TextJudge::TextJudge(TextModel model)
    : model_(std::move(model)), place_(static_cast<size_t>(model_.definition.buckets), -1) {
  for (size_t i = 0; i < model_.buckets.size(); ++i)
    place_[model_.buckets[i]] = static_cast<int32_t>(i);
}

std::vector<TextJudge::Value> TextJudge::values(std::u32string_view plain) const {
  std::vector<Value> values;
  double square = 0;
  for (const TextCount& c : counts_of(plain, model_.definition)) {
    const int32_t place = place_[c.bucket];
    if (place < 0) continue;
    const double size =
        std::log1p(std::abs(static_cast<double>(c.count))) * model_.idf[static_cast<size_t>(place)];
    square += size * size;
    values.push_back({static_cast<uint32_t>(place), c.count, c.count < 0 ? -size : size});
  }
  const double length = std::sqrt(square);
  if (length > 0)
    for (Value& v : values) v.value /= length;
  return values;
}

std::vector<double> TextJudge::probabilities(std::u32string_view plain) const {
  const std::vector<Value> row = values(plain);
  std::vector<double> p;
  for (const TextLabel& label : model_.labels) {
    double score = label.intercept;
    for (const Value& v : row) score += label.weights[v.place] * v.value;
    p.push_back(score);
  }
  const double top = *std::ranges::max_element(p);
  double sum = 0;
  for (double& v : p) sum += v = std::exp(v - top);
  for (double& v : p) v /= sum;
  return p;
}

size_t TextJudge::best(const std::vector<double>& p) const {
  size_t best = 0;
  const auto rounded = [](double v) { return std::round(v * 1e12); };
  for (size_t i = 1; i < p.size(); ++i)
    if (rounded(p[i]) > rounded(p[best])) best = i;
  return best;
}

size_t TextJudge::label_named(std::string_view name) const {
  for (size_t i = 0; i < model_.labels.size(); ++i)
    if (model_.labels[i].name == name) return i;
  throw Error(sqlstate::undefined_object, "label \"" + std::string(name.substr(0, longest_label)) +
                                              "\" is not in the text_model");
}

std::vector<TextJudge::Reason> TextJudge::reasons(std::u32string_view plain, size_t label,
                                                  size_t most) const {
  const std::vector<double>& weights = model_.labels[label].weights;
  std::map<uint32_t, double> each;  // what one count of a bucket adds
  for (const Value& v : values(plain))
    each[v.place] = weights[v.place] * v.value / static_cast<double>(v.count);
  std::map<std::string, double> found;
  const auto buckets = static_cast<uint32_t>(model_.definition.buckets);
  Work work;
  for (const std::string& gram : grams_of(plain, model_.definition)) {
    work.done(gram.size());
    const GramPlace place = place_of(gram, buckets);
    const int32_t kept = place_[place.bucket];
    if (kept < 0) continue;
    const auto one = each.find(static_cast<uint32_t>(kept));
    if (one != each.end()) found[gram] += place.sign * one->second;
  }
  std::vector<Reason> reasons;
  for (const auto& [gram, contribution] : found) reasons.push_back({gram, contribution + 0.0});
  std::ranges::stable_sort(reasons, [](const Reason& a, const Reason& b) {
    return std::abs(a.contribution) > std::abs(b.contribution);
  });
  if (reasons.size() > most) reasons.resize(most);
  return reasons;
}

}  // namespace clientele
