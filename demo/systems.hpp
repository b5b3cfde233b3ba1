// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answers.hpp"
#include "channels.hpp"
#include "output.hpp"
#include "shop.hpp"

/// The files of a simulated shop: the rows of five systems, the answers to a survey, and whose each
/// identifier is.
namespace demo {

inline bool speaks_chinese(std::string_view city_name) {
  for (const City& city : cities)
    if (city.name == city_name) return city.chinese;
  return false;
}

/// The answers are rows of the service system; what they are about is in a file apart.
class Answers {
 public:
  Answers(const Shop& shop, const std::string& directory, uint64_t last_id)
      : clock_(shop.start),
        rows_(directory + "/surveys.tsv", ""),
        truth_(directory + "/answers.tsv", ""),
        last_id_(last_id) {}

  void add(uint64_t number, const std::vector<Answer>& answers) {
    for (const Answer& answer : answers) all_.emplace_back(number, answer);
  }

  void finish() {
    std::stable_sort(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.second.asked_at < b.second.asked_at;
    });
    for (const auto& [number, answer] : all_) write(number, answer);
    rows_.flush(), truth_.flush();
  }

 private:
  void write(uint64_t number, const Answer& a) {
    const std::string id = std::to_string(++last_id_);
    const bool answered = a.answered_at >= 0;
    std::string& row = rows_.text;
    ((row += id) += '\t') += customer_key(number) + '\t';
    clock_.append(row, a.asked_at);
    row += '\t';
    if (answered)
      clock_.append(row, a.answered_at);
    else
      row += nothing;
    (row += '\t') += answered ? std::to_string(a.score) : std::string(nothing);
    ((row += '\t') += answered && a.has_comment ? a.comment : nothing) += '\n';
    rows_.flush_if_full();
    if (!answered || !a.has_comment) return;
    (truth_.text += id + '\t') += topic_names[static_cast<size_t>(a.topic)];
    truth_.text += a.praise ? "\tt\n" : "\tf\n";
    truth_.flush_if_full();
  }

  Clock clock_;
  Output rows_, truth_;
  uint64_t last_id_;
  std::vector<std::pair<uint64_t, Answer>> all_;
};

/// The events as the rows of five systems, and whose each identifier is.
class Systems {
 public:
  /// The files have what arrives before `end`, and apart from it what comes later. Numbers of rows
  /// are above `last_id`.
  Systems(const Shop& shop, const std::string& directory, int64_t end, uint64_t last_id = 0)
      : seed_(shop.seed),
        items_(make_items()),
        deliveries_(directory, end, last_id),
        channels_(deliveries_, shop.start, items_),
        answers_(shop, directory, last_id),
        identifiers_(directory + "/identifiers.tsv", "") {}

  static void write_rates(const Shop& shop, const std::string& directory) {
    Output rates(directory + "/rates.tsv", "");
    Clock clock(shop.start);
    const auto since = [&](const char* currency, int64_t day, const char* rate) {
      (rates.text += currency) += '\t';
      clock.append_date(rates.text, day);
      ((rates.text += '\t') += rate) += '\n';
    };
    since("CNY", -1, "0.125"), since("HKD", -1, "0.125");
    since("EUR", -1, "1"), since("EUR", second_half, "1.25");
    rates.flush();
  }

  /// A person with all that has happened. Two that follow each other may share a household.
  void add(uint64_t number, const Life& life) {
    Person person(seed_, number, life, household(number, life));
    deliver(number, person);
  }

  /// A person that the systems know already: what has happened since, from a stream of its own.
  void add_more(uint64_t number, const Life& life, const Traces& known, const Random& random) {
    Person person(seed_, number, life, household(number, life), known);
    person.draw_from(random);
    deliver(number, person);
  }

  void add_answers(uint64_t number, const std::vector<Answer>& answers) {
    answers_.add(number, answers);
  }

  void finish() {
    end_household();
    deliveries_.flush_block();
    deliveries_.finish();
    answers_.finish();
    identifiers_.flush();
  }

 private:
  static constexpr uint64_t block = 50'000;

  Household& household(uint64_t number, const Life& life) {
    if (number % 2 == 1) {
      end_household();
      home_ = household_of(seed_, number, speaks_chinese(life.shopper.city));
    }
    return home_;
  }

  void deliver(uint64_t number, Person& person) {
    channels_.deliver(person);
    for (const auto& [id, strangers] : person.used)
      if (!strangers || strangers_.insert(id).second) write(id, strangers ? 0 : number);
    if (number % block == 0) deliveries_.flush_block();
  }

  void end_household() {
    for (const auto& [id, owner] : home_.owners) write(id, owner);
    home_ = {};
  }

  void write(const std::pair<Kind, std::string>& id, uint64_t person) {
    std::string& out = identifiers_.text;
    ((out += kind_names[static_cast<size_t>(id.first)]) += '\t') += id.second;
    (out += '\t') += person == 0 ? std::string(nothing) : std::to_string(person);
    out += '\n';
    identifiers_.flush_if_full();
  }

  uint64_t seed_;
  std::vector<Item> items_;
  Deliveries deliveries_;
  Channels channels_;
  Answers answers_;
  Output identifiers_;
  Household home_;
  std::set<std::pair<Kind, std::string>> strangers_;  // identifiers that belong to no customer
};

}  // namespace demo
