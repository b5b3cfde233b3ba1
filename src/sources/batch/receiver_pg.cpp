// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/receiver_pg.hpp"

#include "base/error.hpp"
#include "pg/boundary.hpp"
#include "pg/values.hpp"
#include "sources/batch/whole_rows_pg.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "utils/date.h"
}

namespace clientele::sources {
namespace {

using Kind = Value::Kind;

/// How the value of a column is read.
struct Reader {
  enum class How : uint8_t {
    text,
    padded,
    int16,
    int32,
    int64,
    boolean,
    instant,
    local,
    day,
    real,
    output
  };
  How how;
  Kind kind;  // of what is read as text
  FmgrInfo output;
};

/// PostgreSQL regime.
void prepare(Reader& reader, Column::Part part, Oid type) {
  type = getBaseType(type);
  const bool time = part == Column::Part::at || part == Column::Part::cursor;
  reader.kind = Kind::text;
  switch (type) {
    case TEXTOID:
    case VARCHAROID:
      reader.how = Reader::How::text;
      return;
    case JSONOID:
      reader.how = Reader::How::text;
      reader.kind = Kind::json;
      return;
    case BPCHAROID:
      reader.how = Reader::How::padded;
      return;
    case INT2OID:
      reader.how = Reader::How::int16;
      return;
    case INT4OID:
      reader.how = Reader::How::int32;
      return;
    case INT8OID:
      reader.how = Reader::How::int64;
      return;
    case BOOLOID:
      reader.how = Reader::How::boolean;
      return;
    case FLOAT4OID:
    case FLOAT8OID:
      reader.how = Reader::How::real;
      reader.kind = Kind::number;
      break;
    case NUMERICOID:
      reader.how = Reader::How::output;
      reader.kind = Kind::number;
      break;
    case JSONBOID:
      reader.how = Reader::How::output;
      reader.kind = Kind::json;
      break;
    default:
      reader.how = Reader::How::output;
      if (time && type == TIMESTAMPTZOID) reader.how = Reader::How::instant;
      if (time && type == TIMESTAMPOID) reader.how = Reader::How::local;
      if (time && type == DATEOID) reader.how = Reader::How::day;
  }
  Oid function = InvalidOid;
  bool varlena = false;
  getTypeOutputInfo(type, &function, &varlena);
  fmgr_info(function, &reader.output);
}

int64_t midnight(DateADT date) {
  if (DATE_IS_NOBEGIN(date)) return DT_NOBEGIN;
  if (DATE_IS_NOEND(date)) return DT_NOEND;
  return int64_t{date} * day;
}

/// PostgreSQL regime. Texts stay in the current memory context, or where the row is.
Value read(Reader& reader, Datum datum) {
  using How = Reader::How;
  switch (reader.how) {
    case How::text:
      return {reader.kind, pg::text_view(datum)};
    case How::padded: {
      std::string_view text = pg::text_view(datum);
      while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
      return {reader.kind, text};
    }
    case How::int16:
      return {Kind::whole, {}, DatumGetInt16(datum)};
    case How::int32:
      return {Kind::whole, {}, DatumGetInt32(datum)};
    case How::int64:
      return {Kind::whole, {}, DatumGetInt64(datum)};
    case How::boolean:
      return {Kind::boolean, {}, DatumGetBool(datum)};
    case How::instant:
      return {Kind::instant, {}, DatumGetTimestampTz(datum)};
    case How::local:
      return {Kind::local, {}, DatumGetTimestamp(datum)};
    case How::day:
      return {Kind::local, {}, midnight(DatumGetDateADT(datum))};
    case How::real: {
      std::string_view text = OutputFunctionCall(&reader.output, datum);
      // Digits without an exponent, as the decimal that they say.
      if (text.find('e') != std::string_view::npos)
        text = DatumGetCString(DirectFunctionCall1(
            numeric_out, DirectFunctionCall3(numeric_in, CStringGetDatum(text.data()),
                                             ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))));
      return {reader.kind, text};
    }
    default:
      return {reader.kind, OutputFunctionCall(&reader.output, datum)};
  }
}

struct Receiver {
  DestReceiver head;
  const Column* columns;
  int count;
  bool with_row;
  RowValues* values;
  RowTaker* taker;
  Reader* readers;
  MemoryContext row_memory;
  RowContent content;
};

void start(DestReceiver* self, int, TupleDesc form) {
  auto* const r = reinterpret_cast<Receiver*>(self);
  for (int i = 0; i < r->count; ++i)
    prepare(r->readers[i], r->columns[i].part, TupleDescAttr(form, i)->atttypid);
  if (r->with_row) r->content.prepare(TupleDescAttr(form, r->count)->atttypid);
}

Value& part_of(RowValues& values, const Column& column) {
  switch (column.part) {
    case Column::Part::identity:
      return values.identities[column.place];
    case Column::Part::property:
      return values.properties[column.place];
    case Column::Part::attribute:
      return values.attributes[column.place];
    case Column::Part::at:
      return values.at;
    case Column::Part::event:
      return values.event;
    case Column::Part::channel:
      return values.channel;
    case Column::Part::item:
      return values.item;
    case Column::Part::amount:
      return values.amount;
    case Column::Part::currency:
      return values.currency;
    case Column::Part::event_id:
      return values.event_id;
    default:
      return values.cursor;
  }
}

bool receive(TupleTableSlot* slot, DestReceiver* self) {
  auto* const r = reinterpret_cast<Receiver*>(self);
  slot_getallattrs(slot);
  MemoryContextReset(r->row_memory);
  const MemoryContext before = MemoryContextSwitchTo(r->row_memory);
  for (int i = 0; i < r->count; ++i)
    part_of(*r->values, r->columns[i]) =
        slot->tts_isnull[i] ? Value() : read(r->readers[i], slot->tts_values[i]);
  const bool wanted = pg::guarded([&] { return r->taker->take(*r->values); });
  if (wanted && r->with_row) {
    Datum content = 0;
    if (slot->tts_isnull[r->count])
      content = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
    else
      content = r->content.of(slot->tts_values[r->count]);
    MemoryContextSwitchTo(r->taker->lasting);
    content = PointerGetDatum(PG_DETOAST_DATUM_COPY(content));
    pg::guarded([&] { r->taker->keep(content); });
  }
  MemoryContextSwitchTo(before);
  return true;
}

void stop(DestReceiver*) {}

}  // namespace

