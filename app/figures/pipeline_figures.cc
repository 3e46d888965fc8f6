#include "app/figures/pipeline_figures.h"

#include <algorithm>
#include <limits>

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kShownLists = 8;
constexpr std::size_t kShownItems = 5;
constexpr std::size_t kShownDeadLetters = 20;
constexpr std::size_t kKeptDeadLetters = 200;
constexpr std::size_t kShownBytes = 200;
/// A list is kept for the console at most this often: copying each would cost more than it tells.
constexpr auto kShownEvery = 250ms;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

QualityFigures quality_of(const PrequentialTotals& totals) {
  if (totals.events == 0) return {kUnknown, kUnknown, kUnknown};
  return {totals.hit_rate_20(), totals.mrr_20(), totals.ndcg_20()};
}

StatusFigures::Milliseconds milliseconds(const LatencyWindow::Quantiles& quantiles,
                                         std::chrono::nanoseconds value) {
  return quantiles.count == 0 ? StatusFigures::Milliseconds(kUnknown)
                              : StatusFigures::Milliseconds(value);
}

}  // namespace

PipelineFigures::PipelineFigures(prometheus::Registry& registry, const Clock& clock,
                                 const TitleBook& titles)
    : clock_(clock),
      titles_(titles),
      started_(clock.steady_now()),
      ingest_(registry),
      state_(registry),
      scoring_(registry),
      sinks_(registry),
      process_(registry),
      last_tick_(started_) {
  status_.version = FRESHET_VERSION;
}

void PipelineFigures::count_records(std::size_t records) { ingest_.record_batch(records); }

void PipelineFigures::count_skipped() { ingest_.record_skipped(); }

void PipelineFigures::count_repeat() { ingest_.record_repeat(); }

void PipelineFigures::count_rekeyed(std::size_t records) { ingest_.record_rekeyed(records); }

void PipelineFigures::count_event(Action action, FoldOutcome outcome) {
  ++events_;
  ingest_.record_event(action);
  state_.record_fold(outcome);
}

void PipelineFigures::count_dead_letter(const BadRecord& why) {
  ++dead_letters_;
  ingest_.record_dead_lettered(why.reason);
}

void PipelineFigures::keep_dead_letter(const DeadLetter& letter) {
  ShownDeadLetter shown;
  shown.reason = to_string(letter.why.reason);
  shown.text = letter.why.text;
  shown.topic = letter.topic;
  shown.partition = letter.partition;
  shown.offset = letter.offset;
  shown.key = letter.key.substr(0, kShownBytes);
  shown.first_bytes = letter.value.substr(0, kShownBytes);
  std::lock_guard lock(mutex_);
  newest_dead_letters_.push_front(std::move(shown));
  if (newest_dead_letters_.size() > kKeptDeadLetters) newest_dead_letters_.pop_back();
}

void PipelineFigures::record_commit(std::chrono::nanoseconds duration, std::size_t users) {
  state_.record_commit(duration, users);
}

void PipelineFigures::set_progress(PartitionId partition, Offset next, Watermarks watermarks,
                                   std::size_t owed, double caught_up) {
  const std::int64_t lag = std::max<std::int64_t>(0, watermarks.high.value - next.value);
  ingest_.set_lag(partition, lag);
  ingest_.set_caught_up(partition, caught_up);
  state_.set_outbox(partition, owed);
  std::lock_guard lock(mutex_);
  lag_[partition] = {partition, next, lag, caught_up};
}

void PipelineFigures::set_disk_full(PartitionId partition, bool full) {
  state_.set_disk_full(partition, full);
  std::lock_guard lock(mutex_);
  if (full) {
    without_room_.insert(partition);
  } else {
    without_room_.erase(partition);
  }
}

std::set<PartitionId> PipelineFigures::partitions_without_room() const {
  std::lock_guard lock(mutex_);
  return without_room_;
}

void PipelineFigures::forget_partition(PartitionId partition) {
  ingest_.forget(partition);
  state_.forget(partition);
  std::lock_guard lock(mutex_);
  lag_.erase(partition);
  without_room_.erase(partition);
}

void PipelineFigures::forget_user(const UserId& user) {
  std::lock_guard lock(mutex_);
  std::erase_if(newest_lists_, [&](const ShownList& shown) { return shown.list.user == user; });
  std::erase_if(newest_dead_letters_, [&](const ShownDeadLetter& letter) {
    return letter.first_bytes.find(user) != std::string::npos;
  });
}

void PipelineFigures::record_ranking(std::size_t users, std::chrono::nanoseconds duration) {
  scoring_.record_batch(users, duration);
}

void PipelineFigures::record_deltas(ModelVersion version, std::chrono::nanoseconds duration) {
  scoring_.record_delta(version, duration);
  std::lock_guard lock(mutex_);
  model_version_ = version;
  model_time_ = clock_.steady_now();
}

