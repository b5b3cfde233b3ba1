// SPDX-License-Identifier: PostgreSQL
// The GIN operator class tag_ops. Its keys are the tags themselves in bytewise order, so that the
// tags below a name, and those of a name with a value, are neighbours: the tags of a query are
// looked up exactly, and rows need no recheck.
#include <map>
#include <string>
#include <vector>

#include "pg/memory.hpp"
#include "pg/values.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {
namespace {

using pg::guarded;

constexpr StrategyNumber match_strategy = 7;
// GIN compares each new key with all before it, and evaluates growing sets of them.
constexpr size_t max_keys = 4096;

/// What to look up: one tag, or a range of them.
struct Key {
  std::string text;  // the tag, or what tags of the range begin with
  bool range = false;
  const Leaf* leaf = nullptr;  // what values must pass; if none, all do
};

/// A node of a query as GIN evaluates it: a leaf has one or two keys, and either is enough. The
/// parts of a node follow it, up to `end`.
struct Ask {
  Node::Kind kind;
  int key = -1, other = -1;
  size_t end = 0;
};

class Lookup {
 public:
  Lookup(std::pmr::memory_resource*, pg::ByteView bytes) : query_(TagQuery::read(bytes)) {
    ask_for(query_.root());
  }
  Lookup(const Lookup&) = delete;

  const std::vector<Key>& keys() const { return keys_; }

  GinTernaryValue answer(const GinTernaryValue* found) const { return answer(0, found); }

  /// The same for GIN's ternary logic, which divides keys into those without which no row matches
  /// (FALSE here and MAYBE for all others is FALSE) and those that it then only looks up. Where a
  /// page of a range is lossy, keys of the second kind skip rows before the first exact hit of
  /// another such key on that page (keyGetItem of PostgreSQL up to 15.20 at least; a tsquery with
  /// prefixes loses rows in this way). So a range is never divided from other keys.
  GinTernaryValue careful_answer(const GinTernaryValue* found) const {
    const GinTernaryValue result = answer(found);
    if (result != GIN_FALSE || ranges_.empty()) return result;
    if (std::memchr(found, GIN_TRUE, keys_.size()) != nullptr ||
        std::memchr(found, GIN_MAYBE, keys_.size()) == nullptr)
      return result;
    for (const int range : ranges_)
      if (found[range] == GIN_FALSE) return GIN_MAYBE;
    return result;
  }

 private:
  void ask_for(const Node& node) {
    const size_t place = asks_.size();
    asks_.push_back({node.kind, -1, -1, 0});
    if (node.kind == Node::Kind::leaf) {
      ask_for(node.leaf, asks_.back());
    } else {
      check_stack();
      for (const Node& child : node.children) ask_for(child);
    }
    asks_[place].end = asks_.size();
    poll();
  }

  void ask_for(const Leaf& leaf, Ask& ask) {
    if (leaf.test == Test::present) {
      ask.key = key_of({leaf.key, false, nullptr});
      ask.other = key_of({leaf.key + '=', true, nullptr});
    } else if (leaf.test == Test::equal) {
      ask.key = key_of({leaf.key, false, nullptr});
    } else if (leaf.test == Test::below) {
      ask.key = key_of({leaf.key, true, nullptr});
    } else {
      ask.key = key_of({leaf.key, true, &leaf});
    }
  }

  int key_of(Key key) {
    if (key.leaf == nullptr) {
      const auto [at, fresh] =
          numbers_.try_emplace({key.range, key.text}, static_cast<int>(keys_.size()));
      if (!fresh) return at->second;
    }
    if (key.range) ranges_.push_back(static_cast<int>(keys_.size()));
    keys_.push_back(std::move(key));
    return static_cast<int>(keys_.size()) - 1;
  }

  GinTernaryValue answer(size_t place, const GinTernaryValue* found) const {
    const Ask& ask = asks_[place];
    if (ask.kind == Node::Kind::leaf) {
      const GinTernaryValue one = found[ask.key];
      const GinTernaryValue two = ask.other < 0 ? GIN_FALSE : found[ask.other];
      if (one == GIN_TRUE || two == GIN_TRUE) return GIN_TRUE;
      return one == GIN_MAYBE || two == GIN_MAYBE ? GIN_MAYBE : GIN_FALSE;
    }
    check_stack();
    if (ask.kind == Node::Kind::negation) {
      const GinTernaryValue inner = answer(place + 1, found);
      return inner == GIN_MAYBE ? GIN_MAYBE : inner == GIN_TRUE ? GIN_FALSE : GIN_TRUE;
    }
    const GinTernaryValue decides = ask.kind == Node::Kind::conjunction ? GIN_FALSE : GIN_TRUE;
    bool doubtful = false;
    for (size_t part = place + 1; part < ask.end; part = asks_[part].end) {
      const GinTernaryValue one = answer(part, found);
      if (one == decides) return decides;
      doubtful = doubtful || one == GIN_MAYBE;
    }
    return doubtful ? GIN_MAYBE : decides == GIN_TRUE ? GIN_FALSE : GIN_TRUE;
  }

