#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/api_option.h"
#include "app/commands/commands.h"
#include "app/commands/table.h"

namespace freshet {
namespace {

struct ModelOptions {
  ApiOption api;
  std::uint64_t version = 0;
};

void print_model(const rapidjson::Value& model) {
  fmt::print("version {}, {}, guard: {}, {} examples learned\n\n", text_of(model, "version"),
             text_of(model, "frozen") == "yes" ? "frozen" : "learning", text_of(model, "guard"),
             text_of(model, "learned_examples"));
  Table table({"version", "kept (UTC)", "examples", "HR@20 then", "bytes"});
  for (const rapidjson::Value* kept : elements_of(model, "versions"))
    table.add({text_of(*kept, "version"), time_of(*kept, "saved_time"),
               text_of(*kept, "learned_examples"), text_of(*kept, "hit_rate_20", 4),
               text_of(*kept, "bytes")});
  fmt::print("{}", table.empty() ? "no version is kept yet: `freshet model keep` keeps one\n"
                                 : table.text(stdout_is_styled()));
}

CLI::App* add_action(CLI::App& model, Command& chosen, const char* name, const char* what,
                     const std::function<Status(const ModelOptions&)>& act) {
  auto options = std::make_shared<ModelOptions>();
  CLI::App* command = model.add_subcommand(name, what);
  options->api.add_to(*command);
  if (std::string(name) == "promote")
    command->add_option("version", options->version, "One that `model list` shows")->required();
  command->footer(fmt::format("Example:  freshet model {}{}", name,
                              std::string(name) == "promote" ? " 4711" : ""));
  command->callback([options, act, &chosen] { chosen = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void add_model_command(CLI::App& app, Command& chosen) {
  CLI::App* model = app.add_subcommand("model", "Looks after the model of a running Freshet");
  model->require_subcommand(1);
  const auto post = [](const char* path, const char* body) {
    return [path, body](const ModelOptions& o) { return o.api.ask(path, print_model, body); };
  };
  add_action(*model, chosen, "list", "Shows the versions that are kept",
             [](const ModelOptions& o) { return o.api.ask("/v1/model", print_model); });
  add_action(*model, chosen, "keep", "Keeps the model as it is now",
             post("/v1/model/versions", "{}"));
  add_action(*model, chosen, "promote", "Ranks with a kept version and learns on from it",
             [](const ModelOptions& o) {
               return o.api.ask(fmt::format("/v1/model/versions/{}/promote", o.version),
                                print_model, "{}");
             });
  add_action(*model, chosen, "rollback", "Goes back to the version kept before",
             post("/v1/model/rollback", "{}"));
  add_action(*model, chosen, "freeze", "Stops the learning",
             post("/v1/model/freeze", R"({"frozen": true})"));
  add_action(*model, chosen, "thaw", "Lets the learning go on",
             post("/v1/model/freeze", R"({"frozen": false})"));
}

}  // namespace freshet
