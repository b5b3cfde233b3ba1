// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "converter.hpp"
#include "reading.hpp"
#include "text.hpp"

/// Finds out in which encoding a file is, by how much its letters look like a language under each.
namespace demo {

/// What kind of file it is, if it is not a table of text.
inline const char* other_format(std::string_view head) {
  const std::string_view text = trim(head.substr(0, 1000));
  if (text.starts_with("PK\x03\x04")) return "a zip archive or an Excel workbook";
  if (text.starts_with("\xD0\xCF\x11\xE0")) return "an Excel workbook of the old kind";
  if (text.starts_with("%PDF")) return "a PDF document";
  if (text.starts_with("PAR1")) return "a Parquet file";
  if (text.starts_with("SQLite format 3")) return "an SQLite database";
  if (text.starts_with("<") &&
      (text.find("<html") != text.npos || text.find("<table") != text.npos ||
       text.find("<?xml") != text.npos || text.find("<!DOCTYPE") != text.npos))
    return "HTML or XML, whatever its name";
  if (text.starts_with("{\"") || text.starts_with("[{") || text.starts_with("{\n")) return "JSON";
  return nullptr;
}

struct EncodingGuess {
  std::string name;
  bool sure = true;
  std::string others{};  // examples of how it reads, where nothing is sure
};

/// The lines of a text that are not ASCII only, up to a size.
inline std::string lines_beyond_ascii(std::string_view head, size_t most) {
  std::string lines;
  for (size_t at = 0; at < head.size() && lines.size() < most;) {
    const size_t end = std::min(head.find_first_of("\r\n", at), head.size());
    const std::string_view line = head.substr(at, std::min<size_t>(end - at, 10'000));
    if (!is_ascii(line)) (lines += line) += '\n';
    at = end + 1;
  }
  return lines;
}

/// The encoding of a file, from its first bytes: UTF-8 if it is that, with a few bytes that are
/// not; UTF-16 or UTF-32 by their mark, or by their zeros; else the one under which it looks like
/// text.
inline EncodingGuess guess_encoding(std::string_view head, bool complete = true) {
  const auto starts = [&head](std::string_view mark) { return head.starts_with(mark); };
  if (starts(std::string_view("\xFF\xFE\0\0", 4))) return {"UTF-32"};
  if (starts("\xFF\xFE") || starts("\xFE\xFF")) return {"UTF-16"};
  const std::string_view begin = head.substr(0, 4096);
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < begin.size(); ++i) zeros[i % 2] += begin[i] == 0;
  for (const size_t side : {0, 1})
    if (zeros[side] * 5 > begin.size() && zeros[1 - side] * 50 < begin.size() && begin.size() > 7)
      return {side == 0 ? "UTF-16BE" : "UTF-16LE"};

  const size_t invalid = find_invalid_utf8(head);
  if (invalid == head.npos || (!complete && invalid + 4 > head.size())) return {"UTF-8"};
  size_t good = 0, bad = 0;
  for (size_t i = 0; i < head.size();) {
    const size_t n = utf8_length(head.substr(i, 4));
    good += n > 1, bad += n == 0;
    i += std::max<size_t>(n, 1);
  }
  if (good > bad * 4) return {"UTF-8"};  // the rows with the others will be refused

  std::vector<std::pair<double, const Candidate*>> scores;
  const std::string lines = lines_beyond_ascii(head, 200'000);
  size_t letters = 0;
  for (const Candidate& candidate : candidates) {
    const Reading reading(candidate, lines);
    scores.emplace_back(reading.score(), &candidate);
    letters = std::max(letters, reading.letters());
  }
  std::stable_sort(scores.begin(), scores.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  const auto& [best, first] = scores[0];
  size_t next = 1;
  while (next < scores.size() && is_latin(first->family) && is_latin(scores[next].second->family))
    ++next;
  while (next < scores.size() && scores[next].second->family == first->family) ++next;
  const double lead = letters < 40 ? 0.2 : 0.05;
  if (best >= 0.35 && (next >= scores.size() || best - scores[next].first >= lead))
    return {first->name};
  std::string examples;
  for (size_t i = 0; i < 3; ++i) {
    const Reading reading(*scores[i].second, lines);
    (examples += examples.empty() ? "" : "; ") += scores[i].second->name;
    examples +=
        " would read " +
        shown(trim(std::string_view(reading.text()).substr(0, reading.text().find('\n'))), 40);
  }
  // A few bytes in a text of another kind spoil no more than their rows.
  const bool few = bad * 200 < head.size() &&
                   std::count(head.begin(), head.end(), '\n') > 20 * static_cast<long>(bad);
  return {"UTF-8", few, examples};
}

}  // namespace demo
