// SPDX-License-Identifier: PostgreSQL
#include "reports/pictures/flow.hpp"

#include <algorithm>

#include "base/poll.hpp"

namespace clientele::pictures {

std::vector<std::vector<size_t>> Flow::columns() const {
  std::vector<std::vector<size_t>> all;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].column >= all.size()) all.resize(nodes[i].column + 1);
    all[nodes[i].column].push_back(i);
  }
  return all;
}

/// Moves each node towards the centre of what it is linked with in the columns before, or after.
void Flow::relax(std::vector<std::vector<size_t>>& columns, bool forward, double weight) {
  std::vector<double> sum(nodes.size()), values(nodes.size());
  for (size_t k = 0; k < columns.size(); ++k) {
    const std::vector<size_t>& column = columns[forward ? k : columns.size() - 1 - k];
    for (const size_t i : column) {
      if (!(values[i] > 0)) continue;
      FlowNode& node = nodes[i];
      node.y += (sum[i] / values[i] - (node.y + node.height / 2)) * weight;
    }
    separate(columns[forward ? k : columns.size() - 1 - k], height_, padding_);
    // This column is final in this pass: what it is linked with follows it.
    for (const size_t i : column)
      for (const size_t link : forward ? outgoing_[i] : incoming_[i]) {
        const FlowLink& l = links[link];
        const size_t other = forward ? l.target : l.source;
        const double share = l.thickness;
        sum[other] += (nodes[i].y + nodes[i].height / 2) * share;
        values[other] += share;
      }
  }
}

/// Without overlaps, in the order of the places, and as little as possible away from them.
void Flow::separate(std::vector<size_t>& column, double height, double padding) {
  std::stable_sort(column.begin(), column.end(), [&](size_t a, size_t b) {
    return nodes[a].y + nodes[a].height / 2 < nodes[b].y + nodes[b].height / 2;
  });
  double next = 0;
  for (const size_t i : column) {
    nodes[i].y = std::max(nodes[i].y, next);
    next = nodes[i].y + nodes[i].height + padding;
  }
  double last = height;
  for (auto i = column.rbegin(); i != column.rend(); ++i) {
    nodes[*i].y = std::max(0.0, std::min(nodes[*i].y, last - nodes[*i].height));
    last = nodes[*i].y - padding;
  }
}

void Flow::place_links() {
  for (size_t i = 0; i < nodes.size(); ++i) {
    poll();
    std::stable_sort(outgoing_[i].begin(), outgoing_[i].end(), [&](size_t a, size_t b) {
      return nodes[links[a].target].y < nodes[links[b].target].y;
    });
    std::stable_sort(incoming_[i].begin(), incoming_[i].end(), [&](size_t a, size_t b) {
      return nodes[links[a].source].y < nodes[links[b].source].y;
    });
    double from = nodes[i].y, to = nodes[i].y;
    for (const size_t link : outgoing_[i]) {
      links[link].from = from;
      from += links[link].thickness;
    }
    for (const size_t link : incoming_[i]) {
      links[link].to = to;
      to += links[link].thickness;
    }
  }
}

void Flow::lay_out(double height, double padding) {
  std::vector<double> in(nodes.size()), out(nodes.size());
  outgoing_.assign(nodes.size(), {});
  incoming_.assign(nodes.size(), {});
  for (size_t i = 0; i < links.size(); ++i) {
    out[links[i].source] += links[i].value;
    in[links[i].target] += links[i].value;
    outgoing_[links[i].source].push_back(i);
    incoming_[links[i].target].push_back(i);
  }
  for (size_t i = 0; i < nodes.size(); ++i) nodes[i].value = std::max(in[i], out[i]);
  std::vector<std::vector<size_t>> all = columns();
  size_t most = 1;
  for (const auto& column : all) most = std::max(most, column.size());
  padding = std::min(padding, height * 0.4 / static_cast<double>(most));
  double scale = -1;
  for (const auto& column : all) {
    double sum = 0;
    for (const size_t i : column) sum += nodes[i].value;
    const double room =
        height - padding * static_cast<double>(column.size() - (column.empty() ? 0 : 1));
    if (sum > 0) scale = scale < 0 ? room / sum : std::min(scale, room / sum);
  }
  scale = std::max(scale, 0.0);
  for (FlowLink& link : links) link.thickness = link.value * scale;
  height_ = height;
  padding_ = padding;
  for (auto& column : all) {
    std::stable_sort(column.begin(), column.end(), [&](size_t a, size_t b) {
      return nodes[a].last != nodes[b].last ? nodes[b].last : nodes[a].value > nodes[b].value;
    });
    double y = 0;
    for (const size_t i : column) {
      nodes[i].height = nodes[i].value * scale;
      nodes[i].y = y;
      y += nodes[i].height + padding;
    }
  }
  double weight = 1;
  for (int pass = 0; pass < 24; ++pass) {
    poll();
    relax(all, false, weight);
    relax(all, true, weight);
    weight *= 0.95;
  }
  place_links();
}

}  // namespace clientele::pictures
