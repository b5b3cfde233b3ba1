// SPDX-License-Identifier: PostgreSQL
// Finds in the tree of a compiled rule what its answer depends on; nothing is run. All of it is in
// PostgreSQL's regime.
#include <algorithm>
#include <cstring>

#include "pg/syntax.hpp"
#include "pg/values.hpp"

extern "C" {
#include "catalog/pg_proc.h"
#include "utils/syscache.h"
}

namespace clientele {
namespace {

/// What was found. Lists are in the caller's memory context.
struct Traits {
  Bitmapset* words = nullptr;  // the places of literals such as 'today 10:00' in the text
  List* functions = NIL;       // that are not immutable
  bool subselects = false, timed = false, changes = false, temporary = false;
};

constexpr const char* moments[] = {"now", "today", "tomorrow", "yesterday"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether a literal has one of these words; `alone` says whether it has nothing else.
bool has_moment(const char* text, bool& alone) {
  for (const char* word = text; *word != '\0';) {
    if (!is_letter(*word)) {
      ++word;
      continue;
    }
    const char* end = word;
    while (is_letter(*end)) ++end;
    for (const char* moment : moments) {
      const size_t length = std::strlen(moment);
      if (static_cast<size_t>(end - word) != length || pg_strncasecmp(word, moment, length) != 0)
        continue;
      const size_t before = std::strspn(text, " \t\r\n");
      alone = text + before == word && std::strspn(end, " \t\r\n") == std::strlen(end);
      return true;
    }
    word = end;
  }
  return false;
}

bool look_for_words(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* const traits = static_cast<Traits*>(context);
  if (IsA(node, A_Const)) {
    auto* const constant = reinterpret_cast<A_Const*>(node);
    bool alone = false;
    if (!constant->isnull && IsA(&constant->val, String) &&
        has_moment(strVal(&constant->val), alone)) {
      if (constant->location >= 0)
        traits->words = bms_add_member(traits->words, constant->location);
      if (alone) traits->timed = true;
    }
    return false;
  }
  return pg::walk_raw(node, look_for_words, context);
}

bool is_temporary_type(Oid type) {
  const HeapTuple found = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(found)) return false;
  const auto* const form = reinterpret_cast<Form_pg_type>(GETSTRUCT(found));
  const bool temporary = isAnyTempNamespace(form->typnamespace) ||
                         (OidIsValid(form->typelem) && is_temporary_type(form->typelem));
  ReleaseSysCache(found);
  return temporary;
}

bool look(Node* node, void* context);

/// The planner adds arguments that a call leaves to their defaults, but only later.
void look_at_defaults(const FuncExpr* call, Traits* traits) {
  const HeapTuple found = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));
  if (!HeapTupleIsValid(found)) return;
  const auto* const form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(found));
  if (list_length(call->args) < form->pronargs && form->pronargdefaults > 0) {
    bool null = false;
    const Datum defaults = SysCacheGetAttr(PROCOID, found, Anum_pg_proc_proargdefaults, &null);
    if (!null) {
      auto* const list = static_cast<Node*>(stringToNode(TextDatumGetCString(defaults)));
      look(list, traits);
    }
  }
  ReleaseSysCache(found);
}

bool note_function(Oid function, void* context) {
  auto* const traits = static_cast<Traits*>(context);
  if (func_volatile(function) != PROVOLATILE_IMMUTABLE)
    traits->functions = list_append_unique_oid(traits->functions, function);
  return false;
}

bool has_a_type(const Node* node) {
  switch (nodeTag(node)) {
    case T_Var:
    case T_Const:
    case T_FuncExpr:
    case T_OpExpr:
    case T_CoerceToDomain:
    case T_RelabelType:
    case T_CoerceViaIO:
    case T_ArrayCoerceExpr:
    case T_ConvertRowtypeExpr:
    case T_RowExpr:
    case T_ArrayExpr:
    case T_CaseExpr:
    case T_FieldSelect:
    case T_Aggref:
    case T_WindowFunc:
      return true;
    default:
      return false;
  }
}

/// Whether a literal with such a word has become a time, or anything else that is not text.
bool is_moment(const Const* constant, const Traits* traits) {
  if (constant->location < 0 || !bms_is_member(constant->location, traits->words)) return false;
  const char category = TypeCategory(constant->consttype);
  return category != TYPCATEGORY_STRING && category != TYPCATEGORY_UNKNOWN;
}

