// SPDX-License-Identifier: PostgreSQL
// Features of packed journeys, by a stored definition.
#pragma once
#include <memory_resource>

#include "churn/features/features.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/values.hpp"

namespace clientele {

/// Kept from row to row. The definition stays ready to use as long as the dictionary stays the
/// same.
class JourneyFeatures {
 public:
  explicit JourneyFeatures(std::pmr::memory_resource* memory) : question_(memory) {}

  /// False if there is no event before `at`. C++ regime; 22008 for an infinite `at`.
  bool draw(pg::ByteView journey, TimestampTz at, pg::ByteView definition, ChurnFeatures& out);

 private:
  struct Question {
    explicit Question(pg::ByteView bytes);
    FeaturesDefinition definition;
    LocalClock clock;
    EventRoles roles;
  };
  Resolved<Question> question_;
  FeatureMaker maker_;
};

}  // namespace clientele