Column::Part part_named(std::string_view argument) {
  using Part = Column::Part;
  constexpr std::pair<std::string_view, Part> parts[] = {
      {"identities", Part::identity}, {"at", Part::at},
      {"event", Part::event},         {"channel", Part::channel},
      {"item", Part::item},           {"amount", Part::amount},
      {"currency", Part::currency},   {"event_id", Part::event_id},
      {"cursor", Part::cursor},       {"properties", Part::property},
      {"attributes", Part::attribute}};
  for (const auto& [name, part] : parts)
    if (name == argument) return part;
  throw Error(sqlstate::invalid_parameter,
              "a mapping has no argument \"" + std::string(argument) + "\"");
}

DestReceiver* make_receiver(const Column* columns, int count, bool with_row, RowValues* values,
                            RowTaker* taker) {
  auto* const r = static_cast<Receiver*>(palloc0(sizeof(Receiver)));
  r->head.receiveSlot = receive;
  r->head.rStartup = start;
  r->head.rShutdown = stop;
  r->head.rDestroy = stop;
  r->head.mydest = DestNone;
  r->columns = columns;
  r->count = count;
  r->with_row = with_row;
  r->values = values;
  r->taker = taker;
  r->readers = static_cast<Reader*>(palloc0(sizeof(Reader) * static_cast<size_t>(count)));
  r->row_memory =
      AllocSetContextCreate(CurrentMemoryContext, "row of a source", ALLOCSET_DEFAULT_SIZES);
  return &r->head;
}

}  // namespace clientele::sources