bool is_time(const SQLValueFunction* value) { return value->op <= SVFOP_LOCALTIMESTAMP_N; }

bool look(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* const traits = static_cast<Traits*>(context);
  if (IsA(node, Query)) {
    auto* const query = reinterpret_cast<Query*>(node);
    if (query->hasModifyingCTE || query->commandType != CMD_SELECT) traits->changes = true;
    ListCell* cell = nullptr;
    foreach (cell, query->rtable) {
      const auto* const entry = lfirst_node(RangeTblEntry, cell);
      if (entry->rtekind == RTE_RELATION && isAnyTempNamespace(get_rel_namespace(entry->relid)))
        traits->temporary = true;
    }
    return pg::walk_query(query, look, context);
  }
  check_functions_in_node(node, note_function, context);
  if (has_a_type(node) && is_temporary_type(exprType(node))) traits->temporary = true;
  if (IsA(node, SubLink))
    traits->subselects = true;
  else if (IsA(node, NextValueExpr))
    traits->changes = true;
  else if (IsA(node, SQLValueFunction))
    traits->timed |= is_time(reinterpret_cast<SQLValueFunction*>(node));
  else if (IsA(node, Const))
    traits->timed |= is_moment(reinterpret_cast<Const*>(node), traits);
  else if (IsA(node, FuncExpr))
    look_at_defaults(reinterpret_cast<FuncExpr*>(node), traits);
  return pg::walk_expression(node, look, context);
}

/// Lets errors of the rule point into its own text, as those of EXECUTE do.
void point_into_rule(void* rule) {
  const int place = geterrposition();
  if (place <= 0) return;
  errposition(0);
  internalerrposition(place);
  internalerrquery(static_cast<const char*>(rule));
}

Query* analyzed(const char* sql, Traits& traits) {
  ErrorContextCallback callback = {error_context_stack, point_into_rule, const_cast<char*>(sql)};
  error_context_stack = &callback;
  List* const statements = raw_parser(sql, RAW_PARSE_DEFAULT);
  if (list_length(statements) != 1)
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a rule must be one statement")));
  auto* const statement = linitial_node(RawStmt, statements);
  if (!IsA(statement->stmt, SelectStmt))
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a rule must be a SELECT")));
  // No literal is at the last place; adding it gives the set its full size at once.
  traits.words = bms_make_singleton(static_cast<int>(std::strlen(sql)));
  look_for_words(statement->stmt, &traits);
  Oid parameters[] = {TIMESTAMPTZOID, INT8ARRAYOID};
  Query* const query = parse_analyze_fixedparams(statement, sql, parameters, 2, nullptr);
  error_context_stack = callback.previous;
  return query;
}

Datum oids(const List* list, Oid type) {
  auto* const values = static_cast<Datum*>(palloc(sizeof(Datum) * (list_length(list) + 1)));
  int n = 0;
  ListCell* cell = nullptr;
  foreach (cell, list) values[n++] = ObjectIdGetDatum(lfirst_oid(cell));
  return PointerGetDatum(construct_array(values, n, type, sizeof(Oid), true, TYPALIGN_INT));
}

Datum names(const Traits& traits, const Query* query) {
  const struct {
    const char* name;
    bool found;
  } all[] = {{"aggregates", query->hasAggs}, {"windows", query->hasWindowFuncs},
             {"sets", query->hasTargetSRFs}, {"subselects", traits.subselects},
             {"timed", traits.timed},        {"changes", traits.changes},
             {"temporary", traits.temporary}};
  Datum values[std::size(all)];
  int n = 0;
  for (const auto& trait : all)
    if (trait.found) values[n++] = CStringGetTextDatum(trait.name);
  return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

}  // namespace

CLIENTELE_FUNCTION(clientele_rule_traits) {
  TupleDesc desc = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &desc) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "rule_traits returns a row");
  const char* const sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
  Traits traits;
  Query* const query = analyzed(sql, traits);
  List* types = NIL;
  ListCell* cell = nullptr;
  foreach (cell, query->targetList) {
    const auto* const target = lfirst_node(TargetEntry, cell);
    if (!target->resjunk)
      types = lappend_oid(types, exprType(reinterpret_cast<Node*>(target->expr)));
  }
  look(reinterpret_cast<Node*>(query), &traits);
  Datum values[] = {oids(types, REGTYPEOID), names(traits, query),
                    oids(traits.functions, REGPROCEDUREOID)};
  bool nulls[3] = {};
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

}  // namespace clientele
