// SPDX-License-Identifier: PostgreSQL
// The five systems of the simulated shop: the same on every machine, and every event in one good
// row.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../../../demo/channels.hpp"

namespace demo {
namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Fields> lines;
  for (std::string line; std::getline(file, line);) {
    std::istringstream text(line);
    Fields fields;
    for (std::string field; std::getline(text, field, '\t');) fields.push_back(field);
    lines.push_back(std::move(fields));
  }
  return lines;
}

/// What the five systems deliver of some persons, in files that go with it.
class Delivered {
 public:
  static constexpr uint64_t persons = 600;
  static constexpr int days = 120;

  Delivered() {
    std::string name =
        (std::filesystem::temp_directory_path() / "deliveries").string() + std::string(6, 'X');
    directory = ::mkdtemp(name.data());
    const std::vector<Item> items = make_items();
    Deliveries deliveries(directory, days * ms_per_day);
    Channels channels(deliveries, std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}, items);
    Household home;
    for (uint64_t number = 1; number <= persons; ++number) {
      Life life(7, number, days);
      life.live();
      events[number] = life.events.size();
      if (number % 2 == 1) home = household_of(7, number, true);
      Person person(7, number, life, home);
      channels.deliver(person);
      if (number == persons / 2) deliveries.flush_block();
    }
    deliveries.flush_block();
    deliveries.finish();
  }
  ~Delivered() { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
  std::map<uint64_t, size_t> events;
};

TEST(Deliveries, AreTheSameEverywhere) {
  const Delivered delivered;
  uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (const std::string_view name : {"web", "app", "orders", "service", "crm", "rows"})
    for (const std::string_view late : {"", ".late"}) {
      std::ifstream file(delivered.directory / (std::string(name) + std::string(late) + ".tsv"));
      for (char c; file.get(c);) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
  EXPECT_EQ(hash, 13246388987491670607U);
}

TEST(Deliveries, HaveEveryEventInOneGoodRow) {
  const Delivered delivered;
  std::map<uint64_t, size_t> good;
  std::map<std::string, size_t> planted;
  size_t twice = 0;
  for (const Fields& row : lines_of(delivered.directory / "rows.tsv")) {
    ASSERT_EQ(row.size(), 6U);
    if (row[3] != "\\N")
      ++planted[row[3]];
    else if (row[4] == "t")
      ++twice;
    else
      ++good[std::stoull(row[2])];
  }
  std::erase_if(good, [](const auto& person) { return person.second == 0; });
  EXPECT_EQ(good, delivered.events);
  EXPECT_GE(planted.size(), 10U);
  EXPECT_GT(twice, 20U);
}

TEST(Deliveries, ArriveInTheOrderOfTheirKeys) {
  const Delivered delivered;
  std::set<std::string> truth;
  for (const Fields& row : lines_of(delivered.directory / "rows.tsv"))
    EXPECT_TRUE(truth.insert(row[0] + ' ' + row[1]).second);
  size_t rows = 0;
  for (const std::string_view name : system_names) {
    uint64_t last = 0;
    for (const std::string_view late : {"", ".late"})
      for (const Fields& row :
           lines_of(delivered.directory / (std::string(name) + std::string(late) + ".tsv"))) {
        ++rows;
        EXPECT_EQ(std::stoull(row[0]), ++last);
        EXPECT_TRUE(truth.contains(std::string(name) + ' ' + row[0]));
      }
  }
  EXPECT_EQ(rows, truth.size());
}

TEST(Deliveries, GiveBackTheAmount) {
  // What the rates of simulate.cpp make of an amount is the amount in US dollars.
  const std::map<std::string, int64_t> thousandths{
      {"\\N", 1000}, {"USD", 1000}, {"CNY", 125}, {"人民币", 125}, {"HKD", 125}};
  const Delivered delivered;
  size_t checked = 0;
  for (const Fields& row : lines_of(delivered.directory / "orders.tsv")) {
    ASSERT_EQ(row.size(), 13U);
    const auto rate = thousandths.find(row[12]);
    std::string digits;
    for (const char c : row[11])
      if (c >= '0' && c <= '9') digits += c;
    if (rate == thousandths.end() || digits.size() < 3 || digits.size() > 10) continue;
    if (row[11].find('.') != row[11].size() - 3) continue;  // a fault
    EXPECT_EQ(std::stoll(digits) * rate->second % 1000, 0) << row[11] << ' ' << row[12];
    ++checked;
  }
  EXPECT_GT(checked, 100U);
}

}  // namespace
}  // namespace demo
