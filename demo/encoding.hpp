// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "names.hpp"
#include "text.hpp"

/// Finds out in which encoding a file is, by how much its letters look like a language under each.
namespace demo {

class Converter {
 public:
  explicit Converter(const char* encoding) : handle_(::iconv_open("UTF-8", encoding)) {}
  ~Converter() {
    if (known()) ::iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  /// Appends to `out` what can be converted. What is no text becomes a byte that is no UTF-8, so
  /// that its row will be refused. Returns how many bytes are left, the beginning of a character.
  size_t convert(std::string_view bytes, bool end, std::string& out, size_t& faults) {
    char* in = const_cast<char*>(bytes.data());  // iconv's prototype; it does not write there
    size_t left = bytes.size();
    char piece[16384];
    while (left > 0) {
      char* to = piece;
      size_t room = sizeof piece;
      const size_t result = ::iconv(handle_, &in, &left, &to, &room);
      const int error = errno;
      out.append(piece, sizeof piece - room);
      if (result != static_cast<size_t>(-1) || error == E2BIG) continue;
      if (error == EINVAL && !end) break;
      out += '\xFF', ++faults, ++in, --left;
    }
    return left;
  }

 private:
  iconv_t handle_;
};

enum class Family { chinese, traditional, japanese, korean, western, central, cyrillic };

struct Candidate {
  const char* name;
  Family family;
};

inline constexpr auto candidates = std::to_array<Candidate>({
    {"GB18030", Family::chinese},
    {"BIG5-HKSCS", Family::traditional},
    {"CP932", Family::japanese},
    {"EUC-JP", Family::japanese},
    {"CP949", Family::korean},
    {"WINDOWS-1252", Family::western},
    {"WINDOWS-1250", Family::central},
    {"WINDOWS-1251", Family::cyrillic},
});

/// The letters that half of all Chinese, Japanese and Korean text consists of, with those of names
/// and of trade.
inline constexpr std::u32string_view common_letters =
    U"的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过"
    U"发后作里"
    U"用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因"
    U"只从想"
    U"实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战"
    U"向头文"
    U"体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东"
    U"声提立"
    U"及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感"
    U"建务做"
    U"接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强"
    U"即像难"
    U"且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候"
    U"带导争"
    U"运笔客户编号单订货款付支钱价额店商购买卖售券优惠渠微宝京淘邮箱址姓手机码状态备注收退费减元件"
    U"数量茶"
    U"李刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧曹袁邓傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜"
    U"戴夏"
    U"钟汪田姜范石姚谭廖邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚伟芳娜敏静丽磊"
    U"军洋艳"
    U"勇杰娟涛超秀霞刚桂英华玉兰红绿春夏秋冬玲婷雪慧莹欣怡宇浩轩然涵梓雨晨佳琪琳丹萍鹏飞杭州京沪深"
    U"圳广"
    U"個們來為國說時會對於過發後裡種經麼學沒動開還進樣無與長機關點業將兩間問並應戰頭體見產話給門教"
    U"員"
    U"論處義條氣題爾別變總電報結計資統區隊決馬書則聽達強難權設記類據邊張該規萬術領確傳師觀識帶導爭"
    U"戶編號單訂貨錢價額購買賣優寶郵狀態備註收費減數劉陳楊趙黃吳孫鄭謝韓馮鄧呂蘇盧蔣賈葉閻鍾譚鄒陸"
    U"顧龍"
    U"湯喬賀賴龔偉麗靜艷傑濤歐陽諸葛灣臺北高雄綠紅藍帳稱類購"
    U"客番号様氏名住所電話注文商品価格合計支払円購入受取配送会社株式店舗予約予定税込単個数量日時年"
    U"月"
    U"田中佐藤鈴木高橋伊藤渡辺山本村小林加斎松井清野池森阿部島岡崎原福橋由美子太郎花恵真";

inline constexpr std::u32string_view common_hangul =
    U"이다는에의가을고하지를은기로서사한도자나어리시인대그아정수있해일보전주부장적스과원들상제만라"
    U"내"
    U"구게으여면와성조공무경오신화안국비유요관마연선소개미세동위문생우진용들중거물방모분회현실당품"
    U"재"
    U"체명표간양통결계식권등년월별번호객고구매금액주문상품날짜김박최정강윤임한오서신권황안송류홍름"
    U"이름"
    U"민지은영준현수진희경미선호철훈석태윤아라나예빈채원녹차커피서울부산";

/// A share of decoded letters that look like a language; the lines are those that are not ASCII.
class Reading {
 public:
  Reading(const Candidate& candidate, std::string_view bytes) : family_(candidate.family) {
    Converter converter(candidate.name);
    if (!converter.known()) return;
    size_t faults = 0;
    converter.convert(bytes, true, text_, faults);
    char32_t before = '\n';
    for (size_t i = 0; i < text_.size();) {
      const size_t n = utf8_length(std::string_view(text_).substr(i, 4));
      if (n == 0) {
        before = '\n', ++i;
        continue;
      }
      const char32_t c = decode_utf8(std::string_view(text_).substr(i, n), n);
      i += n;
      const size_t m = utf8_length(std::string_view(text_).substr(i, 4));
      const char32_t after = m == 0 ? '\n' : decode_utf8(std::string_view(text_).substr(i, m), m);
      if (c >= 0x80) ++letters_, sum_ += worth(before, c, after);
      before = c;
    }
    sum_ -= 2.0 * static_cast<double>(faults);
    if (faults * 100 > letters_) letters_ = 0;
    if (letters_ > 0)
      score_ = sum_ / static_cast<double>(letters_) + std::min(4.0, 1.0 * known_names()) / 4;
  }

