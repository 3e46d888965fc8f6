#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/api_option.h"
#include "app/commands/commands.h"
#include "app/commands/table.h"

namespace freshet {
namespace {

using rapidjson::Value;

struct AskOptions {
  ApiOption api;
  std::string user;
  std::string item;
  std::string category;
  std::string context;
  std::string scenario;
  std::string exclude;
  std::string without;
  std::string language;
  std::size_t count = 0;
};

/// "?a=b&c=d" of the parameters that are set.
class Query {
 public:
  Query& add(const char* name, const std::string& value) {
    if (value.empty()) return *this;
    text_ += (text_.empty() ? "?" : "&") + std::string(name) + "=" + percent_encode(value);
    return *this;
  }
  Query& add(const char* name, std::size_t value) {
    return add(name, value == 0 ? "" : std::to_string(value));
  }
  /// "key=value" of a context.
  Query& add_pair(const std::string& pair) {
    const auto end_of_key = pair.find('=');
    if (end_of_key == std::string::npos) return *this;
    return add(("context[" + percent_encode(pair.substr(0, end_of_key)) + "]").c_str(),
               pair.substr(end_of_key + 1));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void print_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, name.size());
  for (const auto& [name, value] : facts)
    if (!value.empty()) fmt::print("{:<{}}  {}\n", name, width, value);
}

std::string first_reason(const Value& item) {
  const auto reasons = elements_of(item, "reasons");
  return reasons.empty() ? "" : text_of(*reasons.front(), "text");
}

void print_ranked(const Value& answer) {
  Table table({"", "item", "title", "score", "why"});
  std::size_t place = 0;
  for (const Value* item : elements_of(answer, "items"))
    table.add({std::to_string(++place), text_of(*item, "item_id"), text_of(*item, "title"),
               text_of(*item, "score"), first_reason(*item)});
  fmt::print("{}", table.text(stdout_is_styled()));
}

void print_list(const Value& list) {
  print_ranked(list);
  const std::string fallback = text_of(list, "fallback");
  fmt::print("\nmodel version {}, {}\n", text_of(list, "model_version"),
             fallback == "none" ? "the full model's list" : "a fallback: " + fallback);
}

void print_items(const Value& page) {
  Table table({"item", "title", "category", "price", "share %", "trend", "seen"});
  for (const Value* item : elements_of(page, "items")) {
    const double share = item->HasMember("share") ? (*item)["share"].GetDouble() * 100 : 0;
    table.add({text_of(*item, "item_id"), text_of(*item, "title"), text_of(*item, "category"),
               text_of(*item, "price", 2), fmt::format("{:.2f}", share), text_of(*item, "trend", 2),
               text_of(*item, "seen_times")});
  }
  fmt::print("{}", table.text(stdout_is_styled()));
}

void print_item(const Value& item) {
  print_facts({{"item", text_of(item, "item_id")},
               {"title", text_of(item, "title")},
               {"category", text_of(item, "category")},
               {"brand", text_of(item, "brand")},
               {"price", text_of(item, "price", 2)},
               {"available", text_of(item, "available")},
               {"popularity rank", text_of(item, "popularity_rank")},
               {"trend", text_of(item, "trend", 2)},
               {"seen as a target", text_of(item, "seen_times")},
               {"updated", time_of(item, "updated_time")}});
}

void print_user(const Value& user) {
  print_facts({{"user", text_of(user, "user_id")},
               {"partition", text_of(user, "partition")},
               {"sessions", text_of(user, "session_count")},
               {"bot", text_of(user, "bot")},
               {"personalise", text_of(user, "personalise")},
               {"learn", text_of(user, "learn")}});
  Table table({"time (UTC)", "action", "item", "title"});
  for (const Value* entry : elements_of(user, "history"))
    table.add({time_of(*entry, "event_time"), text_of(*entry, "action"), text_of(*entry, "item_id"),
               text_of(*entry, "title")});
  fmt::print("\n{}", table.text(stdout_is_styled()));
}

void print_explanation(const Value& why) {
  fmt::print("{}\n\n",
             text_of(why, "sentence").empty() ? text_of(why, "verdict") : text_of(why, "sentence"));
  print_facts({{"verdict", text_of(why, "verdict")},
               {"filter", text_of(why, "filter")},
               {"rank", text_of(why, "rank")},
               {"score", text_of(why, "score")},
               {"score needed", text_of(why, "score_needed")}});
  Table table({"expert", "probability", "rank", "share"});
  for (const Value* expert : elements_of(why, "experts"))
    table.add({text_of(*expert, "source"), text_of(*expert, "probability", 6),
               text_of(*expert, "rank"), text_of(*expert, "share")});
  fmt::print("\n{}", table.text(stdout_is_styled()));
}

void print_status(const Value& status) {
  print_facts({{"version", text_of(status, "version")},
               {"events", text_of(status, "events_total")},
               {"events/s", text_of(status, "events_per_second", 1)},
               {"lists/s", text_of(status, "lists_per_second", 1)},
               {"event to list p50, ms", text_of(status, "event_to_list_p50_ms", 1)},
               {"event to list p99, ms", text_of(status, "event_to_list_p99_ms", 1)},
               {"dead letters", text_of(status, "dead_letters_total")},
               {"model version", text_of(status, "model_version")}});
  Table table({"partition", "next offset", "lag"});
  for (const Value* lag : elements_of(status, "lag"))
    table.add(
        {text_of(*lag, "partition"), text_of(*lag, "next_offset"), text_of(*lag, "lag_records")});
  fmt::print("\n{}", table.text(stdout_is_styled()));
}

std::string user_path(const AskOptions& options) {
  return "/v1/users/" + percent_encode(options.user);
}
std::string item_path(const AskOptions& options) {
  return "/v1/items/" + percent_encode(options.item);
}

using Ask = std::function<Status(const AskOptions&)>;

/// A command whose options are kept until it runs.
CLI::App* add_ask(CLI::App& parent, Command& chosen, const char* name, const char* what,
                  const std::shared_ptr<AskOptions>& options, const Ask& ask) {
  CLI::App* command = parent.add_subcommand(name, what);
  options->api.add_to(*command);
  command->callback([options, ask, &chosen] { chosen = [options, ask] { return ask(*options); }; });
  return command;
}

void add_count(CLI::App& command, AskOptions& options) {
  command.add_option("--count", options.count, "Items wanted")->check(CLI::Range(1, 500));
}

void add_recommend(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command = add_ask(
      app, chosen, "recommend", "Shows a user's list, made now", options, [](const AskOptions& o) {
        Query query;
        query.add("count", o.count).add("scenario", o.scenario).add("exclude", o.exclude);
        return o.api.ask(user_path(o) + "/recommendations" + query.add("without", o.without).text(),
                         print_list);
      });
  command->add_option("user", options->user, "User id")->required();
  add_count(*command, *options);
  command->add_option("--scenario", options->scenario, "A key of scoring.scenarios");
  command->add_option("--exclude", options->exclude, "Items left out, comma-separated");
  command->add_option("--without", options->without, "Rank as if this source did not exist");
  command->footer("Example:  freshet recommend u-4008 --count 10");
}

void add_explain(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command =
      add_ask(app, chosen, "explain", "Says why an item stands in a user's list, or why not",
              options, [](const AskOptions& o) {
                return o.api.ask(user_path(o) + "/items/" + percent_encode(o.item) +
                                     Query().add("language", o.language).text(),
                                 print_explanation);
              });
  command->add_option("user", options->user, "User id")->required();
  command->add_option("item", options->item, "Item id")->required();
  command->add_option("--language", options->language, "Of the sentences: en, de, zh");
  command->footer("Example:  freshet explain u-4008 sku-883");
}

void add_user(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* user = app.add_subcommand("user", "Looks at users");
  user->require_subcommand(1);
  CLI::App* show = add_ask(*user, chosen, "show", "Shows what is known of a user", options,
                           [](const AskOptions& o) { return o.api.ask(user_path(o), print_user); });
  show->add_option("user", options->user, "User id")->required();
  show->footer("Example:  freshet user show u-4008");
}

void add_item(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* item = app.add_subcommand("item", "Looks at items");
  item->require_subcommand(1);
  CLI::App* show = add_ask(*item, chosen, "show", "Shows what is known of an item", options,
                           [](const AskOptions& o) { return o.api.ask(item_path(o), print_item); });
  show->add_option("item", options->item, "Item id")->required();
  show->footer("Example:  freshet item show sku-883");
}

void add_related(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command = add_ask(
      app, chosen, "related", "Shows what goes with an item", options, [](const AskOptions& o) {
        return o.api.ask(item_path(o) + "/related" + Query().add("count", o.count).text(),
                         print_ranked);
      });
  command->add_option("item", options->item, "Item id")->required();
  add_count(*command, *options);
  command->footer("Example:  freshet related sku-883");
}

void add_trending(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command =
      add_ask(app, chosen, "trending", "Shows what many users are at now, against what is usual",
              options, [](const AskOptions& o) {
                return o.api.ask("/v1/trending" + Query()
                                                      .add("count", o.count)
                                                      .add("category", o.category)
                                                      .add_pair(o.context)
                                                      .text(),
                                 print_items);
              });
  add_count(*command, *options);
  command->add_option("--category", options->category, "Path, parts joined by /");
  command
      ->add_option("--context", options->context, "KEY=VALUE: only what users are at who have it")
      ->check(CLI::Validator(
          [](const std::string& pair) {
            return pair.find('=') == std::string::npos ? "write KEY=VALUE, for example place=berlin"
                                                       : "";
          },
          "KEY=VALUE"));
  command->footer("Example:  freshet trending --count 10 --context place=berlin");
}

}  // namespace

void add_ask_commands(CLI::App& app, Command& chosen) {
  add_recommend(app, chosen);
  add_explain(app, chosen);
  add_user(app, chosen);
  add_item(app, chosen);
  add_related(app, chosen);
  add_trending(app, chosen);
  auto options = std::make_shared<AskOptions>();
  add_ask(app, chosen, "status", "Shows how a running Freshet does", options,
          [](const AskOptions& o) { return o.api.ask("/v1/status", print_status); })
      ->footer("Example:  freshet status --json");
}

}  // namespace freshet
