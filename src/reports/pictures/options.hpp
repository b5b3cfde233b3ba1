// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>

#include "reports/pictures/data.hpp"
#include "reports/pictures/numbers.hpp"

namespace clientele::pictures {

/// What is said of a picture, besides its data.
struct Options {
  enum Layout { wide, narrow, both };

  std::string title, description;  // empty: the picture's own
  Language language = Language::english;
  std::string id = "picture";
  Layout layout = wide;
  int width = 0;         // 0: that of the layout
  std::string shown_on;  // of two layouts: wide or narrow, for screens of which kind this one is
  std::string link;      // empty: marks are not links
  std::string unit;
  Format::Kind format = Format::number;
  bool has_format = false;
  bool standalone = false;
  bool diagonal = false;
  std::string x_label, y_label;

  /// Reads one object. 22023 for an unknown key or a wrong value.
  void read(const Row& row, const std::vector<std::string>& keys);

  Format values(Format::Kind otherwise = Format::number) const {
    return {has_format ? format : otherwise, unit, language};
  }
};

}  // namespace clientele::pictures