  double score() const { return score_; }
  const std::string& text() const { return text_; }

 private:
  static bool common(char32_t c) {
    static const std::set<char32_t> letters(common_letters.begin(), common_letters.end());
    return letters.contains(c);
  }
  static bool common_korean(char32_t c) {
    static const std::set<char32_t> letters(common_hangul.begin(), common_hangul.end());
    return letters.contains(c);
  }
  static bool hanzi(char32_t c) {
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x3FFFF);
  }
  static bool kana(char32_t c) { return c >= 0x3041 && c <= 0x30FE; }
  static bool hangul(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }
  static bool eastern_sign(char32_t c) {
    return (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF01 && c <= 0xFF5E) || c == 0xFFE5 ||
           c == 0xFFE1;
  }
  static bool ascii_letter(char32_t c) { return c < 0x80 && is_letter(static_cast<char>(c)); }
  static bool space_or_figure(char32_t c) {
    return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r' || c == '"' ||
           c == '.' || (c < 0x80 && is_digit(static_cast<char>(c)));
  }

  double worth(char32_t before, char32_t c, char32_t after) const {
    switch (family_) {
      case Family::chinese:
      case Family::traditional:
        if (hanzi(c)) return common(c) ? 1 : c >= 0x20000 ? 0 : 0.2;
        return eastern_sign(c) ? 0.8 : c == 0xB7 || c == 0xA5 ? 0.3 : kana(c) ? 0 : -1;
      case Family::japanese:
        if (kana(c)) return 1;
        if (hanzi(c)) return common(c) ? 0.9 : 0.1;
        return eastern_sign(c) ? 0.6 : -0.6;
      case Family::korean:
        if (hangul(c)) return common_korean(c) ? 1 : 0.1;
        return eastern_sign(c) ? 0.6 : hanzi(c) ? -0.4 : -0.8;
      case Family::cyrillic:
        if (cyrillic(c))
          return cyrillic(before) || cyrillic(after) ? (rising(before, c) ? -0.7 : 1) : -0.3;
        return western_sign(before, c, after);
      default:
        return latin(before, c, after);
    }
  }

  static bool cyrillic(char32_t c) { return c >= 0x401 && c <= 0x491; }
  /// A capital after a small letter.
  static bool rising(char32_t before, char32_t c) {
    const auto small = [](char32_t x) {
      return (x >= 'a' && x <= 'z') || (x >= 0xDF && x <= 0xFF) || (x >= 0x430 && x <= 0x45F);
    };
    const bool capital = (c >= 0xC0 && c <= 0xDE) || (c >= 0x401 && c <= 0x42F);
    return capital && small(before);
  }

  double latin(char32_t before, char32_t c, char32_t after) const {
    const bool letter = base_letter(c) != 0;
    if (letter) {
      if (rising(before, c)) return -0.7;
      // þ, ð, ý and the like stand for other languages' letters more often than for themselves.
      if (c == 0xFE || c == 0xF0 || c == 0xDE || c == 0xD0) return -0.3;
      const bool beside = ascii_letter(before) || ascii_letter(after);
      if (!beside) return before >= 0x80 || after >= 0x80 ? -0.8 : c == 0xE0 || c == 0xE9 ? 0.5 : 0;
      // What Western Europe does not write.
      return family_ == Family::western && c > 0xFF && c != 0x153 && c != 0x161 && c != 0x17E ? -0.5
                                                                                              : 1;
    }
    return western_sign(before, c, after);
  }

