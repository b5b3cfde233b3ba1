// SPDX-License-Identifier: PostgreSQL
// Rows of some customers only. Where a query wants these, the planner replaces a function that
// lists all, as members(audience) does, with the one that is called like it with _among.
#include "pg/boundary.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "parser/parse_func.h"
#include "utils/fmgroids.h"
}

namespace {

/// A column of a query whose values are customer ids. PostgreSQL regime, as all below.
struct Column {
  int relation;
  AttrNumber number;

  bool is(const Node* node) const {
    if (!IsA(node, Var)) return false;
    const auto* var = reinterpret_cast<const Var*>(node);
    return var->varno == relation && var->varattno == number && var->varlevelsup == 0;
  }
};

/// Known before the rows are.
bool is_given(const Node* node) {
  if (IsA(node, Const)) return !reinterpret_cast<const Const*>(node)->constisnull;
  return IsA(node, Param) && reinterpret_cast<const Param*>(node)->paramkind == PARAM_EXTERN;
}

Node* as_bigint(Node* value) {
  if (!is_given(value)) return nullptr;
  const Oid type = exprType(value);
  if (type == INT8OID) return static_cast<Node*>(copyObjectImpl(value));
  if (type != INT4OID && type != INT2OID) return nullptr;
  if (IsA(value, Const)) {
    const Datum given = reinterpret_cast<const Const*>(value)->constvalue;
    const int64 id = type == INT4OID ? DatumGetInt32(given) : DatumGetInt16(given);
    return reinterpret_cast<Node*>(
        makeConst(INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(id), false, true));
  }
  return reinterpret_cast<Node*>(makeFuncExpr(type == INT4OID ? F_INT8_INT4 : F_INT8_INT2, INT8OID,
                                              list_make1(copyObjectImpl(value)), InvalidOid,
                                              InvalidOid, COERCE_IMPLICIT_CAST));
}

Node* array_of(Node* id) {
  if (id == nullptr) return nullptr;
  ArrayExpr* const array = makeNode(ArrayExpr);
  array->array_typeid = INT8ARRAYOID;
  array->element_typeid = INT8OID;
  array->elements = list_make1(id);
  array->location = -1;
  return reinterpret_cast<Node*>(array);
}

bool is_given_array(const Node* node) {
  if (exprType(node) != INT8ARRAYOID) return false;
  if (!IsA(node, ArrayExpr)) return is_given(node);
  const auto* array = reinterpret_cast<const ArrayExpr*>(node);
  if (array->multidims) return false;
  ListCell* cell;
  foreach (cell, array->elements)
    if (!is_given(static_cast<Node*>(lfirst(cell)))) return false;
  return true;
}

/// The ids that a condition lets the column have, as an expression for a bigint[]; nullptr if it
/// is not such a condition.
Node* ids_allowed(Node* condition, const Column& column) {
  if (IsA(condition, RestrictInfo))
    condition = reinterpret_cast<Node*>(reinterpret_cast<RestrictInfo*>(condition)->clause);
  if (IsA(condition, OpExpr)) {
    const auto* op = reinterpret_cast<OpExpr*>(condition);
    if (list_length(op->args) != 2) return nullptr;
    auto* const left = static_cast<Node*>(linitial(op->args));
    auto* const right = static_cast<Node*>(lsecond(op->args));
    switch (get_opcode(op->opno)) {
      case F_INT8EQ:
      case F_INT84EQ:
      case F_INT82EQ:
        if (column.is(left)) return array_of(as_bigint(right));
        [[fallthrough]];
      case F_INT48EQ:
      case F_INT28EQ:
        return column.is(right) ? array_of(as_bigint(left)) : nullptr;
      default:
        return nullptr;
    }
  }
  if (IsA(condition, ScalarArrayOpExpr)) {
    const auto* op = reinterpret_cast<ScalarArrayOpExpr*>(condition);
    auto* const array = static_cast<Node*>(lsecond(op->args));
    if (op->useOr && get_opcode(op->opno) == F_INT8EQ &&
        column.is(static_cast<Node*>(linitial(op->args))) && is_given_array(array))
      return static_cast<Node*>(copyObjectImpl(array));
  }
  return nullptr;
}

Node* ids_allowed(List* conditions, const Column& column) {
  ListCell* cell;
  foreach (cell, conditions)
    if (Node* const ids = ids_allowed(static_cast<Node*>(lfirst(cell)), column)) return ids;
  return nullptr;
}

bool calls(const Node* node, Oid function) {
  return node != nullptr && IsA(node, FuncExpr) &&
         reinterpret_cast<const FuncExpr*>(node)->funcid == function;
}

/// The column of a query that is the call of a function; 0 if there is none, or if with fewer rows
/// of it other rows would be different.
AttrNumber column_of(const Query* query, Oid function) {
  if (query->setOperations != nullptr || query->limitCount != nullptr ||
      query->limitOffset != nullptr || query->distinctClause != nullptr || query->hasAggs ||
      query->hasWindowFuncs || query->groupClause != nullptr || query->groupingSets != nullptr)
    return 0;
  AttrNumber found = 0;
  ListCell* cell;
  foreach (cell, query->targetList) {
    const auto* entry = lfirst_node(TargetEntry, cell);
    auto* const value = reinterpret_cast<Node*>(entry->expr);
    if (!expression_returns_set(value)) continue;
    if (found != 0 || !calls(value, function)) return 0;
    found = entry->resno;
  }
  return found;
}

/// The call is a column of a subquery, and the query around it has the conditions. It does not say
/// which of its subqueries it is planning, so all that look alike must have the same.
Node* ids_wanted_outside(PlannerInfo* inner, Oid function) {
  PlannerInfo* const outer = inner->parent_root;
  const AttrNumber column = column_of(inner->parse, function);
  if (column == 0 || outer == nullptr || outer->simple_rel_array == nullptr) return nullptr;
  Node* ids = nullptr;
  for (int i = 1; i < outer->simple_rel_array_size; ++i) {
    const RelOptInfo* relation = outer->simple_rel_array[i];
    const RangeTblEntry* entry = outer->simple_rte_array[i];
    if (relation == nullptr || relation->subroot != nullptr || entry == nullptr ||
        entry->rtekind != RTE_SUBQUERY || entry->subquery == nullptr ||
        column_of(entry->subquery, function) != column)
      continue;
    Node* const allowed = ids_allowed(relation->baserestrictinfo, {i, column});
    if (allowed == nullptr || (ids != nullptr && !equal(ids, allowed))) return nullptr;
    ids = allowed;
  }
  return ids;
}

/// The call is in FROM, and the query has the conditions.
Node* ids_wanted_here(PlannerInfo* query, Oid function) {
  int place = 0, found = 0;
  ListCell* cell;
  foreach (cell, query->parse->rtable) {
    ++place;
    const auto* entry = lfirst_node(RangeTblEntry, cell);
    if (entry->rtekind != RTE_FUNCTION || list_length(entry->functions) != 1 ||
        entry->funcordinality ||
        !calls(linitial_node(RangeTblFunction, entry->functions)->funcexpr, function))
      continue;
    if (found != 0) return nullptr;
    found = place;
  }
  if (found == 0 || query->parse->jointree == nullptr) return nullptr;
  Node* const condition = query->parse->jointree->quals;
  if (condition == nullptr) return nullptr;
  const Column column{found, 1};
  if (IsA(condition, List)) return ids_allowed(reinterpret_cast<List*>(condition), column);
  if (IsA(condition, BoolExpr) && reinterpret_cast<BoolExpr*>(condition)->boolop == AND_EXPR)
    return ids_allowed(reinterpret_cast<BoolExpr*>(condition)->args, column);
  return ids_allowed(condition, column);
}

/// function_among(the same, bigint[]) in the same schema.
Oid function_among(const FuncExpr* call, Oid argument) {
  char* const schema = get_namespace_name(get_func_namespace(call->funcid));
  char* const name = get_func_name(call->funcid);
  if (schema == nullptr || name == nullptr) return InvalidOid;
  const Oid types[] = {argument, INT8ARRAYOID};
  const Oid found = LookupFuncName(
      list_make2(makeString(schema), makeString(psprintf("%s_among", name))), 2, types, true);
  const bool same = OidIsValid(found) && get_func_retset(found) &&
                    get_func_rettype(found) == call->funcresulttype;
  return same ? found : InvalidOid;
}

Node* simplified(const SupportRequestSimplify* request) {
  const FuncExpr* const call = request->fcall;
  if (request->root == nullptr || !call->funcretset || list_length(call->args) != 1) return nullptr;
  Node* ids = ids_wanted_here(request->root, call->funcid);
  if (ids == nullptr) ids = ids_wanted_outside(request->root, call->funcid);
  if (ids == nullptr) return nullptr;
  auto* const all = static_cast<Node*>(linitial(call->args));
  const Oid function = function_among(call, exprType(all));
  if (!OidIsValid(function)) return nullptr;
  FuncExpr* const among =
      makeFuncExpr(function, call->funcresulttype, list_make2(copyObjectImpl(all), ids),
                   call->funccollid, call->inputcollid, COERCE_EXPLICIT_CALL);
  among->funcretset = true;
  return reinterpret_cast<Node*>(among);
}

}  // namespace

CLIENTELE_FUNCTION(clientele_among_support) {
  auto* const request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
  if (!IsA(request, SupportRequestSimplify)) PG_RETURN_POINTER(nullptr);
  PG_RETURN_POINTER(simplified(reinterpret_cast<SupportRequestSimplify*>(request)));
}
