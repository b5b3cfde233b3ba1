// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/svg.hpp"

#include <charconv>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "reports/pictures/letters.hpp"
#include "reports/pictures/style.hpp"

namespace clientele::pictures {

std::string coordinate(double value) {
  char digits[400];
  std::string text(
      digits,
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 1).ptr);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

Svg::Svg(const Options& options, const char* kind)
    : options_(options), kind_(kind), width_(options.width) {}

void Svg::text(std::string_view classes, double x, double y, std::string_view words, double most,
               Anchor anchor) {
  bool whole = true;
  const bool bold = classes.find("strong") != std::string_view::npos;
  const std::string shown = cut_to_width(words, most / letter / (bold ? bolder : 1), whole);
  if (shown.empty() || (!whole && shown == "…")) return;
  body_ += "<text class=\"";
  body_ += classes;
  body_ += anchor == start ? "\"" : anchor == middle ? " mid\"" : " end\"";
  body_ += " x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\">";
  if (!whole) body_ += "<title>" + escape(words) + "</title>";
  body_ += escape(shown) + "</text>";
}

void Svg::slanted(std::string_view classes, double x, double y, std::string_view words,
                  double most) {
  const size_t before = body_.size();
  text(classes, x, y, words, most, end);
  if (body_.size() == before) return;
  body_.insert(before + 5,
               " transform=\"rotate(-45 " + coordinate(x) + " " + coordinate(y) + ")\"");
}

void Svg::rect(std::string_view classes, double x, double y, double w, double h, double radius) {
  poll();
  body_ += "<rect class=\"";
  body_ += classes;
  body_ += "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" + coordinate(w) +
           "\" height=\"" + coordinate(h) + "\"";
  if (radius > 0) body_ += " rx=\"" + coordinate(radius) + "\"";
  body_ += "/>";
}

void Svg::line(std::string_view classes, double x1, double y1, double x2, double y2) {
  body_ += "<line class=\"";
  body_ += classes;
  body_ += "\" x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) +
           "\" y2=\"" + coordinate(y2) + "\"/>";
}

void Svg::circle(std::string_view classes, double x, double y, double r) {
  body_ += "<circle class=\"";
  body_ += classes;
  body_ +=
      "\" cx=\"" + coordinate(x) + "\" cy=\"" + coordinate(y) + "\" r=\"" + coordinate(r) + "\"/>";
}

void Svg::path(std::string_view classes, std::string_view d) {
  poll();
  body_ += "<path class=\"";
  body_ += classes;
  body_ += "\" d=\"";
  body_ += d;
  body_ += "\"/>";
}

void Svg::open_mark(std::string_view numbers, std::string_view href) {
  numbers_ = numbers;
  linked_ = !href.empty();
  links_ = links_ || linked_;
  empty_ = false;
  const std::string said = escape(numbers);
  if (linked_)
    body_ += "<a class=\"mark\" href=\"" + escape(href) + "\">";
  else
    body_ += "<g class=\"mark\">";
  body_ += "<title>" + said + "</title>";
}

void Svg::close_mark() {
  bool whole = true;
  body_ += "<text class=\"tip\" x=\"0\" y=\"13\">" +
           escape(cut_to_width(numbers_, width_ / letter, whole)) + "</text>";
  body_ += linked_ ? "</a>\n" : "</g>\n";
}

std::string Svg::address(const Row& row, std::string_view key) const {
  if (const auto href = row.text("href"); href && !href->empty()) {
    // Another scheme could be a script.
    if (!href->starts_with('#') && !href->starts_with("https://") && !href->starts_with("http://"))
      throw Error(sqlstate::invalid_parameter, "href \"" + *href + "\" is not allowed",
                  "An href begins with #, http:// or https://.");
    return *href;
  }
  if (options_.link.empty()) return {};
  return "#" + options_.link + "-" + slug(row.text("key").value_or(std::string(key)));
}

std::string Svg::finish(double height, std::string_view title, std::string_view description) {
  const std::string name = options_.id;
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture ";
  out += kind_;
  if (!options_.shown_on.empty()) out += " " + options_.shown_on;
  // The descendants of an image are not seen by a screen reader, so one with links is a group.
  out += links_ ? "\" role=\"group\"" : "\" role=\"img\"";
  // A file of its own has a margin.
  const double x = options_.standalone ? 12 : 0, y = options_.standalone ? 8 : 0;
  const std::string w = coordinate(width_ + 2 * x), h = coordinate(height + 2 * y);
  out += " viewBox=\"" + coordinate(-x) + " " + coordinate(-y) + " " + w + " " + h + "\" width=\"" +
         w + "\" height=\"" + h + "\"";
  out += " aria-labelledby=\"" + name + "-title " + name + "-desc\">\n";
  const std::string_view shown = options_.title.empty() ? title : options_.title;
  const std::string_view said = options_.description.empty() ? description : options_.description;
  out += "<title id=\"" + name + "-title\">" + escape(shown) + "</title>";
  out += "<desc id=\"" + name + "-desc\">" + escape(said) + "</desc>\n";
  if (options_.standalone) out += "<style>" + std::string(style()) + "</style>\n";
  return out + body_ + "</svg>";
}

}  // namespace clientele::pictures
