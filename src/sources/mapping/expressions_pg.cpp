// SPDX-License-Identifier: PostgreSQL
// Compiles the expressions of a source against its relation, as the owner of the source. Nothing is
// read. What is constant in them is evaluated, as the planner does.
#include <cstring>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "pg/syntax.hpp"
#include "pg/trust.hpp"
#include "pg/values.hpp"
#include "sources/mapping/acting_pg.hpp"

extern "C" {
#include "access/relation.h"
#include "access/sysattr.h"
#include "access/xlog.h"
#include "nodes/makefuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "utils/rel.h"
}

namespace clientele {
namespace {

using pg::call_pg;
using pg::guarded;

constexpr size_t longest = 100'000;

/// What the syntax has that is refused before names are looked up.
bool look_at_syntax(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* const refused = static_cast<const char**>(context);
  if (IsA(node, SubLink)) *refused = "a sub-select is not allowed";
  if (IsA(node, A_Star) ||
      (IsA(node, ColumnRef) && IsA(llast(reinterpret_cast<ColumnRef*>(node)->fields), A_Star)))
    *refused = "* is not one value";
  if (IsA(node, FuncCall) && reinterpret_cast<FuncCall*>(node)->over != nullptr)
    *refused = "a window function is not allowed";
  return *refused != nullptr || pg::walk_raw(node, look_at_syntax, context);
}

bool look_for_system_columns(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, Var)) {
    const int column = reinterpret_cast<Var*>(node)->varattno;
    *static_cast<bool*>(context) |= column < 0 && column != TableOidAttributeNumber;
    return false;
  }
  return pg::walk_expression(node, look_for_system_columns, context);
}

// From here to call_pg all is in PostgreSQL's regime.

void refuse(const char* what) {
  ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION), errmsg("%s", what),
                  errhint("An expression is over one row of the source, and has the same value "
                          "whenever that row is read. A view can have more.")));
}

/// Errors of an expression point into it: `offset` characters stand before it in what is parsed.
struct Place {
  const char* text;
  int offset;
};

void point_into_expression(void* context) {
  const auto* const place = static_cast<Place*>(context);
  const int at = geterrposition();
  if (at <= 0) return;
  errposition(0);
  if (at <= place->offset) return;
  internalerrposition(at - place->offset);
  internalerrquery(place->text);
}

constexpr char bare[] = "SELECT ", bracketed[] = "SELECT (\n";

/// The tree of an expression that is one value by itself and in brackets, so that it cannot become
/// anything else in a list of such expressions.
Node* parsed(Place& place, ParseState* state) {
  if (std::strlen(place.text) > longest)
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                    errmsg("an expression must not be longer than %zu bytes", longest)));
  place.offset = sizeof bare - 1;
  const bool one =
      pg::is_one_value(raw_parser(psprintf("%s%s", bare, place.text), RAW_PARSE_DEFAULT));
  place.offset = sizeof bracketed - 1;
  char* const text = psprintf("%s%s\n)", bracketed, place.text);
  List* const statements = raw_parser(text, RAW_PARSE_DEFAULT);
  if (!one || !pg::is_one_value(statements))
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("this is not one expression"),
                    errhint("An expression is one value, without a name, FROM or a semicolon.")));
  state->p_sourcetext = text;
  Node* const tree = linitial_node(ResTarget, pg::only_select(statements)->targetList)->val;
  const char* refused = nullptr;
  look_at_syntax(tree, &refused);
  if (refused != nullptr) refuse(refused);
  return tree;
}

Oid compiled(ParseState* state, Node* tree) {
  Node* expression = transformExpr(state, tree, EXPR_KIND_SELECT_TARGET);
  if (exprType(expression) == UNKNOWNOID)
    expression = coerce_type(state, expression, UNKNOWNOID, TEXTOID, -1, COERCION_IMPLICIT,
                             COERCE_IMPLICIT_CAST, -1);
  assign_expr_collations(state, expression);
  if (state->p_hasAggs) refuse("an aggregate function is not allowed");
  if (state->p_hasWindowFuncs) refuse("a window function is not allowed");
  if (state->p_hasTargetSRFs) refuse("a function that returns a set is not allowed");
  bool system_columns = false;
  look_for_system_columns(expression, &system_columns);
  if (system_columns) refuse("a system column, which changes when a row is moved, is not allowed");
  // The second look is at what the planner makes of it: it adds defaults of arguments and opens
  // functions in SQL.
  if (contain_volatile_functions(expression) ||
      contain_volatile_functions(eval_const_expressions(nullptr, expression)))
    refuse("a volatile function is not allowed");
  return getBaseType(exprType(expression));
}

