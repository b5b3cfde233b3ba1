// SPDX-License-Identifier: PostgreSQL
// Reads a user's CSV file, finds out what its columns mean, and writes rows for COPY.
#include <cstdio>
#include <exception>

#include "explain.hpp"
#include "importer.hpp"
#include "plan.hpp"
#include "settings.hpp"
#include "source.hpp"

namespace demo {
namespace {

void import(int argc, char** argv) {
  const Settings s = read_arguments(argc, argv);
  Source source(0, s.encoding);
  const Plan plan = Planner(source.window(), source.at_end(), s).make();
  const bool only_header = plan.header && plan.sampled == 0 && source.at_end();
  if (!only_header) require_customer_and_time(plan, s);
  if (!only_header) Explanation(plan, s, source).print();
  Importer importer(plan, s);
  importer.run(source);
  importer.report();
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  try {
    demo::import(argc, argv);
    return 0;
  } catch (const demo::UsageError& e) {
    std::fprintf(stderr, "import: %s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "import: %s\n", e.what());
    return 1;
  }
}
