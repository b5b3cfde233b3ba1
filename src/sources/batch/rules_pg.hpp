// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <memory>

#include "sources/batch/receiver_pg.hpp"

namespace clientele::sources {

/// A source as it is today: what it reads, how, and with whose rights.
struct Source {
  int64_t id = 0;
  std::string name, relation, method, time_zone, date_order;
  unsigned int owner = 0;
  int32_t mapping_number = 0;

  struct Expression {
    std::string label, sql;  // the argument, with the name of what it has several of
    Column column;
  };
  std::vector<Expression> expressions;
  std::vector<Column> columns;  // of the expressions

  SourceRules rules;
  std::unique_ptr<LocalClock> clock;

  /// Values with a place for each expression.
  RowValues empty_row() const;
  /// The expressions, with commas.
  std::string list() const;
};

/// Compiles the expressions and reads all that is in the store about the source. C++ regime.
/// Errors: those of source_expressions().
std::unique_ptr<Source> open_source(int64_t id);

}  // namespace clientele::sources
