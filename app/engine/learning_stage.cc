#include "app/engine/learning_stage.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "scoring/learning/checkpoint_store.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// Items of one round: few while users' doings wait.
constexpr std::size_t kItemsMax = 64;
constexpr std::size_t kItemsBesideInputsMax = 8;
/// Questions to the model answered in one round.
constexpr std::size_t kQuestionsMax = 16;
/// Events traced per update of the model.
constexpr std::size_t kReceivedTimesMax = 1'024;

}  // namespace

LearningStage::LearningStage(const ScoringConfig& config, const NetworkFactory& network,
                             LearningStagePorts ports)
    : config_(config),
      ports_(ports),
      learner_(config, network),
      quality_(config),
      admin_(
          config.learning, learner_,
          [this]() -> std::optional<double> {
            const PrequentialTotals& served = quality_.figures().served_window;
            return served.events == 0 ? std::nullopt : std::optional(served.hit_rate_20());
          },
          ports.clock),
      next_delta_(ports.clock.steady_now()),
      next_checkpoint_(ports.clock.steady_now() + config.learning.checkpoint_interval) {}

Status LearningStage::restore() {
  if (config_.learning.directory.empty()) return {};
  const auto passed_over = learner_.load(config_.learning.directory);
  if (!passed_over) return tl::unexpected(passed_over.error());
  for (const Error& damaged : *passed_over)
    spdlog::error("{}; going on from the checkpoint before, this one is moved to {}/damaged",
                  damaged.text, config_.learning.directory);
  send_delta();
  return {};
}

Status LearningStage::run(std::stop_token stop) {
  while (!stop.stop_requested()) run_once(stop);
  return save();
}

void LearningStage::run_once(std::stop_token stop) {
  const bool took_items = take_items() > 0;
  const auto until_delta = std::chrono::duration_cast<std::chrono::microseconds>(
      next_delta_ - ports_.clock.steady_now());
  take(ports_.learning.pop_batch(config_.learning.batch_size_max,
                                 took_items ? 0us : std::max(0us, until_delta), stop));
  for (const auto& ask : ports_.questions.pop_batch(kQuestionsMax, 0us, {})) ask(admin_);

  const SteadyTime now = ports_.clock.steady_now();
  if (now >= next_delta_) {
    send_delta();
    next_delta_ = now + config_.learning.delta_interval;
  }
  if (now >= next_checkpoint_) {
    if (const Status saved = save(); !saved) {
      spdlog::error("model checkpoint: {}", saved.error().text);
    }
    next_checkpoint_ = ports_.clock.steady_now() + config_.learning.checkpoint_interval;
  }
  if (const Status kept = admin_.keep_when_due(); !kept) {
    spdlog::error("model version: {}", kept.error().text);
  }
}

void LearningStage::take(std::vector<LearningInput> inputs) {
  std::vector<TrainingExample> examples;
  for (LearningInput& input : inputs) {
    if (auto* received = std::get_if<ReceivedExample>(&input)) {
      quality_.observe(received->example);
      if (examples.empty() && received_times_.size() < kReceivedTimesMax)
        received_times_.push_back(received->received_time);
      examples.push_back(std::move(received->example));
    } else if (auto* served = std::get_if<ServedList>(&input)) {
      quality_.served(served->user, served->position, served->items, served->popular_items);
    } else if (auto* forgotten = std::get_if<ForgottenInput>(&input)) {
      quality_.forget(forgotten->user);
    }
  }
  learn(examples);
}

std::size_t LearningStage::take_items() {
  const bool alone = ports_.learning.size() == 0;
  auto updates = ports_.items.pop_batch(alone ? kItemsMax : kItemsBesideInputsMax, 0us, {});
  if (updates.empty()) return 0;
  const std::uint64_t failures = learner_.figures().encoder_failures;
  learner_.update_items(updates);
  const std::uint64_t failed = learner_.figures().encoder_failures - failures;
  if (failed > 0)
    spdlog::warn("item encoder: no embedding for {} of {} updates; {}", failed, updates.size(),
                 learner_.newest_encoder_failure());
  return updates.size();
}

void LearningStage::learn(const std::vector<TrainingExample>& examples) {
  if (examples.empty() || admin_.frozen()) return;
  const SteadyTime begin = ports_.clock.steady_now();
  const GuardFigures guard = learner_.figures().guard;
  learner_.learn(examples);
  tell_guard(guard);
  ports_.figures.record_learning(learner_.figures(), ports_.clock.steady_now() - begin);
  ports_.figures.record_quality(quality_.figures());
}

/// Logs what the guard did since `before`.
void LearningStage::tell_guard(const GuardFigures& before) const {
  const GuardFigures& now = learner_.figures().guard;
  for (std::size_t k = 0; k < now.trips.size(); ++k) {
    if (now.trips[k] == before.trips[k]) continue;
    spdlog::warn(
        "guard: rolled back and stopped learning ({}); newest window's MRR: live {:.4f}, last good "
        "{:.4f}, mixture {:.4f}, neighbours {:.4f}, popularity {:.4f}; usual {:.4f}",
        trip_cause_name(k), now.live, now.of[0], now.of[1], now.of[2], now.of[3], now.usual);
  }
  if (now.state == before.state || now.state == GuardState::kFrozen) return;
  spdlog::warn("guard: {}", now.state == GuardState::kProbation
                                ? "learning again at half rate, the last good copy is served"
                                : "learned weights are served again, at full rate");
}

void LearningStage::send_delta() {
  if (!unsent_.delta) unsent_ = {learner_.take_delta(), std::exchange(received_times_, {})};
  if (unsent_.delta && ports_.deltas.try_push(unsent_)) unsent_ = {};
}

Status LearningStage::save() {
  if (config_.learning.directory.empty()) return {};
  const SteadyTime begin = ports_.clock.steady_now();
  const auto files = learner_.to_files();
  if (!files) return tl::unexpected(files.error());
  const SteadyTime made = ports_.clock.steady_now();
  FRESHET_RETURN_IF_ERROR(write_checkpoint(config_.learning.directory, *files));
  std::size_t bytes = 0;
  for (const auto& [name, content] : *files) bytes += content.size();
  using Milliseconds = std::chrono::duration<double, std::milli>;
  spdlog::info("model checkpoint: {:.1f} MB, made in {:.0f} ms, written in {:.0f} ms",
               static_cast<double>(bytes) / 1e6, Milliseconds(made - begin).count(),
               Milliseconds(ports_.clock.steady_now() - made).count());
  return {};
}

}  // namespace freshet
