// SPDX-License-Identifier: PostgreSQL
#include "retention/rows/rows.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void RawRetention::define(size_t conditions) {
  if (conditions == 0)
    throw Error(
        sqlstate::invalid_parameter, "retention needs at least one condition",
        "The first condition is that of the start: retention(event = 'sign_up', event = 'buy').");
  if (conditions_ != 0)
    throw Error(sqlstate::invalid_parameter,
                "retention's number of conditions must be the same for all rows of a group");
  if (conditions > 64) more_.assign(condition_words(conditions), 0);
  conditions_ = conditions;
}

void RawRetention::add_many(const Conditions& conditions) {
  std::vector<uint64_t> bits(more_.size());
  conditions.bits(bits.data());
  for (size_t w = 0; w < bits.size(); ++w) more_[w] |= bits[w];
}

void RawRetention::merge(const RawRetention& other) {
  if (other.conditions_ == 0) return;
  if (other.conditions_ != conditions_) define(other.conditions_);
  first_ |= other.first_;
  for (size_t w = 0; w < more_.size(); ++w) more_[w] |= other.more_[w];
}

void RawRetention::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.varint(conditions_);
  if (conditions_ <= 64)
    w.raw(&first_, sizeof first_);
  else
    w.raw(more_.data(), more_.size() * sizeof(uint64_t));
}

void RawRetention::read(Reader& r) {
  r.version(version, "retention");
  const uint64_t conditions = r.varint();
  if (conditions / 8 > r.left()) Reader::fail("a count exceeds the bytes that follow");
  if (conditions > 0) define(static_cast<size_t>(conditions));
  uint64_t* const words = conditions <= 64 ? &first_ : more_.data();
  const size_t bytes = (conditions <= 64 ? 1 : more_.size()) * sizeof(uint64_t);
  std::memcpy(words, r.take(bytes), bytes);
}

}  // namespace clientele
