// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/definition.hpp"

#include <algorithm>

#include "base/quoted.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

struct KindInfo {
  const char* name;
  std::vector<const char*> levels;
};
const KindInfo kinds[] = {
    {"name", {"equal", "close", "similar", "different"}},
    {"code", {"equal", "one edit", "two edits", "different"}},
    {"exact", {"equal", "different"}},
};

const KindInfo& info(MatchKind kind) { return kinds[static_cast<size_t>(kind)]; }

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

[[noreturn]] void too_many(const char* what, size_t count, size_t max) {
  throw Error(sqlstate::limit_exceeded, std::string(what) + " has " + std::to_string(count) +
                                            " elements, but at most " + std::to_string(max) +
                                            " are allowed");
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// The name at the front of a block key, which is taken off.
std::string take_name(std::string_view& rest, std::string_view whole) {
  std::string name;
  if (rest.empty() || rest.front() != '"') {
    const size_t end = std::min(rest.find('+'), rest.size());
    name = rest.substr(0, end);
    rest.remove_prefix(end);
  } else {
    rest.remove_prefix(1);
    for (;;) {
      const size_t quote = rest.find('"');
      if (quote == std::string_view::npos)
        wrong("block key " + in_quotes(whole) + " has a double quote without its second one");
      name += rest.substr(0, quote);
      rest.remove_prefix(quote + 1);
      if (rest.empty() || rest.front() != '"') break;
      name += '"';
      rest.remove_prefix(1);
    }
  }
  if (name.empty())
    wrong("block key " + in_quotes(whole) + " has a column without a name",
          "Write the names of one or more columns, such as surname+postcode.");
  return name;
}

template <class Values>
bool has_repeated(Values values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) != values.end();
}

}  // namespace

const char* name_of(MatchKind kind) { return info(kind).name; }
size_t levels_of(MatchKind kind) { return info(kind).levels.size(); }
const char* level_name(MatchKind kind, size_t level) { return info(kind).levels.at(level); }

MatchColumn MatchColumn::parse(std::string_view text) {
  constexpr char hint[] =
      "Write name for names and addresses, code for dates, postcodes and numbers, exact for what "
      "is equal or not, as in "
      "surname:name.";
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    wrong("element " + in_quotes(text) + " of compare is not a column and a kind", hint);
  const std::string_view kind = text.substr(colon + 1);
  for (size_t i = 0; i < std::size(kinds); ++i)
    if (kind == kinds[i].name)
      return {std::string(text.substr(0, colon)), static_cast<MatchKind>(i)};
  wrong("kind " + in_quotes(kind) + " of column " + in_quotes(text.substr(0, colon)) +
            " must be name, code or exact",
        hint);
}

std::string MatchColumn::text() const { return name + ":" + name_of(kind); }

BlockKey parse_block_key(std::string_view text) {
  BlockKey key;
  std::string_view rest = text;
  for (;;) {
    key.push_back(take_name(rest, text));
    if (rest.empty()) return key;
    if (rest.front() != '+')
      wrong("block key " + in_quotes(text) + " has something other than + after a name");
    rest.remove_prefix(1);
  }
}

std::string block_key_text(const BlockKey& key) {
  std::string text;
  for (const std::string& name : key) {
    if (!text.empty()) text += '+';
    if (name.find_first_of("+\"") == std::string::npos)
      text += name;
    else
      append_in_quotes(text, name);
  }
  return text;
}

std::vector<std::string> MatchDefinition::columns() const {
  std::vector<std::string> names;
  for (const MatchColumn& column : compare) names.push_back(column.name);
  for (const BlockKey& key : block)
    for (const std::string& name : key)
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

void MatchDefinition::check() const {
  if (compare.size() > max_columns) too_many("compare", compare.size(), max_columns);
  if (block.size() > max_keys) too_many("block", block.size(), max_keys);
  std::vector<std::string> names;
  for (const MatchColumn& column : compare) {
    if (column.name.empty()) wrong("compare has a column without a name");
    names.push_back(column.name);
  }
  if (has_repeated(names)) wrong("compare names a column twice");
  if (block.empty())
    wrong(
        "block must have at least one key",
        "Pairs are compared if they are equal in all columns of a key, such as surname+postcode.");
  if (has_repeated(block)) wrong("block has a key twice");
  for (const BlockKey& key : block) {
    if (key.size() > max_key_columns) too_many("a block key", key.size(), max_key_columns);
    const std::string text = in_quotes(block_key_text(key));
    if (key.empty() || std::ranges::find(key, "") != key.end())
      wrong("block has a column without a name");
    if (has_repeated(key)) wrong("block key " + text + " names a column twice");
    const auto outside = std::ranges::count_if(
        names, [&](const std::string& name) { return std::ranges::find(key, name) == key.end(); });
    if (static_cast<size_t>(outside) < least_outside)
      wrong("block key " + text + " leaves " + std::to_string(outside) +
                " compared columns outside it, but three are needed",
            "Compare more columns, or use fewer in this key: matches are recognised by what is not "
            "in the key.");
  }
  if (random_pairs < 1 || random_pairs > max_random_pairs)
    wrong("random_pairs must be from 1 to " + std::to_string(max_random_pairs));
}

void MatchDefinition::write(Writer& w) const {
  w.varint(compare.size());
  for (const MatchColumn& column : compare) {
    w.text(column.name);
    w.u8(static_cast<uint8_t>(column.kind));
  }
  w.varint(block.size());
  for (const BlockKey& key : block) {
    w.varint(key.size());
    for (const std::string& name : key) w.text(name);
  }
  w.signed_varint(random_pairs);
  w.signed_varint(seed);
}

MatchDefinition MatchDefinition::read(Reader& r) {
  MatchDefinition d;
  for (size_t n = r.count(2); n > 0; --n) {
    MatchColumn column;
    column.name = r.text();
    const uint8_t kind = r.u8();
    if (kind >= std::size(kinds)) Reader::fail("a kind of column is not known");
    column.kind = static_cast<MatchKind>(kind);
    d.compare.push_back(std::move(column));
  }
  for (size_t n = r.count(); n > 0; --n) {
    BlockKey key;
    for (size_t names = r.count(); names > 0; --names) key.emplace_back(r.text());
    d.block.push_back(std::move(key));
  }
  d.random_pairs = r.signed_varint();
  d.seed = r.signed_varint();
  d.check();
  return d;
}

void MatchDefinition::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  write(w);
}

MatchDefinition MatchDefinition::read(std::span<const uint8_t> bytes) {
  size_limit.check(bytes.size());
  Reader r(bytes);
  r.version(version, "match_def");
  MatchDefinition d = read(r);
  if (!writes(d, bytes)) Reader::fail("it is not a match_def");
  return d;
}

}  // namespace clientele
