#include "tests/simulator/faults.h"

namespace freshet::sim {

const char* to_string(Mutation mutation) {
  switch (mutation) {
    case Mutation::kNone:
      return "none";
    case Mutation::kOffsetBeforeState:
      return "offset_before_state";
    case Mutation::kOwedOutsideCommit:
      return "owed_outside_commit";
    case Mutation::kDeadLetterOutsideCommit:
      return "dead_letter_outside_commit";
    case Mutation::kTornCommit:
      return "torn_commit";
    case Mutation::kEpochNotRaised:
      return "epoch_not_raised";
    case Mutation::kEpochNotSynced:
      return "epoch_not_synced";
    case Mutation::kOutboxLostAtRestart:
      return "outbox_lost_at_restart";
    case Mutation::kClearedBeforeAcknowledgement:
      return "cleared_before_acknowledgement";
    case Mutation::kFailureCountsAsDelivered:
      return "failure_counts_as_delivered";
    case Mutation::kFailureForgotten:
      return "failure_forgotten";
    case Mutation::kOldListSettlesNewDebt:
      return "old_list_settles_new_debt";
    case Mutation::kGroupOffsetTrusted:
      return "group_offset_trusted";
    case Mutation::kGapIgnored:
      return "gap_ignored";
    case Mutation::kAttemptNotNoted:
      return "attempt_not_noted";
    case Mutation::kLeaseIgnored:
      return "lease_ignored";
    case Mutation::kSnapshotNotChecked:
      return "snapshot_not_checked";
    case Mutation::kEpochNotShared:
      return "epoch_not_shared";
    case Mutation::kLogNotCompared:
      return "log_not_compared";
    case Mutation::kForgottenLostAtRestart:
      return "forgotten_lost_at_restart";
    case Mutation::kRemovalNotOwed:
      return "removal_not_owed";
    case Mutation::kFullDiskKeepsHalf:
      return "full_disk_keeps_half";
    case Mutation::kWatermarkLostAtRestart:
      return "watermark_lost_at_restart";
    case Mutation::kWatermarkOutsideCommit:
      return "watermark_outside_commit";
    case Mutation::kWatermarkFromClock:
      return "watermark_from_clock";
    case Mutation::kRepeatsCounted:
      return "repeats_counted";
    case Mutation::kSourceOffsetsOutsideCommit:
      return "source_offsets_outside_commit";
    case Mutation::kSourceOffsetsLostAtRestart:
      return "source_offsets_lost_at_restart";
    case Mutation::kRekeyedBeforeAcknowledgement:
      return "rekeyed_before_acknowledgement";
    case Mutation::kRekeyedInParallel:
      return "rekeyed_in_parallel";
    case Mutation::kRefusedRekeyingGoesOn:
      return "refused_rekeying_goes_on";
  }
  return "none";
}

}  // namespace freshet::sim
