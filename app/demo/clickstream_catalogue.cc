#include "app/demo/clickstream_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet {
namespace {

constexpr std::size_t kNewestCount = 24;
constexpr std::size_t kShortageCountMax = 20;

struct Category {
  std::string_view parent;
  std::string_view name;
  std::array<std::string_view, 3> nouns;
  double price_low;
  double price_high;
};

constexpr std::array<Category, ClickstreamCatalogue::kCategoryCount> kCategories = {{
    {"kitchen", "coffee machines", {"Espresso Machine", "Filter Brewer", "Moka Pot"}, 35, 900},
    {"kitchen", "coffee", {"Espresso Beans", "Filter Roast", "Decaf Beans"}, 6, 28},
    {"outdoor", "tents", {"Trail Tent", "Family Tent", "Bivouac"}, 90, 700},
    {"outdoor", "sleeping bags", {"Down Sleeping Bag", "Summer Quilt", "Camp Mat"}, 30, 420},
    {"sports", "running shoes", {"Road Shoe", "Trail Shoe", "Racing Flat"}, 60, 210},
    {"sports", "running clothes", {"Running Sock", "Wind Jacket", "Split Short"}, 9, 140},
    {"electronics", "phones", {"Phone", "Compact Phone", "Outdoor Phone"}, 150, 1200},
    {"electronics", "phone accessories", {"Phone Case", "Charger", "Screen Glass"}, 8, 60},
    {"electronics", "cameras", {"Mirrorless Camera", "Action Camera", "Pocket Camera"}, 180, 2600},
    {"electronics", "lenses", {"Prime Lens", "Zoom Lens", "Macro Lens"}, 120, 1900},
    {"electronics", "laptops", {"Laptop", "Gaming Laptop", "Netbook"}, 300, 2800},
    {"electronics", "laptop bags", {"Laptop Sleeve", "Commuter Backpack", "Briefcase"}, 18, 190},
    {"home", "lamps", {"Desk Lamp", "Floor Lamp", "Pendant"}, 20, 340},
    {"home", "light bulbs", {"LED Bulb", "Filament Bulb", "Smart Bulb"}, 3, 45},
    {"home", "beds", {"Bed Frame", "Mattress", "Sofa Bed"}, 120, 1800},
    {"home", "bed linen", {"Duvet Cover", "Pillow", "Fitted Sheet"}, 12, 160},
    {"garden", "pots", {"Clay Pot", "Raised Bed", "Balcony Planter"}, 5, 120},
    {"garden", "seeds", {"Tomato Seeds", "Wildflower Mix", "Herb Seeds"}, 2, 9},
    {"books", "cookbooks", {"Pasta Cookbook", "Bread Handbook", "Curry Atlas"}, 12, 48},
    {"kitchen", "pans", {"Cast-iron Pan", "Wok", "Bread Oven"}, 19, 260},
    {"toys", "building sets", {"Building Set", "Marble Run", "Train Set"}, 15, 240},
    {"toys", "storage boxes", {"Toy Box", "Sorting Tray", "Play Mat"}, 8, 70},
    {"beauty", "face creams", {"Day Cream", "Night Cream", "Sun Fluid"}, 7, 110},
    {"beauty", "cleansers", {"Cleansing Oil", "Face Wash", "Toner"}, 5, 55},
}};

constexpr std::array<std::string_view, 16> kBrands = {
    "Norrvik",  "Alder & Co", "Tamaris",  "Kestrel", "Ostra",  "Pellworm",   "Juno",  "Halden",
    "Quayside", "Mirabel",    "Fjellrev", "Castor",  "Sorano", "Brightwell", "Ilmen", "Verano"};
constexpr std::array<std::string_view, 14> kQualities = {
    "Compact", "Classic", "Light",  "Pro",     "Everyday", "Heritage", "Quiet",
    "Sturdy",  "Soft",    "Modern", "Premium", "Original", "Slim",     "Grand"};

// Steps in the category that lead to related products, likeliest first.
constexpr std::array<std::size_t, 4> kRelatedSteps = {7, 11, 3, 1};
constexpr std::array<double, 4> kRelatedShares = {0.5, 0.25, 0.15, 0.1};

}  // namespace

