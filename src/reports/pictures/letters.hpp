// SPDX-License-Identifier: PostgreSQL
// Texts of strangers on their way into a picture: escaped, measured and cut.
#pragma once
#include <string>
#include <string_view>

namespace clientele::pictures {

/// The one function through which every text goes into markup, as content or as an attribute in
/// double quotes: & < > " and ' are written as entities, white space as a blank. Other control
/// characters, bidi controls and what XML does not allow are left out; bytes that are not UTF-8 are
/// U+FFFD. Words that are written from right to left are isolated, so that numbers and arrows
/// beside them stay where they are.
std::string escape(std::string_view text);

/// How wide the text is in a common sans-serif font, in units of the font's size. East Asian wide
/// characters have a width of 1.
double text_width(std::string_view text);

/// The text, or as much of it as has this width together with an ellipsis. `whole` is set to
/// whether nothing was cut.
std::string cut_to_width(std::string_view text, double width, bool& whole);

/// The text, or its first 2,000 bytes or so with an ellipsis: no name is longer, and text that is
/// pasted into one cannot fill a page.
std::string shorten(std::string text);

/// A part of an id: lower-case ASCII letters and digits with hyphens between them, and after
/// another hyphen a hash if the text is not that already. Different texts have different slugs.
std::string slug(std::string_view text);

}  // namespace clientele::pictures
