namespace Distributed.Training.Recovery;

/// <summary>The recovery point that a group goes on from, and who has it.</summary>
/// <param name="Moment">Which.</param>
/// <param name="Holders">By rank of its epoch, the rank of the new group that gives that rank's part.</param>
public sealed record RecoverySource(RecoveryMoment Moment, IReadOnlyList<int> Holders);
