// SPDX-License-Identifier: PostgreSQL
// The values and states of rfm, value and churn as bytes from outside. A definition or a model has
// one packed form, which it writes again; a state writes itself the same way once it has been read,
// and joins with itself.
#include "churn/classification/classification.hpp"
#include "churn/features/features_definition.hpp"
#include "churn/model/model.hpp"
#include "churn/model/rows.hpp"
#include "fuzz.hpp"
#include "rfm/rfm.hpp"
#include "rfm/values.hpp"
#include "value/contracts/contract_values.hpp"
#include "value/fitted/fitted.hpp"
#include "value/btyd/histories.hpp"
#include "models/holdout.hpp"
#include "value/purchases/purchase_definition.hpp"
#include "value/spend/spend_values.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("past the version", "read");
constexpr unsigned kinds = 14;

template <class Value>
void read_value(std::span<const uint8_t> bytes) {
  const Value value = Value::read(bytes);
  ++tally.accepted;
  Bytes again;
  value.write(again);
  must(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()),
       "a value has one packed form");
}

template <class State>
void read_into(State& state, std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  state.read(reader);
  if (!reader.done()) Reader::fail("bytes are left over");
}

template <class State>
void read_state(std::span<const uint8_t> bytes) {
  auto* const memory = std::pmr::get_default_resource();
  State state(memory);
  read_into(state, bytes);
  ++tally.accepted;
  Bytes again, same, joined;
  state.write(again);
  State back(memory);
  read_into(back, again);
  back.write(same);
  must(same == again, "a state is itself again");
  back.merge(state);
  back.write(joined);
  State both(memory);
  read_into(both, joined);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  tally.opened += size > 1 && data[1] == 1;
  try {
    switch (data[0] % kinds) {
      case 0:
        return read_value<RfmCuts>(bytes), 0;
      case 1:
        return read_value<RfmDefinition>(bytes), 0;
      case 2:
        return read_value<PurchaseDefinition>(bytes), 0;
      case 3:
        return read_value<FeaturesDefinition>(bytes), 0;
      case 4:
        return read_value<ChurnDefinition>(bytes), 0;
      case 5:
        return read_value<ChurnModel>(bytes), 0;
      case 6:
      case 7:
        return read_value<Fitted>(bytes), 0;
      case 8:
        return read_state<RfmValues>(bytes), 0;
      case 9:
        return read_state<HistoryCounts>(bytes), 0;
      case 10:
        return read_state<SpendCounts>(bytes), 0;
      case 11:
        return read_state<ContractCounts>(bytes), 0;
      case 12:
        return read_state<HoldoutSummary>(bytes), 0;
      default:
        return data[0] / kinds % 2 ? read_state<ChurnRows>(bytes)
                                   : read_state<Classification>(bytes),
               0;
    }
  } catch (const Error&) {
  }
  return 0;
}
