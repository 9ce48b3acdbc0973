namespace Distributed.Training.Recovery;

/// <summary>The recovery point that a group resumes from, and the ranks that hold its parts.</summary>
/// <param name="Id">Identifies the recovery point.</param>
/// <param name="Holders">By rank of the recovery point's epoch, the rank of the new group that sends this rank's part.</param>
public sealed record RecoverySource(RecoveryPointId Id, IReadOnlyList<int> Holders);
