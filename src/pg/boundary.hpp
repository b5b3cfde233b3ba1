// SPDX-License-Identifier: PostgreSQL
// The line between two error regimes. PostgreSQL raises errors by longjmp, which skips destructors;
// C++ throws exceptions, which must never reach PostgreSQL. CONTRIBUTING.md explains how to write a
// function with these two tools.
#pragma once
#include <string_view>
#include <type_traits>
#include <utility>

#include "pg/postgres.hpp"

namespace clientele::pg {

/// A PostgreSQL error on its way through C++ code.
class PgError {
 public:
  explicit PgError(ErrorData* data) : data_(data) {}
  ErrorData* data() const { return data_; }

 private:
  ErrorData* data_;  // lives in the memory context that was current at call_pg
};

namespace detail {

/// What is left of an exception once it is caught; plain data, so that longjmp may skip it.
struct Failure {
  ErrorData* postgres;
  int code;
  char message[1024];
  char hint[1024];
};
/// Describes the exception being handled. To be called in a catch block only.
void describe_current_exception(Failure& failure) noexcept;
[[noreturn]] void raise(const Failure& failure);
[[noreturn]] void throw_postgres_error(MemoryContext context);

}  // namespace detail

/// Runs C++ code for a SQL function: an exception becomes a PostgreSQL error, raised after all
/// C++ objects are gone. Locals of the caller must be trivially destructible.
template <class F>
auto guarded(F&& compute) -> decltype(compute()) {
  detail::Failure failure;
  try {
    return std::forward<F>(compute)();
  } catch (...) {
    detail::describe_current_exception(failure);
  }
  detail::raise(failure);
}

/// Calls PostgreSQL from C++ code: an error there becomes a PgError exception. The lambda itself is
/// in PostgreSQL's regime: it may hold no object with a destructor. Costs a few nanoseconds; call
/// it once a batch, not once an event.
template <class F>
auto call_pg(F&& work) -> decltype(work()) {
  sigjmp_buf* const saved_stack = PG_exception_stack;
  ErrorContextCallback* const saved_callbacks = error_context_stack;
  const MemoryContext context = CurrentMemoryContext;
  sigjmp_buf here;
  using Result = decltype(work());
  static_assert(std::is_trivially_destructible_v<Result> || std::is_void_v<Result>);
  if (sigsetjmp(here, 0) == 0) {
    PG_exception_stack = &here;
    if constexpr (std::is_void_v<Result>) {
      work();
      PG_exception_stack = saved_stack;
      error_context_stack = saved_callbacks;
      return;
    } else {
      Result result = work();
      PG_exception_stack = saved_stack;
      error_context_stack = saved_callbacks;
      return result;
    }
  }
  PG_exception_stack = saved_stack;
  error_context_stack = saved_callbacks;
  detail::throw_postgres_error(context);
}

/// Installed as the core's encoding_hook: throws 22021 for what is not text of the database, which
/// text with a zero byte never is.
void require_encoding(std::string_view text);

/// Installed as the core's poll_hook: throws when the query has been cancelled.
void poll_interrupts();

/// Installed as the core's stack_hook: throws 54001 where PostgreSQL's own functions would not go
/// deeper.
void throw_if_stack_is_deep();

}  // namespace clientele::pg