ClickstreamCatalogue::ClickstreamCatalogue(std::size_t product_count, std::size_t product_count_max,
                                           std::uint64_t seed)
    : of_category_(kCategoryCount),
      product_count_initial_(std::max(product_count, kCategoryCount)),
      product_count_max_(std::max(product_count_max, product_count_initial_ + 1)) {
  RandomStream random(seed);
  for (std::size_t i = 0; i < product_count_initial_; ++i) {
    const std::size_t category = i % kCategoryCount;
    products_.push_back(make_product(category, random));
    of_category_[category].push_back(i);
  }
}

std::array<std::string_view, 2> ClickstreamCatalogue::category_path(std::size_t category) {
  return {kCategories[category].parent, kCategories[category].name};
}

GeneratedProduct ClickstreamCatalogue::make_product(std::size_t category, RandomStream& random) {
  const Category& kind = kCategories[category];
  GeneratedProduct product;
  product.name = fmt::format("p-{}", 10000 + made_count_++);
  product.brand = kBrands[random.below(kBrands.size())];
  product.title =
      fmt::format("{} {} {} {}", product.brand, kQualities[random.below(kQualities.size())],
                  kind.nouns[random.below(kind.nouns.size())], 1 + random.below(9));
  product.category = category;
  product.position = of_category_[category].size();
  // Most products are cheap, a few are dear; prices end in .95 as in every shop.
  const double dearness = random.uniform() * random.uniform();
  product.price = std::floor(kind.price_low + dearness * (kind.price_high - kind.price_low)) + 0.95;
  return product;
}

std::size_t ClickstreamCatalogue::at(std::size_t category, std::size_t position) const {
  const auto& products = of_category_[category];
  return products[position % products.size()];
}

std::size_t ClickstreamCatalogue::popular_in(std::size_t category, double drift,
                                             RandomStream& random) const {
  // The square of a uniform number: the first hundredth of the places gets a tenth of the interest.
  const double u = random.uniform();
  const auto place =
      static_cast<std::size_t>(u * u * static_cast<double>(of_category_[category].size()));
  return at(category, place + static_cast<std::size_t>(drift));
}

std::size_t ClickstreamCatalogue::related_to(std::size_t product, RandomStream& random) const {
  double left = random.uniform();
  std::size_t step = kRelatedSteps.back();
  for (std::size_t i = 0; i < kRelatedSteps.size(); ++i) {
    if ((left -= kRelatedShares[i]) < 0) {
      step = kRelatedSteps[i];
      break;
    }
  }
  return at(products_[product].category, products_[product].position + step);
}

std::size_t ClickstreamCatalogue::complement_of(std::size_t product, RandomStream& random) const {
  const GeneratedProduct& main = products_[product];
  // Of the first products only, so that a new product does not move everyone's complement.
  const std::size_t place = main.position * 5 + (random.chance(0.7) ? 0 : 1);
  return at(main.category ^ 1, place % (product_count_initial_ / kCategoryCount));
}

std::size_t ClickstreamCatalogue::newest(RandomStream& random) const {
  if (newest_.empty()) return random.below(products_.size());
  return newest_[random.below(newest_.size())];
}

std::vector<GeneratedProduct> ClickstreamCatalogue::add(RandomStream& random) {
  std::vector<GeneratedProduct> changed;
  std::size_t index = products_.size();
  if (index < product_count_max_) {
    const std::size_t category = random.below(kCategoryCount);
    products_.push_back(make_product(category, random));
    of_category_[category].push_back(index);
  } else {
    index = product_count_initial_ + added_count_ % (product_count_max_ - product_count_initial_);
    GeneratedProduct& place = products_[index];
    GeneratedProduct product = make_product(place.category, random);
    product.position = place.position;
    std::swap(place, product);
    product.available = false;
    changed.push_back(std::move(product));
  }
  if (newest_.size() < kNewestCount) {
    newest_.push_back(index);
  } else {
    newest_[added_count_ % kNewestCount] = index;
  }
  ++added_count_;
  changed.push_back(products_[index]);
  return changed;
}

GeneratedProduct ClickstreamCatalogue::change_availability(RandomStream& random) {
  std::size_t index = random.below(products_.size());
  if (short_.size() < kShortageCountMax && products_[index].available) {
    short_.push_back(index);
    products_[index].available = false;
  } else if (!short_.empty()) {
    index = short_.front();
    short_.pop_front();
    products_[index].available = true;
  }
  return products_[index];
}

}  // namespace freshet
