// SPDX-License-Identifier: PostgreSQL
// A module for tests only: SQL functions that fail in each way that C++ and PostgreSQL know,
// through src/pg/boundary. tests/differential/boundary.py builds and loads it.
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "pg/boundary.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

extern "C" {
PG_MODULE_MAGIC;
}

using namespace clientele;

namespace {

int live = 0;
/// What must not leak: counted, and holding some memory.
struct Counted {
  Counted() { ++live; }
  Counted(const Counted& other) : held(other.held) { ++live; }
  ~Counted() { --live; }
  std::vector<int> held = std::vector<int>(100);
};

void raise_postgres_error() {
  ereport(ERROR, (errcode(ERRCODE_DIVISION_BY_ZERO), errmsg("message of PostgreSQL"),
                  errdetail("detail of PostgreSQL"), errhint("hint of PostgreSQL")));
}

[[noreturn]] void fail_again(std::string_view kind);

int32_t fail(std::string_view kind) {
  const std::vector<Counted> objects(3);
  if (kind == "none") return live;
  if (kind == "error") throw Error("22023", "message of the core", "hint of the core");
  if (kind == "no hint") throw Error("0A000", "message alone");
  if (kind == "percent") throw Error("22023", "100 %s %n", "50 %d");
  if (kind == "long") {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "长";
    throw Error("54000", text, text);
  }
  if (kind == "bad_alloc") throw std::bad_alloc();
  if (kind == "length_error") std::vector<char>().reserve(SIZE_MAX);
  if (kind == "invalid_argument") throw std::invalid_argument("an invalid argument");
  if (kind == "domain_error") throw std::domain_error("outside the domain");
  if (kind == "runtime_error") throw std::runtime_error("something else");
  if (kind == "int") throw 42;
  if (kind == "postgres") pg::call_pg([] { raise_postgres_error(); });
  if (kind == "cancelled")
    for (;;) pg::poll_interrupts();
  if (kind.starts_with("nested ")) fail_again(kind.substr(7));
  if (kind == "swallowed") {
    try {
      pg::call_pg([] { raise_postgres_error(); });
    } catch (const pg::PgError& e) {
      pg::call_pg([&] { FreeErrorData(e.data()); });
    }
    return pg::call_pg([] { return live; });
  }
  throw Error("42704", "no such kind");
}

// PostgreSQL called from C++ calls C++ again.
[[noreturn]] void fail_again(std::string_view kind) {
  const Counted object;
  pg::call_pg([&] { pg::guarded([&] { return fail(kind); }); });
  throw Error("42704", "it did not fail");
}

}  // namespace

CLIENTELE_FUNCTION(boundary_fail) {
  const std::string_view kind = pg::text_view(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return Int32GetDatum(fail(kind)); });
}

CLIENTELE_FUNCTION(boundary_live) { PG_RETURN_INT32(live); }

// Objects kept in a memory context die with it, whether the query fails or not.
namespace {
struct Kept {
  explicit Kept(std::pmr::memory_resource*) {}
  Counted object;
};
}  // namespace

CLIENTELE_FUNCTION(boundary_keep) {
  const bool then_fail = PG_GETARG_BOOL(0);
  return pg::guarded([&] {
    pg::kept<Kept>(fcinfo);
    if (then_fail) throw Error("22023", "failed with an object kept");
    return Int32GetDatum(live);
  });
}
