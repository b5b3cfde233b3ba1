// SPDX-License-Identifier: PostgreSQL
// A module for tests only: gives a type's input, receive, output and cast functions corrupt values,
// some hundred thousand a second, in one call. tests/differential/corrupt.py builds and loads it.
//   corrupting(type regtype, way text, good bytea, seed bigint, n int) RETURNS text
// `way`: receive and bytea get bytes as they come from a client; stored has the bytes planted as a
// value on disk; input, text and varchar get text, which is always in the database's encoding. It
// returns how often there was an answer, and how often which error, as {"answers": 3, "22P02": 5}.
// What is accepted must have a text form in the database's encoding, and be itself again through
// text and through send; otherwise there is a WARNING that begins with "wrong:".
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(corrupting);

static uint64 state;

static uint64 any(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}
static int below(int n) { return n < 1 ? 0 : (int)(any() % (uint64)n); }
// Small numbers more often: what comes first decides most.
static int place(int n) { return below(2) ? below(n) : below(1 + below(1 + below(n))); }

enum { room = 64 };  // bytes that changes may add

static int spoil_bytes(uint8* b, int n) {
  for (int times = 1 + (below(3) == 0 ? below(5) : 0); times > 0; --times) {
    const int at = place(n);
    if (n == 0) break;
    switch (below(9)) {
      case 0: n = at; break;
      case 1: {
        const int more = 1 + below(8);
        for (int i = 0; i < more; ++i) b[n++] = (uint8)any();
        break;
      }
      case 2: memmove(b + at, b + at + 1, (size_t)(n - at - 1)); --n; break;
      case 3: b[at] = 255; break;
      case 4: b[at] = (uint8)any(); break;
      case 5: memset(b + at, 255, (size_t)Min(8, n - at)); break;
      case 6: memmove(b + at + 1, b + at, (size_t)(n - at)); ++n; break;
      case 7: b[at] += below(2) ? 1 : -1; break;
      default: b[at] ^= (uint8)(1 << below(8));
    }
  }
  return n;
}

static int spoil_text(char* t, int n) {
  static const char* const words[] = {"{", "}", "[", "]", "\"", ":", ",", "-", "0", "9", "1e400", "99999999999", "null",
                                      "\\u0000", "\\ud800", "\\", "@", "#", "=", "|", "&", "!(", "(", ")", "上", "😀", "é",
                                      "-0", ".5", "NaN", " ", "\t", "'", "*", "true", "\\x00", "2026", "Z", "T"};
  for (int times = 1 + (below(3) == 0 ? below(4) : 0); times > 0; --times) {
    int at = place(n), to;
    while (at > 0 && ((uint8)t[at] & 0xC0) == 0x80) --at;
    to = Min(n, at + 1 + place(Min(8, n - at)));
    while (to < n && ((uint8)t[to] & 0xC0) == 0x80) ++to;
    switch (below(4)) {
      case 0: n = at; break;
      case 1: memmove(t + at, t + to, (size_t)(n - to)); n -= to - at; break;
      default: {
        const char* const word = words[below(lengthof(words))];
        const int size = (int)strlen(word);
        if (below(2)) memmove(t + at, t + to, (size_t)(n - to)), n -= to - at;
        memmove(t + at + size, t + at, (size_t)(n - at));
        memcpy(t + at, word, (size_t)size);
        n += size;
      }
    }
  }
  return n;
}

typedef struct {
  Oid type, parameter, from;
  FmgrInfo input, receive, output, send, cast;
  FmgrInfo casts[8];
  int cast_count;
  bool careful;  // the cast is written in SQL: what it keeps between calls does not survive an error
} Functions;

static Oid cast_from(Oid source, Oid target) {
  const HeapTuple tuple = SearchSysCache2(CASTSOURCETARGET, ObjectIdGetDatum(source), ObjectIdGetDatum(target));
  Oid function = InvalidOid;
  if (!HeapTupleIsValid(tuple)) ereport(ERROR, (errmsg("there is no cast from %s", format_type_be(source))));
  function = ((Form_pg_cast)GETSTRUCT(tuple))->castfunc;
  ReleaseSysCache(tuple);
  return function;
}

