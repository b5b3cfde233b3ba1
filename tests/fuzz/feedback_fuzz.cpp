// SPDX-License-Identifier: PostgreSQL
// Words and models of texts. As bytes: canonical, or an error. As text: a list of words and a text,
// which is divided into clauses and n-grams.
#include <cmath>
#include <numeric>

#include "fuzz.hpp"
#include "satisfaction/text/model.hpp"
#include "satisfaction/words/plain.hpp"
#include "satisfaction/words/words.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;

namespace {

fuzz::Tally tally("past the first byte", "read");

void match(const FeedbackLexicon& lexicon, std::u32string_view text) {
  const FeedbackMatcher matcher(lexicon);
  const std::vector<FeedbackClass> classes = matcher.classes(text);
  for (size_t i = 0; i < classes.size(); ++i) {
    const FeedbackClass& c = classes[i];
    must(c.weight > 1 - 1e-6 && std::isfinite(c.polarity), "a class that holds");
    must(i == 0 || classes[i - 1].weight >= c.weight, "the heaviest first");
    must(!c.words.empty(), "a class has words");
    for (const std::string& word : c.words)
      must(utf8_text(text).find(word) != std::string::npos, "words stand in the text");
  }
}

void as_lexicon(std::span<const uint8_t> bytes) {
  const FeedbackLexicon lexicon = FeedbackLexicon::read(bytes);
  ++tally.accepted;
  const Bytes again = bytes_of(lexicon);
  must(std::ranges::equal(again, bytes), "canonical");
  match(lexicon, U"not 好 isn't good, 不太好");
}

/// Lines of a class, a word, and a digit for weight and polarity; then a text.
void as_words(std::string_view given) {
  FeedbackLexicon lexicon;
  const size_t end = given.find('\0');
  std::string_view lines = given.substr(0, end);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const size_t tab = line.find('\t');
    if (tab == line.npos || line.empty()) continue;
    const unsigned digit = static_cast<uint8_t>(line.back()) % 16;
    try {
      lexicon.add(line.substr(0, tab), line.substr(tab + 1), 0.25 * (1 + digit % 4),
                  digit % 3 * 0.5 - 0.5);
    } catch (const Error&) {
    }
  }
  lexicon.words();
  ++tally.accepted;
  const Bytes bytes = bytes_of(lexicon);
  must(bytes_of(FeedbackLexicon::read(bytes)) == bytes, "a list is itself again");
  const std::u32string text =
      plain_words(end == given.npos ? std::string_view() : given.substr(end + 1));
  match(lexicon, text);
  TextDefinition d;
  d.buckets = 64;
  int64_t signs = 0;
  for (const TextCount& c : counts_of(text, d)) signs += std::abs(c.count);
  must(signs <= static_cast<int64_t>(grams_of(text, d).size()), "no count without an n-gram");
}

void as_rows(std::span<const uint8_t> bytes) {
  TextRows rows(std::pmr::get_default_resource());
  Reader reader(bytes);
  rows.read(reader);
  ++tally.accepted;
  const Bytes written = bytes_of(rows);
  TextRows again(std::pmr::get_default_resource());
  Reader second(written);
  again.read(second);
  must(bytes_of(again) == written, "rows are themselves again");
  again.merge(rows);
  must(again.rows().size() == 2 * rows.rows().size(), "all rows are joined");
}

void as_model(std::span<const uint8_t> bytes) {
  const TextModel model = TextModel::read(bytes);
  ++tally.accepted;
  must(std::ranges::equal(bytes_of(model), bytes), "canonical");
  const TextJudge judge(model);
  const std::vector<double> p = judge.probabilities(U"好 good");
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  must(std::abs(sum - 1) < 1e-9 || std::isnan(sum), "probabilities add up");
  judge.reasons(U"好 good", judge.best(p), 10);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  tally.opened += size > 2;
  try {
    switch (data[0] % 4) {
      case 0:
        as_lexicon(bytes);
        break;
      case 1:
        as_words({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        break;
      case 2:
        as_rows(bytes);
        break;
      default:
        as_model(bytes);
    }
  } catch (const Error&) {
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(3)) return LLVMFuzzerMutate(data, size, most);
  static constexpr std::string_view words[] = {"不",  "好",   "not", "good",
                                               "n't", "bad*", "很",  "差"};
  static constexpr std::string_view classes[] = {
      "a", "b", "*", "(negator)", "(intensifier)", "(break)", "(ignored)"};
  const auto word = [&] { return words[random.below(8)]; };
  Bytes value;
  Writer w(value);
  if (random.one_in(2)) {
    w.u8(1);
    std::string text;
    for (auto n = random.below(8); n > 0; --n)
      text += std::string(classes[random.below(7)]) + "\t" + std::string(word()) + "\n";
    text += '\0';
    for (auto n = random.below(12); n > 0; --n)
      text += std::string(word()) + (random.one_in(3) ? ", " : " ");
    w.raw(text.data(), text.size());
  } else if (random.one_in(2)) {
    w.u8(0);
    FeedbackLexicon lexicon;
    for (auto n = random.below(5); n > 0; --n)
      lexicon.add(classes[random.below(3)], std::to_string(n) + std::string(word()), 1, 0.5);
    lexicon.write(value);
  } else {
    TextDefinition d;
    d.buckets = 16;
    d.least_customers = 1;
    if (random.one_in(2)) {
      w.u8(2);
      TextRows rows(std::pmr::get_default_resource());
      rows.define(bytes_of(d), random.one_in(2));
      for (auto n = random.below(6); n > 0; --n)
        rows.add(plain_words(word()), classes[random.below(2)], static_cast<int64_t>(n));
      rows.write(value);
    } else {
      w.u8(3);
      TextModel m;
      m.definition = d;
      m.buckets = {1, 5};
      m.idf = {1, 1.5};
      m.labels = {{"a", 3, 0.5, {1, -1}}, {"b", 4, -0.5, {-1, 1}}};
      m.write(value);
    }
  }
  if (!random.one_in(4))
    value[random.below(value.size())] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, value);
}
