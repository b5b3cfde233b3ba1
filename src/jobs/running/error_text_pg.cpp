// SPDX-License-Identifier: PostgreSQL
#include "jobs/running/error_text_pg.hpp"

#include <cstring>

extern "C" {
#include "lib/stringinfo.h"
}

namespace clientele::jobs {
namespace {

constexpr int longest = 4096;

/// Whatever the bytes are, the result is text, with the beginning of `text`.
char* stored_text(const char* text) {
  int length = static_cast<int>(strnlen(text, 2 * longest));
  if (length > longest) length = pg_mbcliplen(text, length, longest);
  char* const copy = pnstrdup(text, length);
  if (!pg_verifymbstr(copy, length, true))
    for (char* c = copy; *c != '\0'; ++c)
      if (IS_HIGHBIT_SET(*c)) *c = '?';
  return copy;
}

void add_line(StringInfo lines, const char* label, const char* text) {
  if (text == nullptr || *text == '\0') return;
  if (lines->len > 0) appendStringInfoChar(lines, '\n');
  appendStringInfo(lines, "%s:  %s", label, stored_text(text));
}

}  // namespace

const char* error_message(const ErrorData* error) {
  return stored_text(error->message == nullptr ? "an error without a message" : error->message);
}

const char* error_context(const ErrorData* error) {
  StringInfoData lines;
  initStringInfo(&lines);
  add_line(&lines, "DETAIL", error->detail);
  add_line(&lines, "HINT", error->hint);
  add_line(&lines, "QUERY", error->internalquery);
  const int position = error->cursorpos > 0 ? error->cursorpos : error->internalpos;
  if (position > 0) add_line(&lines, "POSITION", psprintf("%d", position));
  add_line(&lines, "CONTEXT", error->context);
  return lines.len > 0 ? lines.data : nullptr;
}

}  // namespace clientele::jobs
