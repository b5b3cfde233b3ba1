// SPDX-License-Identifier: PostgreSQL
// Evaluates tag queries by operations on whole audiences.
#pragma once
#include <cstdint>

#include "tags/audience/audience.hpp"
#include "tags/query/query.hpp"
#include "tags/scores/scores.hpp"

namespace clientele::tags {

/// The customers of each tag, wherever they are stored.
class TagSource {
 public:
  virtual ~TagSource() = default;
  /// The customers with a tag that the leaf matches.
  virtual Audience answer(const Leaf& leaf) = 0;
  /// All customers, to which `!` is relative.
  virtual Audience everyone() = 0;
};

/// The customers whose number passes a test that is about values. = and != compare with the text of
/// a number as it is printed: 3.50 is not 3.5.
Audience audience_where(const Scores& scores, const Leaf& leaf);

/// The customers whose tags match, as by TagQuery::matches() for each of them.
Audience audience_of(const TagQuery& query, TagSource& source);

/// The size of audience_of(), without making it.
uint64_t audience_size(const TagQuery& query, TagSource& source);

}  // namespace clientele::tags
