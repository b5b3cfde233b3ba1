// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/pictures.hpp"

#include "base/error.hpp"

namespace clientele::pictures {
namespace {

constexpr int wide_width = 760, narrow_width = 340;

}  // namespace

std::string draw(Picture picture, const Data& data, Options options) {
  if (data.size() > most_rows)
    throw Error(sqlstate::limit_exceeded, "a picture of " + std::to_string(data.size()) +
                                              " rows is too large, " + std::to_string(most_rows) +
                                              " is the limit");
  if (options.layout != Options::both) {
    if (options.width == 0)
      options.width = options.layout == Options::wide ? wide_width : narrow_width;
    return picture(data, options);
  }
  const std::string id = options.id;
  std::string out;
  for (const bool wide : {true, false}) {
    options.width = wide ? wide_width : narrow_width;
    options.shown_on = wide ? "wide" : "narrow";
    options.id = id + "-" + options.shown_on;
    out += (wide ? "" : "\n") + picture(data, options);
  }
  return out;
}

}  // namespace clientele::pictures
