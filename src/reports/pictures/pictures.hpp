// SPDX-License-Identifier: PostgreSQL
// The pictures of a report as SVG. They know no table: their data are rows of named values.
#pragma once
#include <string>

#include "reports/pictures/data.hpp"
#include "reports/pictures/options.hpp"

namespace clientele::pictures {

/// Draws a picture of the width that the options have. The errors of all are those of Row.
using Picture = std::string (*)(const Data& data, const Options& options);

/// Steps with bars: {name, customers, conversion, step_conversion, median_seconds}.
std::string funnel(const Data& data, const Options& options);
/// Links between the nodes of successive columns: {step, source, target, value}.
std::string sankey(const Data& data, const Options& options);
/// Cohorts by periods: {cohort, period, customers, rate, complete}.
std::string retention(const Data& data, const Options& options);
/// Hours by weekdays: {weekday, hour, value}.
std::string week(const Data& data, const Options& options);
/// Lines over time: {at, series, value, low, high, anomaly}.
std::string series(const Data& data, const Options& options);
/// Cells of two scales: {x, y, value, label}.
std::string grid(const Data& data, const Options& options);
/// Bars beside their labels: {label, value, low, high, group}.
std::string bars(const Data& data, const Options& options);
/// Lines over numbers: {x, y, series}.
std::string curve(const Data& data, const Options& options);
/// Stages by channels: {stage, channel, customers, dwell_seconds, dropped}.
std::string journey_map(const Data& data, const Options& options);

/// The picture in the layout that is wanted, or in both one after the other.
std::string draw(Picture picture, const Data& data, Options options);

}  // namespace clientele::pictures
