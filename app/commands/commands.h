#pragma once

#include <functional>

#include "config/result.h"

namespace CLI {
class App;
}

namespace freshet {

/// What the command line asks for; runs after it was parsed. Empty = nothing chosen.
using Command = std::function<Status()>;

// Each adds one subcommand with its options and an example; parsing it sets `chosen`.
void add_run_command(CLI::App& app, Command& chosen);
void add_demo_command(CLI::App& app, Command& chosen);
void add_replay_command(CLI::App& app, Command& chosen);
void add_generate_command(CLI::App& app, Command& chosen);
void add_evaluate_command(CLI::App& app, Command& chosen);
void add_validate_command(CLI::App& app, Command& chosen);
void add_topics_command(CLI::App& app, Command& chosen);
void add_state_command(CLI::App& app, Command& chosen);
/// Questions to a running Freshet: recommend, explain, user, item, related, trending, status.
void add_ask_commands(CLI::App& app, Command& chosen);
void add_init_command(CLI::App& app, Command& chosen);
void add_model_command(CLI::App& app, Command& chosen);
void add_completion_command(CLI::App& app, Command& chosen);
void add_dead_letters_command(CLI::App& app, Command& chosen);
void add_forget_command(CLI::App& app, Command& chosen);
void add_version_command(CLI::App& app, Command& chosen);

}  // namespace freshet
