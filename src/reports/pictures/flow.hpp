// SPDX-License-Identifier: PostgreSQL
// Where the nodes and links of a Sankey diagram are. It knows no markup.
#pragma once
#include <cstddef>
#include <vector>

namespace clientele::pictures {

struct FlowNode {
  size_t column;
  double value = 0;   // what comes in or what goes out, the larger one
  bool last = false;  // at the end of its column at first
  double y = 0, height = 0;
};

struct FlowLink {
  size_t source, target;  // nodes; the target is in a later column
  double value;
  double from = 0, to = 0;  // the upper edge at the source and at the target
  double thickness = 0;
};

struct Flow {
  std::vector<FlowNode> nodes;
  std::vector<FlowLink> links;

  /// Sets the values of the nodes, and all places within this height: nodes of a column do not
  /// overlap, links take the parts of their nodes without overlaps, and few links cross. The same
  /// flow has the same places.
  void lay_out(double height, double padding);

 private:
  std::vector<std::vector<size_t>> columns() const;
  void relax(std::vector<std::vector<size_t>>& columns, bool forward, double weight);
  void separate(std::vector<size_t>& column, double height, double padding);
  void place_links();

  double height_ = 0, padding_ = 0;
  std::vector<std::vector<size_t>> outgoing_, incoming_;  // links of each node
};

}  // namespace clientele::pictures
