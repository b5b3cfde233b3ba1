// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the simulated shop sells, and its kinds of customers.
namespace demo {

struct Category {
  std::string_view name;
  std::array<std::string_view, 3> brands;
  std::array<std::string_view, 5> products;
};

inline constexpr std::array<Category, 8> categories{{
    {"shoes",
     {"Nordwind", "飞跃", "Corsa"},
     {"running-shoes", "布鞋", "boots", "sandals", "trainers"}},
    {"tea", {"龙井记", "Earl & Sons", "武夷"}, {"绿茶", "乌龙茶", "breakfast-tea", "普洱", "茶具"}},
    {"books", {"三联", "Penguin", "Éditions Sud"}, {"novel", "诗集", "cook-book", "atlas", "画册"}},
    {"phones", {"Orbit", "华光", "Pixie"}, {"phone", "手机壳", "charger", "耳机", "tablet"}},
    {"kitchen", {"Küchenfreund", "张小泉", "Casa"}, {"wok", "菜刀", "Käsereibe", "kettle", "砂锅"}},
    {"beauty",
     {"百雀", "Lumière", "Sakura"},
     {"面霜", "lipstick", "crème-solaire", "shampoo", "面膜"}},
    {"toys", {"Björk", "乐童", "Brix"}, {"puzzle", "积木", "train-set", "毛绒熊", "kite"}},
    {"outdoor", {"Fjell", "远足", "Sierra"}, {"tent", "背包", "lamp", "睡袋", "bottle"}},
}};

struct Item {
  std::string key;  // 绿茶-017
  uint8_t category;
  std::string properties;  // JSON
  std::string_view category_name, brand;
};

inline constexpr size_t items_of_category = 60;

/// Items of category c are at c * items_of_category onward; the first of each sell best.
inline std::vector<Item> make_items() {
  std::vector<Item> items;
  for (size_t c = 0; c < categories.size(); ++c)
    for (size_t i = 0; i < items_of_category; ++i) {
      const Category& category = categories[c];
      std::string number = std::to_string(i + 1);
      number.insert(0, 3 - number.size(), '0');
      Item item{std::string(category.products[i % category.products.size()]) + "-" + number,
                static_cast<uint8_t>(c),
                {},
                category.name,
                category.brands[i % category.brands.size()]};
      item.properties = "{\"category\": \"" + std::string(item.category_name) +
                        "\", \"brand\": \"" + std::string(item.brand) + "\"}";
      items.push_back(std::move(item));
    }
  return items;
}

struct City {
  std::string_view name;
  int utc_offset;  // hours
  bool chinese;    // the names there
};

inline constexpr std::array<City, 12> cities{{{"上海", 8, true},
                                              {"北京", 8, true},
                                              {"成都", 8, true},
                                              {"广州", 8, true},
                                              {"杭州", 8, true},
                                              {"香港", 8, true},
                                              {"Singapore", 8, true},
                                              {"Berlin", 1, false},
                                              {"Zürich", 1, false},
                                              {"London", 0, false},
                                              {"São Paulo", -3, false},
                                              {"New York", -5, false}}};
inline constexpr std::array<double, 12> city_weights{14, 11, 10, 9, 8, 4, 3, 5, 4, 5, 4, 4};

inline constexpr std::array<std::string_view, 16> chinese_families{
    "王", "李", "张", "刘", "陈",   "杨", "黄", "赵",
    "吴", "周", "徐", "孙", "欧阳", "林", "何", "郭"};
inline constexpr std::array<std::string_view, 20> chinese_given{
    "伟",   "芳",   "娜",   "敏", "静", "丽",   "强",   "磊",   "洋",   "艳",
    "秀英", "志明", "小红", "杰", "婷", "思远", "雨桐", "浩然", "梓涵", "建国"};
inline constexpr std::array<std::string_view, 16> western_families{
    "Müller", "Smith", "García", "O'Brien", "Rossi",    "Dubois",  "Novák", "Silva",
    "Åberg",  "Jones", "Keller", "Nguyễn",  "Kowalski", "Johnson", "Weiß",  "Almeida"};
inline constexpr std::array<std::string_view, 20> western_given{
    "Anna", "Chloé",  "Lukas", "Maria", "John",  "Zoë",  "André", "Sofia", "Emma",  "Noah",
    "Lena", "Carlos", "Ines",  "Peter", "Björn", "Olga", "Mia",   "Paul",  "Grace", "Hugo"};

}  // namespace demo
