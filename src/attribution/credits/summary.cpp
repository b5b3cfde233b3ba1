// SPDX-License-Identifier: PostgreSQL
#include "attribution/credits/summary.hpp"

#include <algorithm>
#include <numeric>

#include "base/counted.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

constexpr uint32_t none = ~uint32_t{0};
constexpr auto max_magnitude = static_cast<unsigned __int128>(value_scale) *
                               static_cast<unsigned __int128>(100'000'000'000'000) * value_scale;

int markov_order(CreditModel model) {
  const int order = static_cast<int>(model) - static_cast<int>(CreditModel::markov_1) + 1;
  return order >= 1 && order <= MarkovMoves::max_order ? order : 0;
}

}  // namespace

AttributionSummary::AttributionSummary(std::pmr::memory_resource* memory)
    : memory_(memory),
      encoded_(memory),
      names_(memory),
      numbers_(memory),
      moves_(memory),
      coalitions_(memory),
      paths_(memory) {}

bool AttributionSummary::asks(CreditModel model) const {
  return std::ranges::find(models_, model) != models_.end();
}

void AttributionSummary::start(std::span<const uint8_t> encoded, bool timed) {
  if (started()) {
    if (!same_bytes(encoded, encoded_))
      throw Error(sqlstate::invalid_parameter,
                  "the attribution_def must be the same for all rows of a group",
                  "Group by the definition too, or ask one question at a time.");
    if (timed != timed_)
      throw Error(sqlstate::invalid_parameter,
                  "summaries of journeys and of counted paths cannot be joined",
                  "Count the paths of both with attribution_paths() first.");
    return;
  }
  definition_ = AttributionDefinition::read(encoded);
  models_ = definition_.asked(timed);
  if (!timed && asks(CreditModel::time_decay))
    throw Error(sqlstate::not_supported, "time_decay needs times, which counted paths do not have",
                "Use position_decay, or ask journeys.");
  timed_ = timed;
  rules_.emplace(memory_, definition_, models_);
  for (const CreditModel model : models_) {
    if (const int order = markov_order(model)) {
      moves_.emplace_back(memory_, order);
      orders_.push_back(model);
    }
  }
  encoded_.assign(encoded.begin(), encoded.end());
}

const MarkovMoves& AttributionSummary::moves(CreditModel model) const {
  return moves_[static_cast<size_t>(std::ranges::find(orders_, model) - orders_.begin())];
}

std::vector<uint32_t> AttributionSummary::rank() const {
  std::vector<uint32_t> order(names_.size()), rank(names_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return names_[a] < names_[b]; });
  for (uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  return rank;
}

uint32_t AttributionSummary::channel_number(std::string_view name) {
  if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
  if (names_.size() == max_channels)
    throw Error(sqlstate::limit_exceeded,
                "attribution counts more than " + std::to_string(max_channels) + " channels",
                "Group channels by groups.");
  const auto number = static_cast<uint32_t>(names_.size());
  // Short strings move with the vector, so the views are made again when it grows.
  const bool grows = names_.size() == names_.capacity();
  names_.emplace_back(name);
  if (grows) {
    numbers_.clear();
    for (uint32_t i = 0; i < number; ++i) numbers_.emplace(names_[i], i);
  }
  numbers_.emplace(names_.back(), number);
  direct_.push_back(std::ranges::find(definition_.direct, name) != definition_.direct.end());
  name_hash_.push_back(PathHashes::of_name(name));
  if (names_.size() > CoalitionWorth::max_players) coalitions_.clear();
  return number;
}

void AttributionSummary::localize(std::span<const uint32_t> labels, size_t begin, size_t end,
                                  const Vocabulary& vocabulary, std::vector<uint32_t>& out) {
  const uint32_t* const number_of = number_of_.data();
  for (size_t i = begin; i < end; ++i) {
    out[i] = number_of[labels[i]];
    if (out[i] == none) [[unlikely]]
      out[i] = number_of_[labels[i]] = channel_number(vocabulary.labels[labels[i]]);
  }
}

