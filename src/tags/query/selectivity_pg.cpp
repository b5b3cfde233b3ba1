// SPDX-License-Identifier: PostgreSQL
// How many rows a tag query will find, for the planner.
#include <algorithm>
#include <optional>
#include <span>

#include "base/poll.hpp"
#include "pg/values.hpp"
#include "tags/query/query.hpp"

namespace clientele::tags {
namespace {

// Without statistics: the default of PostgreSQL for arrays, and twice that for a range of tags.
constexpr double usual_tag = 0.005;
constexpr double usual_range = 0.01;

/// The most common tags of a column and how often each occurs, as ANALYZE keeps them.
struct Common {
  std::span<const Datum> tags;
  const float4* frequencies;
  double least;  // any other tag is less frequent than this
};

/// Elements of arrays are neither compressed nor out of line; if one is, it is read as "".
std::string_view flat_text(Datum value) {
  const char* const text = DatumGetPointer(value);
  if (VARATT_IS_EXTERNAL(text) || VARATT_IS_COMPRESSED(text)) return {};
  return {VARDATA_ANY(text), static_cast<size_t>(VARSIZE_ANY_EXHDR(text))};
}

double part_of(const Leaf& leaf, const std::optional<Common>& common) {
  const bool one = leaf.test == Test::equal || leaf.test == Test::present;
  if (!common) return one ? usual_tag : usual_range;
  // Values of one name mostly exclude each other, tags below one do not.
  double sum = 0, none = 1;
  for (size_t i = 0; i < common->tags.size(); ++i) {
    if (!leaf.matches(flat_text(common->tags[i]))) continue;
    sum += common->frequencies[i];
    none *= 1 - common->frequencies[i];
  }
  return std::clamp(leaf.test == Test::below ? 1 - none : sum, common->least / 2, 1.0);
}

double part_of(const Node& node, const std::optional<Common>& common) {
  check_stack();
  switch (node.kind) {
    case Node::Kind::leaf:
      return part_of(node.leaf, common);
    case Node::Kind::negation:
      return 1 - part_of(node.children.front(), common);
    default:
      break;
  }
  const bool all = node.kind == Node::Kind::conjunction;
  double product = 1;
  for (const Node& child : node.children) {
    pg::poll_interrupts();
    const double part = part_of(child, common);
    product *= all ? part : 1 - part;
  }
  return all ? product : 1 - product;
}

}  // namespace
}  // namespace clientele::tags

// Not the whole namespace: PostgreSQL has a Node of its own, which its macros name.
using namespace clientele;
using clientele::tags::Common, clientele::tags::TagQuery, clientele::tags::usual_range;

namespace {

/// The type tag_query of the schema that this function is in.
Oid tag_query_type(FunctionCallInfo fcinfo) {
  return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("tag_query"),
                         ObjectIdGetDatum(get_func_namespace(fcinfo->flinfo->fn_oid)));
}

}  // namespace

// Any role may make an operator with this function as its estimator. Such an operator has any
// number of arguments of any types, and the column's statistics are of any type, too.
CLIENTELE_FUNCTION(clientele_tag_query_selectivity) {
  auto* const root = reinterpret_cast<PlannerInfo*>(PG_GETARG_POINTER(0));
  auto* const arguments = reinterpret_cast<List*>(PG_GETARG_POINTER(2));
  VariableStatData column;
  Node* other = nullptr;
  bool on_left = false;
  if (!get_restriction_variable(root, arguments, PG_GETARG_INT32(3), &column, &other, &on_left))
    PG_RETURN_FLOAT8(usual_range);
  if (!IsA(other, Const) || reinterpret_cast<Const*>(other)->consttype != tag_query_type(fcinfo)) {
    ReleaseVariableStats(column);
    PG_RETURN_FLOAT8(usual_range);
  }
  const auto* const query = reinterpret_cast<Const*>(other);
  if (query->constisnull) {
    ReleaseVariableStats(column);
    PG_RETURN_FLOAT8(0);
  }
  const pg::ByteView bytes = pg::detoast(query->constvalue);
  double nulls = 0;
  AttStatsSlot slot{};
  bool known = false;
  if (HeapTupleIsValid(column.statsTuple)) {
    nulls = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(column.statsTuple))->stanullfrac;
    known = get_attstatsslot(&slot, column.statsTuple, STATISTIC_KIND_MCELEM, InvalidOid,
                             ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
    // After the frequencies come their least, their greatest, and that of NULL.
    known = known && slot.nnumbers >= slot.nvalues + 2 &&
            (slot.valuetype == TEXTOID || slot.valuetype == VARCHAROID);
  }
  const double part = pg::guarded([&] {
    std::optional<Common> common;
    if (known)
      common = Common{{slot.values, static_cast<size_t>(slot.nvalues)},
                      slot.numbers,
                      slot.numbers[slot.nvalues]};
    return clientele::tags::part_of(TagQuery::read(bytes).root(), common);
  });
  free_attstatsslot(&slot);
  ReleaseVariableStats(column);
  const double rows = part * (1 - nulls);
  PG_RETURN_FLOAT8(rows >= 0 && rows <= 1 ? rows : usual_range);
}
