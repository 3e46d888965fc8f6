#include <array>
#include <utility>

#include "ingest/event.h"
#include "sinks/explanation_codec.h"
#include "sinks/http_answers.h"
#include "sinks/http_api.h"
#include "sinks/http_parameters.h"
#include "sinks/json_input.h"
#include "sinks/json_text.h"

namespace freshet {
namespace {

constexpr std::array<std::pair<std::string_view, Action>, 5> kSessionActions{
    {{"click", Action::kClick},
     {"view", Action::kClick},
     {"cart", Action::kCart},
     {"purchase", Action::kPurchase},
     {"like", Action::kLike}}};

/// Answers with a redirect where another instance knows the user.
HttpHandler here(const ApiHandlers& handlers, HttpHandler handler) {
  if (!handlers.elsewhere) return handler;
  return [elsewhere = handlers.elsewhere, handler = std::move(handler)](const HttpRequest& request,
                                                                        Respond respond) {
    const auto address = elsewhere(request.params.at("user"));
    if (!address) return handler(request, std::move(respond));
    auto response = problem(307, "another instance owns the user's partition: ask " + *address);
    response.headers["Location"] = *address + request.target;
    respond(std::move(response));
  };
}

auto list_encoder(const ApiHandlers& handlers, const Clock& clock) {
  return [title_of = handlers.title_of, &clock](const RankedList& list) {
    return encode_list(list, clock.now(), title_of);
  };
}

ListWish wish_of(HttpParameters& parameters) {
  ListWish wish;
  wish.count = static_cast<std::size_t>(parameters.number("count", 1, kApiCountMax, 0));
  wish.scenario = parameters.text("scenario");
  wish.exclude = parameters.texts("exclude", kApiCountMax);
  wish.context = parameters.texts_by_key("context");
  const std::string without = parameters.text("without");
  if (without.empty()) return wish;
  wish.without = source_of(without);
  if (wish.without) return wish;
  std::string names;
  for (std::size_t i = 0; i < kSourceCount; ++i)
    names.append(i == 0 ? "" : ", ").append(to_string(static_cast<Source>(i)));
  parameters.refuse("without must be one of " + names);
  return wish;
}

HttpHandler recommendations(const ApiHandlers& handlers, const Clock& clock) {
  return [recommend = handlers.recommend, encode = list_encoder(handlers, clock)](
             const HttpRequest& request, Respond respond) {
    HttpParameters parameters(request, {"count", "scenario", "exclude", "without", "context[]"});
    ListWish wish = wish_of(parameters);
    if (!parameters.status()) return respond(problem_of(parameters.status().error()));
    recommend(request.params.at("user"), std::move(wish),
              answer_with<RankedList>(std::move(respond), encode));
  };
}

Result<SessionEvent> session_event(const std::string& item, const std::string& action,
                                   std::int64_t time_ms) {
  SessionEvent event{.item = item};
  if (time_ms > 0) event.time = EventTime(std::chrono::milliseconds(time_ms));
  for (const auto& [name, meaning] : kSessionActions) {
    if (name != action) continue;
    event.action = meaning;
    return event;
  }
  return error(ErrorCode::kInvalidConfig,
               "events: action must be one of click, view, cart, purchase, like");
}

/// What POST /v1/recommendations brings.
struct SessionQuestion {
  std::vector<SessionEvent> events;
  ListWish wish;
};

Result<SessionQuestion> session_question(const std::string& body) {
  constexpr std::int64_t kYear3000Ms = 32'503'680'000'000;
  SessionQuestion question;
  Status events_read;
  std::int64_t count = 0;
  JsonInput input(body);
  input.require("events");
  input.read("events", kApiEventsMax, [&](JsonInput& event) {
    std::string item;
    std::string action = "click";
    std::int64_t time_ms = 0;
    event.require("item_id");
    event.read("item_id", item);
    event.read("action", action);
    event.read("event_time", time_ms, 1, kYear3000Ms);
    auto read = session_event(item, action, time_ms);
    if (read) {
      question.events.push_back(*std::move(read));
    } else if (events_read) {
      events_read = tl::unexpected(std::move(read).error());
    }
  });
  input.read("context", question.wish.context);
  input.read("count", count, 1, kApiCountMax);
  input.read("scenario", question.wish.scenario);
  input.read("exclude", question.wish.exclude, kApiCountMax);
  FRESHET_RETURN_IF_ERROR(input.finish());
  FRESHET_RETURN_IF_ERROR(events_read);
  question.wish.count = static_cast<std::size_t>(count);
  return question;
}

HttpHandler session_recommendations(const ApiHandlers& handlers, const Clock& clock) {
  return [recommend = handlers.recommend_session, encode = list_encoder(handlers, clock)](
             const HttpRequest& request, Respond respond) {
    auto question = session_question(request.body);
    if (!question) return respond(problem_of(question.error()));
    recommend(std::move(question->events), std::move(question->wish),
              answer_with<RankedList>(std::move(respond), encode));
  };
}

HttpHandler user(const ApiHandlers& handlers) {
  return [user = handlers.user](const HttpRequest& request, Respond respond) {
    user(request.params.at("user"), answer_with<UserView>(std::move(respond), encode_user));
  };
}

HttpHandler explain(const ApiHandlers& handlers) {
  return [explain = handlers.explain, title_of = handlers.title_of](const HttpRequest& request,
                                                                    Respond respond) {
    HttpParameters parameters(request, {"language"});
    std::string language = parameters.text("language");
    if (language.empty()) language = "en";
    if (language != "en" && language != "de" && language != "zh")
      parameters.refuse("language must be en, de or zh");
    if (!parameters.status()) return respond(problem_of(parameters.status().error()));
    explain(
        request.params.at("user"), request.params.at("item"), language,
        answer_with<Explanation>(std::move(respond), [title_of](const Explanation& explanation) {
          const RankedItem item{.id = item_id_of(explanation.item), .name = explanation.item};
          return encode_explanation(explanation, title_of ? title_of(item) : "");
        }));
  };
}

HttpHandler watch(const ApiHandlers& handlers) {
  return [watch = handlers.watch](const HttpRequest& request, Respond respond) {
    HttpResponse response;
    response.stream = [watch, user = request.params.at("user")](auto channel) {
      watch(user, std::move(channel));
    };
    respond(std::move(response));
  };
}

std::string encode_accepted(const AcceptedEvent& accepted) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "partition");
  writer.Int(accepted.partition.value);
  put_key(writer, "offset");
  writer.Int64(accepted.offset.value);
  writer.EndObject();
  return text_of(buffer);
}

HttpHandler accept_event(const ApiHandlers& handlers) {
  return [accept = handlers.accept_event](const HttpRequest& request, Respond respond) {
    accept(request.body, [respond = std::move(respond)](Result<AcceptedEvent> accepted) {
      if (!accepted) return respond(problem_of(accepted.error()));
      respond({.status = 202, .body = encode_accepted(*accepted)});
    });
  };
}

}  // namespace

void add_list_routes(HttpRouter& router, const ApiHandlers& handlers, const Clock& clock) {
  if (handlers.recommend) {
    router.get("/v1/users/{user}/recommendations",
               here(handlers, recommendations(handlers, clock)));
  }
  if (handlers.watch) router.get("/v1/users/{user}/lists", here(handlers, watch(handlers)));
  if (handlers.user) router.get("/v1/users/{user}", here(handlers, user(handlers)));
  if (handlers.explain) {
    router.get("/v1/users/{user}/items/{item}", here(handlers, explain(handlers)));
  }
  if (handlers.recommend_session) {
    router.post("/v1/recommendations", session_recommendations(handlers, clock));
  }
  if (handlers.accept_event) router.post("/v1/events", accept_event(handlers));
}

}  // namespace freshet
