#include "tests/sinks/sample_status.h"

#include <cmath>

namespace freshet {

namespace {

const char* const kTitles[] = {
    "Ceramic pour-over set",       "Linen apron, olive",
    "Burr grinder <b>steel</b>",   "Enamel kettle 0.9 l",
    "Reusable filters, pack of 3", "Walnut tray with an extraordinarily long name"};

RankedList list_for(int second) {
  RankedList list;
  list.user = "u-" + std::to_string(4000 + second % 50);
  list.position = {PartitionId{second % 4}, Offset{1'000'000 + second}, Epoch{3}};
  list.event_time = EventTime(std::chrono::milliseconds(1'700'000'000'000 + second * 1000));
  list.model_version = ModelVersion{static_cast<std::uint64_t>(1200 + second)};
  list.fallback = second % 5 == 3 ? Fallback::kUnknownUser : Fallback::kNone;
  const Source sources[] = {Source::kNetwork, Source::kCovisitation, Source::kPopular};
  const char* const texts[] = {"Fits what you looked at last",
                               "Often bought after Enamel kettle 0.9 l", "Popular now"};
  for (int i = 0; i < 6; ++i) {
    const int item = (second + i) % 6;
    list.items.push_back(
        {.id = ItemId{static_cast<std::uint64_t>(item + 1)},
         .name = "sku-" + std::to_string(880 + item),
         .score = 0.2F / static_cast<float>(i + 1),
         .reasons = {{.source = sources[i % 3], .share = 0.7F, .text = texts[i % 3]}}});
  }
  return list;
}

ShownList shown_list(int second) {
  ShownList shown{.list = list_for(second), .published_time = {}, .titles = {}};
  shown.published_time = shown.list.event_time + std::chrono::milliseconds(4);
  for (const RankedItem& item : shown.list.items)
    shown.titles.push_back(kTitles[item.id.value - 1]);
  return shown;
}

double wave(int second, double period, double low, double high) {
  return low + (high - low) * (0.5 + 0.5 * std::sin(second / period));
}

}  // namespace

StatusFigures sample_status(int second) {
  StatusFigures figures;
  figures.version = "Freshet 0.1.0";
  figures.uptime = std::chrono::seconds(second);
  figures.events_per_second = wave(second, 11, 3900, 4700) + wave(second, 0.7, -80, 80);
  figures.lists_per_second = 0.82 * figures.events_per_second;
  figures.events_total = static_cast<std::uint64_t>(4300) * static_cast<std::uint64_t>(second);
  figures.lists_total = figures.events_total * 82 / 100;
  figures.dead_letters_total = static_cast<std::uint64_t>(second) / 9;
  for (int p = 0; p < 4; ++p) {
    figures.lag.push_back({PartitionId{p}, Offset{1'000'000 + second}, (second * 7 + p * 3) % 23});
  }
  using Milliseconds = StatusFigures::Milliseconds;
  figures.event_to_list_p50 = Milliseconds(wave(second, 9, 2.1, 3.2));
  figures.event_to_list_p99 = Milliseconds(wave(second, 5, 7.5, 14) + (second % 67 == 0 ? 20 : 0));
  figures.freshness_p50 = Milliseconds(41);
  const double learned = 1 - std::exp(-second / 90.0);
  figures.popularity = {
      .hit_rate_20 = 0.071 + 0.004 * wave(second, 17, -1, 1), .mrr_20 = 0.018, .ndcg_20 = 0.03};
  figures.served = {.hit_rate_20 = 0.07 + 0.21 * learned + 0.006 * wave(second, 7, -1, 1),
                    .mrr_20 = 0.02 + 0.09 * learned,
                    .ndcg_20 = 0.03 + 0.12 * learned};
  figures.judged_total = figures.lists_total / 2;
  figures.model_version = ModelVersion{static_cast<std::uint64_t>(1200 + second)};
  figures.model_age = Milliseconds(100);
  figures.examples_per_second = 3400;
  figures.loss = 4.1 - 1.2 * learned;
  const double network = 0.1 + 0.4 * learned;
  const double popular = 0.45 - 0.35 * learned;
  figures.mixture_weights = {{"popular", popular},
                             {"covisitation", 0.25},
                             {"walk", 0.12},
                             {"network", network},
                             {"repeat", 0.63 - network - popular}};
  figures.queue_fills = {{"score", 0.18}, {"learn", wave(second, 6, 0.2, 0.5)}, {"publish", 0.03}};
  figures.fallbacks = {{"none", 1e6}, {"unknown_user", 1532}, {"deadline", 3}};
  figures.rss_bytes = 412u << 20;
  for (int i = 0; i < 6; ++i) figures.newest_lists.push_back(shown_list(second + 9 - i));
  figures.newest_dead_letters = {
      {"bad_time",
       "event_time 1700000000 is in seconds; send epoch milliseconds or RFC 3339, or set "
       "time_format: s",
       "freshet.events", PartitionId{2}, Offset{93'114}, "u-17",
       R"({"type":"click","user_id":"u-17","item_id":"sku-880","event_time":1700000000})"},
      {"malformed", "not JSON: a string without its end at byte 31; check the producer's encoding",
       "freshet.events", PartitionId{0}, Offset{88'120}, "",
       "{\"user_id\":\"<img src=x onerror=alert(1)>\x01\xFF"}};
  return figures;
}

}  // namespace freshet
