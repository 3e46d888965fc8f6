#include <memory>
#include <utility>

#include "app/http/api.h"
#include "scoring/item_search.h"

namespace freshet {
namespace {

constexpr std::size_t kDefaultCount = 20;
/// Items looked at between two batches of lists: about a millisecond.
constexpr std::size_t kItemsAtATime = 5'000;

/// Asks the replica for items around a known one: perhaps none, yet.
template <class Find>
void ask_for_items(Engine& engine, const std::string& item, Find find,
                   const Answer<std::vector<RankedItem>>& answer) {
  const bool asked = engine.ask_replica([=](Replica& replica) {
    if (replica.row_of(item) == kNoRow) {
      return answer(error(ErrorCode::kNotFound, "no item \"" + item + "\" is known"));
    }
    answer(find(replica));
  });
  if (!asked) answer(too_busy());
}

void look_on(Engine& engine, const std::shared_ptr<ItemSearch>& search,
             const Answer<ItemPage>& answer) {
  const bool asked = engine.ask_replica([&engine, search, answer](const Replica& replica) {
    if (!search->look(replica.knowledge(), kItemsAtATime)) return look_on(engine, search, answer);
    answer(search->take());
  });
  if (!asked) answer(too_busy());
}

void show_item(Engine& engine, const std::string& item, const Answer<ItemFigures>& answer) {
  const bool asked = engine.ask_replica([item, answer](const Replica& replica) {
    auto figures = replica.item_figures(item);
    if (!figures) return answer(error(ErrorCode::kNotFound, "no item \"" + item + "\" is known"));
    answer(*std::move(figures));
  });
  if (!asked) answer(too_busy());
}

/// Answers with all that `find` finds, as one page.
template <class Find>
void ask_for_page(Engine& engine, Find find, const Answer<ItemPage>& answer) {
  const bool asked = engine.ask_replica([=](Replica& replica) {
    ItemPage page;
    page.items = find(replica);
    page.total = page.items.size();
    answer(std::move(page));
  });
  if (!asked) answer(too_busy());
}

void ask_for_list(const ApiParts& parts, const ItemListQuestion& question,
                  const Answer<ItemPage>& answer,
                  std::vector<ItemFigures> (Replica::*find)(const ItemListWish&)) {
  auto context = context_of(question.context, parts.config);
  if (!context) return answer(tl::unexpected(std::move(context).error()));
  const ItemListWish wish{question.count, question.category, *std::move(context)};
  ask_for_page(
      parts.engine, [wish, find](Replica& replica) { return (replica.*find)(wish); }, answer);
}

}  // namespace

void add_item_handlers(const ApiParts& parts, ApiHandlers& handlers) {
  Engine& engine = parts.engine;
  handlers.items = [&engine](ItemQuery query, const auto& answer) {
    look_on(engine, std::make_shared<ItemSearch>(std::move(query)), answer);
  };
  handlers.item = [&engine](const std::string& item, const auto& answer) {
    show_item(engine, item, answer);
  };
  handlers.related = [&engine](const std::string& item, std::size_t count, const auto& answer) {
    const std::size_t wanted = count == 0 ? kDefaultCount : count;
    ask_for_items(
        engine, item, [item, wanted](Replica& replica) { return replica.related(item, wanted); },
        answer);
  };
  handlers.bundle = [&engine](BundleQuestion question, const auto& answer) {
    const bool asked =
        engine.ask_replica([question = std::move(question), answer](Replica& replica) {
          answer(replica.bundle(question.basket,
                                {question.count, question.price_max, question.category}));
        });
    if (!asked) answer(too_busy());
  };
  handlers.similar = [&engine](const std::string& item, std::size_t count, const auto& answer) {
    const std::size_t wanted = count == 0 ? kDefaultCount : count;
    ask_for_items(
        engine, item, [item, wanted](Replica& replica) { return replica.similar(item, wanted); },
        answer);
  };
  handlers.trending = [parts](const ItemListQuestion& question, const auto& answer) {
    ask_for_list(parts, question, answer, &Replica::trending);
  };
  handlers.newest = [parts](const ItemListQuestion& question, const auto& answer) {
    ask_for_list(parts, question, answer, &Replica::newest);
  };
}

}  // namespace freshet
