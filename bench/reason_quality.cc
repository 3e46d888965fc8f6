// Are reasons faithful? Streams `session item` files through the learner; before every N-th event
// its user's list is made, and for the first reason of each listed item that names another item of
// the history the list is asked again without that item: the reason is faithful when the listed
// item's probability under the mixture is lower then. Beside it, what naming the newest item would
// give.
#include <fmt/core.h>

#include <absl/container/flat_hash_map.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "scoring/learning/learner.h"
#include "scoring/replica.h"

namespace {

using namespace freshet;

constexpr std::size_t kChunk = 512;

/// The request without any entry of one item.
RankRequest without(RankRequest request, ItemId item) {
  std::vector<HistoryEntry>& history = request.state.history;
  std::erase_if(history, [item](const HistoryEntry& entry) { return entry.item == item; });
  if (!history.empty()) history.front().session_start = true;
  return request;
}

class Trial {
 public:
  void take(const std::string& session, const std::string& item, std::size_t every) {
    std::vector<HistoryEntry>& history = histories_[session];
    if (++events_ % every == 0 && history.size() > 1) judge(session, history);
    TrainingExample& example = chunk_.emplace_back();
    example.offset = Offset{static_cast<std::int64_t>(events_)};
    example.user = session;
    example.history = history;
    example.item = item_id_of(item);
    example.item_name = item;
    example.session_start = history.empty();
    history.push_back({.item = example.item, .session_start = history.empty()});
    if (history.size() > 20) history.erase(history.begin());
    if (chunk_.size() == kChunk) flush();
  }

  void print() const {
    const auto ratio = [](std::size_t a, std::size_t b) {
      return static_cast<double>(a) / static_cast<double>(std::max<std::size_t>(b, 1));
    };
    fmt::print("{} lists of users with two items or more, {} items\n", lists_, items_);
    fmt::print("first reason names an item        {:.4f}\n", ratio(named_ + own_, items_));
    fmt::print("  the listed item itself          {:.4f}\n", ratio(own_, items_));
    fmt::print("faithful, of those naming another {:.4f}  ({} reasons)\n", ratio(faithful_, named_),
               named_);
    fmt::print("  had the newest been named       {:.4f}\n", ratio(newest_, named_));
  }

 private:
  void flush() {
    learner_.learn(chunk_);
    chunk_.clear();
    if (const auto delta = learner_.take_delta())
      if (!replica_.apply(*delta)) fmt::print("a delta was refused\n");
  }

  void judge(const std::string& session, const std::vector<HistoryEntry>& history) {
    RankRequest request;
    request.user = session;
    request.state.history = history;
    const RankedList list = replica_.rank({&request, 1}).at(0);
    if (list.fallback != Fallback::kNone) return;
    ++lists_;
    for (const RankedItem& item : list.items) judge(request, item);
  }

  void judge(const RankRequest& request, const RankedItem& item) {
    const Reason& reason = item.reasons.front();
    ++items_;
    if (reason.because_of_name == item.name) ++own_;
    if (reason.because_of_name.empty() || reason.because_of_name == item.name) return;
    ++named_;
    const float with = probability(request, item);
    faithful_ += probability(without(request, reason.because_of), item) < with;
    newest_ += probability(without(request, request.state.history.back().item), item) < with;
  }

  float probability(const RankRequest& request, const RankedItem& item) {
    return replica_.explain(request, item.name, "en").probability;
  }

  const ScoringConfig config_;
  Learner learner_{config_, nullptr};
  Replica replica_{config_, nullptr};
  absl::flat_hash_map<std::string, std::vector<HistoryEntry>> histories_;
  std::vector<TrainingExample> chunk_;
  std::size_t events_ = 0, lists_ = 0, items_ = 0, own_ = 0, named_ = 0, faithful_ = 0, newest_ = 0;
};

void read(const std::string& path, std::size_t every, Trial& trial) {
  std::ifstream file(path, std::ios::binary);
  boost::iostreams::filtering_istream in;
  if (path.ends_with(".gz")) in.push(boost::iostreams::gzip_decompressor());
  in.push(file);
  for (std::string line, session, item; std::getline(in, line);) {
    std::istringstream cells(line);
    if (cells >> session >> item) trial.take(session, item, every);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Share of reasons without whose item the listed item's probability is lower");
  std::vector<std::string> paths{"../shared/data/diginetica/period_00.txt.gz"};
  std::size_t every = 100;
  app.add_option("files", paths, "Lines `session item`, in order");
  app.add_option("--every", every, "Every how many events a list is judged");
  CLI11_PARSE(app, argc, argv);
  Trial trial;
  for (const std::string& path : paths) {
    if (!std::filesystem::exists(path)) {
      fmt::print("skipped: there is no {}\n", path);
      return 0;
    }
    read(path, every, trial);
  }
  trial.print();
  return 0;
}
