// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/text/grams.hpp"

#include <algorithm>
#include <string>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "base/utf8.hpp"
#include "satisfaction/words/plain.hpp"

namespace clientele {
namespace {

bool separates(char32_t c) { return is_blank(c) || c == U'\n' || c == U'\r'; }

/// Calls use(gram) with each n-gram as UTF-8.
template <class Use>
void each_gram(std::u32string_view text, const TextDefinition& d, Use use) {
  const auto in_word = [&](size_t k) {
    return is_word_letter(text[k]) || (text[k] == U'\'' && k > 0 && k + 1 < text.size() &&
                                       is_word_letter(text[k - 1]) && is_word_letter(text[k + 1]));
  };
  const auto min_n = static_cast<size_t>(d.min_n), max_n = static_cast<size_t>(d.max_n);
  Work work;
  std::u32string piece;
  std::string bytes;
  std::vector<size_t> starts;
  for (size_t i = 0; i < text.size();) {
    if (separates(text[i])) {
      ++i;
      continue;
    }
    const bool word = in_word(i);
    piece.assign(word ? 1 : 0, U' ');
    for (; i < text.size() && !separates(text[i]) && in_word(i) == word; ++i) piece += text[i];
    if (word) piece += U' ';
    bytes.clear();
    starts.clear();
    for (const char32_t c : piece) {
      starts.push_back(bytes.size());
      append_utf8(bytes, c);
    }
    starts.push_back(bytes.size());
    for (size_t at = 0; at < piece.size(); ++at) {
      for (size_t n = min_n; n <= max_n && at + n <= piece.size(); ++n) {
        if (n == 1 && piece[at] == U' ') continue;
        use(std::string_view(bytes).substr(starts[at], starts[at + n] - starts[at]));
      }
      work.done(max_n);
    }
  }
}

}  // namespace

std::vector<std::string> grams_of(std::u32string_view plain, const TextDefinition& d) {
  std::vector<std::string> grams;
  each_gram(plain, d, [&](std::string_view gram) { grams.emplace_back(gram); });
  return grams;
}

std::vector<TextCount> counts_of(std::u32string_view plain, const TextDefinition& d) {
  std::vector<TextCount> met;
  const auto buckets = static_cast<uint32_t>(d.buckets);
  each_gram(plain, d, [&](std::string_view gram) {
    const GramPlace place = place_of(gram, buckets);
    met.push_back({place.bucket, place.sign});
  });
  sort_polled(met.begin(), met.end(),
              [](const TextCount& a, const TextCount& b) { return a.bucket < b.bucket; });
  size_t kept = 0;
  for (size_t i = 0; i < met.size();) {
    TextCount sum = met[i];
    for (++i; i < met.size() && met[i].bucket == sum.bucket; ++i) sum.count += met[i].count;
    if (sum.count != 0) met[kept++] = sum;
  }
  met.resize(kept);
  return met;
}

}  // namespace clientele
