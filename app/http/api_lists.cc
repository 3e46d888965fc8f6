#include <algorithm>
#include <optional>
#include <utility>

#include "app/http/api.h"
#include "state/fold.h"

namespace freshet {
namespace {

/// What turns a user's request into the one that is wished for.
Result<std::function<void(RankRequest&)>> changes(const ListWish& wish, const Config& config) {
  auto context = context_of(wish.context, config);
  if (!context) return tl::unexpected(std::move(context).error());
  const auto& scenarios = config.scoring.scenarios;
  const bool known = wish.scenario.empty() || wish.scenario == kDefaultScenario ||
                     std::any_of(scenarios.begin(), scenarios.end(),
                                 [&](const auto& one) { return one.name == wish.scenario; });
  if (!known) {
    return error(ErrorCode::kInvalidConfig,
                 "scenario " + wish.scenario +
                     " is not configured: name one of scoring.scenarios, or default");
  }
  std::vector<ItemId> exclude;
  for (const std::string& item : wish.exclude) exclude.push_back(item_id_of(item));
  return [count = wish.count, scenario = wish.scenario, without = wish.without,
          exclude = std::move(exclude), context = *std::move(context)](RankRequest& request) {
    request.count = count;
    request.scenario = scenario;
    request.more_scenarios.clear();
    request.without = without;
    request.exclude = exclude;
    request.state.context.resize(std::max(request.state.context.size(), context.size()));
    for (std::size_t i = 0; i < context.size(); ++i)
      if (!context[i].empty()) request.state.context[i] = context[i];
  };
}

/// The state of a visitor who did `events`.
UserState fold_session(const std::vector<SessionEvent>& events, const Config& config,
                       EventTime now) {
  const Fold fold(config.state);
  UserState state;
  std::vector<TrainingExample> examples;  // Learned by nobody.
  for (const SessionEvent& done : events) {
    Event event;
    event.action = done.action;
    event.items.push_back({.id = item_id_of(done.item), .name = done.item});
    event.event_time = done.time.value_or(now);
    fold.apply(event, {}, state, examples);
    examples.clear();
  }
  return state;
}

void recommend(const ApiParts& parts, const UserId& user, const ListWish& wish,
               Answer<RankedList> answer) {
  auto change = changes(wish, parts.config);
  if (!change) return answer(tl::unexpected(std::move(change).error()));
  parts.engine.recommend(user, *std::move(change), std::move(answer));
}

void recommend_session(const ApiParts& parts, const std::vector<SessionEvent>& events,
                       const ListWish& wish, Answer<RankedList> answer) {
  const auto change = changes(wish, parts.config);
  if (!change) return answer(tl::unexpected(change.error()));
  RankRequest request;
  request.state = fold_session(events, parts.config, parts.clock.now());
  request.event_time = request.state.newest_event_time;
  (*change)(request);
  parts.engine.rank(std::move(request), std::move(answer));
}

/// Adds what the catalogue calls the items of the user's state.
void name_items(const Catalogue& catalogue, UserView& view) {
  const auto name = [&](ItemId id) {
    const ItemRow row = catalogue.find(id);
    if (row == kNoRow) return;
    const ItemUpdate* content = catalogue.content(row);
    view.items[id] = {catalogue.item(row).name, content == nullptr ? "" : content->title};
  };
  for (const HistoryEntry& entry : view.state.history) name(entry.item);
  for (const Bought& bought : view.state.bought) name(bought.item);
  for (const ItemId disliked : view.state.disliked) name(disliked);
}

void view_user(const ApiParts& parts, const UserId& user, const Answer<UserView>& answer) {
  parts.engine.find_user(user, [parts, user, answer](Result<std::optional<RankRequest>> answered) {
    if (!answered) return answer(tl::unexpected(std::move(answered).error()));
    std::optional<RankRequest>& found = *answered;
    if (!found) {
      return answer(error(ErrorCode::kNotFound, "no user \"" + user + "\" is known here"));
    }
    auto view = std::make_shared<UserView>();
    *view = {.user = user,
             .partition = found->position.partition,
             .offset = found->position.offset,
             .state = std::move(found->state),
             .context_keys = parts.config.ingest.context,
             .items = {}};
    const bool asked = parts.engine.ask_replica([view, answer](const Replica& replica) {
      name_items(replica.catalogue(), *view);
      answer(std::move(*view));
    });
    if (!asked) answer(too_busy());
  });
}

void explain(Engine& engine, const UserId& user, const std::string& item,
             const std::string& language, const Answer<Explanation>& answer) {
  engine.find_user(user, [=, &engine](Result<std::optional<RankRequest>> found) {
    if (!found) return answer(tl::unexpected(std::move(found).error()));
    const auto request =
        std::make_shared<RankRequest>(*found ? **std::move(found) : RankRequest{.user = user});
    const bool asked = engine.ask_replica(
        [=](Replica& replica) { answer(replica.explain(*request, item, language)); });
    if (!asked) answer(too_busy());
  });
}

std::optional<std::string> elsewhere(const ApiParts& parts, const UserId& user) {
  const auto partition = parts.engine.partition_of_user(user);
  if (!partition || parts.engine.owns(*partition)) return std::nullopt;
  auto url = parts.owners->url_of(*partition);
  // What we told before we lost the partition: nobody has told anything since.
  return url == parts.config.sinks.http.advertised_url ? std::nullopt : url;
}

}  // namespace

Result<std::vector<std::string>> context_of(const std::map<std::string, std::string>& given,
                                            const Config& config) {
  const std::vector<std::string>& keys = config.ingest.context;
  std::vector<std::string> values(keys.size());
  for (const auto& [key, value] : given) {
    const auto place = std::find(keys.begin(), keys.end(), key);
    if (place == keys.end()) {
      return error(ErrorCode::kInvalidConfig,
                   "context: \"" + key + "\" is not declared in ingest.context");
    }
    values[static_cast<std::size_t>(place - keys.begin())] = value;
  }
  return values;
}

void add_list_handlers(const ApiParts& parts, ApiHandlers& handlers) {
  handlers.recommend = [parts](const UserId& user, const ListWish& wish, auto answer) {
    recommend(parts, user, wish, std::move(answer));
  };
  handlers.recommend_session = [parts](const auto& events, const ListWish& wish, auto answer) {
    recommend_session(parts, events, wish, std::move(answer));
  };
  handlers.user = [parts](const UserId& user, const auto& answer) {
    view_user(parts, user, answer);
  };
  handlers.explain = [parts](const UserId& user, const std::string& item,
                             const std::string& language, const auto& answer) {
    explain(parts.engine, user, item, language, answer);
  };
  handlers.watch = [parts](const UserId& user, auto channel) {
    parts.watchers.watch(user, std::move(channel));
  };
  if (parts.owners != nullptr) {
    handlers.elsewhere = [parts](const UserId& user) { return elsewhere(parts, user); };
  }
  if (parts.intake != nullptr) {
    handlers.accept_event = [parts](std::string event, auto answer) {
      parts.intake->accept(std::move(event), std::move(answer));
    };
  }
}

}  // namespace freshet