void AttributionSummary::count(uint64_t conversions, uint64_t nulls, __int128 value,
                               unsigned __int128 magnitude) {
  conversions_ += conversions;
  nulls_ += nulls;
  value_ += value;
  if (magnitude > max_magnitude || (magnitude_ += magnitude) > max_magnitude)
    throw Error(sqlstate::out_of_range, "the values of conversions add up to more than 10^26");
  if (conversions > max_counted || nulls > max_counted || conversions_ > max_counted ||
      nulls_ > max_counted)
    throw Error(sqlstate::out_of_range, "there are more than " + std::to_string(max_counted) +
                                            " conversions or null paths");
}

void AttributionSummary::touched(uint64_t weight, uint64_t length) {
  uint64_t more = 0;
  if (__builtin_mul_overflow(weight, length, &more) || more > MarkovMoves::max_touched ||
      (touched_ += more) > MarkovMoves::max_touched)
    throw Error(sqlstate::out_of_range, "paths have too many touches to be counted");
}

void AttributionSummary::walk(std::span<const uint32_t> channels,
                              std::span<const MarkovMoves::Walk> walks) {
  if (moves_.empty() || walks.empty()) return;
  if (definition_.collapse) {
    runs_.clear();
    run_of_.resize(channels.size());
    for (size_t i = 0; i < channels.size(); ++i) {
      if (i == 0 || channels[i] != channels[i - 1]) runs_.push_back(channels[i]);
      run_of_[i] = static_cast<uint32_t>(runs_.size() - 1);
    }
    run_walks_.assign(walks.begin(), walks.end());
    for (MarkovMoves::Walk& w : run_walks_) {
      if (w.begin == w.end) continue;
      w.begin = run_of_[w.begin];
      w.end = run_of_[w.end - 1] + 1;
    }
    channels = runs_;
    walks = run_walks_;
  }
  for (MarkovMoves& moves : moves_) moves.add(channels, walks);
}

void AttributionSummary::add_windows(const WindowFinder& found, const Vocabulary& vocabulary) {
  const std::span<const CreditWindow> windows = found.windows();
  if (windows.empty()) return;
  const std::span<const uint32_t> labels = found.labels();
  channels_.resize(labels.size());
  size_t known = 0;
  walks_.clear();
  for (const CreditWindow& w : windows) {
    count(w.conversions, 0, w.value, w.value < 0 ? -w.value : w.value);
    if (w.begin == w.end) {
      untouched_ += w.conversions;
      untouched_value_ += w.value;
      continue;
    }
    touched(w.conversions, w.end - w.begin);
    if (w.begin > known)
      std::fill(channels_.begin() + static_cast<ptrdiff_t>(known),
                channels_.begin() + static_cast<ptrdiff_t>(w.begin), none);
    localize(labels, std::max(known, w.begin), w.end, vocabulary, channels_);
    known = w.end;
    walks_.push_back({w.begin, w.end, w.conversions, 0, w.value});
  }
  const auto channels = std::span<const uint32_t>(channels_).first(known);
  if (known == 0) return;
  rules_->add(channels, found.at().first(known), windows, direct_);
  walk(channels, walks_);
  if (!paths_.given_up()) {
    hashes_.start(channels, name_hash_);
    for (const auto& w : walks_)
      paths_.add(channels.subspan(w.begin, w.end - w.begin), hashes_.of(w.begin, w.end),
                 {w.conversions, 0, w.value});
  }
  if (asks(CreditModel::shapley_rate) && names_.size() <= CoalitionWorth::max_players) {
    sets_.start(channels);
    for (const auto& w : walks_)
      coalitions_.add(sets_.move(w.begin, w.end), {w.conversions, w.conversions, w.value});
  }
}