static Datum received(Functions* f, const void* bytes, int n) {
  StringInfoData message;
  Datum value;
  initStringInfo(&message);
  appendBinaryStringInfo(&message, bytes, n);
  value = ReceiveFunctionCall(&f->receive, &message, f->parameter, -1);
  if (message.cursor != message.len) ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("incorrect binary data format")));
  return value;
}

static bool same(Datum a, Datum b) {
  const struct varlena* const x = PG_DETOAST_DATUM_PACKED(a);
  const struct varlena* const y = PG_DETOAST_DATUM_PACKED(b);
  return VARSIZE_ANY_EXHDR(x) == VARSIZE_ANY_EXHDR(y) && memcmp(VARDATA_ANY(x), VARDATA_ANY(y), VARSIZE_ANY_EXHDR(x)) == 0;
}

static void tell(const char* what, Functions* f, const void* bytes, int n) {
  StringInfoData hex;
  initStringInfo(&hex);
  for (int i = 0; i < Min(n, 400); ++i) appendStringInfo(&hex, "%02x", ((const uint8*)bytes)[i]);
  ereport(WARNING, (errmsg("wrong: %s of %s for %s", what, format_type_be(f->type), hex.data)));
}

// Its text form, which must be text.
static char* written(Functions* f, Datum value, const void* bytes, int n) {
  char* const text = OutputFunctionCall(&f->output, value);
  if (!pg_verifymbstr(text, (int)strlen(text), true)) tell("the text is not text of the database", f, bytes, n);
  return text;
}

static void try_one(Functions* f, const char* way, const void* bytes, int n) {
  Datum value;
  char* text;
  if (strcmp(way, "receive") == 0)
    value = received(f, bytes, n);
  else if (strcmp(way, "input") == 0)
    value = InputFunctionCall(&f->input, pnstrdup(bytes, (Size)n), f->parameter, -1);
  else {
    struct varlena* const planted = palloc(VARHDRSZ + (Size)n);
    SET_VARSIZE(planted, VARHDRSZ + n);
    memcpy(VARDATA(planted), bytes, (size_t)n);
    value = PointerGetDatum(planted);
    if (strcmp(way, "stored") == 0) {
      written(f, value, bytes, n);
      SendFunctionCall(&f->send, value);
      for (int i = 0; i < f->cast_count; ++i) FunctionCall1(&f->casts[i], value);
      return;
    }
    value = f->careful ? OidFunctionCall1(f->cast.fn_oid, value) : FunctionCall1(&f->cast, value);
  }
  text = written(f, value, bytes, n);
  if (!same(value, InputFunctionCall(&f->input, text, f->parameter, -1))) tell("another value by its text", f, bytes, n);
  {
    bytea* const sent = SendFunctionCall(&f->send, value);
    if (!same(value, received(f, VARDATA(sent), (int)(VARSIZE(sent) - VARHDRSZ)))) tell("another value by send", f, bytes, n);
  }
  for (int i = 0; i < f->cast_count; ++i) FunctionCall1(&f->casts[i], value);
}

typedef struct {
  int code;
  int64 count;
} Tally;

