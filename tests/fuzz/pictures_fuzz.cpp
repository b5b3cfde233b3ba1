// SPDX-License-Identifier: PostgreSQL
// Pictures of any rows. Each is drawn or refused with 22023 or 54000; what is drawn is well-formed,
// has no text of the data outside of content and attributes, and no coordinate outside of its box.
#include <cmath>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "fuzz.hpp"
#include "reports/pictures/letters.hpp"
#include "reports/pictures/pictures.hpp"

using namespace clientele;
using namespace clientele::pictures;
using fuzz::must;

namespace {

fuzz::Tally tally("with rows", "pictures");

constexpr Picture kinds[] = {funnel, sankey, retention, week,       series,
                             grid,   bars,   curve,     journey_map};
constexpr const char* keys[] = {"name",          "customers", "step",    "source",  "target",
                                "value",         "cohort",    "period",  "rate",    "complete",
                                "weekday",       "hour",      "at",      "series",  "low",
                                "high",          "anomaly",   "x",       "y",       "label",
                                "group",         "stage",     "channel", "dropped", "href",
                                "dwell_seconds", "key"};

/// Takes values from the front of the input.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  std::string text() {
    const size_t n = std::min<size_t>(byte() % 24, rest_.size());
    std::string out(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return out;
  }
  Value value() {
    switch (byte() % 8) {
      case 0:
        return std::monostate();
      case 1:
        return byte() % 2 == 0;
      case 2:
        return std::pow(10.0, byte() - 128.0) * (byte() - 128.0);
      case 3:
      case 4:
        return text();
      default:
        return static_cast<double>(byte() % 32);
    }
  }

 private:
  std::string_view rest_;
};

/// Coordinates are digits: no NaN, no infinity.
void must_be_finite(std::string_view tag) {
  for (const char* name : {"x", "y", "x1", "y1", "x2", "y2", "width", "height", "cx", "cy", "r"}) {
    const std::string attribute = " " + std::string(name) + "=\"";
    const size_t at = tag.find(attribute);
    if (at == std::string_view::npos) continue;
    const std::string_view value = tag.substr(at + attribute.size());
    must(value.substr(0, value.find('"')).find_first_not_of("-.0123456789") ==
             std::string_view::npos,
         "a coordinate is a number");
  }
  const size_t at = tag.find(" d=\"");
  if (at == std::string_view::npos) return;
  const std::string_view value = tag.substr(at + 4);
  must(value.substr(0, value.find('"')).find_first_not_of("-.0123456789 MLCZ") ==
           std::string_view::npos,
       "a path consists of commands and numbers");
}

/// The names of open elements, quotes around attributes, and nothing else between < and >.
void must_be_well_formed(std::string_view markup) {
  std::vector<std::string> open;
  for (size_t i = 0; i < markup.size();) {
    if (markup[i] != '<') {
      must(markup[i] != '>' && markup[i] != '"' && markup[i] != '\'', "content is escaped");
      must(static_cast<uint8_t>(markup[i]) >= 0x20 || markup[i] == '\n', "no controls");
      ++i;
      continue;
    }
    const size_t end = markup.find('>', i);
    must(end != std::string_view::npos, "a tag ends");
    std::string_view tag = markup.substr(i + 1, end - i - 1);
    i = end + 1;
    if (tag.front() == '/') {
      must(!open.empty() && open.back() == tag.substr(1), "elements nest");
      open.pop_back();
      continue;
    }
    const bool empty = tag.back() == '/';
    if (empty) tag.remove_suffix(1);
    const size_t name = tag.find_first_of(" ");
    if (!empty) open.emplace_back(tag.substr(0, name));
    if (tag.find(" href=") == std::string_view::npos) must_be_finite(tag);
    must(std::count(tag.begin(), tag.end(), '"') % 2 == 0, "attributes are quoted");
    must(tag.find('<') == std::string_view::npos && tag.find("\" on") == std::string_view::npos,
         "no other attributes");
  }
  must(open.empty(), "elements end");
  must(find_invalid_utf8(markup) == std::string_view::npos, "UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  Input input({reinterpret_cast<const char*>(data), size});
  const Picture picture = kinds[input.byte() % std::size(kinds)];
  Options options;
  options.language = input.byte() % 2 == 0 ? Language::english : Language::chinese;
  options.layout = static_cast<Options::Layout>(input.byte() % 3);
  if (input.byte() % 2 == 0) options.link = "to";
  options.title = input.text();
  options.unit = input.text();
  options.format = static_cast<Format::Kind>(input.byte() % 3);
  options.has_format = options.format != Format::number;
  options.diagonal = input.byte() % 2 == 0;
  Data rows;
  while (!input.done() && rows.size() < 60) {
    Row row(rows.size() + 1);
    for (int left = 1 + input.byte() % 6; left > 0; --left)
      row.put(keys[input.byte() % std::size(keys)], input.value());
    // What each kind needs, if the input had none of it.
    for (const char* key : {"name", "label", "stage", "cohort", "at", "x", "y", "source"})
      row.put(key, input.text());
    for (const char* key : {"customers", "value", "rate", "step", "period", "weekday", "hour"})
      row.put(key, static_cast<double>(1 + input.byte() % 7));
    rows.push_back(std::move(row));
  }
  tally.opened += !rows.empty();
  try {
    const std::string markup = draw(picture, rows, options);
    ++tally.accepted;
    must(markup == draw(picture, rows, options), "the same data have the same picture");
    must_be_well_formed(markup);
  } catch (const Error& e) {
    must(std::strcmp(e.code(), sqlstate::invalid_parameter) == 0 ||
             std::strcmp(e.code(), sqlstate::limit_exceeded) == 0,
         "data are refused with 22023 or 54000");
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  static constexpr std::string_view pieces[] = {
      "<",    "&",          "\"",  "'",   "]]>",  "שלום",     "客户", "\u202e",
      "\x01", "2026-01-01", "1e9", "NaN", "\xff", "👩\u200d👧", "#a",   "https://x"};
  return fuzz::mutate_text(data, size, most, seed, pieces);
}
