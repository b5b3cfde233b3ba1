// SPDX-License-Identifier: PostgreSQL
// PostgreSQL's parser, and walks over its trees. PostgreSQL regime.
#pragma once
#include "pg/boundary.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parser.h"
}

namespace clientele::pg {

using Walker = bool (*)(Node*, void*);

// Before 16 a walker was declared without its parameters.
#if PG_VERSION_NUM >= 160000
inline Walker walker(Walker walk) { return walk; }
#else
using PlainWalker = bool (*)();
inline PlainWalker walker(Walker walk) {
  return reinterpret_cast<PlainWalker>(reinterpret_cast<void (*)()>(walk));
}
#endif

inline bool walk_raw(Node* node, Walker walk, void* context) {
  return raw_expression_tree_walker(node, walker(walk), context);
}
inline bool walk_expression(Node* node, Walker walk, void* context) {
  return expression_tree_walker(node, walker(walk), context);
}
inline bool walk_query(Query* query, Walker walk, void* context) {
  return query_tree_walker(query, walker(walk), context, 0);
}

/// The only statement that the parser found, if it is a SELECT, or nullptr.
inline SelectStmt* only_select(const List* statements) {
  if (list_length(statements) != 1) return nullptr;
  Node* const statement = linitial_node(RawStmt, statements)->stmt;
  return IsA(statement, SelectStmt) ? reinterpret_cast<SelectStmt*>(statement) : nullptr;
}

/// SELECT with one nameless value and nothing else.
inline bool is_one_value(const List* statements) {
  const SelectStmt* const s = only_select(statements);
  return s != nullptr && s->op == SETOP_NONE && list_length(s->targetList) == 1 &&
         linitial_node(ResTarget, s->targetList)->name == nullptr && s->distinctClause == NIL &&
         s->intoClause == nullptr && s->fromClause == NIL && s->whereClause == nullptr &&
         s->groupClause == NIL && s->havingClause == nullptr && s->windowClause == NIL &&
         s->valuesLists == NIL && s->sortClause == NIL && s->limitOffset == nullptr &&
         s->limitCount == nullptr && s->lockingClause == NIL && s->withClause == nullptr;
}

}  // namespace clientele::pg
