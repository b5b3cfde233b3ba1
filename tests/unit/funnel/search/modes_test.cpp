// SPDX-License-Identifier: PostgreSQL
#include "funnel/search/modes.hpp"

#include <gtest/gtest.h>

#include "unit/code_of.hpp"

namespace clientele {
namespace {

using testing::code_of;

TEST(StepModes, AreWords) {
  EXPECT_EQ(parse_modes("ordered"), StepModes{});
  EXPECT_EQ(parse_modes(" strict "), StepModes{.order = StepOrder::strict});
  EXPECT_EQ(parse_modes("any"), StepModes{.order = StepOrder::any});
  EXPECT_EQ(parse_modes("strict_increase"), parse_modes("strictly_increasing"));
  EXPECT_EQ(parse_modes("strict_once"), StepModes{});
  EXPECT_EQ(parse_modes("ordered,strict"), parse_modes("strict"));
  EXPECT_EQ(parse_modes("any, strict_increase,strict_once"),
            (StepModes{.order = StepOrder::any, .strictly_increasing = true}));
  EXPECT_EQ(parse_modes("shared,strict_deduplication ,allow_reentry,strict_order,shared"),
            (StepModes{.strict_order = true,
                       .allow_reentry = true,
                       .strict_deduplication = true,
                       .shared = true}));
}

TEST(StepModes, AreNamedInOneOrder) {
  for (const char* name :
       {"ordered", "strict", "any", "shared", "strict_order,allow_reentry,strict_deduplication",
        "strict,strict_order,shared"})
    EXPECT_EQ(parse_modes(name).names(), name);
  EXPECT_EQ(parse_modes("strict_once,strict_increase").names(), "ordered");
  EXPECT_EQ(parse_modes("shared,strict_order").names(), "strict_order,shared");
}

TEST(StepModes, SomeCannotBeCombined) {
  for (const char* bad :
       {"", " ", ",", "strict,", ",strict", "Strict", "sorted", "strict order", "any,ordered",
        "strict,any", "any,strict_order", "any,strict_deduplication", "any,shared",
        "any,allow_reentry", "allow_reentry", "strict,allow_reentry", "shared,strict_once"})
    EXPECT_EQ(code_of([&] { parse_modes(bad); }), "22023") << bad;
}

}  // namespace
}  // namespace clientele
