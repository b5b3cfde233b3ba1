// SPDX-License-Identifier: PostgreSQL
#include "value/contracts/contract_values.hpp"

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void ContractCounts::add(int32_t periods, bool churned) {
  if (periods < 0)
    throw Error(sqlstate::invalid_parameter,
                "periods must not be negative, but is " + std::to_string(periods));
  if (churned && periods == 0)
    throw Error(sqlstate::invalid_parameter,
                "periods must be 1 or more for a customer who has left, but is 0",
                "The period in which a customer left counts: 1 is a customer who never renewed.");
  // A customer who has not come to a renewal yet says nothing about the model.
  if (periods == 0) return;
  if (rows_.add({static_cast<uint32_t>(periods), churned})) check_limit();
}

void ContractCounts::check_limit() const {
  if (rows_.groups().size() > limit)
    throw Error(sqlstate::limit_exceeded,
                "contract_fit takes at most " + std::to_string(limit) + " different customers",
                "Count in longer periods, such as months and not seconds.");
}

void ContractCounts::merge(const ContractCounts& other) {
  rows_.merge(other.rows_);
  check_limit();
}

std::vector<ContractGroup> ContractCounts::groups() const {
  check_limit();
  std::vector<ContractGroup> groups;
  for (const auto& [row, customers] : rows_.groups())
    groups.push_back(
        {static_cast<double>(row.periods), row.churned != 0, static_cast<double>(customers)});
  return groups;
}

void ContractCounts::write(Bytes& out) const {
  check_limit();
  Writer w(out);
  w.u8(version);
  rows_.write(w);
}

void ContractCounts::read(Reader& r) {
  if (r.u8() != version) Reader::fail("unknown version of a state of contract_fit");
  rows_.read(r, [](const ContractRow& row) {
    if (row.periods == 0 || row.periods > INT32_MAX || row.churned > 1)
      Reader::fail("impossible contracts");
  });
  if (rows_.groups().size() > limit) Reader::fail("too many different customers");
}

std::optional<Fitted> fitted_contracts(const ContractCounts& counts) {
  const std::vector<ContractGroup> groups = counts.groups();
  const auto fit = fit_contracts(groups);
  if (!fit) return std::nullopt;
  Fitted fitted = fitted_from(ModelKind::sbg, fit->optimum);
  fitted.found->customers = static_cast<uint64_t>(fit->customers);
  fitted.found->groups = groups.size();
  // Estimates also end at a bound if no customer left, or all left at once.
  bool some_left = false, some_stayed = false;
  for (const ContractGroup& g : groups) {
    some_left = some_left || g.churned;
    some_stayed = some_stayed || !g.churned || g.periods > 1;
  }
  if (fit->alike && some_left && some_stayed) fitted.found->remark = Remark::alike;
  return fitted;
}

}  // namespace clientele
