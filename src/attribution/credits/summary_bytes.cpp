// SPDX-License-Identifier: PostgreSQL
#include <cstring>

#include "attribution/credits/summary.hpp"
#include "base/counted.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;

__int128 read_whole(Reader& r) {
  __int128 value;
  std::memcpy(&value, r.take(sizeof value), sizeof value);
  return value;
}

}  // namespace

// Channels are written in the order of their names, and everything by their places there.
void AttributionSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(encoded_);
  w.u8(timed_);
  for (const uint64_t n : {conversions_, untouched_, nulls_, touched_}) w.varint(n);
  for (const __int128 v : {value_, untouched_value_}) w.raw(&v, sizeof v);
  w.raw(&magnitude_, sizeof magnitude_);
  const std::vector<uint32_t> rank = this->rank();
  std::vector<uint32_t> order(rank.size());
  for (uint32_t c = 0; c < rank.size(); ++c) order[rank[c]] = c;
  w.varint(order.size());
  for (const uint32_t c : order) w.text(names_[c]);
  rules_->write(w, order);
  for (const MarkovMoves& moves : moves_) moves.write(w, rank);
  if (asks(CreditModel::shapley_rate) && names_.size() <= CoalitionWorth::max_players)
    coalitions_.write(w, rank);
  paths_.write(w, rank);
}

void AttributionSummary::read(Reader& reader) {
  reader.version(format_version, "attribution_summary");
  const std::span<const uint8_t> definition = reader.counted();
  const uint8_t timed = reader.u8();
  if (timed > 1) Reader::fail("a flag of an attribution_summary is out of range");
  start(definition, timed);
  for (uint64_t* n : {&conversions_, &untouched_, &nulls_, &touched_}) *n = reader.varint();
  value_ = read_whole(reader);
  untouched_value_ = read_whole(reader);
  magnitude_ = static_cast<unsigned __int128>(read_whole(reader));
  if (conversions_ > max_counted || untouched_ > conversions_ || nulls_ > max_counted ||
      touched_ > MarkovMoves::max_touched)
    Reader::fail("impossible counts of conversions");
  const size_t channels = reader.count();
  if (channels > max_channels) Reader::fail("too many channels");
  for (size_t c = 0; c < channels; ++c) {
    if (c % 4096 == 0) poll();
    const std::string_view name = reader.text();
    if (c > 0 && name <= names_.back()) Reader::fail("channels are not in order");
    channel_number(name);
  }
  rules_->read(reader, channels);
  for (MarkovMoves& moves : moves_) moves.read(reader, channels);
  if (asks(CreditModel::shapley_rate) && channels <= CoalitionWorth::max_players)
    coalitions_.read(reader, channels);
  paths_.read(reader, name_hash_);
}

}  // namespace clientele
