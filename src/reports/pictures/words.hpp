// SPDX-License-Identifier: PostgreSQL
// What pictures say in each language.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "reports/pictures/numbers.hpp"

namespace clientele::pictures {

/// The text in one language, with {1}, {2}, … replaced by `values`.
std::string say(Language language, std::string_view english, std::string_view chinese,
                std::initializer_list<std::string> values = {});

/// en and zh; 22023 for another language.
Language language_named(std::string_view name);

/// Monday is 1.
std::string weekday_name(int weekday, Language language, bool brief);

}  // namespace clientele::pictures