  static double western_sign(char32_t before, char32_t c, char32_t after) {
    const bool beside = (ascii_letter(before) || space_or_figure(before)) &&
                        (ascii_letter(after) || space_or_figure(after));
    if (!beside) return -0.8;
    if (c == 0x20AC || c == 0xA3 || c == 0xA5 || c == 0xA0) return 1;
    if (c == 0xB0 || c == 0xBA || c == 0xAA || c == 0x2116 || c == 0xAB || c == 0xBB || c == 0xB4 ||
        c == 0xA7)
      return 0.9;
    if (c >= 0x2013 && c <= 0x2026) return 0.9;
    if (c == 0xA9 || c == 0xAE || c == 0x2122 || c == 0xBF || c == 0xA1 || c == 0xB2) return 0.5;
    return -0.6;
  }

  /// How many fields of the beginning are names of columns that are not ASCII.
  double known_names() const {
    double known = 0;
    const std::string_view head = std::string_view(text_).substr(0, 8000);
    for (size_t at = 0; at < head.size();) {
      const size_t end = std::min(head.find_first_of(",;\t|\r\n\"", at), head.size());
      const std::string_view field = head.substr(at, end - at);
      if (field.size() < 100 && !is_ascii(field) && is_known_name(field)) known += 1;
      at = end + 1;
    }
    return known;
  }

  Family family_;
  std::string text_;
  size_t letters_ = 0;
  double sum_ = 0, score_ = -10;
};

struct EncodingGuess {
  std::string name;
  bool sure = true;
  std::string others{};  // examples of how it reads, where nothing is sure
};

/// The lines of a text that are not ASCII only, up to a size.
inline std::string lines_beyond_ascii(std::string_view head, size_t most) {
  std::string lines;
  for (size_t at = 0; at < head.size() && lines.size() < most;) {
    const size_t end = std::min(head.find_first_of("\r\n", at), head.size());
    const std::string_view line = head.substr(at, std::min<size_t>(end - at, 10'000));
    if (!is_ascii(line)) (lines += line) += '\n';
    at = end + 1;
  }
  return lines;
}

/// The encoding of a file, from its first bytes: UTF-8 if it is that, with a few bytes that are
/// not; UTF-16 or UTF-32 by their mark, or by their zeros; else the one under which it looks like
/// text.
inline EncodingGuess guess_encoding(std::string_view head, bool complete = true) {
  const auto starts = [&head](std::string_view mark) { return head.starts_with(mark); };
  if (starts(std::string_view("\xFF\xFE\0\0", 4))) return {"UTF-32"};
  if (starts("\xFF\xFE") || starts("\xFE\xFF")) return {"UTF-16"};
  const std::string_view begin = head.substr(0, 4096);
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < begin.size(); ++i) zeros[i % 2] += begin[i] == 0;
  for (const size_t side : {0, 1})
    if (zeros[side] * 5 > begin.size() && zeros[1 - side] * 50 < begin.size() && begin.size() > 7)
      return {side == 0 ? "UTF-16BE" : "UTF-16LE"};

  const size_t invalid = find_invalid_utf8(head);
  if (invalid == head.npos || (!complete && invalid + 4 > head.size())) return {"UTF-8"};
  size_t good = 0, bad = 0;
  for (size_t i = 0; i < head.size();) {
    const size_t n = utf8_length(head.substr(i, 4));
    good += n > 1, bad += n == 0;
    i += std::max<size_t>(n, 1);
  }
  if (good > bad * 4) return {"UTF-8"};  // the rows with the others will be refused

  std::vector<std::pair<double, const Candidate*>> scores;
  const std::string lines = lines_beyond_ascii(head, 200'000);
  std::string examples;
  for (const Candidate& candidate : candidates) {
    const Reading reading(candidate, lines);
    scores.emplace_back(reading.score(), &candidate);
  }
  std::stable_sort(scores.begin(), scores.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  const auto& [best, first] = scores[0];
  // Western and central European text differs in a few letters; whichever has them tells.
  size_t next = 1;
  while (next < scores.size() && scores[next].second->family == first->family) ++next;
  const bool latin_pair =
      first->family == Family::western && scores[1].second->family == Family::central;
  if (latin_pair) next = std::max<size_t>(next, 2);
  if (best >= 0.35 && (next >= scores.size() || best - scores[next].first >= 0.05))
    return {first->name};
  for (size_t i = 0; i < 3; ++i) {
    const Reading reading(*scores[i].second, lines);
    (examples += examples.empty() ? "" : "; ") += scores[i].second->name;
    examples +=
        " would read " +
        shown(trim(std::string_view(reading.text()).substr(0, reading.text().find('\n'))), 40);
  }
  // A few bytes in a text of another kind spoil no more than their rows.
  const bool few = bad * 200 < head.size() &&
                   std::count(head.begin(), head.end(), '\n') > 20 * static_cast<long>(bad);
  return {"UTF-8", few, examples};
}

}  // namespace demo
