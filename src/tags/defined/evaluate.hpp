// SPDX-License-Identifier: PostgreSQL
// Who answers a tag query, by operations on whole audiences.
#pragma once
#include <cstdint>

#include "tags/audience/audience.hpp"
#include "tags/query/query.hpp"
#include "tags/scores/scores.hpp"

namespace clientele::tags {

/// Where it is kept who has which tag.
class TagSource {
 public:
  virtual ~TagSource() = default;
  /// Whoever has a tag that the leaf matches.
  virtual Audience answer(const Leaf& leaf) = 0;
  /// All customers: among whom `!` looks.
  virtual Audience everyone() = 0;
};

/// The customers whose number passes a test, of those that are about values. The texts of = and !=
/// compare with the way in which numbers are written: 3.50 is not 3.5.
Audience audience_where(const Scores& scores, const Leaf& leaf);

/// The customers whose tags match, as TagQuery::matches() says it of one of them.
Audience audience_of(const TagQuery& query, TagSource& source);

/// Its size, without making it.
uint64_t audience_size(const TagQuery& query, TagSource& source);

}  // namespace clientele::tags
