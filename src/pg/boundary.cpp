// SPDX-License-Identifier: PostgreSQL
#include <cstring>
#include <new>
#include <stdexcept>

#include "base/error.hpp"
#include "pg/boundary.hpp"

namespace clientele::pg {
namespace detail {
namespace {

// Copies whole characters only, as half a character would make the error message itself an error. A
// message may quote a text that was cut inside a character.
void copy_text(char (&to)[1024], const char* from) noexcept {
  const size_t size = strnlen(from, 4 * sizeof to);
  size_t n = 0;
  for (size_t i = 0; i < size;) {
    const int length =
        pg_encoding_verifymbchar(GetDatabaseEncoding(), from + i, static_cast<int>(size - i));
    const size_t bytes = length > 0 ? static_cast<size_t>(length) : 1;
    if (n + bytes >= sizeof to) break;
    if (length > 0) {
      std::memcpy(to + n, from + i, bytes);
      n += bytes;
    }
    i += bytes;
  }
  to[n] = '\0';
}

int sqlstate_of(const char* code) noexcept {
  return MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}

}  // namespace

void describe_current_exception(Failure& failure) noexcept {
  failure.postgres = nullptr;
  failure.hint[0] = '\0';
  try {
    throw;
  } catch (const PgError& e) {
    failure.postgres = e.data();
  } catch (const Error& e) {
    failure.code = sqlstate_of(e.code());
    copy_text(failure.message, e.what());
    copy_text(failure.hint, e.hint().c_str());
  } catch (const std::bad_alloc&) {
    failure.code = ERRCODE_OUT_OF_MEMORY;
    copy_text(failure.message, "out of memory");
  } catch (const std::length_error& e) {  // a container beyond what it can hold
    failure.code = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
    copy_text(failure.message, e.what());
  } catch (const std::invalid_argument& e) {
    failure.code = ERRCODE_INVALID_PARAMETER_VALUE;
    copy_text(failure.message, e.what());
  } catch (const std::domain_error& e) {
    failure.code = ERRCODE_INVALID_PARAMETER_VALUE;
    copy_text(failure.message, e.what());
  } catch (const std::exception& e) {
    failure.code = ERRCODE_INTERNAL_ERROR;
    copy_text(failure.message, e.what());
  } catch (...) {
    failure.code = ERRCODE_INTERNAL_ERROR;
    copy_text(failure.message, "unknown C++ exception");
  }
}

void raise(const Failure& failure) {
  if (failure.postgres != nullptr) ReThrowError(failure.postgres);
  ereport(ERROR, (errcode(failure.code), errmsg_internal("%s", failure.message),
                  failure.hint[0] != '\0' ? errhint("%s", failure.hint) : 0));
  pg_unreachable();
}

void throw_postgres_error(MemoryContext context) {
  MemoryContextSwitchTo(context);
  ErrorData* const data = CopyErrorData();
  FlushErrorState();
  throw PgError(data);
}

}  // namespace detail

void require_encoding(std::string_view text) {
  const int size = static_cast<int>(text.size());
  if (unlikely(!pg_verifymbstr(text.data(), size, true)))
    call_pg([&] { report_invalid_encoding(GetDatabaseEncoding(), text.data(), size); });
}

void poll_interrupts() {
  if (unlikely(InterruptPending)) call_pg([] { ProcessInterrupts(); });
}

void throw_if_stack_is_deep() {
  if (unlikely(stack_is_too_deep()))
    throw Error(sqlstate::too_complex, "stack depth limit exceeded",
                "The query nests too deeply for the setting max_stack_depth.");
}

}  // namespace clientele::pg