void AttributionSummary::add_nulls(const WindowFinder& found, const Vocabulary& vocabulary) {
  const std::span<const uint32_t> labels = found.null_labels();
  if (labels.empty()) return;
  channels_.resize(labels.size());
  localize(labels, 0, labels.size(), vocabulary, channels_);
  const auto channels = std::span<const uint32_t>(channels_);
  const std::span<const NullWindow> windows = found.null_windows();
  count(0, windows.size(), 0, 0);
  touched(1, labels.size());
  walks_.clear();
  for (size_t i = windows.size(); i-- > 0;)
    walks_.push_back({windows[i].begin, windows[i].end, 0, 1, 0});
  walk(channels, walks_);
  if (!paths_.given_up()) {
    hashes_.start(channels, name_hash_);
    for (const auto& w : walks_)
      paths_.add(channels.subspan(w.begin, w.end - w.begin), hashes_.of(w.begin, w.end), {0, 1, 0});
  }
  if (asks(CreditModel::shapley_rate) && names_.size() <= CoalitionWorth::max_players) {
    sets_.start(channels);
    for (const auto& w : walks_) coalitions_.add(sets_.move(w.begin, w.end), {0, 1, 0});
  }
}

void AttributionSummary::add(const WindowFinder& found, const Vocabulary& vocabulary) {
  if (vocabulary_ != vocabulary.id) {
    number_of_.clear();
    vocabulary_ = vocabulary.id;
  }
  if (number_of_.size() < vocabulary.labels.size())
    number_of_.resize(vocabulary.labels.size(), none);
  add_windows(found, vocabulary);
  add_nulls(found, vocabulary);
}

void AttributionSummary::add(std::span<const std::string_view> path, int64_t conversions,
                             int64_t nulls, __int128 value) {
  if (conversions < 0 || nulls < 0)
    throw Error(sqlstate::invalid_parameter,
                (conversions < 0 ? "conversions" : "nulls") +
                    std::string(" of a path must not be negative, as ") +
                    std::to_string(conversions < 0 ? conversions : nulls) + " is");
  if (conversions == 0 && value != 0)
    throw Error(sqlstate::invalid_parameter, "a path without conversions must not have a value");
  const auto converted = static_cast<uint64_t>(conversions);
  const uint64_t lost = definition_.nulls && !path.empty() ? static_cast<uint64_t>(nulls) : 0;
  if (converted == 0 && !definition_.nulls) return;
  count(converted, lost, value, value < 0 ? -value : value);
  if (path.empty()) {
    untouched_ += converted;
    untouched_value_ += value;
    return;
  }
  touched(converted + lost, path.size());
  channels_.clear();
  for (const std::string_view name : path)
    channels_.push_back(channel_number(name.empty() ? std::string_view("(none)") : name));
  const CreditWindow window{0, path.size(), converted, value};
  if (converted > 0) rules_->add(channels_, {}, {&window, 1}, direct_);
  const MarkovMoves::Walk walk_all{0, path.size(), converted, lost, value};
  walk(channels_, {&walk_all, 1});
  if (!paths_.given_up()) {
    hashes_.start(channels_, name_hash_);
    paths_.add(channels_, hashes_.of(0, path.size()), {converted, lost, value});
  }
  if (asks(CreditModel::shapley_rate) && names_.size() <= CoalitionWorth::max_players &&
      converted + lost > 0) {
    sets_.start(channels_);
    coalitions_.add(sets_.move(0, path.size()), {converted, converted + lost, value});
  }
}

void AttributionSummary::merge(const AttributionSummary& other) {
  if (!other.started()) return;
  start(other.encoded_, other.timed_);
  count(other.conversions_, other.nulls_, other.value_, other.magnitude_);
  touched(other.touched_, 1);
  untouched_ += other.untouched_;
  untouched_value_ += other.untouched_value_;
  std::vector<uint32_t> number;
  number.reserve(other.names_.size());
  for (const auto& name : other.names_) number.push_back(channel_number(name));
  rules_->merge(*other.rules_, number, names_.size());
  for (size_t i = 0; i < moves_.size(); ++i) moves_[i].merge(other.moves_[i], number);
  if (names_.size() <= CoalitionWorth::max_players) coalitions_.merge(other.coalitions_, number);
  paths_.merge(other.paths_, number);
}

}  // namespace clientele
