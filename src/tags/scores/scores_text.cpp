// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <charconv>

#include "base/decimal.hpp"
#include "tags/scores/scores.hpp"
#include "tags/audience/text_reader.hpp"

namespace clientele::tags {

Scores Scores::from_text(std::string_view text) {
  TextReader r(text, "tag_scores", "Write customer ids and their scores, as {5:10.5,7:-3}.");
  std::pmr::vector<Score> all;
  r.expect('{', "expected {");
  if (!r.at('}')) {
    do {
      const uint64_t customer = r.customer();
      r.expect(':', "expected : and a score");
      const std::string_view before = r.rest();
      std::string_view rest = before;
      Millionths score;
      if (parse_amount(rest, score) != nullptr)
        r.fail("a score must be a number below 10^12 with at most 6 decimals",
               sqlstate::out_of_range);
      r.taken(before.size() - rest.size());
      all.push_back({customer, score});
    } while (r.take(','));
  }
  r.expect('}', "expected , or }");
  r.expect_end("nothing may follow the }");
  settle_scores(all, 0);
  return of(all);
}

std::string Scores::text(size_t most) const {
  std::string out = "{";
  char number[24];
  std::vector<Score> some(1024);
  for (uint64_t from = 0;; from = some.back().customer + 1) {
    poll();
    some.resize(scores(from, some));
    if (some.empty()) break;
    for (const Score& s : some) {
      if (out.size() > 1) out += ',';
      out.append(number, std::to_chars(number, number + sizeof number, s.customer).ptr);
      out += ':';
      append_amount(out, s.score);
    }
    if (out.size() >= most)
      throw Error(sqlstate::limit_exceeded, "the scores are too many to be written as text",
                  "Use scores() to list them, or copy them in binary form.");
  }
  out += '}';
  return out;
}

}  // namespace clientele::tags
