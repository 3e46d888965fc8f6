#pragma once

#include <string>

namespace freshet::sim {

/// The process dies here and now: thrown out of a port, so that not a single instruction of the
/// real code follows. Caught by the process's machine.
struct ProcessDied {
  const char* where;
};

/// An invariant does not hold. Ends the schedule; the text names what was found.
struct Violation {
  std::string text;
};

/// A deliberately wrong variant of something around the real code. The simulator must catch each.
enum class Mutation {
  kNone,
  kOffsetBeforeState,             ///< The next offset is durable before the states it stands for.
  kOwedOutsideCommit,             ///< The outbox is written after the commit, not in it.
  kDeadLetterOutsideCommit,       ///< Dead letters are written after the commit, not in it.
  kTornCommit,                    ///< A commit is not atomic: a crash of the machine may halve one.
  kEpochNotRaised,                ///< A start takes the epoch of the one before.
  kEpochNotSynced,                ///< A crash of the machine may take the epoch back.
  kOutboxLostAtRestart,           ///< What was owed before a restart is forgotten.
  kClearedBeforeAcknowledgement,  ///< A queued list counts as acknowledged.
  kFailureCountsAsDelivered,      ///< A list that was given up counts as acknowledged.
  kFailureForgotten,              ///< Nobody is told of a list that was given up.
  kOldListSettlesNewDebt,         ///< Any acknowledgement clears the user's debt.
  kGroupOffsetTrusted,            ///< Reading goes on at the group's committed offset.
  kGapIgnored,                    ///< Records that are gone are skipped without a word.
  kAttemptNotNoted,               ///< The record in hand is not noted: a poison kills for ever.
  kLeaseIgnored,                  ///< A process speaks for what it may have lost.
  kSnapshotNotChecked,            ///< A snapshot is restored without a look at its checksums.
  kEpochNotShared,                ///< Each machine counts its own epochs, snapshots or not.
  kLogNotCompared,                ///< A log made anew is taken for the old one.
  kForgottenLostAtRestart,        ///< Who was forgotten before a restart is not known after it.
  kRemovalNotOwed,                ///< The removal of a forgotten user's list is not durable.
  kFullDiskKeepsHalf,             ///< A commit without room on the disk leaves its offset there.
  kWatermarkLostAtRestart,        ///< How far event time had come is not known after a restart.
  kWatermarkOutsideCommit,        ///< The watermark is written after the commit, not in it.
  kWatermarkFromClock,            ///< A start takes the machine's clock for the watermark.
  kRepeatsCounted,                ///< What is rekeyed twice counts twice.
  kSourceOffsetsOutsideCommit,    ///< The source offsets are written before the commit, not in it.
  kSourceOffsetsLostAtRestart,    ///< Which source offsets were seen before a restart is forgotten.
  kRekeyedBeforeAcknowledgement,  ///< The rekeying commits what is still on its way.
  kRekeyedInParallel,             ///< The rekeying has several batches of a partition in flight.
  kRefusedRekeyingGoesOn,         ///< A record that the broker refuses does not stop the rekeying.
};
inline constexpr int kMutationCount = static_cast<int>(Mutation::kRefusedRekeyingGoesOn) + 1;

/// Returns the mutation's name on the command line, for example "epoch_not_raised".
const char* to_string(Mutation mutation);

}  // namespace freshet::sim
