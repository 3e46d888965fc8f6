#include <utility>

#include "sinks/http_answers.h"
#include "sinks/http_api.h"
#include "sinks/http_parameters.h"
#include "sinks/item_codec.h"
#include "sinks/json_input.h"

namespace freshet {
namespace {

constexpr std::int64_t kPageItems = 20;
/// Items of a basket that is asked about, and items to add.
constexpr std::size_t kBasketMax = 100;
constexpr std::int64_t kBundleCountMax = 50;
constexpr std::int64_t kFromMax = 1'000'000'000;

HttpHandler items(const ApiHandlers& handlers) {
  return [items = handlers.items](const HttpRequest& request, Respond respond) {
    HttpParameters parameters(request, {"query", "category", "from", "count"});
    ItemQuery query;
    query.words = parameters.text("query");
    query.category = parameters.text("category");
    query.from = static_cast<std::size_t>(parameters.number("from", 0, kFromMax, 0));
    query.count = static_cast<std::size_t>(parameters.number("count", 1, kApiCountMax, kPageItems));
    if (!parameters.status()) return respond(problem_of(parameters.status().error()));
    items(std::move(query), answer_with<ItemPage>(std::move(respond), encode_items));
  };
}

HttpHandler item(const ApiHandlers& handlers) {
  return [item = handlers.item](const HttpRequest& request, Respond respond) {
    item(request.params.at("item"), answer_with<ItemFigures>(std::move(respond), encode_item));
  };
}

/// Items that are the same for all users.
template <class Find>
HttpHandler item_list(const Find& find) {
  return [find](const HttpRequest& request, Respond respond) {
    HttpParameters parameters(request, {"count", "category", "context[]"});
    ItemListQuestion question;
    question.category = parameters.text("category");
    question.count =
        static_cast<std::size_t>(parameters.number("count", 1, kApiCountMax, kPageItems));
    question.context = parameters.texts_by_key("context");
    if (!parameters.status()) return respond(problem_of(parameters.status().error()));
    if (question.context.size() > 1) {
      return respond(problem(400,
                             "context: name one key: what users of several values have in "
                             "common is not counted"));
    }
    find(std::move(question), answer_with<ItemPage>(std::move(respond), encode_items));
  };
}

/// Items that stand in some relation to one.
template <class Find>
HttpHandler neighbours(const Find& find, const TitleOf& title_of) {
  return [find, title_of](const HttpRequest& request, Respond respond) {
    HttpParameters parameters(request, {"count"});
    const std::int64_t count = parameters.number("count", 1, kApiCountMax, 0);
    if (!parameters.status()) return respond(problem_of(parameters.status().error()));
    const std::string& item = request.params.at("item");
    find(item, static_cast<std::size_t>(count),
         answer_with<std::vector<RankedItem>>(
             std::move(respond), [item, title_of](const std::vector<RankedItem>& found) {
               return encode_related(item, found, title_of);
             }));
  };
}

HttpHandler bundle(const ApiHandlers& handlers) {
  return [ask = handlers.bundle, title_of = handlers.title_of](const HttpRequest& request,
                                                               Respond respond) {
    JsonInput input(request.body);
    BundleQuestion question;
    std::int64_t count = static_cast<std::int64_t>(question.count);
    double price_max = 0;
    input.require("basket");
    input.read("basket", question.basket, kBasketMax);
    input.read("count", count, 1, kBundleCountMax);
    input.read("price_max", price_max);
    input.read("category", question.category);
    if (const Status read = input.finish(); !read) return respond(problem_of(read.error()));
    if (question.basket.empty()) return respond(problem(400, "basket: empty; name its items"));
    if (price_max < 0) return respond(problem(400, "price_max: must be above 0"));
    question.count = static_cast<std::size_t>(count);
    if (price_max > 0) question.price_max = price_max;
    ask(std::move(question),
        answer_with<Bundle>(std::move(respond), [title_of](const Bundle& made) {
          return encode_bundle(made, title_of);
        }));
  };
}

}  // namespace

void add_item_routes(HttpRouter& router, const ApiHandlers& handlers) {
  if (handlers.items) router.get("/v1/items", items(handlers));
  if (handlers.related) {
    router.get("/v1/items/{item}/related", neighbours(handlers.related, handlers.title_of));
  }
  if (handlers.similar) {
    router.get("/v1/items/{item}/similar", neighbours(handlers.similar, handlers.title_of));
  }
  if (handlers.bundle) router.post("/v1/bundles", bundle(handlers));
  if (handlers.item) router.get("/v1/items/{item}", item(handlers));
  if (handlers.trending) router.get("/v1/trending", item_list(handlers.trending));
  if (handlers.newest) router.get("/v1/new", item_list(handlers.newest));
}

}  // namespace freshet