void PipelineFigures::count_list(const RankedList& list) {
  ++lists_;
  ++fallbacks_[static_cast<std::size_t>(list.fallback)];
  scoring_.record_list(list.fallback);
  const EventTime now = clock_.now();
  if (list.cause == ListCause::kEvent) {
    freshness_.record(std::max(0ms, now - list.event_time));
    sinks_.observe_freshness(now - list.event_time);
  } else {
    scoring_.record_refresh(list.cause);
  }

  const SteadyTime steady = clock_.steady_now();
  std::lock_guard lock(mutex_);
  if (steady - newest_list_time_ < kShownEvery) return;
  newest_list_time_ = steady;
  ShownList& shown = newest_lists_.emplace_front(ShownList{list, now, {}});
  shown.list.items.resize(std::min(shown.list.items.size(), kShownItems));
  for (const RankedItem& item : shown.list.items) shown.titles.push_back(titles_.title_of(item.id));
  if (newest_lists_.size() > kShownLists) newest_lists_.pop_back();
}

void PipelineFigures::record_learning(const LearnerFigures& figures,
                                      std::chrono::nanoseconds duration) {
  scoring_.record_learning(figures, duration);
  std::lock_guard lock(mutex_);
  learner_ = figures;
}

void PipelineFigures::record_quality(const PrequentialFigures& quality) {
  scoring_.set_quality(quality);
  std::lock_guard lock(mutex_);
  quality_ = quality;
}

void PipelineFigures::record_delivery(const ListDelivery& delivery) {
  if (delivery.forgets) return;  // No list.
  sinks_.list_answered(delivery.delivered);
  if (!delivery.delivered || delivery.times.received == SteadyTime{}) return;
  const SteadyTime now = clock_.steady_now();
  event_to_list_.record(now - delivery.times.received);
  sinks_.observe_event_to_list(delivery.times, now);
}

void PipelineFigures::record_delivery(const DeadLetterDelivery& delivery) {
  sinks_.dead_letter_answered(delivery.delivered);
}

void PipelineFigures::count_http(const std::string& route, unsigned status) {
  sinks_.http_answered(route, status);
}

void PipelineFigures::tick(std::vector<NamedFigure> queue_fills, std::size_t in_flight) {
  sinks_.set_in_flight(in_flight);
  const SteadyTime now = clock_.steady_now();
  std::lock_guard lock(mutex_);
  const std::chrono::duration<double> elapsed = now - last_tick_;
  last_tick_ = now;
  status_.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  fill_rates(status_, elapsed);
  fill_learning(status_, elapsed);
  status_.lag.clear();
  for (const auto& [partition, lag] : lag_) status_.lag.push_back(lag);
  status_.queue_fills = std::move(queue_fills);
  status_.rss_bytes = resident_bytes();
  process_.set(status_.rss_bytes, status_.uptime, status_.queue_fills);
  status_.newest_lists.assign(newest_lists_.begin(), newest_lists_.end());
  const auto letters =
      static_cast<std::ptrdiff_t>(std::min(kShownDeadLetters, newest_dead_letters_.size()));
  status_.newest_dead_letters.assign(newest_dead_letters_.begin(),
                                     newest_dead_letters_.begin() + letters);
  history_.add(status_, clock_.now());
}

void PipelineFigures::fill_rates(StatusFigures& status, std::chrono::duration<double> elapsed) {
  const auto rate = [&](std::uint64_t now, std::uint64_t& before) {
    const double per_second = static_cast<double>(now - before) / elapsed.count();
    before = now;
    return per_second;
  };
  status.events_per_second = rate(events_, status.events_total);
  status.lists_per_second = rate(lists_, status.lists_total);
  status.dead_letters_total = dead_letters_;
  const LatencyWindow::Quantiles latency = event_to_list_.take();
  status.event_to_list_p50 = milliseconds(latency, latency.p50);
  status.event_to_list_p99 = milliseconds(latency, latency.p99);
  const LatencyWindow::Quantiles freshness = freshness_.take();
  status.freshness_p50 = milliseconds(freshness, freshness.p50);
  status.fallbacks.clear();
  for (std::size_t i = 1; i < kFallbackCount; ++i) {
    status.fallbacks.push_back(
        {std::string(to_string(static_cast<Fallback>(i))), static_cast<double>(fallbacks_[i])});
  }
}

void PipelineFigures::fill_learning(StatusFigures& status, std::chrono::duration<double> elapsed) {
  status.examples_per_second =
      static_cast<double>(learner_.examples - last_examples_) / elapsed.count();
  last_examples_ = learner_.examples;
  status.loss = learner_.mixture_loss;
  status.served = quality_of(quality_.served_window);
  status.popularity = quality_of(quality_.popularity_window);
  status.judged_total = quality_.served.events;
  status.model_version = model_version_;
  status.model_age = clock_.steady_now() - model_time_;
  scoring_.set_model_age(clock_.steady_now() - model_time_);
  status.mixture_weights.clear();
  for (std::size_t i = 0; i < kSourceCount; ++i) {
    status.mixture_weights.push_back(
        {std::string(to_string(static_cast<Source>(i))), learner_.mixture_weights[i]});
  }
}

StatusFigures PipelineFigures::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

FigureColumns PipelineFigures::history(std::chrono::seconds back) const {
  std::lock_guard lock(mutex_);
  return history_.rows(back);
}

std::vector<ShownDeadLetter> PipelineFigures::dead_letters() const {
  std::lock_guard lock(mutex_);
  return {newest_dead_letters_.begin(), newest_dead_letters_.end()};
}

}  // namespace freshet
