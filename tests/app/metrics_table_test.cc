#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "app/figures/pipeline_figures.h"
#include "tests/fakes/manual_clock.h"

namespace freshet {
namespace {

std::set<std::string> registered_names() {
  const ManualClock clock;
  const TitleBook titles(1);
  prometheus::Registry registry;
  PipelineFigures figures(registry, clock, titles);
  // A family with labels shows once a label has a value.
  figures.set_progress(PartitionId{0}, Offset{0}, {}, 0);
  figures.state().set_database(PartitionId{0}, {});
  figures.state().record_snapshot(PartitionId{0}, {}, {});
  figures.state().set_snapshot_age(PartitionId{0}, {});
  figures.set_disk_full(PartitionId{0}, false);
  figures.set_watermark(PartitionId{0}, {});
  figures.count_http("/", 200);
  figures.set_rules({{.name = "sale"}});
  figures.tick({{"learning", 0}}, 0);
  std::set<std::string> names;
  for (const auto& family : registry.Collect()) names.insert(family.name);
  return names;
}

std::set<std::string> documented_names() {
  std::ifstream file(FRESHET_ARCHITECTURE);
  std::stringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  const std::regex row("\\| `(freshet_[a-z0-9_]+)");
  std::set<std::string> names;
  for (std::sregex_iterator it(page.begin(), page.end(), row), end; it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

std::string difference(const std::set<std::string>& of, const std::set<std::string>& to) {
  std::string names;
  for (const std::string& name : of) {
    if (!to.contains(name)) names += name + " ";
  }
  return names;
}

TEST(Metrics, AreTheOnesInTheTableOfTheArchitecturePage) {
  EXPECT_EQ(difference(registered_names(), documented_names()), "") << "not in ARCHITECTURE.md";
  EXPECT_EQ(difference(documented_names(), registered_names()), "") << "not registered";
}

TEST(Metrics, AreNamedByFolderWhatAndUnit) {
  const std::regex shape("freshet_(app|ingest|state|scoring|sinks)_[a-z0-9_]+");
  for (const std::string& name : registered_names()) {
    EXPECT_TRUE(std::regex_match(name, shape)) << name;
  }
}

}  // namespace
}  // namespace freshet
