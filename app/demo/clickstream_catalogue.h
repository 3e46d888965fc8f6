#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "app/demo/random_stream.h"

namespace freshet {

/// A product of the generated shop. Categories stand in pairs that complete each other: 2n, 2n + 1.
struct GeneratedProduct {
  std::string name;  ///< The item's id on the wire.
  std::string title;
  std::string_view brand;
  std::size_t category = 0;
  std::size_t position = 0;  ///< Place in its category: what it is related to, and how popular.
  double price = 0;
  bool available = true;
};

/// The shop's products and how they belong together. Confined to one thread.
class ClickstreamCatalogue {
 public:
  static constexpr std::size_t kCategoryCount = 24;

  /// Makes `product_count` (at least one per category) products.
  ClickstreamCatalogue(std::size_t product_count, std::size_t product_count_max,
                       std::uint64_t seed);

  std::size_t size() const { return products_.size(); }
  const GeneratedProduct& operator[](std::size_t product) const { return products_[product]; }
  /// Category path of a product, from the general to the special.
  static std::array<std::string_view, 2> category_path(std::size_t category);

  /// Picks a product of `category` by popularity; `drift` (event time) shifts who is popular.
  std::size_t popular_in(std::size_t category, double drift, RandomStream& random) const;
  /// Picks one of the few products people look at after `product`.
  std::size_t related_to(std::size_t product, RandomStream& random) const;
  /// Picks one of the two products bought together with `product`; of the paired category.
  std::size_t complement_of(std::size_t product, RandomStream& random) const;
  /// Picks one of the newest products.
  std::size_t newest(RandomStream& random) const;

  /// Adds a new product; past the maximum it takes the place of the oldest one that was added.
  /// Returns what changed: the product that left (as unavailable), if any, and the new one.
  std::vector<GeneratedProduct> add(RandomStream& random);
  /// Begins a shortage of some product, or ends the oldest one. Returns what changed.
  GeneratedProduct change_availability(RandomStream& random);

 private:
  GeneratedProduct make_product(std::size_t category, RandomStream& random);
  std::size_t at(std::size_t category, std::size_t position) const;

  std::vector<GeneratedProduct> products_;
  std::vector<std::vector<std::size_t>> of_category_;
  std::vector<std::size_t> newest_;  ///< Ring of the last ones added.
  std::deque<std::size_t> short_;    ///< Products that are sold out, the longest first.
  std::size_t product_count_initial_;
  std::size_t product_count_max_;
  std::size_t added_count_ = 0;
  std::uint64_t made_count_ = 0;
};

}  // namespace freshet
