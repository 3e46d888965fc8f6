#include "app/evaluation/follower.h"

#include <fmt/format.h>

namespace freshet {

std::string FollowerKind::name() const {
  if (diversity) return fmt::format("diversity {:g}", *diversity);
  if (until_period_end) return "frozen per period";
  return events == 0 ? "live" : fmt::format("delay {}", events);
}

Status Follower::take(std::shared_ptr<const Delta> delta, std::uint64_t learned) {
  if (delta) waiting_.push_back({std::move(delta), learned});
  if (kind_.until_period_end) return {};
  while (!waiting_.empty() && waiting_.front().learned + kind_.events <= learned)
    FRESHET_RETURN_IF_ERROR(apply_oldest());
  return {};
}

Status Follower::end_period() {
  if (!kind_.until_period_end) return {};
  while (!waiting_.empty()) FRESHET_RETURN_IF_ERROR(apply_oldest());
  return {};
}

Status Follower::apply_oldest() {
  const std::shared_ptr<const Delta> delta = std::move(waiting_.front().delta);
  waiting_.pop_front();
  return replica_.apply(*delta);
}

}  // namespace freshet