Datum corrupting(PG_FUNCTION_ARGS) {
  const Oid type = PG_GETARG_OID(0);
  char* const way = text_to_cstring(PG_GETARG_TEXT_PP(1));
  const bytea* const good = PG_GETARG_BYTEA_PP(2);
  const int size = (int)VARSIZE_ANY_EXHDR(good), n = PG_GETARG_INT32(4);
  const bool is_text = strcmp(way, "input") == 0 || strcmp(way, "text") == 0 || strcmp(way, "varchar") == 0;
  const MemoryContext outer = CurrentMemoryContext;
  const MemoryContext inner = AllocSetContextCreate(outer, "corrupting", ALLOCSET_DEFAULT_SIZES);
  uint8* const bytes = palloc((Size)size + 20 * room);
  Functions f = {0};
  Tally tallies[40];
  int kinds = 0;
  volatile int64 answers = 0;
  StringInfoData said;
  Oid function;
  bool varlena;
  CatCList* list;

  state = 0x9e3779b97f4a7c15 ^ (uint64)PG_GETARG_INT64(3) * 0xbf58476d1ce4e5b9;
  if (state == 0) state = 1;
  f.type = type;
  getTypeInputInfo(type, &function, &f.parameter);
  fmgr_info(function, &f.input);
  getTypeBinaryInputInfo(type, &function, &f.parameter);
  fmgr_info(function, &f.receive);
  getTypeOutputInfo(type, &function, &varlena);
  fmgr_info(function, &f.output);
  getTypeBinaryOutputInfo(type, &function, &varlena);
  fmgr_info(function, &f.send);
  f.from = strcmp(way, "text") == 0 ? TEXTOID : strcmp(way, "varchar") == 0 ? VARCHAROID : strcmp(way, "bytea") == 0 ? BYTEAOID : InvalidOid;
  if (OidIsValid(f.from)) {
    HeapTuple tuple;
    fmgr_info(cast_from(f.from, type), &f.cast);
    tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(f.cast.fn_oid));
    f.careful = ((Form_pg_proc)GETSTRUCT(tuple))->prolang == SQLlanguageId;
    ReleaseSysCache(tuple);
  }
  list = SearchSysCacheList1(CASTSOURCETARGET, ObjectIdGetDatum(type));
  for (int i = 0; i < list->n_members; ++i) {
    const Oid cast = ((Form_pg_cast)GETSTRUCT(&list->members[i]->tuple))->castfunc;
    if (OidIsValid(cast) && f.cast_count < (int)lengthof(f.casts)) fmgr_info(cast, &f.casts[f.cast_count++]);
  }
  ReleaseSysCacheList(list);

  for (int i = 0; i < n; ++i) {
    int length;
    CHECK_FOR_INTERRUPTS();
    memcpy(bytes, VARDATA_ANY(good), (size_t)size);
    length = is_text ? spoil_text((char*)bytes, size) : spoil_bytes(bytes, size);
    MemoryContextSwitchTo(inner);
    PG_TRY();
    {
      try_one(&f, way, bytes, length);
      ++answers;
    }
    PG_CATCH();
    {
      ErrorData* error;
      int k = 0;
      MemoryContextSwitchTo(inner);
      error = CopyErrorData();
      FlushErrorState();
      if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->elevel > ERROR) ReThrowError(error);
      if (error->message != NULL && !pg_verifymbstr(error->message, (int)strlen(error->message), true))
        tell("the error's message is not text of the database", &f, bytes, length);
      while (k < kinds && tallies[k].code != error->sqlerrcode) ++k;
      if (k == kinds && kinds < (int)lengthof(tallies)) tallies[kinds++] = (Tally){error->sqlerrcode, 0};
      if (k < kinds) {
        if (tallies[k].count++ == 0 && error->sqlerrcode == ERRCODE_INTERNAL_ERROR) tell(error->message, &f, bytes, length);
      }
    }
    PG_END_TRY();
    MemoryContextSwitchTo(outer);
    MemoryContextReset(inner);
  }
  initStringInfo(&said);
  appendStringInfo(&said, "{\"answers\": " INT64_FORMAT, answers);
  for (int k = 0; k < kinds; ++k) appendStringInfo(&said, ", \"%s\": " INT64_FORMAT, unpack_sql_state(tallies[k].code), tallies[k].count);
  appendStringInfoString(&said, "}");
  PG_RETURN_TEXT_P(cstring_to_text(said.data));
}
