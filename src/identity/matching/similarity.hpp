// SPDX-License-Identifier: PostgreSQL
// How alike two texts are, character by character. A text is a string_view if it is all ASCII.
#pragma once
#include <cstddef>
#include <string_view>

namespace clientele {

/// From 0 (nothing in common) to 1 (equal): Winkler's (1990), with a prefix of up to 4 characters
/// that counts 0.1 each where Jaro's similarity is above 0.7. Half a transposition does not count,
/// as in Winkler's program.
double jaro_winkler(std::string_view a, std::string_view b);
double jaro_winkler(std::u32string_view a, std::u32string_view b);

/// The least number of characters to insert, to delete, to change, or to swap with their neighbour,
/// if nothing is edited twice (optimal string alignment). `limit` + 1 stands for all that is above
/// the limit, which bounds the time.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit);
size_t edit_distance(std::u32string_view a, std::u32string_view b, size_t limit);

}  // namespace clientele