  TagQuery query_;
  std::vector<Key> keys_;
  std::vector<int> ranges_;  // which keys are
  std::map<std::pair<bool, std::string>, int> numbers_;
  std::vector<Ask> asks_;
};

/// What GIN keeps for each key between the support functions.
struct Extra {
  const Lookup* lookup;
  const Key* key;
};

const Lookup& lookup_of(Pointer* extra) { return *reinterpret_cast<Extra*>(extra[0])->lookup; }

/// The keys of a query, as the result of extractQuery.
Datum keys_of(FunctionCallInfo fcinfo) {
  auto* const count = reinterpret_cast<int32*>(PG_GETARG_POINTER(1));
  auto* const ranges = reinterpret_cast<bool**>(PG_GETARG_POINTER(3));
  auto* const extras = reinterpret_cast<Pointer**>(PG_GETARG_POINTER(4));
  auto* const mode = reinterpret_cast<int32*>(PG_GETARG_POINTER(6));
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const auto* const lookup = pg::make_in<Lookup>(CurrentMemoryContext, bytes);
    const std::vector<Key>& keys = lookup->keys();
    if (keys.size() > max_keys) {  // all rows, each with a recheck
      *count = 0;
      *mode = GIN_SEARCH_MODE_ALL;
      return PointerGetDatum(nullptr);
    }
    // Rows without any of the keys may match, too.
    const std::vector<GinTernaryValue> none(keys.size(), GIN_FALSE);
    if (lookup->answer(none.data()) == GIN_TRUE) *mode = GIN_SEARCH_MODE_ALL;

    struct Arrays {
      Datum* texts;
      bool* ranges;
      Pointer* extras;
      Extra* extra;
    };
    const size_t n = keys.size();
    const Arrays arrays = pg::call_pg([&] {
      return Arrays{static_cast<Datum*>(palloc(n * sizeof(Datum))),
                    static_cast<bool*>(palloc(n * sizeof(bool))),
                    static_cast<Pointer*>(palloc(n * sizeof(Pointer))),
                    static_cast<Extra*>(palloc(n * sizeof(Extra)))};
    });
    for (size_t i = 0; i < n; ++i) {
      arrays.texts[i] = pg::make_text(keys[i].text);
      arrays.ranges[i] = keys[i].range;
      arrays.extra[i] = {lookup, &keys[i]};
      arrays.extras[i] = reinterpret_cast<Pointer>(&arrays.extra[i]);
    }
    *count = static_cast<int32>(n);
    *ranges = arrays.ranges;
    *extras = arrays.extras;
    return PointerGetDatum(arrays.texts);
  });
}

/// && and @> compare by the collation, and the index by bytes: the same except for collations in
/// which texts of different bytes are equal.
bool by_bytes(FunctionCallInfo fcinfo) {
  return !OidIsValid(PG_GET_COLLATION()) || get_collation_isdeterministic(PG_GET_COLLATION());
}

}  // namespace
}  // namespace clientele::tags

using namespace clientele;
using namespace clientele::tags;

CLIENTELE_FUNCTION(clientele_tag_ops_query) {
  if (PG_GETARG_UINT16(2) == match_strategy) return keys_of(fcinfo);
  if (by_bytes(fcinfo)) return ginqueryarrayextract(fcinfo);
  *reinterpret_cast<int32*>(PG_GETARG_POINTER(1)) = 0;
  *reinterpret_cast<int32*>(PG_GETARG_POINTER(6)) = GIN_SEARCH_MODE_ALL;
  PG_RETURN_POINTER(nullptr);
}

CLIENTELE_FUNCTION(clientele_tag_ops_consistent) {
  if (PG_GETARG_UINT16(1) != match_strategy && by_bytes(fcinfo)) return ginarrayconsistent(fcinfo);
  auto* const recheck = reinterpret_cast<bool*>(PG_GETARG_POINTER(5));
  *recheck = PG_GETARG_INT32(3) == 0;
  if (*recheck) PG_RETURN_BOOL(true);
  // A bool is a ternary value.
  const auto* const found = reinterpret_cast<const GinTernaryValue*>(PG_GETARG_POINTER(0));
  const Lookup& lookup = lookup_of(reinterpret_cast<Pointer*>(PG_GETARG_POINTER(4)));
  return pg::guarded([&] { return BoolGetDatum(lookup.answer(found) == GIN_TRUE); });
}

CLIENTELE_FUNCTION(clientele_tag_ops_triconsistent) {
  if (PG_GETARG_UINT16(1) != match_strategy && by_bytes(fcinfo))
    return ginarraytriconsistent(fcinfo);
  if (PG_GETARG_INT32(3) == 0) PG_RETURN_GIN_TERNARY_VALUE(GIN_MAYBE);
  const auto* const found = reinterpret_cast<const GinTernaryValue*>(PG_GETARG_POINTER(0));
  const Lookup& lookup = lookup_of(reinterpret_cast<Pointer*>(PG_GETARG_POINTER(4)));
  return pg::guarded([&] { return GinTernaryValueGetDatum(lookup.careful_answer(found)); });
}

// Called for the tags from the first one of the range on.
CLIENTELE_FUNCTION(clientele_tag_ops_compare_partial) {
  const Key& key = *reinterpret_cast<const Extra*>(PG_GETARG_POINTER(3))->key;
  const std::string_view tag = pg::text_view(PG_GETARG_DATUM(1));
  if (!tag.starts_with(key.text)) PG_RETURN_INT32(1);
  if (key.leaf == nullptr) PG_RETURN_INT32(0);
  return pg::guarded(
      [&] { return Int32GetDatum(key.leaf->accepts(tag.substr(key.text.size())) ? 0 : -1); });
}
