// SPDX-License-Identifier: PostgreSQL
// Writes the SVG of one picture. It knows classes and coordinates, and no chart.
#pragma once
#include <string>
#include <string_view>

#include "reports/pictures/data.hpp"
#include "reports/pictures/options.hpp"

namespace clientele::pictures {

/// A coordinate with at most one decimal.
std::string coordinate(double value);

/// Shapes are inside the picture as long as their coordinates are from 0 to the width and the
/// height that finish() is called with.
class Svg {
 public:
  /// `kind` becomes a class of the picture.
  Svg(const Options& options, const char* kind);

  double width() const { return width_; }
  bool narrow() const { return width_ < 520; }

  enum Anchor { start, middle, end };
  /// A text of at most this width in pixels. What is cut has all of it as its title.
  void text(std::string_view classes, double x, double y, std::string_view words, double most,
            Anchor anchor = start);
  /// A text that ends at x and y and comes from below on the left, at half a right angle.
  void slanted(std::string_view classes, double x, double y, std::string_view words, double most);
  void rect(std::string_view classes, double x, double y, double w, double h, double radius = 0);
  void line(std::string_view classes, double x1, double y1, double x2, double y2);
  void circle(std::string_view classes, double x, double y, double r);
  /// `d` consists of letters of commands and of coordinates().
  void path(std::string_view classes, std::string_view d);

  /// Shapes up to close_mark() are a mark that shows its numbers: a title, and a line at the top of
  /// the picture while the pointer or the focus is on the mark. With an address it is a link.
  void open_mark(std::string_view numbers, std::string_view href = {});
  void close_mark();
  /// The address of the row that is drawn: its href, or where the options lead with this key.
  std::string address(const Row& row, std::string_view key) const;

  /// The whole element; `description` is used if the options have none.
  std::string finish(double height, std::string_view title, std::string_view description);

  /// The height at the top in which marks show their numbers.
  static constexpr double readout = 24;
  /// The size of letters, to which widths of text refer.
  static constexpr double letter = 12;
  /// How much wider a strong text is.
  static constexpr double bolder = 1.1;

 private:
  const Options& options_;
  const char* kind_;
  double width_;
  std::string body_;
  std::string numbers_;
  bool linked_ = false, links_ = false, empty_ = true;
};

}  // namespace clientele::pictures
