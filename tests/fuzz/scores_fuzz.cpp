// SPDX-License-Identifier: PostgreSQL
// Scores as bytes and as text from outside. An input is a kind and then
//   0 to 4  the bytes of scores
//   5, 6    scores, 0xff, and changes to their bytes: place (3 bytes), bits (1 byte)
//   7       text
#include "fuzz.hpp"
#include "tags/scores/scores.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;
using tags::Audience;
using tags::Score;
using tags::Scores;

namespace {

fuzz::Tally tally("past the version", "read");

using Raw = std::vector<uint8_t>;

void use(const Scores& s) {
  const std::vector<Score> all = s.scores();
  must(all.size() == s.size() && s.all().size() == s.size(), "there are as many as it says");
  Scores settled = s;
  settled.settle();
  must(bytes_of(settled) == bytes_of(Scores::of(all)), "settled scores have the one form");
  __int128 sum = 0;
  for (const Score& one : all) {
    must(one.score > -tags::scores_end && one.score < tags::scores_end, "scores are possible");
    sum += one.score;
  }
  const auto summary = s.summary(s.all());
  must(summary.has_value() == !all.empty(), "there is a summary if there are customers");
  if (!summary) return;
  must(summary->sum == sum && summary->customers == all.size(), "sums agree");
  must(summary->least <= summary->lower_median && summary->lower_median <= summary->upper_median &&
           summary->upper_median <= summary->greatest,
       "places ascend");
  const Score& some = all[all.size() / 2];
  must(s.of_customer(some.customer) == some.score, "a customer has the listed score");
  for (const int64_t bound : {some.score, some.score + 1, summary->least, summary->greatest}) {
    uint64_t below = 0;
    for (const Score& one : all) below += one.score < bound;
    must(s.below({bound}).size() == below, "ranges agree");
  }
  const double number = static_cast<double>(some.score) / 1e6;
  must((s.less(number) | s.equal(number) | s.greater(number)) == s.all(), "ranges make all");
  // The rest is slow where there are many slices: for some.
  if (bytes_of(s).size() % 8 != 0) return;
  const Audience half = s.all().sample(s.size() / 2, 1);
  Scores left = settled, right = settled;
  left &= half;
  right -= half;
  must(left.all() == half && !right.all().overlaps(half), "scores are kept and dropped");
  left |= right;
  must(bytes_of(left) == bytes_of(settled), "parts make all");
  must(bytes_of(Scores::from_text(s.text(1 << 24))) == bytes_of(settled), "its text says all");
}

void read(std::span<const uint8_t> bytes) {
  tally.opened += !bytes.empty() && bytes[0] == 1;
  const Scores s = Scores::read(bytes);
  ++tally.accepted;
  const Raw again = bytes_of(s);
  must(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()), "bytes are canonical");
  if (s.size() < 2000) use(s);
}

// Of each 6 bytes: customers from (2 bytes), how many (1), the first score and the step (3).
void cook_and_read(std::span<const uint8_t> recipe) {
  std::vector<Score> all;
  size_t at = 0;
  uint64_t next = 0;
  for (; at + 6 <= recipe.size() && recipe[at] != 0xff; at += 6) {
    const uint8_t* p = recipe.data() + at;
    next += uint64_t{p[0]} << 8 << (p[0] & 3) * 8 | p[1];
    for (uint64_t i = 0; i < p[2] % 64u; ++i)
      all.push_back({next++, (int64_t{p[3]} - 128) * (int64_t{1} << p[4] % 50u) +
                                 static_cast<int64_t>(i * p[5]) * (p[4] & 1 ? 1 : 1'000'000)});
  }
  Raw bytes = bytes_of(Scores::of(all));
  if (at < recipe.size()) fuzz::spoil(bytes, recipe.subspan(at + 1));
  read(bytes);
}

void read_text(std::string_view text) {
  const Scores s = Scores::from_text(text);
  ++tally.accepted;
  use(s);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  fuzz::by_kind({data, size}, read, cook_and_read, read_text);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(3)) return LLVMFuzzerMutate(data, size, most);
  std::vector<Score> all;
  uint64_t customer = 0;
  const uint64_t width = 20 + random.below(32);
  for (auto n = random.below(12); n > 0; --n)
    all.push_back({customer += 1 + random.below(random.one_in(9) ? 1 << 20 : 9),
                   static_cast<int64_t>(random() >> (8 + width)) - (1 << 20)});
  Raw input = bytes_of(Scores::of(all));
  input.insert(input.begin(), static_cast<uint8_t>(random.below(5)));
  if (!random.one_in(4))
    input[1 + random.below(input.size() - 1)] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, input);
}
