#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/commands/commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "Freshet turns a live clickstream into fresh recommendation lists.\n\n"
      "First look:     freshet demo\n"
      "On your Kafka:  freshet topics create --config freshet.yaml && "
      "freshet run --config freshet.yaml"};
  app.require_subcommand(1);
  app.fallthrough(false);
  freshet::Command chosen;
  freshet::add_run_command(app, chosen);
  freshet::add_demo_command(app, chosen);
  freshet::add_replay_command(app, chosen);
  freshet::add_generate_command(app, chosen);
  freshet::add_evaluate_command(app, chosen);
  freshet::add_validate_command(app, chosen);
  freshet::add_topics_command(app, chosen);
  freshet::add_state_command(app, chosen);
  freshet::add_ask_commands(app, chosen);
  freshet::add_init_command(app, chosen);
  freshet::add_model_command(app, chosen);
  freshet::add_completion_command(app, chosen);
  freshet::add_dead_letters_command(app, chosen);
  freshet::add_forget_command(app, chosen);
  freshet::add_version_command(app, chosen);
  CLI11_PARSE(app, argc, argv);

  const freshet::Status done = chosen();
  if (done) return 0;
  fmt::print(stderr, "freshet: {}\n", done.error().text);
  return done.error().code == freshet::ErrorCode::kInvalidConfig ? 2 : 1;
}
