// SPDX-License-Identifier: PostgreSQL
// Customers with tags, each row in one of three forms, for COPY.
//   tagged --customers N --tags FILE --as words|numbers|names [--seed N] > rows
// A line of FILE is a tag: its name, the share of customers who have it, and how many of them with
// neighbouring numbers have it in a row on average; 0 lets chance decide for each customer alone.
// A row is the customer's number and: words, 64 tags each, the first in the lowest bit of the
// first; or an array of the numbers of the tags, from 1; or an array of their names.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../demo/options.hpp"
#include "../../demo/random.hpp"
#include "output.hpp"

namespace {

using demo::Random;

constexpr uint64_t block = 4096;  // customers made at once

/// Runs of customers with the tag, and runs without it, of random lengths by turns.
class Tag {
 public:
  Tag(std::string name, double share, double in_a_row, Random random)
      : name_(std::move(name)), random_(random) {
    const double with = in_a_row > 0 ? in_a_row : 1 / (1 - share);
    stop_ = 1 / with;
    start_ = share / (with * (1 - share));
    has_ = random_.chance(share);
    left_ = run();
  }
  const std::string& name() const { return name_; }

  /// Calls use(place) for those of the next n customers who have it.
  template <class Use>
  void next(uint64_t n, Use use) {
    for (uint64_t at = 0; at < n;) {
      const uint64_t end = at + std::min(left_, n - at);
      left_ -= end - at;
      if (has_)
        for (; at < end; ++at) use(at);
      at = end;
      if (left_ == 0) has_ = !has_, left_ = run();
    }
  }

 private:
  // Geometric, at least 1.
  uint64_t run() {
    const double chance = has_ ? stop_ : start_;
    if (chance >= 1) return 1;
    return 1 + static_cast<uint64_t>(demo::natural_log(random_.uniform()) /
                                     demo::natural_log(1 - chance));
  }

  std::string name_;
  Random random_;
  double stop_, start_;  // chances that a run ends, with it and without it
  bool has_;
  uint64_t left_;  // of the run
};

enum class Form { words, numbers, names };

class Output : public bench::Output {
 public:
  Output(Form form, const std::vector<Tag>& tags) : form_(form), tags_(tags) {}

  void row(uint64_t customer, const uint64_t* words, size_t n) {
    append(customer);
    if (form_ == Form::words) {
      for (size_t w = 0; w < n; ++w) text_ += '\t', append(static_cast<int64_t>(words[w]));
    } else {
      text_ += "\t{";
      for (size_t t = 0; t < tags_.size(); ++t) {
        if ((words[t / 64] >> t % 64 & 1) == 0) continue;
        if (text_.back() != '{') text_ += ',';
        if (form_ == Form::names)
          text_ += tags_[t].name();
        else
          append(t + 1);
      }
      text_ += '}';
    }
    text_ += '\n';
    end_row();
  }

 private:
  Form form_;
  const std::vector<Tag>& tags_;
};

Form form_named(const std::string& name) {
  if (name == "words") return Form::words;
  if (name == "numbers") return Form::numbers;
  if (name == "names") return Form::names;
  throw demo::UsageError("--as is words, numbers or names, not " + name);
}

std::vector<Tag> read_tags(const std::string& path, uint64_t seed) {
  std::ifstream file(path);
  std::vector<Tag> tags;
  std::string name;
  for (double share, in_a_row; file >> name >> share >> in_a_row;) {
    if (!(share > 0 && share < 1 && (in_a_row == 0 || in_a_row >= 1)))
      throw demo::UsageError("a share is between 0 and 1, and no row is shorter than 1: " + name);
    tags.emplace_back(name, share, in_a_row, Random(seed, tags.size()));
  }
  if (!file.eof() || tags.empty()) throw demo::UsageError("cannot read tags from " + path);
  return tags;
}

}  // namespace

int main(int argc, char** argv) try {
  uint64_t customers = 0, seed = 1;
  std::string form, path;
  demo::Arguments arguments(argc, argv);
  for (auto name = arguments.next(); !name.empty(); name = arguments.next()) {
    if (name == "--customers")
      customers = arguments.number(1, 1'000'000'000);
    else if (name == "--tags")
      path = arguments.value();
    else if (name == "--as")
      form = arguments.value();
    else if (name == "--seed")
      seed = arguments.number(0, ~uint64_t{0});
    else
      arguments.unknown();
  }
  if (customers == 0) throw demo::UsageError("--customers N is missing");
  std::vector<Tag> tags = read_tags(path, seed);
  Output output(form_named(form), tags);
  const size_t words = (tags.size() + 63) / 64;
  std::vector<uint64_t> rows(block * words);
  for (uint64_t from = 1; from <= customers; from += block) {
    const uint64_t n = std::min(block, customers - from + 1);
    std::fill(rows.begin(), rows.end(), 0);
    for (size_t t = 0; t < tags.size(); ++t)
      tags[t].next(n, [&](uint64_t at) { rows[at * words + t / 64] |= uint64_t{1} << t % 64; });
    for (uint64_t i = 0; i < n; ++i) output.row(from + i, &rows[i * words], words);
  }
  output.finish();
} catch (const std::exception& e) {
  std::fprintf(stderr, "tagged: %s\n", e.what());
  return 1;
}
