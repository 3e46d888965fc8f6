#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/time.h"
#include "scoring/answers.h"
#include "scoring/item_search.h"
#include "scoring/ranked_list.h"
#include "sinks/figure_columns.h"
#include "sinks/http_event_channel.h"
#include "sinks/http_router.h"
#include "sinks/list_codec.h"
#include "sinks/model_codec.h"
#include "sinks/status_figures.h"
#include "sinks/user_codec.h"

namespace freshet {

/// Whether lists are being made, and if not, why not.
struct Readiness {
  bool ready = false;
  std::vector<std::string> reasons;  ///< For people; empty when ready.
};

/// What is asked of a list.
struct ListWish {
  std::size_t count = 0;                       ///< 0 = the scenario's size.
  std::string scenario;                        ///< Empty = the default one.
  std::vector<std::string> exclude;            ///< Items that must not stand in it.
  std::optional<Source> without;               ///< Ranked as if this source did not exist.
  std::map<std::string, std::string> context;  ///< Values by declared key, for this list alone.
};

/// What a visitor did, who is known by nothing else.
struct SessionEvent {
  std::string item;
  Action action = Action::kClick;
  std::optional<EventTime> time;  ///< Empty = now.
};

/// What shall complete a basket.
struct BundleQuestion {
  std::vector<std::string> basket;
  std::size_t count = 5;            ///< Items to add, at most.
  std::optional<double> price_max;  ///< For the added items together.
  std::string category;             ///< Path, parts joined by "/"; empty = any.
};

/// What is asked of a list that is the same for all users.
struct ItemListQuestion {
  std::string category;  ///< Path, parts joined by "/"; empty = any.
  std::size_t count = 0;
  std::map<std::string, std::string> context;  ///< Whose events count: one declared key at most.
};

/// Where an event that was sent stands in the events topic.
struct AcceptedEvent {
  PartitionId partition;
  Offset offset;
};

/// Takes the answer; called once, from any thread.
template <class T>
using Answer = std::function<void(Result<T>)>;

/// Where the API gets its answers. Each is called on the server's thread and must not block; a
/// route whose function is not set does not exist. Errors: kInvalidConfig = the question is wrong,
/// kNotFound, kUnavailable, kTimedOut.
struct ApiHandlers {
  /// Prometheus text format.
  std::function<std::string()> metrics;
  std::function<Readiness()> ready;
  std::function<StatusFigures()> status;
  std::function<FigureColumns(std::chrono::seconds back)> history;
  /// Newest first.
  std::function<std::vector<ShownDeadLetter>()> dead_letters;

  std::function<void(UserId, ListWish, Answer<RankedList>)> recommend;
  std::function<void(std::vector<SessionEvent>, ListWish, Answer<RankedList>)> recommend_session;
  std::function<void(UserId, Answer<UserView>)> user;
  /// Why an item stands in the user's list, or why not; sentences in `language`.
  std::function<void(UserId, std::string item, std::string language, Answer<Explanation>)> explain;
  /// Sends every list published for the user from now on through the channel, while it is open.
  std::function<void(UserId, std::shared_ptr<EventChannel>)> watch;
  /// The address of the instance to ask about the user, where it is not this one.
  std::function<std::optional<std::string>(const UserId&)> elsewhere;
  /// Takes one event as JSON.
  std::function<void(std::string event, Answer<AcceptedEvent>)> accept_event;

  std::function<void(ItemQuery, Answer<ItemPage>)> items;
  std::function<void(std::string item, Answer<ItemFigures>)> item;
  /// At most `count` items (0 = a default) that people went on to; that are like it.
  std::function<void(std::string item, std::size_t count, Answer<std::vector<RankedItem>>)> related;
  std::function<void(std::string item, std::size_t count, Answer<std::vector<RankedItem>>)> similar;

  std::function<void(BundleQuestion, Answer<Bundle>)> bundle;

  /// What moves; what came last.
  std::function<void(ItemListQuestion, Answer<ItemPage>)> trending;
  std::function<void(ItemListQuestion, Answer<ItemPage>)> newest;

  std::function<void(Answer<ModelStatus>)> model;
  /// What operators do to the model; each answers with what it is then.
  std::function<void(Answer<ModelStatus>)> save_version;
  std::function<void(ModelVersion, Answer<ModelStatus>)> promote;
  std::function<void(Answer<ModelStatus>)> roll_back;
  std::function<void(bool frozen, Answer<ModelStatus>)> freeze;

  /// Adds titles to the items of answers; may be left out. Must be thread-safe.
  TitleOf title_of;
};

/// Most items one question may ask for, and most it may exclude.
inline constexpr std::size_t kApiCountMax = 500;
/// Most events of a visitor.
inline constexpr std::size_t kApiEventsMax = 200;

/// Adds the console at /, and every route of the contract (docs/openapi.yaml) that has a handler.
/// `clock` must outlive every answer.
void add_api(HttpRouter& router, const ApiHandlers& handlers, const Clock& clock);

/// Adds the console's page and its files, and the contract.
void add_console(HttpRouter& router);

// Parts of add_api.
void add_list_routes(HttpRouter& router, const ApiHandlers& handlers, const Clock& clock);
void add_item_routes(HttpRouter& router, const ApiHandlers& handlers);
void add_model_routes(HttpRouter& router, const ApiHandlers& handlers);
void add_operation_routes(HttpRouter& router, const ApiHandlers& handlers);

}  // namespace freshet
