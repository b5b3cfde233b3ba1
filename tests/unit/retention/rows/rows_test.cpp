// SPDX-License-Identifier: PostgreSQL
#include "retention/rows/rows.hpp"

#include <gtest/gtest.h>

#include <string>

namespace clientele {
namespace {

RawRetention with(const std::vector<std::string>& rows) {
  RawRetention retention(std::pmr::get_default_resource());
  for (const std::string& row : rows) {
    std::vector<uint8_t> flags;
    for (const char c : row) flags.push_back(c == 't');
    retention.add(Conditions(flags.data(), nullptr, flags.size()));
  }
  return retention;
}

std::string answer(const RawRetention& retention) {
  std::string out;
  for (size_t i = 1; i <= retention.conditions(); ++i) out += retention.returned(i) ? 't' : 'f';
  return out;
}

std::string code_of(auto action) {
  try {
    action();
  } catch (const Error& e) {
    return e.code();
  }
  return "";
}

TEST(RawRetention, IsWhatWasMetWithTheFirst) {
  EXPECT_EQ(answer(with({"tff", "fft"})), "tft");
  EXPECT_EQ(answer(with({"ftf", "fft"})), "fff");
  EXPECT_EQ(answer(with({"t"})), "t");
  EXPECT_EQ(answer(with({})), "");
  for (const size_t n : {64u, 65u, 200u}) {
    std::string first(n, 'f'), last(n, 'f');
    first[0] = last[n - 1] = 't';
    EXPECT_EQ(answer(with({last})), std::string(n, 'f'));
    std::string both = first;
    both[n - 1] = 't';
    EXPECT_EQ(answer(with({last, first})), both);
  }
}

TEST(RawRetention, RefusesWhatDiffers) {
  EXPECT_EQ(code_of([] { with({""}); }), "22023");
  EXPECT_EQ(code_of([] { with({"tf", "t"}); }), "22023");
  EXPECT_EQ(code_of([] { with({"t"}).merge(with({"tf"})); }), "22023");
}

TEST(RawRetention, PartsMakeTheWhole) {
  for (const size_t n : {1u, 3u, 64u, 70u, 130u}) {
    std::string one(n, 'f'), two(n, 'f');
    for (size_t i = 0; i < n; ++i) (i % 3 == 0 ? one : two)[i] = i % 5 == 4 ? 'f' : 't';
    RawRetention merged(std::pmr::get_default_resource());
    for (const std::string& row : {two, one}) {
      Bytes bytes;
      with({row}).write(bytes);
      for (size_t end = 0; end <= bytes.size(); ++end) {
        RawRetention sent(std::pmr::get_default_resource());
        Reader reader(std::span<const uint8_t>(bytes).first(end));
        EXPECT_EQ(code_of([&] { sent.read(reader); }), end < bytes.size() ? "XX001" : "");
        if (end == bytes.size()) merged.merge(sent);
      }
    }
    merged.merge(with({}));
    EXPECT_EQ(answer(merged), answer(with({one, two})));
  }
}

}  // namespace
}  // namespace clientele
