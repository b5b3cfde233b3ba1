// SPDX-License-Identifier: PostgreSQL
// Tag queries. As text: the parser ends or throws 42601 or 54000 with a place within the text, and
// what it prints parses to the same. As bytes: canonical, or XX001.
#include "fuzz.hpp"

#include <algorithm>

#include "tags/query/number.hpp"
#include "tags/query/query.hpp"

using namespace clientele;
using namespace clientele::tags;
using fuzz::must;

namespace {

fuzz::Tally tally("with more than a word", "tag queries");

void check(const TagQuery& query, std::string_view tag) {
  const std::string text = query.print();
  const TagQuery again = TagQuery::parse(text);
  must(again == query, "the normal form parses to the same");
  must(again.print() == text, "and prints the same");
  Bytes bytes;
  query.write(bytes);
  must(TagQuery::read(bytes) == query, "the bytes are those of the query");
  const std::string_view one[] = {tag}, twice[] = {tag, tag};
  must(query.matches(one) == query.matches(twice), "repetition changes nothing");
  must(query.matches({}) == evaluate(query.root(), [](const Leaf&) { return false; }),
       "no tags, no test passes");
  for (const std::string& name : query.names())
    must(name.find('=') == name.npos, "names have no =");
}

void as_text(std::string_view text) {
  try {
    const TagQuery query = TagQuery::parse(text);
    ++tally.accepted;
    check(query, text);
  } catch (const Error& e) {
    const std::string_view code = e.code(), what = e.what();
    must(code == sqlstate::syntax_error || code == sqlstate::limit_exceeded, "a known code");
    if (code != sqlstate::syntax_error) return;
    must(!e.hint().empty(), "a hint");
    const std::string before = "at character ";
    const size_t at = what.find(before);
    must(at != what.npos, "a place");
    const auto place = std::strtoull(what.data() + at + before.size(), nullptr, 10);
    must(place >= 1 && place <= text.size() + 1, "a place in the text");
  }
}

void as_bytes(std::span<const uint8_t> bytes) {
  try {
    const TagQuery query = TagQuery::read(bytes);
    Bytes written;
    query.write(written);
    must(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()), "canonical");
    check(query, "a=1");
  } catch (const Error& e) {
    must(std::strcmp(e.code(), sqlstate::corrupted) == 0, "bad bytes are XX001");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  const std::string_view text = fuzz::text_of({data, size});
  tally.opened += text.find_first_of("&|!()\"*=<>") != std::string_view::npos;
  if (const auto number = number_of(text)) must(*number - *number == 0, "numbers are finite");
  as_text(text);
  as_bytes({data, size});
  // Most bytes have another version; these have none to say.
  std::vector<uint8_t> versioned{1};
  versioned.insert(versioned.end(), data, data + size);
  as_bytes(versioned);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  static constexpr std::string_view pieces[] = {
      "vip",        "&",      "|",   "!",  "(",    ")",    "\"",   "\"\"", ".*",
      "=",          "!=",     "<=",  ">3", "上海", " ",    ".",    "1e",   "-.5",
      " between 1", " and 2", "a=b", "",   "\x12", "\x13", "\x02", "\x01"};
  return fuzz::mutate_text(data, size, most, seed, pieces);
}
