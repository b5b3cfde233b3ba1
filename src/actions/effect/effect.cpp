// SPDX-License-Identifier: PostgreSQL
#include "actions/effect/effect.hpp"

#include <cmath>

#include "base/counted.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double largest_value = 1e100;

double checked(double v, const char* name) {
  if (std::abs(v) <= largest_value) return v;
  throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a finite number" +
                                               (std::isnan(v)   ? ", not NaN"
                                                : std::isinf(v) ? ", not infinity"
                                                                : " of at most 1e100 in size"));
}

/// Whether 0 <= the sum; sums of squares are, and 0 only without terms.
bool is_square(const ExactSum& sum, const ExactSum& of) {
  const ExactSum::Digits d = sum.digits();
  return !d.negative && (!d.limbs.empty() || of.digits().limbs.empty());
}

}  // namespace

Arm& EffectSums::count(EffectKind kind, bool treated, bool converted) {
  if (kind_.value_or(kind) != kind)
    throw Error(sqlstate::invalid_parameter, "all customers must have the same kinds of outcomes");
  kind_ = kind;
  Arm& arm = arms_[treated];
  ++arm.customers;
  arm.converted += converted;
  return arm;
}

void EffectSums::add(bool treated, bool converted) {
  count(EffectKind::conversion, treated, converted);
}

void EffectSums::add(bool treated, bool converted, double value) {
  checked(value, "the value");
  Arm& arm = count(EffectKind::value, treated, converted);
  arm.value.add(value);
  arm.value_square.add_product(value, value);
}

void EffectSums::add(bool treated, bool converted, double value, double before) {
  checked(value, "the value");
  checked(before, "the value before");
  Arm& arm = count(EffectKind::value_and_before, treated, converted);
  arm.value.add(value);
  arm.value_square.add_product(value, value);
  arm.before.add(before);
  arm.before_square.add_product(before, before);
  arm.product.add_product(value, before);
}

void EffectSums::merge(const EffectSums& other) {
  if (!other.kind_) return;
  if (kind_ && *kind_ != *other.kind_)
    throw Error(sqlstate::invalid_parameter, "these summaries have different kinds of outcomes",
                "Join summaries that all have a value, or a value and one before, or neither.");
  kind_ = other.kind_;
  for (size_t g = 0; g < arms_.size(); ++g) {
    Arm& to = arms_[g];
    const Arm& from = other.arms_[g];
    if (to.customers + from.customers > max_counted)
      throw Error(sqlstate::limit_exceeded, "an effect_summary has at most 2^48 customers");
    to.customers += from.customers;
    to.converted += from.converted;
    to.value.merge(from.value);
    to.value_square.merge(from.value_square);
    to.before.merge(from.before);
    to.before_square.merge(from.before_square);
    to.product.merge(from.product);
  }
}

void EffectSums::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.u8(kind_ ? static_cast<uint8_t>(*kind_) : 0);
  for (const Arm& arm : arms_) {
    w.varint(arm.customers);
    w.varint(arm.converted);
    if (has_value())
      for (const ExactSum* sum : {&arm.value, &arm.value_square}) sum->write(w);
    if (has_before())
      for (const ExactSum* sum : {&arm.before, &arm.before_square, &arm.product}) sum->write(w);
  }
}

void EffectSums::read(Reader& r) {
  r.version(version, "effect_summary");
  const uint8_t kind = r.u8();
  if (kind == 0 || kind > static_cast<uint8_t>(EffectKind::value_and_before))
    Reader::fail("it is not an effect_summary");
  kind_ = static_cast<EffectKind>(kind);
  for (Arm& arm : arms_) {
    arm.customers = r.varint();
    arm.converted = r.varint();
    if (arm.customers > max_counted || arm.converted > arm.customers)
      Reader::fail("impossible counts of customers");
    if (has_value())
      for (ExactSum* sum : {&arm.value, &arm.value_square}) sum->read(r);
    if (has_before())
      for (ExactSum* sum : {&arm.before, &arm.before_square, &arm.product}) sum->read(r);
    if (!is_square(arm.value_square, arm.value) || !is_square(arm.before_square, arm.before))
      Reader::fail("impossible sums of squares");
    if (arm.customers == 0 &&
        !(arm.value_square.digits().limbs.empty() && arm.before_square.digits().limbs.empty() &&
          arm.product.digits().limbs.empty()))
      Reader::fail("a group without customers has values");
  }
  if (arms_[0].customers + arms_[1].customers == 0) Reader::fail("there are no customers");
}

}  // namespace clientele
