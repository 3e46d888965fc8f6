#pragma once

#include "app/figures/pipeline_figures.h"
#include "app/partition/active_user_walk.h"
#include "app/partition/learning_input.h"
#include "app/partition/lease.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// Where a partition task's results go. All outlive the task.
struct PartitionTaskPorts {
  LearningQueue& learning;
  RankQueue& ranking;
  ListPublisher& publisher;
  PipelineFigures& figures;
  const Lease& lease;
  const Clock& clock;
  ActiveUserQueue* active_users = nullptr;  ///< Null: nobody wants to know of them.
};

}  // namespace freshet
