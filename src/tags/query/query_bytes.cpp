// SPDX-License-Identifier: PostgreSQL
// The stored form of tag queries: a version, then each node before its children. A leaf is its
// test, its name and what it compares with; a group has the number of its children.
#include <cmath>

#include "base/poll.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {
namespace {

using Kind = Node::Kind;

constexpr uint8_t version = 1;
// Nodes other than leaves have numbers above those of tests.
constexpr uint8_t first_kind = 16;

void write_number(Writer& writer, double value) { writer.raw(&value, sizeof value); }

void write_node(Writer& writer, const Node& node) {
  if (node.kind != Kind::leaf) {
    check_stack();
    writer.u8(first_kind + static_cast<uint8_t>(node.kind));
    if (node.kind != Kind::negation) writer.varint(node.children.size());
    for (const Node& child : node.children) write_node(writer, child);
    return;
  }
  const Leaf& leaf = node.leaf;
  writer.u8(static_cast<uint8_t>(leaf.test));
  writer.text(leaf.name);
  if (compares_text(leaf.test)) writer.text(leaf.text);
  if (has_low(leaf.test)) write_number(writer, leaf.low);
  if (has_high(leaf.test)) write_number(writer, leaf.high);
}

std::string read_text(Reader& reader, std::string_view without) {
  const std::string_view text = reader.text();
  if (text.find_first_of(without) != std::string_view::npos)
    Reader::fail("a character that a tag cannot have there");
  return std::string(text);
}

double read_number(Reader& reader) {
  double value = 0;
  std::memcpy(&value, reader.take(sizeof value), sizeof value);
  if (!std::isfinite(value) || (value == 0 && std::signbit(value)))
    Reader::fail("a number that a tag query cannot compare with");
  return value;
}

void read_leaf(Reader& reader, Test test, Leaf& leaf) {
  leaf.test = test;
  constexpr std::string_view zero("\0", 1), zero_or_equal("\0=", 2);
  leaf.name = read_text(reader, zero_or_equal);
  if (compares_text(leaf.test)) leaf.text = read_text(reader, zero);
  if (has_low(leaf.test)) leaf.low = read_number(reader);
  if (has_high(leaf.test)) leaf.high = read_number(reader);
  leaf.set_key();
}

void read_node(Reader& reader, Node& node, Kind around, int brackets) {
  const uint8_t kind = reader.u8();
  if (kind <= static_cast<uint8_t>(Test::between))
    return read_leaf(reader, static_cast<Test>(kind), node.leaf);
  check_stack();
  if (kind <= first_kind || kind > first_kind + static_cast<uint8_t>(Kind::disjunction))
    Reader::fail("an unknown kind of node");
  node.kind = static_cast<Kind>(kind - first_kind);
  if (node.kind == around) Reader::fail("a tag query is not in normal form");
  if (node.kind == Kind::negation) {
    return read_node(reader, node.children.emplace_back(), node.kind, brackets);
  }
  if (around == Kind::negation || (around == Kind::conjunction && node.kind == Kind::disjunction))
    if (++brackets > TagQuery::max_nested) Reader::fail("a tag query nests too deeply");
  const size_t count = reader.count(2);
  if (count < 2) Reader::fail("a group of less than two");
  for (size_t i = 0; i < count; ++i) {
    if (i % 1024 == 0) poll();
    read_node(reader, node.children.emplace_back(), node.kind, brackets);
    if (i > 0 && !std::is_lt(order(node.children[i - 1], node.children[i])))
      Reader::fail("a tag query is not in normal form");
  }
}

}  // namespace

void TagQuery::write(Bytes& out) const {
  Writer writer(out);
  writer.u8(version);
  write_node(writer, root_);
}

TagQuery TagQuery::read(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  if (reader.u8() != version) Reader::fail("an unknown version of a tag query");
  TagQuery query;
  read_node(reader, query.root_, Kind::leaf, 0);
  if (!reader.done()) Reader::fail("bytes follow a tag query");
  // An integer can be written in more bytes than it needs.
  Bytes written;
  query.write(written);
  if (written.size() != bytes.size()) Reader::fail("a tag query is not in its only form");
  // Printing makes no more than four bytes of one.
  if (bytes.size() > max_text / 4 && query.print().size() > max_text)
    Reader::fail("a tag query is too long");
  return query;
}

}  // namespace clientele::tags