void require_relation(Oid relation) {
  SPI_connect();
  Oid types[] = {REGCLASSOID};
  Datum values[] = {ObjectIdGetDatum(relation)};
  SPI_execute_with_args("SELECT clientele.require_readable_source($1)", 1, types, values, nullptr,
                        false, 0);
  SPI_finish();
  if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
      pg_attribute_aclcheck_all(relation, GetUserId(), ACL_SELECT, ACLMASK_ALL) != ACLCHECK_OK)
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied for some columns of %s", get_rel_name(relation)),
                    errhint("A row that is rejected is kept whole. GRANT SELECT on all columns, or "
                            "add a view that has only those needed.")));
}

/// What the names in expressions mean: columns of one row, which is s.
ParseState* state_over(Relation relation) {
  ParseState* const state = make_parsestate(nullptr);
  ParseNamespaceItem* const row = addRangeTableEntryForRelation(state, relation, AccessShareLock,
                                                                makeAlias("s", NIL), true, true);
  addNSItemToQuery(state, row, true, true, true);
  return state;
}

bool looks_up_names(int code) {
  return code == ERRCODE_UNDEFINED_FUNCTION || code == ERRCODE_UNDEFINED_OBJECT ||
         code == ERRCODE_UNDEFINED_TABLE;
}

void add_hint(ErrorData* error, const char* hint) {
  error->hint = error->hint == nullptr ? pstrdup(hint) : psprintf("%s %s", error->hint, hint);
}

/// The names of the columns, as SQL writes them.
const char* columns_of(Relation relation) {
  constexpr int most = 100;
  StringInfoData names;
  initStringInfo(&names);
  const TupleDesc row = RelationGetDescr(relation);
  for (int i = 0, n = 0; i < row->natts; ++i) {
    const FormData_pg_attribute* const column = TupleDescAttr(row, i);
    if (column->attisdropped) continue;
    if (n++ == most) {
      appendStringInfoString(&names, ", …");
      break;
    }
    appendStringInfo(&names, "%s%s", n == 1 ? "" : ", ",
                     quote_identifier(NameStr(column->attname)));
  }
  return names.data;
}

/// Says which argument an error is about, and what may be meant.
void name_argument(ErrorData* error, Relation relation, const char* label) {
  error->message = psprintf("argument %s: %s", label, error->message);
  if (looks_up_names(error->sqlerrcode))
    add_hint(error,
             "Expressions find names without a schema in pg_catalog and clientele only; write the "
             "schema of your own functions and types, as in sales.net(amount).");
  else if (error->sqlerrcode == ERRCODE_UNDEFINED_COLUMN)
    add_hint(error,
             psprintf("The columns are %s. A constant is in quotes of its own, as in event => "
                      "'''purchase'''.",
                      columns_of(relation)));
}

/// C++ regime.
Oid type_of(Relation relation, const char* label, const char* expression) {
  try {
    return call_pg([&] {
      Place place{expression, 0};
      ErrorContextCallback callback = {error_context_stack, point_into_expression, &place};
      error_context_stack = &callback;  // until call_pg returns
      ParseState* const state = state_over(relation);
      return compiled(state, parsed(place, state));
    });
  } catch (const pg::PgError& e) {
    call_pg([&] { name_argument(e.data(), relation, label); });
    throw;
  }
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_expression_types) {
  for (const int needed : {0, 1, 2, 4, 5})
    if (PG_ARGISNULL(needed)) PG_RETURN_NULL();
  const Oid source = PG_GETARG_OID(0), owner = PG_GETARG_OID(1);
  const SourceSettings settings{text_to_cstring(PG_GETARG_TEXT_PP(2)),
                                PG_ARGISNULL(3) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(3))};
  const Datum labels = PG_GETARG_DATUM(4), expressions = PG_GETARG_DATUM(5);
  const pg::Acting before = act_as(owner, settings);
  require_relation(source);
  const Relation relation = relation_open(source, NoLock);
  const Datum types = guarded([&] {
    const std::vector<std::string> names = pg::text_elements(labels, "labels"),
                                   texts = pg::text_elements(expressions, "expressions");
    if (names.size() != texts.size())
      throw Error(sqlstate::invalid_parameter, "labels and expressions must be of one length");
    std::vector<Datum> found;
    for (size_t i = 0; i < texts.size(); ++i) {
      poll();
      found.push_back(ObjectIdGetDatum(type_of(relation, names[i].c_str(), texts[i].c_str())));
    }
    return call_pg([&] {
      return PointerGetDatum(construct_array(found.data(), static_cast<int>(found.size()),
                                             REGTYPEOID, sizeof(Oid), true, TYPALIGN_INT));
    });
  });
  relation_close(relation, NoLock);
  pg::stop_acting(before);
  PG_RETURN_DATUM(types);
}

CLIENTELE_FUNCTION(clientele_may_act_as) {
  PG_RETURN_BOOL(pg::may_become(GetUserId(), PG_GETARG_OID(0)));
}

CLIENTELE_FUNCTION(clientele_cluster_id) {
  PG_RETURN_INT64(static_cast<int64>(GetSystemIdentifier()));
}
