namespace Distributed.Transports.Nccl;

/// <summary>The abort of a group.</summary>
/// <param name="RaisedBy">
/// Rank that raised the abort; every rank raises at most one. -1 if another rank or the fence itself reported it.
/// </param>
/// <param name="CulpritRank">Rank that caused the abort; often the same.</param>
/// <param name="Reason">Reason of the abort, part of the error messages of the other ranks.</param>
public sealed record NcclAbort(int RaisedBy, int CulpritRank, string Reason);
