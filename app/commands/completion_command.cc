#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/commands/commands.h"

namespace freshet {
namespace {

/// What may follow the words of `command`: its subcommands and its options.
std::string words_after(const CLI::App& command) {
  std::string words;
  for (const CLI::App* next : command.get_subcommands([](const CLI::App*) { return true; }))
    words += next->get_name() + " ";
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  return words;
}

/// One line of the script's table for `command` and each below it; `path`: the words that lead
/// there.
void add_lines(const CLI::App& command, const std::string& path, std::string& lines) {
  lines += fmt::format("    '{}') words='{}' ;;\n", path, words_after(command));
  for (const CLI::App* next : command.get_subcommands([](const CLI::App*) { return true; }))
    add_lines(*next, path + (path.empty() ? "" : " ") + next->get_name(), lines);
}

/// Words that start with '-' and what stands where a value is expected are no part of the path.
std::string bash_script(const CLI::App& app) {
  std::string lines;
  add_lines(app, "", lines);
  return "# Completion of freshet for bash (zsh: first `autoload -U bashcompinit && "
         "bashcompinit`).\n"
         "_freshet() {\n"
         "  local here=${COMP_WORDS[COMP_CWORD]} path= next= words= k\n"
         "  for ((k = 1; k < COMP_CWORD; k++)); do\n"
         "    [[ ${COMP_WORDS[k]} == -* ]] && break\n"
         "    next=\"${path:+$path }${COMP_WORDS[k]}\"\n"
         "    _freshet_words \"$next\" || break\n"
         "    path=$next\n"
         "  done\n"
         "  _freshet_words \"$path\"\n"
         "  if [[ $here == -* || -n $words && $words != -* && $COMP_CWORD -eq $k ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$here\")\n"
         "  fi\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- \"$here\")\n"
         "}\n"
         "_freshet_words() {\n"
         "  case $1 in\n" +
         lines +
         "    *) return 1 ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _freshet freshet\n";
}

}  // namespace

void add_completion_command(CLI::App& app, Command& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Prints a script that completes commands");
  command->add_option("shell", *shell, "bash (zsh understands it, too)")
      ->required()
      ->check(CLI::IsMember({"bash"}));
  command->footer("Example:  source <(freshet completion bash)");
  command->callback([&app, &chosen, shell] {
    chosen = [&app]() -> Status {
      fmt::print("{}", bash_script(app));
      return {};
    };
  });
}

}  // namespace freshet
