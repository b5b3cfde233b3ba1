// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <charconv>

#include "tags/audience/audience.hpp"
#include "tags/audience/sort_ids.hpp"
#include "tags/audience/text_reader.hpp"

namespace clientele::tags {

Audience Audience::from_text(std::string_view text, uint64_t max_in_ranges) {
  TextReader r(text, "audience", "Write customer ids and ranges of them, as {1,5,10-20}.");
  Audience result;
  Ids single;
  std::pmr::vector<Range> ranges;
  size_t batch = 65536;
  const auto settle = [&] {
    sort_ids(single);
    result.add(single);
    single.clear();
    result.add_ranges(ranges);
    ranges.clear();
    batch = std::min<size_t>(batch + batch / 2,
                             1 << 20);  // joining takes as long as the audience is large
  };
  uint64_t room = max_in_ranges;
  r.expect('{', "expected {");
  if (!r.at('}')) {
    do {
      const uint64_t first = r.customer();
      if (r.take('-')) {
        const uint64_t last = r.customer();
        if (last < first) r.fail("a range goes from the smaller id to the larger one");
        if (last - first >= room)
          r.fail("ranges of customer ids hold more than 2^36 ids", sqlstate::limit_exceeded);
        room -= last - first + 1;
        ranges.push_back({first, last});
      } else {
        single.push_back(first);
      }
      if (single.size() + ranges.size() >= batch) settle();
    } while (r.take(','));
  }
  r.expect('}', "expected , or }");
  r.expect_end("nothing may follow the }");
  settle();
  return result;
}

std::string Audience::text(size_t most) const {
  std::string out = "{";
  char number[24];
  const auto put = [&](uint64_t id) {
    out.append(number, std::to_chars(number, number + sizeof number, id).ptr);
  };
  each_run([&](uint64_t first, uint64_t last) {
    if (out.size() > 1) out += ',';
    put(first);
    if (last > first) {
      out += last > first + 1 ? '-' : ',';
      put(last);
    }
    if (out.size() >= most)
      throw Error(sqlstate::limit_exceeded, "the audience is too large to be written as text",
                  "Use members() for its ids, or copy it in binary form.");
  });
  out += '}';
  return out;
}

}  // namespace clientele::tags
